import struct

from roomtape.rtp.orientation import Orientation
from roomtape.rtp.packet import Packet, parse
from tests.support.mjr import rtp


def _packet(block: bytes | None, profile: int = 0xBEDE) -> Packet:
    if block is None:
        packet = parse(rtp(1, 2, b"media"))
    else:
        block += bytes(-len(block) % 4)
        head = bytes([0x90]) + rtp(1, 2, b"")[1:] + struct.pack(">HH", profile, len(block) // 4)
        packet = parse(head + block + b"media")
    assert packet is not None
    return packet


def test_a_value_is_in_force_until_another_one_comes() -> None:
    orientation = Orientation(4)
    seen = []
    for block in (None, b"\x40\x01", None, b"\x10\x00", b"\x51\x40\x40", b"\x10\x09\x40\x02", b"\x40\x0b", b"\x40\x00"):
        orientation.follow(_packet(block))
        seen.append(orientation.rotation)
    # camera and flip flags (0x08, 0x04) turn nothing; 0x40 inside another extension is not ours
    assert seen == [0, 90, 90, 90, 90, 180, 270, 0]


def test_the_two_byte_form_is_read_too_and_may_have_great_ids() -> None:
    for ident in (4, 200):
        orientation = Orientation(ident)
        orientation.follow(_packet(bytes([9, 1, 3, ident, 1, 1]), 0x1000))
        assert orientation.rotation == 90
        orientation.follow(_packet(bytes([ident, 0]), 0x1000))
        assert orientation.rotation == 90
        orientation.follow(_packet(b"\x40\x02", 0xBEDE))
        assert orientation.rotation == (180 if ident == 4 else 90)
