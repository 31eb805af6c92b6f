"""Owns who a request under /v2 comes from: the participant of the token, in the app and the meeting it was made for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from roomtape.api.auth import Access, bearer, check_ids
from roomtape.api.deps import Deps, FromDeps
from roomtape.db import apps
from roomtape.errors import Unauthorized
from roomtape.rooms.admission import AUTHENTICATED, Identity, admit, identify


async def _known(request: Request, deps: FromDeps) -> Access:
    access = await _access(deps, await identify(deps.db, deps.issuer, bearer(request)))
    request.scope[AUTHENTICATED] = True
    check_ids(request)
    return access


async def _admitted(request: Request, deps: FromDeps) -> Access:
    access = await _access(deps, await admit(deps.db, deps.issuer, bearer(request)))
    request.scope[AUTHENTICATED] = True
    return access


async def _access(deps: Deps, identity: Identity) -> Access:
    app = await apps.get(deps.db, identity.meeting.app_id)
    if app is None:
        raise Unauthorized("the app of this token is gone; ask for a new token")
    return Access(deps, app, identity)


def identity_of(access: Access) -> Identity:
    """Return the participant; under /v2 there always is one."""
    if access.participant is None:
        raise Unauthorized("send a participant's token")
    return access.participant


AsParticipant = Annotated[Access, Depends(_known)]
AsAdmitted = Annotated[Access, Depends(_admitted)]
"""As `AsParticipant`, for somebody who may come in now: 403 for a meeting that is INACTIVE."""
