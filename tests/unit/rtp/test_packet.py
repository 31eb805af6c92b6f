import random
import struct

import pytest

from roomtape.rtp.packet import parse
from tests.support.mjr import rtp


def test_reads_every_field_of_the_header() -> None:
    packet = parse(rtp(0xFFFE, 0xFFFFFFFF, b"media", marker=True, pt=96, ssrc=0xDEADBEEF))
    assert packet is not None
    assert (packet.seq, packet.timestamp, packet.ssrc, packet.marker, packet.pt) == (
        0xFFFE,
        0xFFFFFFFF,
        0xDEADBEEF,
        True,
        96,
    )
    assert bytes(packet.payload) == b"media"
    assert packet.extensions() == {}


def test_payload_is_without_padding_csrcs_and_extensions() -> None:
    packet = parse(rtp(1, 2, b"media", audio_level=30, padding=7))
    assert packet is not None
    assert bytes(packet.payload) == b"media"
    assert packet.extensions() == {1: b"\x1e"}

    with_csrcs = bytes([0x82]) + rtp(1, 2, b"")[1:] + bytes(8) + b"media"
    packet = parse(with_csrcs)
    assert packet is not None
    assert bytes(packet.payload) == b"media"


def _with_block(profile: int, block: bytes) -> bytes:
    return bytes([0x90]) + rtp(1, 2, b"")[1:] + struct.pack(">HH", profile, len(block) // 4) + block + b"media"


def test_one_byte_extensions_skip_padding_and_end_at_id_15() -> None:
    packet = parse(_with_block(0xBEDE, b"\x10\xaa\x00\x00\x21\xbb\xcc\x00\xf0\x30\xdd\x00"))
    assert packet is not None
    assert packet.extensions() == {1: b"\xaa", 2: b"\xbb\xcc"}


def test_two_byte_extensions_may_be_empty() -> None:
    packet = parse(_with_block(0x1000, b"\x01\x00\x00\x14\x03abc"))
    assert packet is not None
    assert packet.extensions() == {1: b"", 20: b"abc"}


@pytest.mark.parametrize("profile", [0xBEDE, 0x1000])
def test_a_damaged_extension_is_left_out(profile: int) -> None:
    packet = parse(_with_block(profile, b"\x1f\xff\xff\xff"))
    assert packet is not None
    assert packet.extensions() == {}
    assert bytes(packet.payload) == b"media"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(20),  # version 1
        b"\x8f" + bytes(20),  # more CSRCs than there are bytes
        b"\x90" + bytes(11),  # no room for the extension's length
        b"\x90" + bytes(11) + b"\xbe\xde\x00\x09" + bytes(8),
        b"\xa0" + bytes(12) + b"\xff",  # more padding than payload
        b"\xa0" + bytes(14),  # padding of length zero
    ],
)
def test_what_is_malformed_is_none(data: bytes) -> None:
    assert parse(data) is None


def test_no_bytes_make_it_raise() -> None:
    chance = random.Random(1)
    for _ in range(5000):
        data = bytes([chance.choice([0x80, 0x90, 0xA0, 0xB0, 0xBF, 0])]) + chance.randbytes(chance.randrange(40))
        packet = parse(data)
        if packet is not None:
            packet.extensions()
            assert len(packet.payload) <= len(data) - 12
