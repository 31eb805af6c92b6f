"""What fails often is tried after longer and longer pauses, and failures of long ago do not count."""

from __future__ import annotations

from roomtape.browser.attempts import LONGEST_S, MOST, WINDOW_S, Attempts


def test_pauses_grow_up_to_a_bound_and_are_forgotten() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    pauses = [attempts.pause_s() for _ in range(MOST)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1 < pauses[-1]
    assert not attempts.too_many
    for _ in range(10):
        attempts.pause_s()
    assert attempts.pause_s() == LONGEST_S
    assert attempts.too_many
    now[0] = WINDOW_S + 1
    assert attempts.pause_s() == pauses[0]
    assert attempts.count == 1
    assert not attempts.too_many
