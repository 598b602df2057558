"""Train / validation split by groups."""

import random
from pathlib import Path

import pytest

from trainer.corpus import CorpusError, Recording, split


def recordings(count: int = 60, **labels: list[str]) -> list[Recording]:
    """`count` recordings whose labels cycle through the given values at different periods."""
    cycles = {name: (values, 1 if index == 0 else len(values)) for index, (name, values) in enumerate(labels.items())}
    return [
        Recording(
            Path(f"/data/{n:03d}.wav"),
            1.0,
            {k: values[n // period % len(values)] for k, (values, period) in cycles.items()},
        )
        for n in range(count)
    ]


def values(part: list[Recording], label: str) -> set[object]:
    return {recording.labels[label] for recording in part}


SPEAKERS = [f"speaker{n}" for n in range(20)]
WORDS = ["ba", "da", "ga", "bi", "di", "gi"]


@pytest.mark.parametrize(
    ("by", "labels", "group"),
    [
        ("auto", {"speaker": SPEAKERS, "word": WORDS}, "speaker"),
        ("auto", {"speaker": SPEAKERS[:3], "word": WORDS}, "word"),
        ("auto", {"text": WORDS}, "text"),
        ("speaker", {"speaker": SPEAKERS[:2]}, "speaker"),
        ("word", {"speaker": SPEAKERS, "word": WORDS}, "word"),
    ],
)
def test_group_is_in_one_part_only(by: str, labels: dict[str, list[str]], group: str) -> None:
    everything = recordings(**labels)
    train, validation = split(everything, by, fraction=0.2, seed=3)
    assert values(train, group).isdisjoint(values(validation, group))
    assert sorted(r.path for r in train + validation) == [r.path for r in everything]
    groups = len(values(everything, group))
    assert len(values(validation, group)) == max(1, round(0.2 * groups))


def test_auto_without_labels_is_by_recording() -> None:
    train, validation = split(recordings(), fraction=0.25)
    assert (len(train), len(validation)) == (45, 15)


def test_auto_with_unique_texts_is_by_recording() -> None:
    train, validation = split(recordings(text=[f"sentence {n}" for n in range(60)]), fraction=0.1)
    assert (len(train), len(validation)) == (54, 6)


def test_split_depends_on_seed_and_not_on_order_or_location() -> None:
    everything = recordings(speaker=SPEAKERS)
    shuffled = random.Random(1).sample(everything, len(everything))
    held = values(split(everything, seed=5)[1], "speaker")
    assert values(split(shuffled, seed=5)[1], "speaker") == held
    assert any(values(split(everything, seed=seed)[1], "speaker") != held for seed in range(5))
    moved = [Recording(Path("/elsewhere") / r.path.relative_to("/"), r.duration) for r in everything]
    names = [r.path.name for r in split(everything, "recording")[1]]
    assert [r.path.name for r in split(moved, "recording")[1]] == names


def test_parts_keep_order() -> None:
    for part in split(recordings(speaker=SPEAKERS), fraction=0.5):
        assert part == sorted(part, key=lambda recording: recording.path)


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_no_part_is_empty(fraction: float) -> None:
    train, validation = split(recordings(4), "recording", fraction)
    assert train
    assert validation


def test_split_label_takes_precedence_and_test_is_in_neither_part() -> None:
    everything = recordings(split=["train", "dev", "test"], speaker=SPEAKERS)
    train, validation = split(everything, "speaker")
    assert (values(train, "split"), values(validation, "split")) == ({"train"}, {"dev"})
    assert len(train) == len(validation) == 20


def test_validation_is_held_out_of_train_without_validation_label() -> None:
    train, validation = split(recordings(split=["train", "test"], speaker=SPEAKERS), "recording", fraction=0.2)
    assert values(train + validation, "split") == {"train"}
    assert (len(train), len(validation)) == (24, 6)


def test_recordings_without_label_are_own_groups() -> None:
    mixed = recordings(40, speaker=SPEAKERS[:4]) + [Recording(Path(f"/other/{n}.wav"), 1.0) for n in range(4)]
    train, validation = split(mixed, fraction=0.5)
    speakers = [{r.labels["speaker"] for r in part if r.labels} for part in (train, validation)]
    assert speakers[0].isdisjoint(speakers[1])
    assert len(train) + len(validation) == 44


@pytest.mark.parametrize(
    ("everything", "arguments", "message"),
    [
        (recordings(1), {}, "needs two groups.*add recordings"),
        (recordings(9, speaker=["one"]), {"by": "speaker"}, "there is 1; add a second speaker, or split by recording"),
        (recordings(9), {"by": "chapter"}, "by: 'chapter' is not one of"),
        (recordings(9), {"fraction": 1.0}, "fraction: 1 is not between"),
        (recordings(9, split=["train", "held"]), {}, r"001\.wav: split 'held' is not one of"),
        (recordings(9, split=["dev"]), {}, "marks no recording as train"),
        (recordings(9, split=["test"]), {}, "there is 0"),
    ],
)
def test_errors_name_remedy(everything: list[Recording], arguments: dict[str, object], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        split(everything, **arguments)
