"""Owns when a page's recording begins and when the page says that it is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from roomtape.browser.failure import PageFailed
from roomtape.browser.glance import Glance
from roomtape.browser.sdksocket import SdkSocket
from roomtape.browser.telling import Telling

GRACE_S = 3.0
"""A page with the recording SDK has shown by then, and after it was loaded and quiet, that it has it."""
LEFT_AFTER_S = 3.0
"""A page that is only loaded anew closes its socket too, and loads within this."""


class Beginning:
    """Says `begin` once and `left` once, and what the SDK forwards to an `interactive` recording.

    `began` when the recording runs (also because it ran before we started).
    """

    def __init__(
        self,
        telling: Telling,
        within_s: float,
        began: bool,
        interactive: bool,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.began = began
        self.left = False
        forwarded = (lambda text: telling.tell("message", text)) if interactive else None
        self.sdk = SdkSocket(self._started, forwarded, self._socket_left, self._lost)
        self._telling = telling
        self._within_s = within_s
        self._now = now
        self._asked = False
        self._settled_at: float | None = None
        self._sdk_seen_at: float | None = None
        self._left_at: float | None = None
        self._documents = 0

    def settled(self) -> None:
        """The page has loaded."""
        self._settled_at = self._now()

    def check(self, glance: Glance | None, documents: int) -> None:
        """Take what was seen of the page, which has loaded so many documents. Raises PageFailed."""
        now = self._now()
        if documents != self._documents:  # it was loaded anew: what closed its socket was that
            self._documents, self._left_at = documents, None
        if glance is not None and glance.sdk and self._sdk_seen_at is None:
            self._sdk_seen_at = now
        self._check_left(glance, now)
        if self.began:
            return
        if self._asked:
            self._begin("sdk")
            return
        since = self.sdk.connected_at or self._sdk_seen_at
        if since is None:
            if self._settled_at is not None and now - self._settled_at >= GRACE_S:
                self._begin("load")
        elif now - since > self._within_s:
            raise PageFailed(
                f"the page has the recording SDK, but did not say StartRecording within {self._within_s:g} s; "
                "its startRecording() must be called, or autoStart be left on"
            )

    def _begin(self, how: str) -> None:
        self.began = True
        self._telling.tell("begin", how)

    def _check_left(self, glance: Glance | None, now: float) -> None:
        if self.left:
            return
        over = glance is not None and glance.trigger is False
        closed = self._left_at is not None and self.sdk.open == 0 and now - self._left_at >= LEFT_AFTER_S
        if over or closed:
            self.left = True
            self._telling.tell("left")

    def _started(self) -> None:
        self._asked = True

    def _socket_left(self) -> None:
        self._left_at = self._now()

    def _lost(self, what: str) -> None:
        self._telling.refused("ws://localhost:8080/ws", f"{what} was not taken")
