import os

# Progress bars of hundreds of steps drown a failure's report; read by tqdm when it is imported.
os.environ.setdefault("TQDM_MININTERVAL", "60")

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.signals import square_wave


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight recordings in which buzz, hiss and silence take turns every 0.2 s: what comes in 10 to 100 ms is mostly
    what there is now.
    """
    folder, rng, rate = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0), 16_000
    for index in range(8):
        buzz = square_wave(100 + 20 * index, 1.0, rate)
        sounds = np.stack([buzz, rng.normal(size=rate), 0.01 * rng.normal(size=rate)])
        turns = np.repeat(rng.integers(3, size=5), rate // 5)
        soundfile.write(folder / f"voice{index}.wav", 0.2 * sounds[turns, np.arange(rate)].clip(-4, 4), rate)
    return folder
