"""What a page says of itself may be anything."""

from __future__ import annotations

import pytest

from roomtape.browser.glance import Glance


def test_what_was_seen_is_read() -> None:
    assert Glance.of({"shows": False, "sdk": True, "trigger": False}) == Glance(False, True, False)
    assert Glance.of({"shows": True, "sdk": False, "trigger": None}) == Glance(True, False, None)


@pytest.mark.parametrize("odd", [None, 3, [], {}, {"shows": "no", "sdk": 1, "trigger": "false"}])
def test_what_is_odd_is_a_page_without_the_sdk_that_shows_something(odd: object) -> None:
    assert Glance.of(odd) == Glance(True, False, None)
