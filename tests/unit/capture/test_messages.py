"""Tests of which messages an interactive recording gets."""

from __future__ import annotations

from typing import Any

from roomtape.capture.events import Event, MessageSent, SessionEnded
from roomtape.capture.messages import is_closed, messages
from roomtape.capture.values import Interval

S = 1_000_000
ALL = [Interval(0, 100 * S)]


def said(t_s: float, data: Any = "x", **more: Any) -> MessageSent:
    return MessageSent(round(t_s * S), "ID3Data", data, **more)


def texts(events: list[Event], recording_id: str | None = "r", intervals: list[Interval] = ALL) -> list[str]:
    return [m.data.decode() for m in messages(events, recording_id, intervals)]


def test_a_recording_gets_its_own_and_the_sessions() -> None:
    log: list[Event] = [
        said(1, "a", peer_id="p"),
        said(2, "b", recording_id="r", origin="api"),
        said(3, "c", recording_id="other", origin="api"),
        SessionEnded(4 * S),
    ]
    assert texts(log) == ["a", "b"]
    assert texts(log, None) == ["a", "b", "c"]


def test_what_is_sent_in_a_pause_is_not_in_it() -> None:
    log: list[Event] = [said(t, str(t)) for t in (0, 1, 2, 3, 4, 5)]
    assert texts(log, intervals=[Interval(1 * S, 2 * S), Interval(4 * S, 5 * S)]) == ["1", "4"]


def test_after_the_close_there_is_none() -> None:
    log: list[Event] = [said(1, "a"), said(2, "CLOSE_TRANSPORT"), said(3, "b")]
    assert texts(log) == ["a"]
    assert texts(log, intervals=[Interval(2 * S + 1, 9 * S)]) == ["b"], "it began after the close"
    assert texts([said(1, "CLOSE_TRANSPORT", recording_id="other"), said(2, "b")]) == ["b"]


def test_a_close_counts_for_whom_it_would_stop() -> None:
    close = said(5, "CLOSE_TRANSPORT")
    assert is_closed([close], "r", ALL)
    assert not is_closed([close], "r", [Interval(0, 5 * S), Interval(6 * S, 9 * S)]), "in a pause"
    assert is_closed([said(5, "CLOSE_TRANSPORT", recording_id="r", origin="api")], "r", ALL)
    assert not is_closed([said(5, "CLOSE_TRANSPORT", recording_id="other", origin="api")], "r", ALL)
    assert not is_closed([said(5, "Q0xPU0U=", form="bytes"), said(6, "a")], "r", ALL)


def test_what_a_page_forwards_counts_once() -> None:
    page: dict[str, Any] = {"origin": "page", "recording_id": "r"}
    log: list[Event] = [said(1, "a"), said(1.3, "a", **page), said(5, "a", **page), said(5.5, "b", **page)]
    assert texts(log) == ["a", "a", "b"]
    early: list[Event] = [said(1, "a", **page), said(2.9, "a")]
    assert texts(early) == ["a"]


def test_bytes_are_read_and_damage_is_passed_over() -> None:
    log: list[Event] = [said(1, "AP8=", form="bytes"), said(2, "!", form="bytes"), said(3, 7), said(4, "b")]
    assert [m.data for m in messages(log, "r", ALL)] == [b"\0\xff", b"b"]


def test_those_of_the_same_moment_keep_their_order() -> None:
    log: list[Event] = [said(1, str(n)) for n in range(50)]
    assert texts(log) == [str(n) for n in range(50)]
