"""Tests of what a page's journal means to its recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from roomtape.browser.journal import Entry
from roomtape.capture.eventlog import EventLogWriter
from roomtape.capture.events import MessageSent, PageHappened
from roomtape.domain.recording import Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings import page_news
from tests.support.recording_fakes import recording

T = 1_767_323_045_000_000
RUNNING = recording(status=Status.RECORDING, config=RecordingConfig(page_url="https://a.example", interactive=True))


def test_troubles_are_events_and_sentences() -> None:
    entry = Entry(T, "crashed")
    assert page_news.event("r", entry) == PageHappened(T, "r", "crashed", "")
    assert page_news.warning(entry) == "the page crashed at 03:04:05 UTC"
    entry = Entry(T, "navigated", "https://b.example/")
    assert page_news.warning(entry) == "the page went elsewhere at 03:04:05 UTC (https://b.example/)"
    assert page_news.event("r", Entry(T, "back")) == PageHappened(T, "r", "back", "")
    assert page_news.warning(Entry(T, "back")) is None


def test_a_sentence_says_since_when_the_page_is_away() -> None:
    away = page_news.away_since(None, Entry(T, "navigated"))
    assert away is None
    away = page_news.away_since(away, Entry(T, "crashed"))
    assert page_news.warning(Entry(T, "crashed"), away) == "the page crashed at 03:04:05 UTC"
    later = Entry(T + 61_000_000, "blank", "it answered 500")
    away = page_news.away_since(away, later)
    assert page_news.warning(later, away) == (
        "the page showed nothing at all at 03:05:06 UTC (it answered 500); it is away since 03:04:05 UTC"
    )
    assert page_news.away_since(away, Entry(T + 70_000_000, "back")) is None


def test_what_is_said_to_us_alone_is_not_in_the_log() -> None:
    words: Any = ("published", "begin", "message", "left", "failed", "a later version's")
    for what in words:
        assert page_news.event("r", Entry(T, what)) is None
        assert page_news.warning(Entry(T, what)) is None


def said(body: Any) -> Entry:
    return Entry(T, "message", json.dumps(body))


def test_a_forwarded_broadcast_becomes_a_tag() -> None:
    text = page_news.message(RUNNING, said({"type": "ID3Data", "payload": "goal", "timestamp": 1}))
    assert text == MessageSent(T, "ID3Data", "goal", "text", None, RUNNING.id, "page")
    form = page_news.message(RUNNING, said({"type": "ID3Data", "payload": {"0": 1, "1": 2}}))
    assert form is not None
    assert (form.form, form.data) == ("bytes", "AQI=")


@pytest.mark.parametrize("body", [{"type": "emoji", "payload": "x"}, {"type": "ID3Data"}, [1], "x" * 9, None])
def test_other_messages_become_none(body: Any) -> None:
    assert page_news.message(RUNNING, said(body)) is None


def test_damaged_and_too_large_messages_become_none() -> None:
    assert page_news.message(RUNNING, Entry(T, "message", "{")) is None
    assert page_news.message(RUNNING, said({"type": "ID3Data", "payload": "x" * 70_000})) is None
    for deep in (900, 1_000, 20_000):
        nested = '{"type": "ID3Data", "payload": ' + "[" * deep + "]" * deep + "}"
        page_news.message(RUNNING, Entry(T, "message", nested))
    assert page_news.message(RUNNING, Entry(T, "message", nested)) is None


def test_what_the_log_has_is_known_again(tmp_path: Path) -> None:
    happened, sent = PageHappened(T, "r", "crashed", ""), MessageSent(T, "ID3Data", "x", "text", None, "r", "page")
    log = EventLogWriter(tmp_path / "events.jsonl")
    for event in (happened, sent, PageHappened(T + 1, "another", "hung", "")):
        log.append(event)
    log.close()
    assert page_news.known(tmp_path / "events.jsonl", "r") == {page_news.key(happened), page_news.key(sent)}
    assert page_news.key(happened) != page_news.key(sent)


def test_only_interactive_recordings_that_run_get_tags() -> None:
    good = said({"type": "ID3Data", "payload": "x"})
    plain = RecordingConfig(page_url="https://a.example")
    assert page_news.message(recording(status=Status.RECORDING, config=plain), good) is None
    assert page_news.message(recording(status=Status.PAUSED, config=RUNNING.config), good) is None
