"""Owns the order in which the files of these tests run: the longest first, so that no worker is left with one alone."""

from __future__ import annotations

import pytest

LONGEST_FIRST = """
    test_crashes test_sdk_meeting test_both_ways test_storage_recorded test_pages test_sdk_recording test_sdk_reconnect
    test_rtmp test_sync test_watermark test_finalize_crash test_janus_dies test_chromium_recorded test_disk test_demo
    test_storage_servers test_bench test_golden test_schema test_webhooks test_attempts
""".split()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; a file that is not listed comes after those that are."""
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
