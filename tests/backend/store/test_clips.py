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
    """Clock set by the test."""

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


def test_clip_id_is_a_hash_of_waveform_and_rate() -> None:
    assert clip_id(wave(1), 16_000) == clip_id(wave(1).copy(), 16_000)
    assert clip_id(wave(1), 16_000) != clip_id(wave(2), 16_000)
    assert clip_id(wave(1), 16_000) != clip_id(wave(1), 8_000)
    assert len(clip_id(wave(1), 16_000)) == 32


def test_clips_expire_after_their_last_use() -> None:
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


def test_least_recently_used_clips_are_dropped_first() -> None:
    store = ClipStore(10_000, 1e9)  # two waveforms of 4000 bytes
    first, second = store.put(wave(1), 16_000), store.put(wave(2), 16_000)
    store.get(first)
    third = store.put(wave(3), 16_000)
    assert_gone(store, second)
    assert store.get(first)
    assert store.get(third)
    assert store.nbytes == 8_000


def test_encodings_are_dropped_before_waveforms() -> None:
    store = ClipStore(16_000, 1e9)
    first, second = store.put(wave(1), 16_000), store.put(wave(2), 16_000)
    store.keep(first, "m", posteriors(1000))
    store.keep(second, "m", posteriors(1000))
    assert store.nbytes == 16_000
    third = store.put(wave(3), 16_000)
    assert not store.get(first).encodings
    assert store.get(second).encodings
    assert store.get(third)


def test_newest_clip_is_kept_even_above_the_limit() -> None:
    store = ClipStore(1, 1e9)
    first = store.put(wave(1), 16_000)
    store.keep(first, "m", posteriors(10))
    assert not store.get(first).encodings
    second = store.put(wave(2), 16_000)
    assert store.get(second)
    assert_gone(store, first)


def test_delete() -> None:
    store = ClipStore(1 << 20, 1e9)
    name = store.put(wave(1), 16_000)
    store.delete(name)
    assert_gone(store, name)
    with pytest.raises(Problem):
        store.delete(name)
    store.keep(name, "m", posteriors(10))  # a job that ends after its clip was deleted stores nothing
    assert len(store) == 0


def test_cached_decoding_counts_as_memory() -> None:
    store = ClipStore(10_000, 1e9)
    name = store.put(wave(1), 16_000)
    encoded = replace(posteriors(100), decodings={1: CachedDecoding("mean", torch.zeros(1000))})
    store.keep(name, "model", encoded)
    assert store.nbytes == 4000 + 400 + 4000
    store.keep(name, "model", replace(encoded, decodings={1: CachedDecoding("mean", torch.zeros(2000))}))
    assert store.get(name).encodings == {}
    assert store.nbytes == 4000


def test_nbytes_is_exact_after_random_operations() -> None:
    generator, clock = np.random.default_rng(0), Clock()
    store = ClipStore(40_000, 20.0, clock)
    names = [clip_id(wave(seed), 16_000) for seed in range(12)]
    for step in generator.integers(0, 5 * 12, 2000):
        clock.now += 0.5
        name, operation = names[step % 12], step // 12
        store.drop_expired()
        if operation == 0:
            store.put(wave(step % 12), 16_000)
        elif operation < 3:
            store.keep(name, f"model {operation}", posteriors(int(generator.integers(1, 3000))))
        elif operation == 3 and name in store._clips:
            store.delete(name)
        assert store.nbytes == sum(clip.nbytes for clip in store._clips.values()) <= 40_000


def test_number_of_clips_is_bounded_and_put_is_constant_time() -> None:
    store = ClipStore(1 << 40, 1e9, max_clips=3000)
    started = time.process_time()
    for number in range(6000):
        store.keep(store.put(np.full(1, number, np.float32), 16_000), "model", posteriors(1))
    assert time.process_time() - started < 20, "summing over all clips on each put would take minutes"
    assert len(store) == 3000
    assert_gone(store, clip_id(np.full(1, 2999, np.float32), 16_000))
    assert store.get(clip_id(np.full(1, 3000, np.float32), 16_000))
