"""Owns what is about the server itself: health and metrics."""

from __future__ import annotations

import asyncio

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from roomtape import metrics
from roomtape.api.deps import Deps, FromDeps
from roomtape.db import deliveries, recordings
from roomtape.domain.recording import ACTIVE

log = structlog.get_logger()

DATABASE_WITHIN_S = 2.0
OK = "ok"

router = APIRouter(tags=["Server"])


@router.get("/healthz", summary="Tell whether the server can work")
async def health(deps: FromDeps) -> JSONResponse:
    """200 and `status: ok` when every part is `ok`, otherwise 503 and `unready`.

    `degraded` with 200: the server works, but something has to wait, such as the files for their bucket, or all media
    for a network.
    """
    parts, waiting = {**deps.ready(), "database": await _database(deps)}, deps.may_wait()
    if any(state != OK for state in parts.values()):
        return JSONResponse({"status": "unready", **parts, **waiting}, 503)
    late = any(state != OK for state in waiting.values())
    return JSONResponse({"status": "degraded" if late else OK, **parts, **waiting})


async def _database(deps: Deps) -> str:
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            await deps.db.ping()
    except Exception as error:
        log.warning("database does not answer", error=str(error))
        return "does not answer"
    return OK


@router.get("/metrics", summary="Figures for Prometheus", include_in_schema=False)
async def show_metrics(deps: FromDeps) -> Response:
    """Return the figures in Prometheus' text format."""
    live = [session for session in deps.rooms.sessions.values() if not session.ended]
    metrics.SESSIONS.set(len(live))
    metrics.PEERS.set(sum(len(session.present) for session in live))
    counts = await recordings.count_by_status(deps.db)
    for status, count in counts.items():
        metrics.RECORDINGS.labels(status.value).set(count)
    metrics.ACTIVE_RECORDINGS.set(sum(counts[status] for status in ACTIVE))
    metrics.WEBHOOK_WAITING.set(await deliveries.waiting(deps.db))
    running, waiting = deps.renders()
    metrics.RENDERS_RUNNING.set(running)
    metrics.RENDERS_WAITING.set(waiting)
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)
