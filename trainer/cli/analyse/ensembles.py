"""`analyse channels` and `analyse fuse-channels`: similarity of channels across an ensemble."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.cli.options import Commands, add_clips, add_data, add_deprecated, add_split, folder_names
from trainer.cluster.ensemble import MEMBERS


def add_measures(measures: Commands) -> None:
    """Add `channels` and `fuse-channels`."""
    channels = measures.add_parser("channels", help="hot spots: groups of similar channels of many bundles")
    _add_members(channels)
    channels.add_argument("--name", help="name of the ensemble (default: the name of its folder)")
    add_split(channels)
    add_clips(channels, 300)
    channels.add_argument("--samples", type=int, default=1000, help="number of frames sampled from all recordings")
    channels.add_argument("--module", type=int, action="append", help="default: every layer (may be repeated)")
    channels.add_argument("--distance", choices=("nmi", "vi"), default="nmi")
    channels.add_argument("--min-samples", type=int, help="of OPTICS (default: scaled to the number of bundles)")
    channels.add_argument("--steepness", type=float, default=0.05, help="relative steepness of a valley's sides")
    channels.add_argument("--resamples", type=int, default=20, help="bootstrap resamples of the recordings")
    channels.add_argument("--seed", type=int, default=0)
    channels.set_defaults(run=_channels)

    fusion = measures.add_parser("fuse-channels", help="fuse the channels of a hot spot and compare with its members")
    _add_members(fusion)
    hot_spot = fusion.add_argument(
        "--hot-spot", type=int, action="append", help="number of a hot spot (default: the largest; may be repeated)"
    )
    add_deprecated(fusion, "--spot", hot_spot)
    fusion.add_argument(
        "--similarity", choices=("vi", "nmi"), default="vi", help="similarity to the hot spot's channels to maximise"
    )
    fusion.add_argument("--seed", type=int, default=0)
    fusion.set_defaults(run=_fuse_channels)


def _add_members(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ensemble", type=Path, required=True, help="folder of the ensemble; gets ensemble.json")
    parser.add_argument(
        "--bundle", type=Path, action="append", help="a bundle (may be repeated; default: all members of the ensemble)"
    )
    add_data(parser)


def _members(options: argparse.Namespace) -> list[Path]:
    """The bundles to compare. Raises ValueError if there are fewer than two."""
    paths = options.bundle or sorted(
        path.parent for path in (options.ensemble / MEMBERS).glob("*/config.json") if path.is_file()
    )
    if len(paths) < 2:
        raise ValueError("--ensemble: give at least two bundles; train them with `python -m trainer ensemble fit`")
    return list(paths)


def _channels(options: argparse.Namespace) -> None:
    from trainer.bundle import write_ensemble
    from trainer.evaluation.ensembles.channels import ChannelOptions, compare_channels
    from trainer.evaluation.ensembles.hot_spot_table import table

    if options.samples < 10 or options.clips < 2:
        raise ValueError("--samples must be at least 10, and --clips at least 2")
    given = {name: getattr(options, name) for name in ChannelOptions.__dataclass_fields__ if name in options}
    given["name"] = options.name or options.ensemble.resolve().name
    given["modules"] = tuple(options.module) if options.module else None
    given["data"] = folder_names(options.data)
    ensemble = compare_channels(_members(options), options.data, ChannelOptions(**given))
    write_ensemble(options.ensemble, ensemble)
    print("\n".join(table(ensemble)))


def _fuse_channels(options: argparse.Namespace) -> None:
    from trainer.bundle import read_ensemble, write_ensemble
    from trainer.evaluation.ensembles.fusion import fuse_ensemble, table

    ensemble = read_ensemble(options.ensemble)
    ensemble = fuse_ensemble(
        ensemble, _members(options), options.data, options.hot_spot, options.seed, options.similarity
    )
    write_ensemble(options.ensemble, ensemble)
    print("\n".join(table(ensemble.fusion)))
