"""Tests of what a page's recorder has said: messages are taken at once, the rest waits; no message breaks anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.browser import journal
from roomtape.browser.job import JOURNAL
from roomtape.browser.journal import Entry, JournalWriter
from roomtape.recordings.page_journal import PageJournal


async def test_messages_go_ahead_and_all_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 100)
    taken: list[str] = []

    async def take(entry: Entry) -> None:
        if entry.detail == "bad":
            raise RecursionError
        taken.append(entry.detail)

    said = PageJournal(tmp_path, take)
    await said.read()
    assert said.next() is None, "there is no journal yet"
    writer = JournalWriter(tmp_path / JOURNAL)
    words: list[Entry] = [Entry(1, "begin"), Entry(2, "message", "bad"), Entry(3, "message", "a"), Entry(4, "left")]
    for entry in (*words, Entry(5, "message", "b")):
        writer.write(entry)
    await said.read()
    assert taken == ["a", "b"]
    assert "message" not in (tmp_path / JOURNAL).read_text()
    assert [said.next(), said.next(), said.next()] == [words[0], words[3], None]
    writer.close()
