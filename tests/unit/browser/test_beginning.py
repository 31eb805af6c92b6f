"""A page with the recording SDK begins when it says so, another one when it is loaded, and each ends once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from roomtape.browser.beginning import GRACE_S, LEFT_AFTER_S, Beginning
from roomtape.browser.failure import PageFailed
from roomtape.browser.glance import Glance

PLAIN, SDK = Glance(True, False, None), Glance(True, True, True)
START = '{"type":"StartRecording"}'


@dataclass
class _Told:
    said: list[tuple[str, str]] = field(default_factory=list)
    now: float = 0.0

    def tell(self, what: str, detail: str = "") -> None:
        self.said.append((what, detail))

    def refused(self, address: str, why: str) -> None:
        self.said.append(("refused", why))

    def beginning(self, began: bool = False, interactive: bool = False) -> Any:
        return Beginning(self, 120, began, interactive, lambda: self.now)  # type: ignore[arg-type]


def test_a_page_without_the_sdk_begins_a_moment_after_it_was_loaded() -> None:
    told = _Told()
    beginning = told.beginning()
    beginning.check(PLAIN, 1)
    beginning.settled()
    beginning.check(PLAIN, 1)
    assert told.said == []
    told.now = GRACE_S
    beginning.check(PLAIN, 1)
    beginning.check(PLAIN, 1)
    assert told.said == [("begin", "load")]


def test_a_page_with_the_sdk_begins_when_it_says_so() -> None:
    told = _Told()
    beginning = told.beginning()
    beginning.check(SDK, 1)
    beginning.settled()
    told.now = 100
    beginning.check(SDK, 1)
    assert told.said == []
    beginning.sdk.received(START)
    beginning.check(SDK, 1)
    assert told.said == [("begin", "sdk")]


def test_a_page_that_never_says_so_fails() -> None:
    told = _Told()
    beginning = told.beginning()
    beginning.sdk.connected_at = 10.0
    told.now = 130
    beginning.check(PLAIN, 1)
    told.now = 131
    with pytest.raises(PageFailed, match="did not say StartRecording within 120 s"):
        beginning.check(PLAIN, 1)


def test_what_began_before_does_not_begin_again() -> None:
    told = _Told()
    beginning = told.beginning(began=True)
    beginning.settled()
    beginning.sdk.received(START)
    told.now = 1000
    beginning.check(SDK, 1)
    assert told.said == []


def test_a_meeting_that_is_over_is_told_once() -> None:
    told = _Told()
    beginning = told.beginning(began=True)
    beginning.check(SDK, 1)
    for _ in range(2):
        beginning.check(Glance(True, True, False), 1)
    assert told.said == [("left", "")]


def test_a_socket_closed_for_good_is_the_end_but_a_reload_is_not() -> None:
    told = _Told()
    beginning = told.beginning(began=True)
    beginning.check(SDK, 1)
    beginning._socket_left()
    told.now = 1
    beginning.check(PLAIN, 2)  # another document: the page was loaded anew
    told.now = LEFT_AFTER_S + 2
    beginning.check(PLAIN, 2)
    assert told.said == []
    beginning._socket_left()
    beginning.check(SDK, 2)
    assert told.said == []
    told.now += LEFT_AFTER_S
    beginning.check(SDK, 2)
    assert told.said == [("left", "")]


def test_messages_are_handed_on_and_what_is_lost_is_told() -> None:
    told = _Told()
    beginning = told.beginning(began=True, interactive=True)
    beginning.sdk.received('{"type":"ID3Data"}')
    beginning.sdk.received("no JSON")
    assert told.said[0] == ("message", '{"type":"ID3Data"}')
    assert told.said[1][0] == "refused"


def test_a_recording_that_is_not_interactive_is_told_nothing_of_what_the_sdk_forwards() -> None:
    told = _Told()
    told.beginning().sdk.received('{"type":"ID3Data","payload":"x"}')
    assert told.said == []
