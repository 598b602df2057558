"""`whiten` and `rotate`: the basis of a bundle's latent spaces."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.cli.options import Commands, add_bundle, add_deprecated


def add_commands(commands: Commands) -> None:
    """Add `whiten` and `rotate`."""
    whiten = commands.add_parser("whiten", help="make the covariance of the latents the identity, like the prior's")
    add_bundle(whiten)
    mode = whiten.add_mutually_exclusive_group(required=True)
    mode.add_argument("--data", type=Path, action="append", help="a corpus used in training (may be repeated)")
    mode.add_argument("--undo", action="store_true", help="remove the whitening")
    whiten.add_argument("--clips", type=int, default=1000, help="maximum number of recordings, evenly spaced")
    whiten.set_defaults(run=_whiten)

    rotate = commands.add_parser("rotate", help="rotate latent dimensions towards the labels of a corpus")
    add_bundle(rotate)
    mode = rotate.add_mutually_exclusive_group(required=True)
    mode.add_argument("--data", type=Path, action="append", help="a labelled corpus used in training (may be repeated)")
    undo = mode.add_argument("--undo", action="store_true", help="remove the rotation")
    add_deprecated(mode, "--as-trained", undo)
    rotate.add_argument("--clips", type=int, default=300, help="maximum number of recordings, evenly spaced")
    rotate.set_defaults(run=_rotate)


def _rotate(options: argparse.Namespace) -> None:
    from trainer.evaluation.dimensions.rotation import remove_rotation, rotate_bundle

    _change_basis(options, "rotation", rotate_bundle, remove_rotation)


def _whiten(options: argparse.Namespace) -> None:
    from trainer.evaluation.dimensions.whitening import remove_whitening, whiten_bundle

    _change_basis(options, "whitening", whiten_bundle, remove_whitening)


def _change_basis(
    options: argparse.Namespace,
    name: str,
    change: Callable[[Path, Sequence[Path], int], list[str]],
    undo: Callable[[Path], None],
) -> None:
    """Change the basis of the bundle's latents by `change`, or remove the change by `undo`, and print what was done."""
    if options.undo:
        undo(options.bundle)
        print(f"Removed the {name}, and the results for dimensions from report.json.")
    else:
        print("\n".join(change(options.bundle, options.data, options.clips)))
        print("\nRemoved earlier results for dimensions from report.json. Run `python -m trainer analyse all` next.")
