"""Owns Vorbis encoding for WebM composites: one encoder for a whole recording, for its packets cannot be joined.

libvorbis puts its windows where the sound wants them, so that there is no grid on which pieces could meet. It comes
with libsndfile, which writes Ogg; the packets are taken from there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from roomtape.media.decode_opus import SAMPLE_RATE, Samples

QUALITY = 0.5
"""libvorbis' quality, 0 to 1: about 160 kbit/s for stereo that never rests, far less for speech."""
_BLOCK = 4096


class VorbisWriter:
    """An Ogg Vorbis file that grows; it is whole once it is closed. The same samples give the same packets."""

    def __init__(self, path: Path, channels: int) -> None:
        self._file = soundfile.SoundFile(
            str(path), "w", SAMPLE_RATE, channels, "VORBIS", format="OGG", compression_level=1 - QUALITY
        )
        self._rest: Samples = np.zeros((0, channels), np.float32)
        self.samples = 0

    def write(self, pcm: Samples) -> None:
        """Add samples, one column a channel."""
        # In blocks on one grid: the encoder extrapolates from its first one, and large ones overflow its stack.
        whole = np.concatenate([self._rest, pcm]) if len(self._rest) else pcm
        end = len(whole) // _BLOCK * _BLOCK
        for at in range(0, end, _BLOCK):
            self._file.write(whole[at : at + _BLOCK])
        self._rest = whole[end:].copy()
        self.samples += len(pcm)

    def close(self) -> None:
        """Complete the file."""
        if len(self._rest):
            self._file.write(self._rest)
            self._rest = self._rest[:0]
        self._file.close()
