from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.errors import CLIP_UNKNOWN, Problem
from backend.store.clips import CachedDecoding, ClipEncoding, ClipStore, clip_id
from trainer.model import Posterior


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def wave(seed: int, samples: int = 1000) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=samples).astype(np.float32)


def posteriors(floats: int) -> ClipEncoding:
    return ClipEncoding((Posterior(torch.zeros(1, floats), None),), 1.0)


def assert_gone(store: ClipStore, name: str) -> None:
    with pytest.raises(Problem) as caught:
        store.get(name)
    assert caught.value.kind is CLIP_UNKNOWN


def test_a_clip_is_named_by_what_it_sounds_like() -> None:
    assert clip_id(wave(1), 16_000) == clip_id(wave(1).copy(), 16_000)
    assert clip_id(wave(1), 16_000) != clip_id(wave(2), 16_000)
    assert clip_id(wave(1), 16_000) != clip_id(wave(1), 8_000)
    assert len(clip_id(wave(1), 16_000)) == 32


def test_age_counts_from_the_last_use() -> None:
    clock = Clock()
    store = ClipStore(1 << 20, 10.0, clock)
    first, second = store.put(wave(1), 16_000), store.put(wave(2), 16_000)
    clock.now = 8.0
    store.get(first)
    clock.now = 12.0
    store.drop_expired()
    assert len(store) == 1
    assert_gone(store, second)
    assert np.array_equal(store.get(first).waveform, wave(1))
    clock.now = 22.5
    assert_gone(store, first)


def test_room_is_made_from_the_longest_unused() -> None:
    store = ClipStore(10_000, 1e9)  # two waveforms of 4000 bytes
    first, second = store.put(wave(1), 16_000), store.put(wave(2), 16_000)
    store.get(first)
    third = store.put(wave(3), 16_000)
    assert_gone(store, second)
    assert store.get(first)
    assert store.get(third)
    assert store.nbytes == 8_000


def test_posteriors_go_before_waveforms_and_oldest_first() -> None:
    store = ClipStore(16_000, 1e9)
    first, second = store.put(wave(1), 16_000), store.put(wave(2), 16_000)
    store.keep(first, "m", posteriors(1000))
    store.keep(second, "m", posteriors(1000))
    assert store.nbytes == 16_000
    third = store.put(wave(3), 16_000)
    assert not store.get(first).encodings
    assert store.get(second).encodings
    assert store.get(third)


def test_the_newest_clip_stays_even_where_it_alone_is_too_large() -> None:
    store = ClipStore(1, 1e9)
    first = store.put(wave(1), 16_000)
    store.keep(first, "m", posteriors(10))
    assert not store.get(first).encodings
    second = store.put(wave(2), 16_000)
    assert store.get(second)
    assert_gone(store, first)


def test_forget() -> None:
    store = ClipStore(1 << 20, 1e9)
    name = store.put(wave(1), 16_000)
    store.delete(name)
    assert_gone(store, name)
    with pytest.raises(Problem):
        store.delete(name)
    store.keep(name, "m", posteriors(10))  # a computation that ends after its clip was forgotten brings nothing back
    assert len(store) == 0


def test_a_kept_sound_takes_room() -> None:
    store = ClipStore(10_000, 1e9)
    name = store.put(wave(1), 16_000)
    encoded = replace(posteriors(100), decodings={1: CachedDecoding("mean", torch.zeros(1000))})
    store.keep(name, "model", encoded)
    assert store.nbytes == 4000 + 400 + 4000
    store.keep(name, "model", replace(encoded, decodings={1: CachedDecoding("mean", torch.zeros(2000))}))
    assert store.get(name).encodings == {}
    assert store.nbytes == 4000


def test_what_it_takes_is_told_right_whatever_was_done() -> None:
    generator, clock = np.random.default_rng(0), Clock()
    store = ClipStore(40_000, 20.0, clock)
    names = [clip_id(wave(seed), 16_000) for seed in range(12)]
    for step in generator.integers(0, 5 * 12, 2000):
        clock.now += 0.5
        name, what = names[step % 12], step // 12
        store.drop_expired()
        if what == 0:
            store.put(wave(step % 12), 16_000)
        elif what < 3:
            store.keep(name, f"model {what}", posteriors(int(generator.integers(1, 3000))))
        elif what == 3 and name in store._clips:
            store.delete(name)
        assert store.nbytes == sum(clip.nbytes for clip in store._clips.values()) <= 40_000


def test_many_small_clips_are_as_quickly_kept_as_few_and_bounded_in_number() -> None:
    store = ClipStore(1 << 40, 1e9, max_clips=3000)
    started = time.process_time()
    for number in range(6000):
        store.keep(store.put(np.full(1, number, np.float32), 16_000), "model", posteriors(1))
    assert time.process_time() - started < 20, "summing up what there is for each takes minutes"
    assert len(store) == 3000
    assert_gone(store, clip_id(np.full(1, 2999, np.float32), 16_000))
    assert store.get(clip_id(np.full(1, 3000, np.float32), 16_000))
