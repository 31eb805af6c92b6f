"""A journal is read as it grows, whole lines only."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.browser import journal
from roomtape.browser.journal import Entry, JournalReader, JournalWriter


def test_whole_lines_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    reader = JournalReader(path)
    assert reader.poll() == []
    writer = JournalWriter(path)
    writer.write(Entry(1, "begin", "sdk"))
    assert reader.poll() == [Entry(1, "begin", "sdk")]
    with path.open("ab") as file:
        file.write(b'damaged\n{"t": 2, "what": "left", "de')
        file.flush()
        assert reader.poll() == []
        file.write(b'tail": ""}\n')
    assert reader.poll() == [Entry(2, "left")]
    writer.close()


def test_a_cut_line_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"t": 1, "what": "beg')
    writer = JournalWriter(path)
    writer.write(Entry(2, "message", "\ud83d"))
    writer.write(Entry(3, "left"))
    writer.close()
    assert JournalReader(path).poll() == [Entry(2, "message", "?"), Entry(3, "left")]


def test_no_more_is_read_at_once_than_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 100)
    path = tmp_path / "journal.jsonl"
    writer, reader = JournalWriter(path), JournalReader(path)
    for number in range(10):
        writer.write(Entry(number, "message", "x"))
    writer.close()
    said = []
    while True:
        some = reader.poll()
        assert 1 <= len(some) <= 2
        said += some
        if reader.at_end:
            break
    assert [entry.t for entry in said] == list(range(10))


def test_messages_are_blanked_out_once_they_are_taken_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer, reader = JournalWriter(path), JournalReader(path)
    for entry in (Entry(1, "begin"), Entry(2, "message", "secret é\ud83d"), Entry(3, "left")):
        writer.write(entry)
    reader.poll()
    writer.write(Entry(4, "message", "not yet"))
    reader.blank_messages()
    writer.write(Entry(5, "back"))
    assert "secret" not in path.read_text()
    assert [entry.t for entry in reader.poll()] == [4, 5]
    assert [entry.t for entry in JournalReader(path).poll()] == [1, 3, 4, 5]
    reader.blank_messages()
    assert [entry.t for entry in JournalReader(path).poll()] == [1, 3, 5]
    writer.close()


def test_a_message_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    writer = JournalWriter(tmp_path / "journal.jsonl")
    writer.write(Entry(1, "message", "x"))
    assert synced == []
    writer.write(Entry(2, "left"))
    assert len(synced) == 1
    writer.close()
