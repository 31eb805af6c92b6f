from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from roomtape.api.paging import Page, iso, success
from tests.support.api import House


def test_offsets_count_from_one_and_include_both_ends() -> None:
    assert Page(1, 10).offset == 0
    assert Page(3, 10).offset == 20
    assert Page(3, 10).paging(range(4), 24) == {"total_count": 24, "start_offset": 21, "end_offset": 24}
    assert Page(4, 10).paging([], 24) == {"total_count": 24, "start_offset": 0, "end_offset": 0}


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    assert iso(None) is None
    assert iso(datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)) == "2026-03-01T12:00:00.999Z"
    assert iso(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-5)))) == "2026-03-01T17:00:00.000Z"


def test_success_has_data_and_more() -> None:
    assert success([1], paging=2) == {"success": True, "data": [1], "paging": 2}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page_no=1.0&per_page=25.0", 200),
        ("page_no=1000000&per_page=1000", 200),
        ("page_no=1000001", 422),
        ("per_page=1001", 422),
        ("page_no=-1", 422),
        ("page_no=x", 422),
        ("page_no=99999999999999999999999", 422),
        ("start_time=2026-03-01T12:00:00", 200),
        ("start_time=2026-03-01", 200),
        ("start_time=2026-03-01T12:00:00%2B05:00", 200),
        ("start_time=yesterday", 422),
        ("start_time=0.5", 422),
        ("start_time=1767225600", 422),
        ("start_time=99999-01-01", 422),
        ("search=%00", 422),
        ("search=%25", 200),
        ("status=", 422),
    ],
)
async def test_what_a_query_may_say(api: House, query: str, status: int) -> None:
    answer = await api.client.get(f"{api.kit}/meetings?{query}")
    assert answer.status_code == status, answer.text
