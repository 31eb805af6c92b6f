"""The journal has everything once, without tokens, and no page can fill the disk with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from roomtape.browser.journal import Entry, JournalReader, JournalWriter
from roomtape.browser.telling import LONGEST_DETAIL, MOST_OF_A_KIND, Telling, plain


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[tuple[Telling, JournalReader]]:
    writer = JournalWriter(tmp_path / "journal.jsonl")
    yield Telling(writer), JournalReader(tmp_path / "journal.jsonl")
    writer.close()


def test_a_refusal_is_told_once_and_without_its_query(journal: tuple[Telling, JournalReader]) -> None:
    telling, reader = journal
    for token in ("a", "b"):
        telling.refused(f"http://10.0.0.1/x?authToken={token}#f", "it is private")
    assert [(e.what, e.detail) for e in reader.poll()] == [("refused", "http://10.0.0.1/x: it is private")]


def test_a_page_cannot_fill_the_disk(journal: tuple[Telling, JournalReader]) -> None:
    telling, reader = journal
    for number in range(MOST_OF_A_KIND + 5):
        telling.refused(f"http://10.0.0.1/{number}", "x" * 2 * LONGEST_DETAIL)
        telling.tell("navigated", f"http://a.example/{number}")
    told = reader.poll()
    assert len(told) == 2 * MOST_OF_A_KIND
    assert max(len(e.detail) for e in told) == LONGEST_DETAIL


def test_messages_are_told_whole_and_all(journal: tuple[Telling, JournalReader]) -> None:
    telling, reader = journal
    for _ in range(MOST_OF_A_KIND + 5):
        telling.tell("message", "x" * 2 * LONGEST_DETAIL)
    assert [len(e.detail) for e in reader.poll()] == [2 * LONGEST_DETAIL] * (MOST_OF_A_KIND + 5)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://a.example:8443/p?q=1#f", "https://a.example:8443/p"),
        ("data:text/html,hello", "data:…"),
        ("about:blank?x", "about:blank"),
        ("http://[bad/p?q", "http://[bad/p"),
    ],
)
def test_plain_has_no_query(address: str, told: str) -> None:
    assert plain(address) == told


def test_what_a_full_disk_did_not_take_is_told_later_in_order() -> None:
    class Disk:
        full = True
        lines: ClassVar[list[Entry]] = []

        def write(self, entry: Entry) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            self.lines.append(entry)

    disk: Any = Disk()
    telling = Telling(disk)
    telling.tell("begin", "load")
    telling.tell("left")
    assert disk.lines == []
    disk.full = False
    telling.catch_up()
    assert [entry.what for entry in disk.lines] == ["begin", "left"]
