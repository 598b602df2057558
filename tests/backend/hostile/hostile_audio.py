"""Malformed audio files. Each generator yields (description, content)."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
Sample = tuple[str, bytes]

KINDS = {
    "wav": ("WAV", "PCM_16"),
    "wav-float": ("WAV", "FLOAT"),
    "wav-ulaw": ("WAV", "ULAW"),
    "wav-adpcm": ("WAV", "IMA_ADPCM"),
    "wavex": ("WAVEX", "PCM_24"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "caf": ("CAF", "ALAC_16"),
    "au": ("AU", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
UNSUPPORTED = {
    "mat5": ("MAT5", "PCM_16"),
    "nist": ("NIST", "PCM_16"),
    "voc": ("VOC", "PCM_16"),
    "paf": ("PAF", "PCM_16"),
    "sds": ("SDS", "PCM_16"),
    "xi": ("XI", "DPCM_16"),
    "htk": ("HTK", "PCM_16"),
    "ircam": ("IRCAM", "PCM_16"),
    "pvf": ("PVF", "PCM_16"),
    "avr": ("AVR", "PCM_16"),
    "svx": ("SVX", "PCM_16"),
}


def noise(samples: int = 4000, channels: int = 1, level: float = 0.1) -> NDArray[np.float32]:
    values = np.random.default_rng(0).normal(0.0, level, (samples, channels)).astype(np.float32)
    return values[:, 0] if channels == 1 else values


def write(values: NDArray[np.floating], kind: str = "WAV", subtype: str = "PCM_16", rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def wav(
    data: bytes = b"", *, tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, claims: int | None = None
) -> bytes:
    """WAV file with `data` and this header; `claims` is the data length in the header."""
    align = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align % 2**16, bits)
    size = len(data) if claims is None else claims
    chunks = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(4 + len(chunks), 2**32 - 1)) + chunks


def truncations() -> Iterator[Sample]:
    """Files truncated at every byte of the header and at many later ones."""
    for name, header in (("wav", 64), ("flac", 120)):
        data = write(noise(1500), *KINDS[name])
        sizes = [*range(header), *range(header, len(data), 61), *range(len(data) - 12, len(data))]
        yield from ((f"{name} cut to {size} of {len(data)}", data[:size]) for size in sorted(set(sizes)))
    for name in (name for name in KINDS if name not in ("wav", "flac")):
        data = write(noise(1500), *KINDS[name])
        sizes = [4, 8, 12, 20, 33, 64, len(data) // 2, len(data) - 1]
        yield from ((f"{name} cut to {size} of {len(data)}", data[:size]) for size in sizes)


def false_headers() -> Iterator[Sample]:
    """A WAV with invalid header fields; other formats with changed bytes."""
    whole = write(noise(1500))
    fields = {4: "<I", 16: "<I", 20: "<H", 22: "<H", 24: "<I", 28: "<I", 32: "<H", 34: "<H", 40: "<I"}
    for offset, form in fields.items():
        most = 2 ** (8 * struct.calcsize(form)) - 1
        for value in (0, 1, 2, 3, 7, 1000, most // 2, most // 2 + 1, most - 1, most):
            altered = bytearray(whole)
            struct.pack_into(form, altered, offset, value)
            yield f"wav with {value} at byte {offset}", bytes(altered)
    for name in (name for name in KINDS if name != "wav"):
        data = write(noise(1500), *KINDS[name])
        for offset in (*range(4, 44, 3), 60, 100, len(data) // 2):
            for mask in (0xFF, 0x80):
                changed = bytearray(data)
                changed[offset] ^= mask
                yield f"{name} with byte {offset} changed by {mask:#x}", bytes(changed)


def rates_and_lengths() -> Iterator[Sample]:
    """Headers that could make a resampler or a reader allocate gigabytes."""
    for rate in (0, 1, 2, 7_999, 8_001, 15_999, 44_099, 95_999, 191_999, 192_001, 768_000, 2**31, 2**32 - 1):
        yield f"100 samples at {rate} Hz", wav(bytes(200), rate=rate)
    for channels in (0, 9, 30, 255, 1024, 65_535):
        yield f"{channels} channels", wav(bytes(1 << 17), channels=channels)
    yield "eight channels", write(noise(2000, 8))
    for claims in (0, 1, 400_000, 2**31, 2**32 - 2, 2**32 - 1):
        yield f"claims {claims} bytes", wav(bytes(4000), claims=claims)
    for samples in (0, 1, 2, 399):
        for name, form in KINDS.items():
            yield f"{samples} samples of {name}", write(noise(samples), *form)
    yield "a FLAC without a length", unknown_length()


def unknown_length() -> bytes:
    flac = bytearray(write(np.zeros(RATE), "FLAC"))
    flac[21] &= 0xF0  # the 36 bits in STREAMINFO that hold the number of samples
    flac[22:26] = bytes(4)
    return bytes(flac)


def bombs() -> Iterator[Sample]:
    """Small files with long sounds: silence compresses well."""
    yield "ten minutes of silence at 192 kHz", silence(600, 192_000)
    yield "a quarter of a minute at 192 kHz", silence(15, 192_000)
    yield "silence above the length limit", silence(601, RATE)
    yield "eight channels of silence", silence(100, 48_000, 8)


def silence(seconds: int, rate: int, channels: int = 1) -> bytes:
    """A small FLAC of a long sound."""
    buffer, second = io.BytesIO(), np.zeros((rate, channels), np.int16)
    with soundfile.SoundFile(buffer, "w", rate, channels, "PCM_16", format="FLAC") as file:
        for _ in range(seconds):
            file.write(second)
    return buffer.getvalue()


def values() -> Iterator[Sample]:
    """Sample values that are invalid or extreme."""
    for subtype, kind in (("FLOAT", np.float32), ("DOUBLE", np.float64)):
        for value in (np.nan, np.inf, -np.inf, np.finfo(kind).max, np.finfo(kind).tiny, 1e-45, 1e-30, 1e4, 1.0001e4):
            wave = noise(1500).astype(kind)
            wave[700] = value
            yield f"{subtype} with {value}", write(wave, "WAV", subtype)
            yield f"{subtype} of {value} alone", write(np.full(1500, value, kind), "WAV", subtype)
    yield "ends in NaN", write(np.append(noise(1500), np.float32(np.nan)), "WAV", "FLOAT")


def disguises() -> Iterator[Sample]:
    """Other formats, polyglots and structures without end."""
    whole = write(noise(1500))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../../etc/passwd", "root::0:0::/:/bin/sh\n")
    script = b"<html><script>alert(1)</script></html>"
    yield "a WAV followed by a ZIP", whole + archive.getvalue()
    yield "a WAV with HTML in a chunk", whole[:12] + b"LIST" + struct.pack("<I", len(script)) + script + whole[12:]
    yield "a ZIP", archive.getvalue()
    yield "an HTML page", script
    yield "a script", b"#!/bin/sh\nrm -rf /\n" * 50
    yield "a pickle", b"\x80\x04\x95" + b"cos\nsystem\n(S'true'\ntR." * 20
    yield "a PNG", b"\x89PNG\r\n\x1a\n" + bytes(1000)
    yield "an EBML header as in WebM", b"\x1a\x45\xdf\xa3" + bytes(1000)
    yield "an ID3 tag followed by a WAV", b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + whole
    yield "an ID3 tag of 256 MB", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + whole
    yield "an ID3 tag and a MAT5", b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + write(noise(1500), "MAT5")
    yield "invalid MPEG frames", b"\xff\xfb\x90\x00" * 2000
    yield "chunks without end", whole[:12] + b"junk\0\0\0\0" * 50_000
    yield "nested chunks", b"RIFF\xff\xff\0\0WAVE" + b"LIST\xf0\xff\0\0" * 5000
    yield "a chunk of 4 GB", whole[:12] + b"bext\xff\xff\xff\xff" + whole[12:]
    yield "a FLAC picture of 16 MB", b"fLaC\x06\xff\xff\xff" + bytes(1000)
    yield "an empty file", b""
    for name, form in UNSUPPORTED.items():
        yield f"a {name}", write(noise(1500), *form)
    for beginning in (b"RIFF", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff", b"\xff\xfb"):
        for seed in range(5):
            yield f"{beginning!r} followed by noise {seed}", beginning + np.random.default_rng(seed).bytes(2000)


def small() -> Iterator[Sample]:
    """All except `bombs`."""
    for generate in (truncations, false_headers, rates_and_lengths, values, disguises):
        yield from generate()
