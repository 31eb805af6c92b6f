from __future__ import annotations

from roomtape.rooms.realtimekit.speakers import HOLD_MS, SILENT_AFTER_MS, Speakers


def talk(speakers: Speakers, who: str, energy: int, start_ms: int, end_ms: int) -> list[int]:
    """Report every 400 ms; return when the peer became the active speaker."""
    return [t for t in range(start_ms, end_ms, 400) if speakers.heard(who, energy, energy < 5, t)]


def test_the_first_who_speaks_is_the_speaker() -> None:
    speakers = Speakers()
    assert not speakers.heard("a", 2, True, 0)
    assert speakers.heard("a", 7, False, 400)
    assert not speakers.heard("a", 9, False, 800), "is it already"
    assert speakers.order == ["a"]


def test_another_takes_over_when_the_speaker_is_silent() -> None:
    speakers = Speakers()
    talk(speakers, "a", 8, 0, 3000)
    began = 3000 + SILENT_AFTER_MS
    assert talk(speakers, "b", 6, began, began + 1200)[0] <= began + 400
    assert speakers.order == ["b", "a"]


def test_a_cough_changes_nothing() -> None:
    speakers = Speakers()
    speakers.heard("a", 6, False, 0)
    assert not speakers.heard("b", 10, False, HOLD_MS - 1)
    assert speakers.order == ["a"]


def test_of_two_who_speak_at_once_the_order_stays() -> None:
    speakers = Speakers()
    speakers.heard("a", 8, False, 0)
    changes = 0
    for t in range(400, 20_000, 400):
        changes += speakers.heard("a", 8, False, t) + speakers.heard("b", 8 + t % 3, False, t + 50)
    assert changes == 0


def test_who_is_much_louder_takes_over() -> None:
    speakers = Speakers()
    talk(speakers, "a", 5, 0, 4000)
    assert speakers.heard("b", 10, False, 4000)


def test_who_leaves_is_forgotten_and_the_next_need_not_wait() -> None:
    speakers = Speakers()
    speakers.heard("a", 8, False, 0)
    speakers.remove("a")
    assert speakers.order == []
    assert speakers.heard("b", 6, False, 100)
    speakers.remove("nobody")
