import struct

import pytest

from roomtape.rtp.audiolevel import AudioLevels
from roomtape.rtp.packet import Packet, parse
from tests.support.mjr import rtp


def _packet(profile: int, block: bytes) -> Packet:
    block += bytes(-len(block) % 4)
    head = bytes([0x90]) + rtp(1, 2, b"")[1:] + struct.pack(">HH", profile, len(block) // 4)
    packet = parse(head + block + b"media")
    assert packet is not None
    return packet


@pytest.mark.parametrize(
    ("profile", "block", "level"),
    [
        (0xBEDE, b"\x30\x9e", 30),  # the flag of voice activity is no part of it
        (0xBEDE, b"\x30\x7f", 127),
        (0xBEDE, b"\x11\xaa\xbb\x00\x30\x05", 5),
        (0xBEDE, b"\x10\x30\x20\x30", None),  # only the values look like it
        (0x1000, b"\x03\x01\x8c", 12),
        (0x1000, b"\x01\x00\x03\x01\x40", 64),
        (0x1000, b"\x03\x00", None),
        (0x1234, b"\x30\x05", None),
    ],
)
def test_the_level_is_read_in_both_forms(profile: int, block: bytes, level: int | None) -> None:
    levels = AudioLevels(3)
    assert [levels.of(_packet(profile, block)) for _ in range(3)] == [level] * 3


def test_forms_may_follow_one_another_and_packets_may_have_none() -> None:
    levels = AudioLevels(3)
    bare = parse(rtp(1, 2, b"media"))
    assert bare is not None
    assert levels.of(_packet(0xBEDE, b"\x30\x01\x00\x00")) == 1
    assert levels.of(_packet(0x1000, b"\x03\x01\x02\x00")) == 2
    assert levels.of(_packet(0x1000, b"\x30\x01\x00\x00")) is None
    assert levels.of(_packet(0xBEDE, b"\x30\x01\x00\x00")) == 1
    assert levels.of(bare) is None


def test_blocks_with_a_counter_are_read_too() -> None:
    levels = AudioLevels(3)
    for n in range(20_000):
        assert levels.of(_packet(0xBEDE, b"\x51" + struct.pack(">H", n) + bytes([0x30, n & 0x7F]))) == n & 0x7F
