import json

import pytest

from roomtape.capture import events

SAMPLES: list[events.Event] = [
    events.SessionStarted(1, "s", "m", "Tïtle"),
    events.SessionEnded(2),
    events.PeerJoined(3, "p", "part", None, "Änne", None, False),
    events.PeerLeft(4, "p", "left"),
    events.PeerRenamed(5, "p", "Bob"),
    events.TrackPublished(6, "p", 0, "audio", "peer", "opus"),
    events.TrackPublished(6, "p", 1, "video", "peer", "vp8", None, 3),
    events.TrackUnpublished(7, "p", 0),
    events.TrackMuted(8, "p", 0),
    events.TrackUnmuted(9, "p", 0),
    events.TakeStarted(10, "p", "p-1"),
    events.TakeStopped(11, "p", "p-1"),
    events.RecordingStarted(12, "r", ("a", "b")),
    events.RecordingStarted(12, "r"),
    events.RecordingPaused(13, "r"),
    events.RecordingResumed(14, "r"),
    events.RecordingStopped(15, "r"),
    events.PeerPictured(16, "p", "cafe"),
    events.WatermarkStored(16, "r", "cafe"),
    events.WatermarkMissing(16, "r", "it is no picture"),
    events.RecordingStarted(12, "r", None, True),
    events.PageHappened(16, "r", "crashed", "its process died"),
    events.MessageSent(16, "ID3Data", "häagen", "text", "p"),
    events.MessageSent(16, "ID3Data", "3q2+7w==", "bytes", None, "r", "api"),
    events.ServerRecovered(16, 10),
]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda e: e.NAME)
def test_one_line_and_back(event: events.Event) -> None:
    line = events.dump(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert events.parse(line) == event


def test_every_event_is_tried_here() -> None:
    assert {type(e) for e in SAMPLES} == set(events.Event.__subclasses__())


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"1", b'{"t":1}', b'{"e":"future","t":1}', b'{"e":"peer_left"}', b"\xff"]
)
def test_what_cannot_be_read_is_none(line: bytes) -> None:
    assert events.parse(line) is None


def test_an_older_reader_reads_a_newer_event() -> None:
    body = json.loads(events.dump(events.SessionEnded(2))) | {"new_field": 1}
    assert events.parse(json.dumps(body).encode()) == events.SessionEnded(2)
