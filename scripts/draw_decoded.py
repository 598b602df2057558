"""Draw docs/decoded.png: spectrograms of a clip and of its decodings from each layer of the included model.

python -m scripts.draw_decoded [RECORDING]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import torch
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

from trainer import audio, bundle
from trainer.audio.log_mel import LogMel

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = bundle.DEMO / "examples" / "sentence-woman.flac"
SECONDS, WIDTH, HEIGHT = 2.5, 1200, 1000
TICKS_HZ = (250, 500, 1000, 2000, 4000)
QUIETEST_DB, LOUDEST_DB = -70.0, -10.0


def figure(recording: Path) -> go.Figure:
    """One spectrogram per row: the recording, then the decoding from each layer, on one time axis."""
    model = bundle.load(bundle.DEMO)
    rate = model.config.sample_rate
    wave = audio.read_audio(recording, rate)[: round(SECONDS * rate)]
    log_mel = LogMel(rate)
    sounds = {"the recording": wave * np.float32(model.gain(wave))}
    for module, posterior in enumerate(model.encode(wave), start=1):
        sounds[f"decoded from layer {module}"] = model.decode(module, posterior.mean, len(wave)).numpy()
    subplots = make_subplots(len(sounds), 1, shared_xaxes=True, vertical_spacing=0.05, subplot_titles=list(sounds))
    for row, sound in enumerate(sounds.values(), start=1):
        spectrogram = log_mel(torch.from_numpy(sound)).numpy()
        times = np.arange(spectrogram.shape[1]) * log_mel.hop_seconds
        scale = {"zmin": QUIETEST_DB, "zmax": LOUDEST_DB, "colorscale": "Magma", "showscale": False}
        heat = go.Heatmap(z=spectrogram, x=times, **scale)
        subplots.add_trace(heat, row=row, col=1)
        bands = np.interp(TICKS_HZ, log_mel.band_hz, np.arange(log_mel.bands))
        subplots.update_yaxes(title_text="Hz", tickvals=bands, ticktext=TICKS_HZ, row=row, col=1)
    subplots.update_xaxes(title_text="seconds", row=len(sounds), col=1)
    return subplots.update_layout(
        width=WIDTH, height=HEIGHT, margin={"l": 60, "r": 20, "t": 40, "b": 50}, template="plotly"
    )


def main() -> None:
    page_text = figure(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE).to_html(include_plotlyjs=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(page_text)
        page.wait_for_selector(".heatmaplayer image")
        page.locator(".js-plotly-plot").screenshot(path=DOCS / "decoded.png")
        browser.close()


if __name__ == "__main__":
    main()
