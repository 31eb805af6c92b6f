from roomtape.capture.events import PageHappened
from roomtape.capture.troubles import Trouble, troubles
from roomtape.capture.values import GapCause


def test_a_trouble_lasts_until_the_page_is_back() -> None:
    said = [(9, "gone"), (5, "crashed"), (12, "back"), (1, "refused"), (20, "navigated"), (30, "memory")]
    found = troubles(PageHappened(t, "r", what, f"at {t}") for t, what in said)
    assert found == [
        Trouble(1, "refused", "at 1"),
        Trouble(5, "crashed", "at 5", 12),
        Trouble(9, "gone", "at 9", 12),
        Trouble(20, "navigated", "at 20"),
        Trouble(30, "memory", "at 30"),
    ]
    assert [t.cause for t in found] == [None, GapCause.CRASHED, GapCause.GONE, None, GapCause.MEMORY]
