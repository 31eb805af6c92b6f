"""Owns what the official SDK can ask about a meeting and this version does not offer: 501 and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter

from roomtape.api.v2.access import AsParticipant
from roomtape.errors import NotOffered

NOT_OFFERED: tuple[tuple[str, str, str], ...] = (
    ("GET", "active-transcript", "transcripts"),
    ("POST", "livestreams", "livestreams"),
    ("GET", "active-livestream", "livestreams"),
    ("POST", "active-livestream/stop", "livestreams"),
)
"""Method, path below the meeting, what it is about."""

router = APIRouter(prefix="/v2/meetings/{meeting_id}", tags=["Participants' API"], include_in_schema=False)


def _refusing(what: str) -> Callable[..., Coroutine[Any, Any, None]]:
    async def refuse(access: AsParticipant, meeting_id: str) -> None:
        await access.meeting(meeting_id)
        raise NotOffered(f"{what}: this version of Roomtape does not offer them")

    return refuse


for _method, _path, _what in NOT_OFFERED:
    router.add_api_route(f"/{_path}", _refusing(_what), methods=[_method])
