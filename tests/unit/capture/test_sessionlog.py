import itertools

from roomtape.capture import events as ev
from roomtape.capture.sessionlog import SessionLog, Steps
from roomtape.capture.values import Interval, TrackKey

EVENTS: list[ev.Event] = [
    ev.PeerJoined(10, "p", "part", "user", "Ann"),
    ev.TrackPublished(11, "p", 0, "audio", "peer", "OPUS"),
    ev.TakeStarted(12, "p", "p-1"),
    ev.RecordingStarted(13, "r", ("user",)),
    ev.TrackMuted(20, "p", 0),
    ev.RecordingPaused(21, "r"),
    ev.PeerRenamed(22, "p", "Anna"),
    ev.TrackUnmuted(30, "p", 0),
    ev.RecordingResumed(31, "r"),
    ev.TakeStopped(40, "p", "p-1"),
    ev.PeerLeft(41, "p", "left"),
    ev.RecordingStopped(42, "r"),
]


def _log(events: list[ev.Event]) -> SessionLog:
    log = SessionLog()
    for event in events:
        log.add(event)
    return log


def test_answers_about_moments() -> None:
    log = _log(EVENTS)
    key = TrackKey("p", 0)
    assert [log.name_at("p", t) for t in (0, 10, 21, 22)] == ["Ann", "Ann", "Ann", "Anna"]
    assert [log.muted_at(key, t) for t in (19, 20, 29, 30)] == [False, True, True, False]
    assert log.muted_spans(key) == [(20, 30)]
    assert log.paused_spans() == [(21, 31)]
    assert log.recorded("r", 999) == [Interval(13, 21), Interval(31, 42)]
    assert log.stop_us("r") == 42
    assert log.selections["r"].includes("other", "user", False)
    assert log.published[key].codec == "opus"
    assert log.peers["p"].left_us == 41
    assert log.name_at("nobody", 5) == ""


def test_an_open_stretch_ends_where_it_is_told_to() -> None:
    log = _log(EVENTS[:9])
    assert log.recorded("r", 35) == [Interval(13, 21), Interval(31, 35)]
    assert log.recorded("r", 25) == [Interval(13, 21)]
    assert log.stop_us("r") is None


def test_lines_out_of_order_give_the_same_answers() -> None:
    for first, second in itertools.combinations(range(4, 9), 2):
        swapped = list(EVENTS)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        log = _log(swapped)
        assert log.events == EVENTS
        assert log.recorded("r", 999) == [Interval(13, 21), Interval(31, 42)]
        assert log.muted_spans(TrackKey("p", 0)) == [(20, 30)]


def test_a_take_ends_with_its_stop_or_its_peer_or_the_session() -> None:
    take = _log(EVENTS).takes["p-1"]
    assert _log(EVENTS).take_end(take) == 40
    lost = _log([*EVENTS[:3], ev.PeerLeft(50, "p", "sfu_lost")])
    assert lost.take_end(lost.takes["p-1"]) == 50
    ended = _log([*EVENTS[:3], ev.SessionEnded(60)])
    assert ended.take_end(ended.takes["p-1"]) == 60
    running = _log(EVENTS[:3])
    assert running.take_end(running.takes["p-1"]) is None


def test_steps_join_what_repeats() -> None:
    steps: Steps[bool] = Steps()
    for t, value in ((1, True), (2, True), (5, False), (9, True)):
        steps.put(t, value)
    assert steps.spans(True) == [(1, 5), (9, None)]
    assert steps.at(0) is None
    assert steps.at(7) is False


def test_a_peer_that_comes_back_under_its_id_was_away_in_between() -> None:
    log = _log([*EVENTS[:-1], ev.PeerJoined(60, "p", "part", "user", "Ann II")])
    peer = log.peers["p"]
    assert [peer.present_at(t) for t in (9, 10, 40, 41, 59, 60, 99)] == [False, True, True, False, False, True, True]
    assert [log.name_at("p", t) for t in (59, 60)] == ["Anna", "Ann II"]
    log.add(ev.PeerLeft(70, "p", "left"))
    assert not log.peers["p"].present_at(70)
    assert log.peers["p"].joined_us == 10


def test_a_picture_holds_from_when_it_is_there_and_the_first_verdict_on_a_watermark_stands() -> None:
    stored, missing = ev.WatermarkStored(60, "r", "b"), ev.WatermarkMissing(61, "r", "late")
    log = _log([*EVENTS, ev.PeerPictured(50, "p", "a"), stored, missing])
    assert [log.picture_at("p", t) for t in (49, 50, 99)] == [None, "a", "a"]
    assert log.picture_at("q", 99) is None
    assert log.watermarks == {"r": stored}
