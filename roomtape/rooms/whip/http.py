"""Owns the WHIP endpoint and its sessions over HTTP (RFC 9725): publish by POST, trickle by PATCH, leave by DELETE."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request, Response

from roomtape.errors import CallerError, Forbidden, InvalidRequest, NotFound, Unauthorized
from roomtape.rooms import publishing, sdp, tapes
from roomtape.rooms.admission import AUTHENTICATED, Admission, DoorDeps
from roomtape.rooms.ice import ice_servers
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.realtimekit import permissions
from roomtape.rooms.tapes import admit_publisher
from roomtape.rooms.whip import offer
from roomtape.settings import Settings

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
_TEXT = {"schema": {"type": "string"}}
_MADE = {name: {"schema": {"type": "string"}} for name in ("Location", "ETag", "Accept-Patch")}


def router(deps: DoorDeps) -> APIRouter:
    """Return the routes under /whip."""
    routes = APIRouter(prefix="/whip", tags=["WHIP"])

    @routes.post(
        "",
        status_code=201,
        summary="Publish into the meeting of a participant's token",
        response_class=Response,
        responses={201: {"content": {SDP: _TEXT}, "headers": _MADE}},
        openapi_extra={"requestBody": {"required": True, "content": {SDP: _TEXT}}},
    )
    async def publish(request: Request) -> Response:
        admission = await _admitted(deps, request)
        wanted = offer.read(await body(request, SDP))
        _check_role(admission, wanted)
        peer, answer = await publishing.join(deps.rooms, admission, wanted.text, wanted.video_codec)
        peer.etag = wanted.etag
        try:
            # Whoever removed them before they were in found nobody to put out.
            await admit_publisher(deps.db, deps.issuer, bearer(request))
        except CallerError:
            if (found := deps.rooms.peer(peer.id)) is not None:
                await deps.rooms.kick(found[0], [peer.id])
            raise
        if peer.tape:
            await _replace_tape(deps, peer)
        response = Response(answer, 201, media_type=SDP)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}/whip/{peer.id}"
        response.headers["ETag"] = wanted.etag
        response.headers["Accept-Patch"] = FRAGMENT
        response.headers["Access-Control-Expose-Headers"] = "Location, ETag, Link, Accept-Patch"
        for link in ice_links(deps.settings, admission.participant.id, int(time.time())):
            response.headers.append("Link", link)
        return response

    @routes.patch(
        "/{peer_id}",
        status_code=204,
        summary="Add ICE candidates (trickle)",
        openapi_extra={"requestBody": {"required": True, "content": {FRAGMENT: _TEXT}}},
    )
    async def trickle(peer_id: str, request: Request) -> Response:
        _session, peer = await _own(deps, request, peer_id)
        given = request.headers.get("If-Match")
        if given == "*":
            raise InvalidRequest("ICE restarts are not offered; DELETE this session and POST a new offer", "If-Match")
        if given is not None and peer.etag is not None and given != peer.etag:
            raise InvalidRequest("this is not the ETag of the session", "If-Match", 412)
        found = sdp.candidates(await body(request, FRAGMENT))
        if peer.handle is not None:
            await deps.rooms.sfu.trickle(peer.handle, found)
        return Response(status_code=204)

    @routes.delete("/{peer_id}", status_code=200, summary="Leave", response_class=Response)
    async def leave(peer_id: str, request: Request) -> Response:
        session, peer = await _own(deps, request, peer_id)
        await publishing.leave(deps.rooms, session, peer, "left")
        return Response(status_code=200)

    # What is no CORS preflight (the API's middleware answers those).
    @routes.options("", include_in_schema=False)
    async def options() -> Response:
        return Response(status_code=204, headers={"Allow": "POST, OPTIONS", "Accept-Post": SDP})

    @routes.options("/{_peer_id}", include_in_schema=False)
    async def session_options(_peer_id: str) -> Response:
        return Response(status_code=204, headers={"Allow": "PATCH, DELETE, OPTIONS", "Accept-Patch": FRAGMENT})

    return routes


def bearer(request: Request) -> str:
    """Return the bearer token of a request. Raises Unauthorized when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("send the participant's token as `Authorization: Bearer TOKEN`")
    return token.strip()


async def body(request: Request, media_type: str) -> str:
    """Return the body as text.

    Raises InvalidRequest: 415 for another type, 413 when it is too long, 400 when it is no UTF-8.
    """
    given = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if given != media_type:
        raise InvalidRequest(f"send {media_type} (got {given or 'nothing'})", "Content-Type", 415)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > sdp.LONGEST_SDP:
            raise InvalidRequest(f"the body may have {sdp.LONGEST_SDP} bytes at most", "sdp", 413)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not UTF-8 text", "sdp", 400) from error


def ice_links(settings: Settings, who: str, now_s: int) -> list[str]:
    """Return the Link headers that tell WHIP clients of STUN and TURN servers (RFC 9725, section 4.6).

    `who` and `now_s` (s since the Unix epoch) are what TURN credentials are made for.
    """
    links = [f'<{url}>; rel="ice-server"' for url in settings.ice_servers]
    for server in ice_servers(settings, who, now_s):
        if "credential" in server:
            about = f'username="{server["username"]}"; credential="{server["credential"]}"; credential-type="password"'
            links += [f'<{url}>; rel="ice-server"; {about}' for url in server["urls"]]
    return links


def _check_role(admission: Admission, wanted: offer.Offer) -> None:
    # Over WHIP nobody can wait, or be told that they were let in.
    if permissions.read(admission.preset.permissions).waiting_room is not permissions.WaitingRoomType.SKIP:
        raise Forbidden(
            f"the preset {admission.preset.name!r} has a waiting room, and nobody can wait there over WHIP; "
            "use a preset whose waiting_room_type is SKIP"
        )
    for kind in sorted(wanted.kinds):
        if not admission.preset.may_produce(kind):
            raise Forbidden(f"the preset {admission.preset.name!r} may not publish {kind}")


async def _replace_tape(deps: DoorDeps, peer: LivePeer) -> None:
    found = deps.rooms.peer(peer.id)
    if found is not None:
        await tapes.replace(deps.rooms, found[0], peer)


async def _admitted(deps: DoorDeps, request: Request) -> Admission:
    admission = await admit_publisher(deps.db, deps.issuer, bearer(request))
    request.scope[AUTHENTICATED] = True
    return admission


async def _own(deps: DoorDeps, request: Request, peer_id: str) -> tuple[LiveSession, LivePeer]:
    admission = await _admitted(deps, request)
    found = deps.rooms.peer(peer_id)
    if found is None or found[1].participant_id != admission.participant.id:
        raise NotFound("there is no such WHIP session (any more) for this token")
    return found
