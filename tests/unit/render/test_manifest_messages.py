"""Tests of what a manifest tells of messages: when and how large, never what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.capture.events import MessageSent
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.render import manifest_messages
from roomtape.render.extent import Extent
from roomtape.render.job import RenderJob
from roomtape.render.manifest_messages import told_messages
from tests.support.captures import Capture, at


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 20)
    capture.recording("r", 1, 20, pauses=[(5, 8)])
    capture.events += [
        MessageSent(at(2), "ID3Data", "säcret", "text", "ann"),
        MessageSent(at(6), "ID3Data", "in the pause", "text", "ann"),
        MessageSent(at(9), "ID3Data", "AAA=", "bytes", None, "r", "api"),
    ]
    found = Timeline(capture.write())
    found.poll()
    return found


def job(interactive: bool) -> RenderJob:
    return RenderJob("", Kind.COMPOSITE, RecordingConfig(interactive=interactive), "r")


def test_an_interactive_recordings_messages_are_counted_and_listed(timeline: Timeline) -> None:
    told = told_messages(job(True), timeline, Extent(timeline.intervals("r")))
    assert told == {
        "count": 2,
        "told": [
            {
                "at_us": at(2), "at_ms": 1000, "name": "ID3Data", "form": "text", "size": 7, "origin": "broadcast",
                "peer_id": "ann",
            },
            {
                "at_us": at(9), "at_ms": 5000, "name": "ID3Data", "form": "bytes", "size": 2, "origin": "api",
                "peer_id": None,
            },
        ],
    }  # fmt: skip


def test_the_list_has_an_end_and_the_count_has_none(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_messages, "MOST", 1)
    told = told_messages(job(True), timeline, Extent(timeline.intervals("r")))
    assert told is not None
    assert (told["count"], len(told["told"])) == (2, 1)


def test_other_recordings_have_none(timeline: Timeline) -> None:
    assert told_messages(job(False), timeline, Extent(timeline.intervals("r"))) is None
