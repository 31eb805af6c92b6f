"""Owns what gets into the journal: everything once, nothing without end."""

from __future__ import annotations

import time
from collections import Counter, deque
from urllib.parse import urlsplit, urlunsplit

import structlog

from roomtape.browser.journal import Entry, JournalWriter, What

log = structlog.get_logger()

MOST_OF_A_KIND = 200
LONGEST_DETAIL = 1000
MOST_UNSAID = 10_000
_UNBOUNDED = frozenset({"message", "begin", "left", "failed", "published", "back"})


class Telling:
    """Writes the journal. What a page can bring about is told 200 times at most, and the same refusal once."""

    def __init__(self, journal: JournalWriter) -> None:
        self._journal = journal
        self._told: Counter[str] = Counter()
        self._refused: set[str] = set()
        self._unsaid: deque[Entry] = deque()

    def tell(self, what: What, detail: str = "") -> None:
        """Write an entry of now; on a full disk it is kept, and written with the next one or by `catch_up`."""
        self._told[what] += 1
        if self._told[what] > MOST_OF_A_KIND and what not in _UNBOUNDED:
            return
        if what != "message":
            detail = detail[:LONGEST_DETAIL]
            log.info("page", what=what, detail=detail)
        if len(self._unsaid) < MOST_UNSAID:
            self._unsaid.append(Entry(time.time_ns() // 1000, what, detail))
        self.catch_up()

    def catch_up(self) -> None:
        """Write what could not be written yet."""
        while self._unsaid:
            try:
                self._journal.write(self._unsaid[0])
            except OSError as error:
                log.warning("the journal cannot be written", error=str(error), unsaid=len(self._unsaid))
                return
            self._unsaid.popleft()

    def refused(self, address: str, why: str) -> None:
        """Tell that an address was not loaded."""
        detail = f"{plain(address)}: {why}"
        if detail not in self._refused and len(self._refused) < MOST_OF_A_KIND:
            self._refused.add(detail)
            self.tell("refused", detail)


def plain(address: str) -> str:
    """Return an address without query and fragment: they hold tokens."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.partition("?")[0].partition("#")[0]
    if parts.scheme not in ("http", "https", "ws", "wss"):
        return f"{parts.scheme}:…" if parts.scheme in ("data", "blob", "javascript") else address.partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
