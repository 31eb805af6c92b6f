"""Owns which of these tests are long, and the order of their files: the longest first, so that no worker ends alone."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "crashes|sdk_meeting|life|sync|rtmp|both_ways|storage_recorded|storage_servers|pages|sdk_recording|"
    "sdk_reconnect|watermark|finalize_crash|meet_page|chat_log|janus_dies|disk|demo|examples|golden|webhooks|attempts"
)
LONG = "three|sample|kill|interactive|process|chromium_recorded|bench|schema|long_capture|long_list"
"""They want a machine to themselves to say anything, or need minutes of it; `make test-long` runs them one by one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; a file that is not listed comes after those that are."""
    rank = {f"test_{name}": place for place, name in enumerate(LONGEST_FIRST.split("|"))}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
    long = {f"test_{name}" for name in LONG.split("|")}
    for item in items:
        if item.path.stem in long:
            item.add_marker("long")
