"""Audio: reading and writing files, log-mel spectrograms, pitch. The public names are re-exported here."""

from trainer.audio.files import AudioError, AudioLimits, encode_wav, is_silent, loudness_gain, read_audio, write_flac
from trainer.audio.log_mel import LogMel
from trainer.audio.pitch import track_pitch

__all__ = [
    "AudioError",
    "AudioLimits",
    "LogMel",
    "encode_wav",
    "is_silent",
    "loudness_gain",
    "read_audio",
    "track_pitch",
    "write_flac",
]
