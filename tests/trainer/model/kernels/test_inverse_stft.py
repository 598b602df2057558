"""inverse_stft equals torch.istft."""

from __future__ import annotations

import pytest
import torch

from trainer.model.kernels.inverse_stft import inverse_stft


@pytest.mark.parametrize("hop", [160, 200, 320])  # divides the window, does not divide it, half of it
@pytest.mark.parametrize("frames", [2, 3, 40])
def test_equals_torch_istft(hop: int, frames: int) -> None:
    length, samples, generator = 640, (frames - 1) * hop, torch.Generator().manual_seed(0)
    spectrum = torch.randn(2, frames, length // 2 + 1, dtype=torch.complex64, generator=generator)
    expected = torch.istft(spectrum.mT, length, hop, window=torch.hann_window(length), length=samples)
    for _ in range(2):  # the cached window weights are not modified by the first call
        torch.testing.assert_close(inverse_stft(spectrum, hop), expected, atol=1e-6, rtol=1e-4)


def test_inverts_torch_stft() -> None:
    waveform = torch.randn(1, 3200, generator=torch.Generator().manual_seed(0))
    spectrum = torch.stft(waveform, 640, 160, window=torch.hann_window(640), return_complex=True)
    torch.testing.assert_close(inverse_stft(spectrum.mT, 160), waveform, atol=1e-5, rtol=0.0)
