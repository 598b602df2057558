"""From short-time spectra to waveforms."""

from __future__ import annotations

import pytest
import torch

from trainer.model.kernels.inverse_stft import inverse_stft


@pytest.mark.parametrize("hop", [160, 200, 320])  # a part of the window, no part of it, half of it
@pytest.mark.parametrize("frames", [2, 3, 40])
def test_it_is_what_torch_computes(hop: int, frames: int) -> None:
    length, covered, seed = 640, (frames - 1) * hop, torch.Generator().manual_seed(0)
    spectrum = torch.randn(2, frames, length // 2 + 1, dtype=torch.complex64, generator=seed)
    wanted = torch.istft(spectrum.mT, length, hop, window=torch.hann_window(length), length=covered)
    for _ in range(2):  # what is kept after the first call is not what the first call changed
        torch.testing.assert_close(inverse_stft(spectrum, hop), wanted, atol=1e-6, rtol=1e-4)


def test_the_spectrum_of_a_waveform_gives_the_waveform() -> None:
    waveform = torch.randn(1, 3200, generator=torch.Generator().manual_seed(0))
    spectrum = torch.stft(waveform, 640, 160, window=torch.hann_window(640), return_complex=True)
    torch.testing.assert_close(inverse_stft(spectrum.mT, 160), waveform, atol=1e-5, rtol=0.0)
