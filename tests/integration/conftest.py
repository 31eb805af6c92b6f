"""Owns the order in which the files of these tests run: the longest first, so that no worker is left with one alone."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "crashes|sdk_meeting|both_ways|storage_recorded|pages|sdk_recording|sdk_reconnect|rtmp|sync|watermark|finalize_crash|"
    "janus_dies|chromium_recorded|disk|demo|storage_servers|bench|golden|schema|webhooks|attempts"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; a file that is not listed comes after those that are."""
    rank = {f"test_{name}": place for place, name in enumerate(LONGEST_FIRST.split("|"))}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
