"""Owns the list of what the public API has and this version does not: such requests get 501 and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import WithApp
from roomtape.api.paths import APP
from roomtape.errors import NotOffered

NOT_OFFERED: tuple[tuple[str, str, str], ...] = (
    ("POST", "meetings/{meeting_id}/active-session/poll", "polls"),
    ("POST", "meetings/{meeting_id}/livestreams", "livestreams"),
    ("GET", "meetings/{meeting_id}/active-livestream", "livestreams"),
    ("POST", "meetings/{meeting_id}/active-livestream/stop", "livestreams"),
    ("GET", "livestreams", "livestreams"),
    ("GET", "livestreams/{livestream_id}", "livestreams"),
    ("GET", "livestreams/{livestream_id}/active-livestream-session", "livestreams"),
    ("GET", "livestreams/sessions/{livestream_session_id}", "livestreams"),
    ("GET", "analytics/daywise", "analytics"),
    ("GET", "analytics/livestreams/overall", "analytics"),
    ("GET", "analytics/livestreams/daywise", "analytics"),
    ("GET", "sessions/peer-report/{peer_id}", "peer reports"),
    ("GET", "sessions/{session_id}/chat", "chat"),
    ("GET", "sessions/{session_id}/transcript", "transcripts"),
    ("GET", "sessions/{session_id}/summary", "summaries"),
    ("POST", "sessions/{session_id}/summary", "summaries"),
)
"""Method, path below the app, what it is about."""

router = APIRouter(prefix=APP, tags=["Not offered"], include_in_schema=False)


def _refusing(what: str) -> Callable[[Any], Coroutine[Any, Any, None]]:
    async def refuse(access: WithApp) -> None:
        raise NotOffered(f"{what}: this version of Roomtape does not offer them")

    return refuse


for _method, _path, _what in NOT_OFFERED:
    router.add_api_route(f"/{_path}", _refusing(_what), methods=[_method])
