"""Audio: reading and writing files, loudness, log-mel spectrograms, pitch. Public names are re-exported here."""

from trainer.audio.log_mel import LogMel
from trainer.audio.loudness import SILENT_DBFS, is_silent, loudness_gain
from trainer.audio.pitch import median_f0, track_pitch
from trainer.audio.read import AudioError, AudioLimits, read_audio
from trainer.audio.write import encode_wav, write_flac

__all__ = [
    "SILENT_DBFS",
    "AudioError",
    "AudioLimits",
    "LogMel",
    "encode_wav",
    "is_silent",
    "loudness_gain",
    "median_f0",
    "read_audio",
    "track_pitch",
    "write_flac",
]
