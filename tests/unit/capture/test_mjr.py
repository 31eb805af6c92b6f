import json
import random
import struct
from pathlib import Path

import pytest

from roomtape.capture.mjr import MjrReader, Record
from tests.support.mjr import mjr_header, mjr_packet, opus_packets, opus_silence, rtp, write_mjr

FIRST = 1_700_000_000_000_000


def _all(reader: MjrReader, max_bytes: int = 1 << 18) -> list[Record]:
    records: list[Record] = []
    while True:
        new = reader.poll(max_bytes)
        records += new
        if not new:
            return records


def test_reads_header_and_packets_with_their_arrival(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence()] * 5)
    path = write_mjr(tmp_path / "x.mjr", "audio", "opus", FIRST, packets, extensions={1: "urn:level"}, fmtp="a=1")
    reader = MjrReader(path)
    assert _all(reader) == [(FIRST + ms * 1000, data) for ms, data in packets]
    header = reader.header
    assert header is not None
    assert (header.kind, header.codec, header.first_us, header.created_us) == ("audio", "opus", FIRST, FIRST - 1000)
    assert (header.extensions, header.fmtp) == ({1: "urn:level"}, "a=1")
    assert reader.damage is None
    assert reader.at_end


def test_a_big_file_is_read_in_bounded_chunks(tmp_path: Path) -> None:
    packets = [(n, rtp(n, n, bytes(1000))) for n in range(2000)]
    reader = MjrReader(write_mjr(tmp_path / "x.mjr", "video", "vp8", FIRST, packets))
    sizes = []
    got: list[Record] = []
    while records := reader.poll(150_000):
        sizes.append(sum(len(r[1]) for r in records))
        got += records
    assert [r[1] for r in got] == [data for _, data in packets]
    assert max(sizes) <= 150_000
    assert len(sizes) > 10


def test_a_growing_file_gives_each_packet_once_and_never_half_of_one(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence() + bytes(n % 50) for n in range(60)])
    whole = write_mjr(tmp_path / "whole.mjr", "audio", "opus", FIRST, packets).read_bytes()
    path = tmp_path / "growing.mjr"
    reader = MjrReader(path)
    assert reader.poll() == []  # not there yet
    got: list[Record] = []
    chance = random.Random(3)
    with path.open("wb", buffering=0) as out:
        at = 0
        while at < len(whole):
            step = chance.randrange(1, 60)
            out.write(whole[at : at + step])
            at += step
            got += _all(reader)
    assert [r[1] for r in got] == [data for _, data in packets]
    assert reader.damage is None


def test_a_file_torn_at_any_byte_gives_its_whole_packets_and_says_where(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence()] * 6)
    whole = write_mjr(tmp_path / "whole.mjr", "audio", "opus", FIRST, packets).read_bytes()
    head = len(mjr_header("opus", FIRST))
    each = len(mjr_packet(*packets[0]))
    path = tmp_path / "torn.mjr"
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        reader = MjrReader(path)
        complete = max(0, size - head) // each
        assert len(_all(reader)) == complete
        if size in (0, len(b"MJR00002")) or (size >= head and (size - head) % each == 0):
            assert reader.damage is None
        elif size < head:
            assert reader.damage is not None
            assert str(size) in reader.damage
        else:
            assert reader.damage is not None
            assert f"at byte {head + complete * each}" in reader.damage


@pytest.mark.parametrize(
    ("content", "byte"),
    [
        (b"\x1aE\xdf\xa3 a webm file", 0),
        (b"no", 0),
        (bytes(5000), 0),
        (b"MJR00002" + struct.pack(">H", 5) + b"{oops" + bytes(20), 10),
        (b"MJR00002" + struct.pack(">H", 2) + b"[]" + bytes(20), 10),
        (b"MJR00002" + struct.pack(">H", 9) + b'{"t":"z"}' + bytes(20), 10),
    ],
)
def test_a_foreign_file_is_told_in_words(tmp_path: Path, content: bytes, byte: int) -> None:
    path = tmp_path / "x.mjr"
    path.write_bytes(content)
    reader = MjrReader(path)
    assert _all(reader) == []
    assert reader.damage is not None
    assert f"at byte {byte}" in reader.damage


def test_garbage_between_packets_ends_the_reading_there(tmp_path: Path) -> None:
    head = mjr_header("opus", FIRST)
    packet = mjr_packet(0, rtp(1, 0, opus_silence()))
    path = tmp_path / "x.mjr"
    path.write_bytes(head + packet * 3 + bytes(4096))
    reader = MjrReader(path)
    assert len(_all(reader)) == 3
    assert reader.damage is not None
    assert f"at byte {len(head) + 3 * len(packet)}" in reader.damage


def _numbered(count: int, size: int = 90) -> list[bytes]:
    """Packets as they lie in the file, each of another length and content, 20 ms apart."""
    chance = random.Random(5)
    return [mjr_packet(n * 20, rtp(n, n * 960, chance.randbytes(size + n % 37))) for n in range(count)]


def test_after_a_torn_packet_reading_goes_on_at_the_next_whole_one(tmp_path: Path) -> None:
    head = mjr_header("opus", FIRST)
    pieces = _numbered(30)
    path = tmp_path / "x.mjr"
    at = len(head) + sum(map(len, pieces[:10]))
    for kept in range(1, len(pieces[10])):
        path.write_bytes(head + b"".join([*pieces[:10], pieces[10][:kept], *pieces[11:]]))
        reader = MjrReader(path)
        assert [r[1] for r in _all(reader)] == [p[10:] for p in [*pieces[:10], *pieces[11:]]], kept
        assert reader.damage == reader.fault == f"has a torn packet at byte {at}: {kept} bytes were passed over"


def test_a_torn_packet_longer_than_what_follows_it_is_noticed_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.mjr"
    torn = mjr_packet(0, rtp(1, 1, bytes(60_000)))[:500]
    path.write_bytes(mjr_header("opus", FIRST) + torn + b"".join(_numbered(3)))
    assert len(_all(MjrReader(path))) == 3


def test_bytes_that_look_like_the_beginning_of_a_packet_are_part_of_theirs(tmp_path: Path) -> None:
    fakes = [b"MEET", b"MEETMEET" * 3, b"xx" + mjr_packet(20, b"\x00" * 12), mjr_packet(2**31, rtp(1, 1, b""))]
    pieces = [mjr_packet(40 * n, rtp(n, n, fake)) for n, fake in enumerate([*fakes, b"M", b"ME", b"MEE"])]
    path = tmp_path / "x.mjr"
    path.write_bytes(mjr_header("opus", FIRST) + b"".join([*pieces, pieces[-1]]))
    reader = MjrReader(path)
    assert [r[1] for r in _all(reader)] == [p[10:] for p in [*pieces, pieces[-1]]]
    assert reader.damage is None


def test_a_long_tear_is_passed_over_in_one_poll_and_searched_once(tmp_path: Path) -> None:
    head, pieces = mjr_header("opus", FIRST), _numbered(4)
    path = tmp_path / "x.mjr"
    path.write_bytes(head + pieces[0] + bytes(1_000_000))
    reader = MjrReader(path)
    assert len(_all(reader)) == 1
    assert reader.position == len(head) + len(pieces[0])
    with path.open("ab") as out:
        out.write(b"".join(pieces[1:]))
    assert len(reader.poll()) == 3
    assert reader.damage is not None
    assert "1000000 bytes" in reader.damage


@pytest.mark.parametrize("seed", range(30))
def test_random_tears_cost_what_they_tear_and_give_the_same_in_any_steps(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    pieces = _numbered(400, chance.choice([3, 90, 1100]))
    whole = [True] * len(pieces)
    for n in sorted(chance.sample(range(len(pieces)), 12)):
        whole[n] = False
        part = pieces[n][: chance.randrange(len(pieces[n]))]
        pieces[n] = part + chance.choice([b"", b"", bytes(chance.randrange(5000)), chance.randbytes(300), b"MEET"])
    content = mjr_header("opus", FIRST) + b"".join(pieces)
    path = tmp_path / "x.mjr"
    path.write_bytes(content)
    at_once = _all(MjrReader(path))
    kept = [p[10:] for p, good in zip(pieces, whole, strict=True) if good]
    got = [r[1] for r in at_once]
    assert [p for p in got if p in set(kept)] == kept
    assert max(r[0] for r in at_once) < FIRST + 8 * 24 * 3600 * 1_000_000

    path.write_bytes(b"")
    reader = MjrReader(path)
    grown: list[Record] = []
    at = 0
    while at < len(content):
        step = chance.randrange(1, 9000)
        with path.open("ab") as out:
            out.write(content[at : at + step])
        at += step
        grown += _all(reader)
    assert grown == at_once


def test_a_folder_in_the_place_of_a_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.mjr"
    path.mkdir()
    reader = MjrReader(path)
    assert reader.poll() == []
    assert reader.damage is not None


def test_random_bytes_never_raise(tmp_path: Path) -> None:
    path = tmp_path / "x.mjr"
    chance = random.Random(7)
    whole = bytearray(write_mjr(path, "audio", "opus", FIRST, opus_packets([opus_silence()] * 5)).read_bytes())
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        if chance.random() < 0.5:
            first, second = sorted(chance.choices(range(len(broken)), k=2))
            broken[first:second] = whole[: chance.randrange(len(whole))] if chance.random() < 0.5 else b""
        path.write_bytes(broken)
        reader = MjrReader(path)
        _all(reader)
        assert reader.damage is None or "byte" in reader.damage


def test_the_older_format_gets_its_arrivals_from_the_timestamps(tmp_path: Path) -> None:
    info = json.dumps({"t": "a", "c": "opus", "s": FIRST, "u": FIRST}).encode()
    body = b"".join(
        b"MEETECHO" + struct.pack(">H", len(p)) + p for _, p in opus_packets([opus_silence()] * 3, first_timestamp=77)
    )
    path = tmp_path / "x.mjr"
    path.write_bytes(b"MJR00001" + struct.pack(">H", len(info)) + info + body)
    assert [r[0] - FIRST for r in _all(MjrReader(path))] == [0, 20_000, 40_000]
