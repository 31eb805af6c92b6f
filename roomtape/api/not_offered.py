"""Owns the list of what the public API has and this version does not: such requests get 501 and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import WithApp
from roomtape.api.paths import APP
from roomtape.errors import NotOffered

NOT_OFFERED: tuple[tuple[str, str, str], ...] = (
    ("POST", "meetings/{meeting_id}/active-session/poll", "making polls from outside"),
    ("POST", "meetings/{meeting_id}/livestreams", "livestreaming"),
    ("GET", "meetings/{meeting_id}/active-livestream", "livestreaming"),
    ("POST", "meetings/{meeting_id}/active-livestream/stop", "livestreaming"),
    ("GET", "livestreams", "livestreaming"),
    ("GET", "livestreams/{livestream_id}", "livestreaming"),
    ("GET", "livestreams/{livestream_id}/active-livestream-session", "livestreaming"),
    ("GET", "livestreams/sessions/{livestream_session_id}", "livestreaming"),
    ("GET", "analytics/livestreams/overall", "livestreaming"),
    ("GET", "analytics/livestreams/daywise", "livestreaming"),
    ("GET", "sessions/{session_id}/transcript", "transcription"),
    ("GET", "sessions/{session_id}/summary", "summarizing"),
    ("POST", "sessions/{session_id}/summary", "summarizing"),
)
"""Method, path below the app, what it is about."""

router = APIRouter(prefix=APP, tags=["Not offered"], include_in_schema=False)


def _refusing(what: str) -> Callable[[Any], Coroutine[Any, Any, None]]:
    async def refuse(access: WithApp) -> None:
        raise NotOffered(f"{what}: this version of Roomtape does not offer it")

    return refuse


for _method, _path, _what in NOT_OFFERED:
    router.add_api_route(f"/{_path}", _refusing(_what), methods=[_method])
