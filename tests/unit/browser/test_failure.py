"""Why a page cannot be recorded is a sentence that the server can hand on."""

from __future__ import annotations

from roomtape.browser.failure import PageFailed
from roomtape.errors import RoomtapeError


def test_it_is_one_of_our_errors() -> None:
    error = PageFailed("the page is away")
    assert isinstance(error, RoomtapeError)
    assert str(error) == "the page is away"
