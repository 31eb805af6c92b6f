"""Tests of MP3 encoding in pieces: packets of many encoders decode as one sound."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.media import encode_mp3
from roomtape.media.encode_mp3 import DELAY, FRAME, GRID
from roomtape.media.packet_grid import span
from tests.support.sound import clicks, tone

PIECE = 4 * 48_000
LEVEL = 0.95


def pieces(path: Path, sound: NDArray[np.float32], piece: int) -> list[bytes]:
    """Encode `sound` (samples, channels) in pieces of `piece` samples, each by an encoder of its own."""
    packets: list[bytes] = []
    for first in range(0, len(sound), piece):
        end = min(first + piece, len(sound))
        part = span([GRID], first, end, end == len(sound))
        with av.open(str(path), "w", format="nut") as container:
            stream = encode_mp3.open_stream(container, sound.shape[1])
            for packet in encode_mp3.encode(stream, sound[part.start : end], part.start, *part.packets[0]):
                assert packet.pts == len(packets) * FRAME
                packets.append(bytes(packet))
    assert len(packets) == GRID.packets_of(len(sound))
    return packets


def decoded(packets: list[bytes]) -> NDArray[np.float32]:
    decoder = av.CodecContext.create("mp3float", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    return np.concatenate([f.to_ndarray() for p in packets for f in decoder.decode(av.Packet(p))], axis=1).T[DELAY:]


@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_sound_like_one(channels: int, tmp_path: Path) -> None:
    mono = tone(440, 9, 0.3)
    sound = np.stack([mono, 0.5 * mono][:channels], axis=1)
    whole = decoded(pieces(tmp_path / "a.nut", sound, len(sound)))
    joined = decoded(pieces(tmp_path / "b.nut", sound, PIECE))
    for border in range(PIECE, len(sound), PIECE):
        near = slice(border - 4 * FRAME, border + 4 * FRAME)
        assert np.abs(whole[near] - joined[near]).max() < 0.003
        assert np.abs(joined[near] - LEVEL * sound[near]).max() < 0.005
    settled = joined[FRAME : len(sound) - FRAME, 0]
    assert clicks(settled) < 2 * clicks(mono)
    assert np.abs(settled).max() > 0.28


def test_no_packet_needs_bits_of_another_one(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((PIECE, 2)).astype(np.float32) * 0.2
    for packet in pieces(tmp_path / "a.nut", noise, PIECE):
        assert len(packet) == 480
        assert packet[4] == 0  # main_data_begin, nine bits after the header (ISO/IEC 11172-3, 2.4.1.7)
        assert packet[5] < 0x80


@pytest.mark.parametrize("samples", [1, 480, 1152, 5000])
def test_short_sounds_are_whole(samples: int, tmp_path: Path) -> None:
    sound = np.stack([tone(1000, 1)[:samples]] * 2, axis=1)
    assert len(decoded(pieces(tmp_path / "a.nut", sound, samples))) >= samples
