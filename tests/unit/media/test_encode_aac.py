"""Tests of AAC encoding in pieces: packets of many encoders decode as one sound."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.media import encode_aac
from roomtape.media.encode_aac import FRAME
from tests.support.sound import clicks, tone

PIECE = 4 * 48_000


def pieces(path: Path, sound: NDArray[np.float32], piece: int) -> tuple[dict[int, bytes], bytes]:
    """Encode `sound` (samples, 2) in pieces of `piece` samples, each by an encoder of its own."""
    packets: dict[int, bytes] = {}
    count = -(-len(sound) // piece)
    header = b""
    for index in range(count):
        last = index == count - 1
        first = encode_aac.GRID.packets_within(index * piece)
        end = encode_aac.GRID.packets_of(len(sound)) if last else encode_aac.GRID.packets_within((index + 1) * piece)
        start = encode_aac.GRID.first_sample(first)
        with av.open(str(path), "w", format="nut") as container:
            stream = encode_aac.open_stream(container, 2)
            for packet in encode_aac.encode(stream, sound[start : (index + 1) * piece], start, first, end):
                assert packet.pts is not None
                assert packet.pts // FRAME not in packets
                packets[packet.pts // FRAME] = bytes(packet)
            header = bytes(stream.codec_context.extradata or b"")
    return packets, header


def decoded(packets: dict[int, bytes], header: bytes) -> NDArray[np.float32]:
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.extradata = header
    out = [f.to_ndarray() for n in sorted(packets) for f in decoder.decode(av.Packet(packets[n]))]
    return np.concatenate(out, axis=1).T[FRAME:]


def sounds() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)
    steady = tone(440, 13, 0.3)
    speech = (steady + 0.05 * random.standard_normal(len(steady))) * (0.5 + 0.5 * tone(3, 13, 1))
    strokes = 0.1 * steady
    for border in range(PIECE, len(steady), PIECE):
        # In the frame after the last one that a piece is made of: its neighbour must know of it.
        strokes[border // FRAME * FRAME + 300] += 0.8
    return {"steady": steady, "speech": speech.astype(np.float32), "strokes": strokes.astype(np.float32)}


@pytest.mark.parametrize("name", ["steady", "speech", "strokes"])
def test_pieces_sound_like_one(name: str, tmp_path: Path) -> None:
    mono = sounds()[name]
    sound = np.stack([mono, 0.5 * mono], axis=1)
    one, header = pieces(tmp_path / "a.nut", sound, len(sound))
    many, other = pieces(tmp_path / "b.nut", sound, PIECE)
    assert header == other
    assert sorted(one) == sorted(many) == list(range(encode_aac.GRID.packets_of(len(sound))))
    whole, joined = decoded(one, header), decoded(many, header)
    for border in range(PIECE, len(sound), PIECE):
        near = slice(border - 4 * FRAME, border + 4 * FRAME)
        assert np.abs(whole[near] - joined[near]).max() < 0.003
        assert np.abs(joined[near] - sound[near]).max() < 1.1 * np.abs(whole[: len(sound)] - sound).max()
    if name == "steady":
        settled = joined[FRAME : len(sound) - FRAME, 0]
        assert np.abs(settled - mono[FRAME : len(sound) - FRAME]).max() < 0.005
        assert clicks(settled) < 2 * clicks(mono)


@pytest.mark.parametrize("samples", [1, 480, 1024, 1025, 5000])
def test_short_sounds_are_whole(samples: int, tmp_path: Path) -> None:
    sound = np.stack([tone(1000, 1)[:samples]] * 2, axis=1)
    packets, header = pieces(tmp_path / "a.nut", sound, samples)
    assert sorted(packets) == list(range(encode_aac.GRID.packets_of(samples)))
    assert len(decoded(packets, header)) >= samples
