import errno
import os
from pathlib import Path

import pytest

from roomtape.capture.eventlog import EventLogReader, EventLogWriter
from roomtape.capture.events import PeerJoined, SessionEnded, SessionStarted, dump
from roomtape.errors import StorageError

JOINED = PeerJoined(5, "p", "part", None, "Änne")


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"
    reader = EventLogReader(path)
    assert reader.poll() == []  # not there yet
    writer = EventLogWriter(path)
    writer.append(JOINED)
    assert reader.poll() == [JOINED]
    writer.append(SessionEnded(6), sync=False)
    writer.sync()
    assert reader.poll() == [SessionEnded(6)]
    assert reader.poll() == []
    writer.close()


def test_each_event_is_one_write_of_a_whole_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    writer = EventLogWriter(tmp_path / "events.jsonl")
    monkeypatch.setattr(os, "write", lambda fd, data: written.append(bytes(data)) or len(data))
    writer.append(JOINED, sync=False)
    assert written == [dump(JOINED)]


def test_a_line_that_is_torn_at_any_byte_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = dump(SessionStarted(1, "s", "m", "t")) + dump(JOINED)
    first = len(dump(SessionStarted(1, "s", "m", "t")))
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        reader = EventLogReader(path)
        assert len(reader.poll()) == (size >= first) + (size == len(whole))
        path.write_bytes(whole)
        assert len(reader.poll()) == 2 - (size >= first) - (size == len(whole))
        assert reader.damaged == 0


def test_damaged_and_unknown_lines_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    bad = [b"\xff\xfe\x00\n", b"{}\n", b'{"e":"of_the_future","t":1}\n', b'{"e":"session_ended","t":"soon"}\n', b"\n"]
    path.write_bytes(b"".join(bad) + dump(JOINED))
    reader = EventLogReader(path)
    assert reader.poll() == [JOINED]
    assert reader.damaged == 4


def test_a_writer_does_not_go_on_in_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(dump(SessionStarted(1, "s", "m", "t")) + dump(JOINED)[:10])
    writer = EventLogWriter(path)
    writer.append(SessionEnded(6))
    reader = EventLogReader(path)
    assert [e.t for e in reader.poll()] == [1, 6]
    assert reader.damaged == 1


@pytest.mark.parametrize(("code", "word"), [(errno.ENOSPC, "full"), (errno.EROFS, "read-only"), (errno.EIO, "disk")])
def test_a_disk_that_takes_nothing_is_told_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, word: str
) -> None:
    writer = EventLogWriter(tmp_path / "events.jsonl")

    def refuse(fd: int, data: bytes) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(StorageError, match=word) as caught:
        writer.append(JOINED)
    assert str(tmp_path) in str(caught.value)


def test_half_a_line_on_a_full_disk_is_an_error_and_the_next_line_starts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventLogWriter(path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
    with pytest.raises(StorageError, match="full"):
        writer.append(JOINED)
    monkeypatch.setattr(os, "write", real)
    writer.append(SessionEnded(6))
    assert EventLogReader(path).poll() == [SessionEnded(6)]


def test_a_folder_that_cannot_be_made_is_a_storage_error_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    writer = EventLogWriter(tmp_path / "file" / "events.jsonl")
    writer.sync()
    writer.close()
    with pytest.raises(StorageError, match="file"):
        writer.append(JOINED)
    (tmp_path / "file").unlink()
    writer.append(JOINED)
    assert EventLogReader(writer.path).poll() == [JOINED]
