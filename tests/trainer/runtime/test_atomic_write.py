"""Files are written whole or not at all, also with several writers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trainer.runtime.atomic_write import atomic_write


def test_concurrent_writers_never_mix_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "config.json"

    def write(number: int) -> None:
        for _ in range(20):
            with atomic_write(path) as stream:
                for _ in range(50):
                    stream.write(bytes([number]) * 97)
            content = path.read_bytes()
            assert (len(content), len(set(content))) == (50 * 97, 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_partial_file_of_a_killed_process_is_overwritten(tmp_path: Path) -> None:
    path, partial = tmp_path / "weights", tmp_path / "weights.partial"
    partial.write_bytes(b"half of something longer")
    with atomic_write(path) as stream:
        stream.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert not partial.exists()


def test_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"before")

    def fail() -> None:
        with atomic_write(path) as stream:
            stream.write(b"after")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["weights"]
