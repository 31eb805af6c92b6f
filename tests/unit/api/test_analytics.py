from __future__ import annotations

from datetime import timedelta

from roomtape.db import recordings
from tests.support.api import NOW, House, a_recording


async def test_the_sdk_gets_sessions_and_recordings_by_day(api: House) -> None:
    meeting = await api.meeting()
    today = await api.session(meeting)
    tomorrow = await api.session(meeting, started_at=NOW + timedelta(days=1))
    await api.peer(today, left_at=NOW + timedelta(minutes=10))
    await api.peer(today, left_at=NOW + timedelta(minutes=5))
    await api.peer(today, left_at=NOW + timedelta(minutes=50), hidden=True)
    for ms, at in ((90_000, NOW), (None, NOW), (600_000, NOW + timedelta(days=1))):
        row = a_recording(api.app_id, meeting, tomorrow.id, duration_ms=ms, invoked_at=at)
        await recordings.insert(api.db, row)

    got = await api.sdk().realtime_kit.analytics.get_org_analytics(
        api.app_id, account_id=api.account_id, start_date="2026-02-28", end_date="2026-03-02"
    )
    assert got.data is not None
    sessions, made = got.data.session_stats, got.data.recording_stats
    assert sessions is not None
    assert made is not None
    assert (sessions.sessions_count, sessions.sessions_minutes_consumed) == (2, 15)
    days = [(d.day, d.total_sessions, d.total_session_minutes) for d in sessions.day_stats or []]
    assert days == [("2026-02-28", 0, 0), ("2026-03-01", 1, 15), ("2026-03-02", 1, 0)]
    assert (made.recording_count, made.recording_minutes_consumed) == (3, 11.5)
    days = [(d.day, d.total_recordings, d.total_recording_minutes) for d in made.day_stats or []]
    assert days == [("2026-02-28", 0, 0), ("2026-03-01", 2, 2), ("2026-03-02", 1, 10)]


async def test_days_are_counted_for_one_app_and_a_bounded_time(api: House) -> None:
    await api.session(await api.meeting())
    made = await api.client.post(f"/client/v4/accounts/{api.account_id}/realtime/kit/apps", json={"name": "Other"})
    other = api.kit.replace(api.app_id, made.json()["data"]["app"]["id"])
    found = await api.client.get(f"{other}/analytics/daywise?start_date=2026-03-01&end_date=2026-03-01")
    assert found.json()["data"]["session_stats"]["sessions_count"] == 0

    usual = await api.client.get(f"{api.kit}/analytics/daywise")
    assert len(usual.json()["data"]["session_stats"]["day_stats"]) == 30
    for query in (
        "start_date=2026-03-02&end_date=2026-03-01",
        "start_date=2000-01-01",
        "start_date=2026-02-30",
        "end_date=1",
    ):
        refused = await api.client.get(f"{api.kit}/analytics/daywise?{query}")
        assert refused.status_code == 422, query
        assert "_date" in refused.json()["errors"][0]["message"]
    for far in ("0001-01-01", "9999-12-31"):
        assert (await api.client.get(f"{api.kit}/analytics/daywise?end_date={far}")).status_code == 422
