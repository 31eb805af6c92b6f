"""Owns the session endpoints: list, get, who was in, the report of one of them, and what was said in chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter

from roomtape.api.auth import Access, WithApp
from roomtape.api.paging import Moment, PageQuery, Search, SortOrder, iso, success
from roomtape.api.paths import APP
from roomtape.clock import now_us, to_datetime
from roomtape.db import chats, presets
from roomtape.db import sessions as rows
from roomtape.domain.meeting import Peer, Session, SessionStatus
from roomtape.errors import NotFound

router = APIRouter(prefix=APP + "/sessions", tags=["Sessions"])

PeerReportFilter = Literal["device_info", "ip_information", "precall_network_information", "events", "quality_stats"]


@router.get("", summary="List sessions")
async def find(
    access: WithApp,
    page: PageQuery,
    associated_id: str | None = None,
    status: SessionStatus | None = None,
    search: Search | None = None,
    participants: Search | None = None,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    sort_by: Literal["createdAt", "minutesConsumed"] = "createdAt",
    sort_order: SortOrder = "DESC",
) -> dict[str, Any]:
    """List an app's sessions. `search`: title, meeting id or session id; `participants`: a name or id of who was in."""
    found, total = await rows.find(
        access.deps.db,
        access.app.id,
        meeting_id=associated_id,
        status=status,
        search=search,
        participants=participants,
        start=start_time,
        end=end_time,
        by_minutes=sort_by == "minutesConsumed",
        newest_first=sort_order == "DESC",
        offset=page.offset,
        limit=page.size,
    )
    minutes = await rows.minutes_of(access.deps.db, (session.id for session in found), to_datetime(now_us()))
    data = [_body(session, minutes[session.id]) for session in found]
    return success({"sessions": data}, paging=page.paging(found, total))


@router.get("/peer-report/{peer_id}", summary="Get the report of somebody who was in a session")
async def get_report(
    access: WithApp,
    peer_id: str,
    include_peer_events: bool = False,
    filters: PeerReportFilter | None = None,
) -> dict[str, Any]:
    """Get a peer and the session it was in last.

    `peer_report` is null, whatever part of it `filters` asks for: devices, networks and call quality are not recorded.
    """
    found = await rows.latest_of_peer(access.deps.db, access.app.id, peer_id)
    if found is None:
        raise NotFound(f"there is no peer {peer_id!r} in this app's sessions")
    session, peer = found
    body = await _participant_body(access, peer, to_datetime(now_us()), include_peer_events)
    role = body.pop("preset_name")
    return success({"participant": body | {"role": role, "session_id": session.id, "peer_report": None}})


@router.get("/{session_id}", summary="Get a session")
async def get(access: WithApp, session_id: str) -> dict[str, Any]:
    """Get one session."""
    return success(await session_body(access, await _session(access, session_id)))


@router.get("/{session_id}/participants", summary="List who was in a session")
async def find_participants(
    access: WithApp,
    session_id: str,
    page: PageQuery,
    search: Search | None = None,
    sort_by: Literal["joinedAt", "duration"] = "joinedAt",
    sort_order: SortOrder = "ASC",
    view: Literal["raw", "consolidated"] = "raw",
    include_peer_events: bool = False,
) -> dict[str, Any]:
    """List the peers of a session: who came with two clients is there twice, a client that came back is there once.

    There are no breakout rooms, so `view` is all one.
    """
    session = await _session(access, session_id)
    now = to_datetime(now_us())
    found = [peer for peer in await _visible(access, session) if search is None or _matches(peer, search)]
    keys: dict[str, Callable[[Peer], Any]] = {
        "joinedAt": _first_joined,
        "duration": lambda peer: _minutes(peer, now),
    }
    found.sort(key=keys[sort_by], reverse=sort_order == "DESC")
    shown = found[page.offset : page.offset + page.size]
    data = [await _participant_body(access, peer, now, include_peer_events) for peer in shown]
    return success({"participants": data}, paging=page.paging(shown, len(found)))


@router.get("/{session_id}/participants/{participant_id}", summary="Get somebody who was in a session")
async def get_participant(
    access: WithApp, session_id: str, participant_id: str, include_peer_events: bool = False
) -> dict[str, Any]:
    """Get one peer by its id, or the latest peer of a participant by theirs."""
    session = await _session(access, session_id)
    found = [p for p in await _visible(access, session) if participant_id in (p.id, p.participant_id)]
    if not found:
        raise NotFound(f"{participant_id!r} was not in this session")
    body = await _participant_body(access, found[-1], to_datetime(now_us()), include_peer_events)
    return success({"participant": body})


@router.get("/{session_id}/chat", summary="Get the chat of a session")
async def get_chat(access: WithApp, session_id: str) -> dict[str, Any]:
    """Get a link to the public chat of a session that is over, as CSV; it lasts as long as the file."""
    session = await _session(access, session_id)
    log = await chats.get(access.deps.db, session.id)
    if log is None and session.status is SessionStatus.LIVE:
        raise NotFound("this session is not over; its chat can be had when it is")
    if log is None:
        raise NotFound("nobody wrote to everybody in this session, so it has no chat")
    if log.path is None:
        raise NotFound(f"the chat of this session expired at {iso(log.expires_at)}")
    link = access.deps.bucket.link(log.path, log.expires_at)
    return success({"chat_download_url": link, "chat_download_url_expiry": iso(log.expires_at)})


async def _session(access: Access, session_id: str) -> Session:
    found = await rows.get(access.deps.db, session_id)
    if found is None or found.app_id != access.app.id:
        raise NotFound(f"there is no session {session_id!r} in this app")
    return found


async def _visible(access: Access, session: Session) -> list[Peer]:
    return [peer for peer in await rows.peers(access.deps.db, session.id) if not peer.hidden]


def _matches(peer: Peer, search: str) -> bool:
    ids = (peer.id, peer.participant_id, peer.custom_participant_id)
    return search in ids or search.casefold() in peer.name.casefold()


def _first_joined(peer: Peer) -> datetime:
    return peer.first_joined_at or peer.joined_at


def _minutes(peer: Peer, now: datetime) -> float:
    return peer.seconds_in(now) / 60


async def session_body(access: Access, session: Session) -> dict[str, Any]:
    """Return a session in the public API's shape."""
    minutes = await rows.minutes_of(access.deps.db, [session.id], to_datetime(now_us()))
    return _body(session, minutes[session.id])


def _body(session: Session, minutes: float) -> dict[str, Any]:
    return {
        "id": session.id,
        "associated_id": session.meeting_id,
        "meeting_display_name": session.title,
        "organization_id": session.app_id,
        "type": "meeting",
        "status": session.status,
        "live_participants": session.live_participants,
        "max_concurrent_participants": session.max_concurrent_participants,
        "minutes_consumed": round(minutes, 3),
        "breakout_rooms": [],
        "started_at": iso(session.started_at),
        "ended_at": iso(session.ended_at),
        "created_at": iso(session.created_at),
        "updated_at": iso(session.updated_at),
    }


async def _participant_body(access: Access, peer: Peer, now: datetime, with_events: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": peer.id,
        "user_id": peer.participant_id,
        "custom_participant_id": peer.custom_participant_id,
        "display_name": peer.name,
        "preset_name": peer.preset_name,
        "duration": round(_minutes(peer, now), 3),
        "joined_at": iso(_first_joined(peer)),
        "left_at": iso(peer.left_at),
        "created_at": iso(_first_joined(peer)),
        "updated_at": iso(peer.left_at or peer.joined_at),
    }
    if with_events:
        body["peer_events"] = await _events(access, peer, now)
    return body


async def _events(access: Access, peer: Peer, now: datetime) -> list[dict[str, Any]]:
    preset = await presets.by_name(access.deps.db, access.app.id, peer.preset_name)
    view_type = preset.body.get("config", {}).get("view_type") if preset else None
    moments = [("PEER_CREATED", _first_joined(peer)), ("PEER_JOINING", peer.joined_at)]
    if peer.left_at is not None:
        moments.append(("PEER_LEAVING", peer.left_at))
    return [
        {
            "id": f"{peer.id}-{name.lower()}",
            "event_name": name,
            "peer_id": peer.id,
            "participant_id": peer.participant_id,
            "session_id": peer.session_id,
            "socket_session_id": None,
            "preset_view_type": view_type,
            "minutes_consumed": round(_minutes(peer, now), 3) if name == "PEER_LEAVING" else 0,
            "created_at": iso(at),
            "updated_at": iso(at),
        }
        for name, at in moments
    ]
