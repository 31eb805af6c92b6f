from __future__ import annotations

import struct

import pytest

from roomtape.rtp.capturetime import CaptureTimes
from roomtape.rtp.packet import ONE_BYTE, Packet

ID = 5
NTP_S = 3_900_000_000


def packet(captured_s: float | None, more: bytes = b"", ident: int = ID) -> Packet:
    """A packet that says when it was captured, in s after NTP_S, with `more` after that; None: nothing is said."""
    if captured_s is None:
        return Packet(1, 0, 1, False, 111, b"x")
    value = struct.pack(">II", NTP_S, 0)
    value = struct.pack(">Q", int.from_bytes(value, "big") + round(captured_s * 2**32)) + more
    return Packet(1, 0, 1, False, 111, b"x", ONE_BYTE, bytes([ident << 4 | len(value) - 1]) + value)


def test_nothing_is_missing_while_samples_and_times_agree() -> None:
    times = CaptureTimes(ID, 48_000)
    assert [times.missing(packet(s), 7_000 + round(s * 48_000)) for s in (0, 1, 2.5, 100)] == [0, 0, 0, 0]


def test_lost_buffers_are_counted_from_the_packet_on_that_shows_them() -> None:
    times = CaptureTimes(ID, 48_000)
    said: list[tuple[float | None, float]] = [(0, 0), (None, 0.5), (1.01, 1), (None, 1.5), (2.08, 2), (None, 90)]
    assert [round(times.missing(packet(c), round(t * 48_000)) / 480) for c, t in said] == [0, 0, 1, 1, 8, 8]


def test_whole_milliseconds_and_drift_change_nothing_until_they_are_much() -> None:
    times = CaptureTimes(ID, 90_000)
    assert times.missing(packet(0), 0) == 0
    assert [times.missing(packet(t + off / 1000), round(t * 90_000)) for t, off in ((1, 1), (2, -1), (3, 3))] == [
        0,
        0,
        0,
    ]
    assert times.missing(packet(100.004), 9_000_000) == pytest.approx(360, abs=1)


def test_too_many_samples_count_as_well() -> None:
    times = CaptureTimes(ID, 48_000)
    times.missing(packet(10), 0)
    assert times.missing(packet(10.98), 48_000) == pytest.approx(-960, abs=1)


def test_the_long_form_is_read_and_others_are_not() -> None:
    times = CaptureTimes(ID, 48_000)
    assert times.missing(packet(0, bytes(8)), 0) == 0  # with the offset of clocks, which is not needed
    assert times.missing(packet(5, ident=ID + 1), 48_000) == 0
    assert times.missing(Packet(1, 0, 1, False, 111, b"x", ONE_BYTE, bytes([ID << 4 | 2, 1, 2, 3])), 48_000) == 0
    assert times.missing(packet(1.1, bytes(8)), 48_000) == pytest.approx(4800, abs=1)
