"""A file is there whole or not at all, however many write it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trainer.runtime.atomic_write import replacing


def test_of_many_who_write_at_once_each_writes_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"

    def write(number: int) -> None:
        for _ in range(20):
            with replacing(path) as stream:
                for _ in range(50):
                    stream.write(bytes([number]) * 97)
            found = path.read_bytes()
            assert (len(found), len(set(found))) == (50 * 97, 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_what_a_killed_one_left_is_written_over(tmp_path: Path) -> None:
    path, left = tmp_path / "weights", tmp_path / "weights.partial"
    left.write_bytes(b"half of something longer")
    with replacing(path) as stream:
        stream.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert not left.exists()


def test_a_fault_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"before")

    def fail() -> None:
        with replacing(path) as stream:
            stream.write(b"after")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["weights"]
