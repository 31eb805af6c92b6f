"""Owns the WebSocket at /ws that the official browser SDK connects to: who may, frames in, frames out, its end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from roomtape import metrics
from roomtape.errors import CallerError, Forbidden, InvalidRequest, RoomtapeError
from roomtape.rooms.admission import Admission, DoorDeps, admit
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.chatlog import ChatLogs
from roomtape.rooms.realtimekit.door import Door
from roomtape.rooms.realtimekit.session_door import Seat, SessionDoor

log = structlog.get_logger()

PING_EVERY_S = 10.0
DEAD_AFTER_S = 30.0
"""Of a client that has not said anything: the SDK answers every ping."""
OPEN_WITHIN_S = 15.0
REFUSED_DOWN_S = 0.05
SENT_WITHIN_S = 20.0
"""For one frame; a client whose network takes nothing for so long is gone."""
GOODBYES = frozenset({1000, 1001})
"""Close codes of a client that leaves, by its own will or with its page."""
_NO_TEXT, _DEAD = 1003, 1011
_NO_STATUS = 1005
_CODES = frozenset(range(1000, 1016))
"""Clients may send any code; the figures know those of RFC 6455 only."""


def router(deps: DoorDeps, chat_logs: ChatLogs) -> APIRouter:
    """Return the route of the socket. It is served on every host name, so on `socket-edge.*` too."""
    routes = APIRouter()
    door = Door(deps.rooms, deps.db, chat_logs)

    @routes.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                session_door, seat = await _seated(deps, door, websocket)
        except (RoomtapeError, TimeoutError) as error:
            await _refuse(websocket, error)
            return
        goodbye = False
        try:
            await websocket.accept()
            with metrics.SOCKETS.track_inprogress():
                goodbye = await _serve(websocket, session_door, seat)
        except (WebSocketDisconnect, RuntimeError, OSError):
            log.debug("socket broke while it opened", peer_id=seat.link.peer_id)
        finally:
            await asyncio.shield(session_door.detach(seat, goodbye))

    return routes


async def _seated(deps: DoorDeps, door: Door, websocket: WebSocket) -> tuple[SessionDoor, Seat]:
    """Return the seat of whom the token admits. Raises as `_admitted` and `Door.attach` do."""
    admission = await _admitted(deps, websocket)
    session_door, seat = await door.attach(admission, websocket.query_params.get("peerID", ""))
    try:
        # Whoever removed them before they had a seat found nobody to put out.
        await _admitted(deps, websocket)
    except BaseException:
        await asyncio.shield(session_door.detach(seat, True))
        raise
    return session_door, seat


async def _admitted(deps: DoorDeps, websocket: WebSocket) -> Admission:
    """Return whom the token in the query admits. Raises Unauthorized, and Forbidden for another meeting's token."""
    query = websocket.query_params
    admission = await admit(deps.db, deps.issuer, query.get("authToken", ""))
    if query.get("roomID", "") != admission.meeting.id:
        raise Forbidden("this token is not for this meeting")
    return admission


async def _refuse(websocket: WebSocket, error: RoomtapeError | TimeoutError) -> None:
    """Answer the handshake with the error's HTTP status; the SDK's `init` fails with it."""
    if isinstance(error, RoomtapeError):
        status, message = error.status, str(error)
        if isinstance(error, InvalidRequest):
            status = error.http_status
        if not isinstance(error, CallerError):
            log.warning("a client could not come in", error=message)
    else:
        status, message = 503, "the server is too busy to let you in; try again"
    body: dict[str, Any] = {"success": False, "error": {"code": status, "message": message}}
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(JSONResponse(body, status))
        # uvicorn logs an error when this returns before the connection is down.
        await asyncio.sleep(REFUSED_DOWN_S)
    else:
        await websocket.close()


async def _serve(websocket: WebSocket, door: SessionDoor, seat: Seat) -> bool:
    """Serve the socket until it ends; return whether its client said goodbye."""
    heard = [time.monotonic()]
    reading = asyncio.create_task(_read(websocket, door, seat, heard))
    others = [asyncio.create_task(_write(websocket, seat)), asyncio.create_task(_ping(seat, heard))]
    try:
        await asyncio.wait([reading, others[0]], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, *others):
            task.cancel()
        ended = await asyncio.gather(reading, *others, return_exceptions=True)
    code = ended[0]
    if not isinstance(code, int):
        code = seat.link.closing[0] if seat.link.closing else _NO_STATUS
    metrics.SOCKETS_CLOSED.labels(str(code) if code in _CODES else "other").inc()
    log.info("socket closed", peer_id=seat.link.peer_id, code=code, by_us=seat.link.closing)
    return code in GOODBYES


async def _read(websocket: WebSocket, door: SessionDoor, seat: Seat, heard: list[float]) -> int:
    """Take frames until the client closes; return its close code."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return int(message.get("code") or _NO_STATUS)
        heard[0] = time.monotonic()
        if seat.link.closing is not None:
            continue
        if (data := message.get("bytes")) is not None:
            door.receive(seat, data)
        elif (text := message.get("text")) == codec.PING:
            seat.link.send(codec.PONG)
        elif text != codec.PONG:
            seat.link.close(_NO_TEXT, "text frames are pings and pongs only")


async def _write(websocket: WebSocket, seat: Seat) -> None:
    """Send what waits, and close the socket when that is due."""
    while frames := await seat.link.take():
        for frame in frames:
            async with asyncio.timeout(SENT_WITHIN_S):
                if isinstance(frame, bytes):
                    await websocket.send_bytes(frame)
                else:
                    await websocket.send_text(frame)
    code, reason = seat.link.closing or (1000, "")
    if websocket.application_state is WebSocketState.CONNECTED:
        async with asyncio.timeout(SENT_WITHIN_S):
            await websocket.close(code, reason)


async def _ping(seat: Seat, heard: list[float]) -> None:
    """The client closes its socket after 30 s without a frame of ours, we ours after 30 s without one of its."""
    while seat.link.closing is None:
        await asyncio.sleep(PING_EVERY_S)
        if time.monotonic() - heard[0] > DEAD_AFTER_S:
            seat.link.close(_DEAD, "nothing was heard of you")
        seat.link.send(codec.PING)
