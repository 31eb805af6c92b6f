"""Owns noticing publishers that vanished without a word: nothing else tells, see docs/decisions/0003-janus.md."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from roomtape.sfu.port import Handle


class SilenceWatch:
    """Calls `report` for a publisher whose media is up and none of whose m-lines had a packet for `after_s` seconds."""

    def __init__(self, after_s: float, report: Callable[[Handle], None]) -> None:
        self.after_s = after_s
        self._report = report
        self._active: dict[Handle, set[str]] = {}
        self._timers: dict[Handle, asyncio.TimerHandle] = {}

    def up(self, handle: Handle) -> None:
        """The publisher's transport is up: packets are due."""
        self._active.setdefault(handle, set())
        self._arm(handle)

    def assume(self, handle: Handle, mids: Iterable[str]) -> None:
        """The publisher's transport has been up for a while, with these m-lines, whose state we do not know.

        Each counts as having packets until Janus says that they stopped: a publisher that merely muted must not be
        taken for gone. With no m-lines known it is not watched.
        """
        self.forget(handle)
        self._active[handle] = set(mids)
        if not self._active[handle]:
            self.forget(handle)

    def receiving(self, handle: Handle, mid: str, active: bool) -> None:
        """Packets of one m-line started or stopped coming."""
        mids = self._active.get(handle)
        if mids is None:
            return
        if active:
            mids.add(mid)
        else:
            mids.discard(mid)
        self._arm(handle)

    def forget(self, handle: Handle) -> None:
        """The publisher is out."""
        self._active.pop(handle, None)
        self._disarm(handle)

    def clear(self) -> None:
        """All publishers are out."""
        for handle in list(self._active):
            self.forget(handle)

    def _arm(self, handle: Handle) -> None:
        if self._active[handle]:
            self._disarm(handle)
        elif handle not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[handle] = loop.call_later(self.after_s, self._silent, handle)

    def _disarm(self, handle: Handle) -> None:
        timer = self._timers.pop(handle, None)
        if timer is not None:
            timer.cancel()

    def _silent(self, handle: Handle) -> None:
        self.forget(handle)
        self._report(handle)
