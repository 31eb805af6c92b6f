"""A journal is read as it grows, whole lines only."""

from __future__ import annotations

from pathlib import Path

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
