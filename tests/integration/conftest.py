"""Owns which of these tests are long, and the order of their files: the longest first, so that no worker ends alone."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "crashes|sdk_meeting|both_ways|pages|sdk_reconnect|watermark|life|storage_recorded|sdk_recording|"
    "rtmp|demo|disk|sdk_media|storage_servers|examples|meet_page|golden|attempts|webhooks|own_bucket_recorded|playback"
)
CALM = "sync|janus_dies|chat_log|janus|keyframes|chromium_publisher|tape_tokens|guarded"
"""They mostly wait, but for the first, which holds browsers to milliseconds: what runs beside it leaves it time."""
LONG = "finalize_crash|three|sample|kill|interactive|process|chromium_recorded|bench|schema|long_capture|long_list"
"""They want a machine to themselves to say anything, or need minutes of it; `make test-long` runs them one by one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; those that are not listed come before the calm ones."""
    named = [*LONGEST_FIRST.split("|"), "", *CALM.split("|")]
    rank = {f"test_{name}": place for place, name in enumerate(named)}
    items.sort(key=lambda item: rank.get(item.path.stem, rank["test_"]))
    long = {f"test_{name}" for name in LONG.split("|")}
    for item in items:
        if item.path.stem in long:
            item.add_marker("long")
