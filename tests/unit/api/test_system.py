from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from roomtape.db import recordings
from roomtape.domain.recording import Status
from tests.support.api import House, a_recording


async def test_health_is_good_when_every_part_is(api: House) -> None:
    answer = await api.client.get("/healthz", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "janus": "ok", "database": "ok"}


async def test_health_names_the_part_that_is_away(api: House, monkeypatch: pytest.MonkeyPatch) -> None:
    api.parts["janus"] = "away"
    answer = await api.client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unready", "janus": "away", "database": "ok"}

    async def refuse() -> None:
        raise OSError("no route to the database at 10.0.0.7")

    monkeypatch.setattr(api.db, "ping", refuse)
    with capture_logs():
        answer = await api.client.get("/healthz")
    assert answer.json()["database"] == "does not answer"
    assert "10.0.0.7" not in answer.text


async def test_what_may_wait_makes_no_server_unready(api: House) -> None:
    api.waiting["bucket"] = "aws://tapes: the service answered 503"
    answer = await api.client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "janus": "ok", "database": "ok", **api.waiting}
    api.parts["janus"] = "away"
    answer = await api.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unready")
    assert answer.json()["bucket"] == api.waiting["bucket"]


async def test_metrics_count_what_lives(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    api.rooms.live(session, await api.peer(session), await api.peer(session))
    for status in (Status.PAUSED, Status.UPLOADED, Status.UPLOADED):
        await recordings.insert(api.db, a_recording(api.app_id, meeting, session.id, status=status))
    answer = await api.client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    for line in (
        "roomtape_live_sessions 1.0",
        "roomtape_live_peers 2.0",
        "roomtape_active_recordings 1.0",
        'roomtape_recordings{status="UPLOADED"} 2.0',
        'roomtape_recordings{status="ERRORED"} 0.0',
        "roomtape_renders_running 2.0",
        "roomtape_renders_waiting 5.0",
    ):
        assert line in answer.text.splitlines()
    assert "roomtape_http_request_seconds_bucket" in answer.text
