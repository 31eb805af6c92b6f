"""Owns who a request comes from and what it may touch: API tokens of an account, and tokens of participants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from roomtape.api.deps import Deps, FromDeps
from roomtape.db import apps, meetings, participants, recordings, tokens
from roomtape.db.tokens import ApiToken, Scope
from roomtape.domain.ids import is_id
from roomtape.domain.meeting import App, Meeting, Participant
from roomtape.domain.recording import Caller, CallerType, Recording
from roomtape.errors import Forbidden, NotFound, Unauthorized
from roomtape.rooms.admission import AUTHENTICATED, Identity, identify

_MISSING = "send an API token (or a participant's token) in the header `Authorization: Bearer TOKEN`"
_READS_ONLY = "this API token may only read; use one with the scope `write`"
_NO_ACCOUNT = "this token opens no such account"

documented = Depends(HTTPBearer(auto_error=False, description="An API token, or a participant's token."))
"""Does nothing but tell OpenAPI how requests are authorized."""


@dataclass(frozen=True)
class Account:
    """A caller with an API token, on one account."""

    deps: Deps
    account_id: str
    scope: Scope

    def require_write(self) -> None:
        """Raise Forbidden for a token that may only read."""
        if self.scope != "write":
            raise Forbidden(_READS_ONLY)


@dataclass(frozen=True)
class Access:
    """A caller on one app. `participant` is set for a participant's token: it opens one meeting only."""

    deps: Deps
    app: App
    participant: Identity | None = None

    @property
    def caller(self) -> Caller:
        if self.participant is not None:
            who = self.participant.participant
            return Caller(CallerType.USER, who.name or who.custom_participant_id, who.id)
        return Caller(CallerType.ORGANIZATION, self.app.name, self.app.account_id)

    async def meeting(self, meeting_id: str) -> Meeting:
        """Return a meeting that the caller may know of. Raises NotFound."""
        found = await meetings.get(self.deps.db, meeting_id) if is_id(meeting_id) else None
        if found is None or found.app_id != self.app.id or not self.opens(found.id):
            raise NotFound(f"there is no meeting {meeting_id!r} in this app")
        return found

    async def participant_of(self, meeting_id: str, participant_id: str) -> tuple[Meeting, Participant]:
        """Return a participant and their meeting. Raises NotFound."""
        meeting = await self.meeting(meeting_id)
        found = await participants.get(self.deps.db, participant_id)
        if found is None or found.meeting_id != meeting.id or found.recorder_of is not None:
            raise NotFound(f"there is no participant {participant_id!r} in this meeting")
        return meeting, found

    async def recording(self, recording_id: str) -> Recording:
        """Return a recording that the caller may know of. Raises NotFound."""
        found = await recordings.get(self.deps.db, recording_id)
        if found is None or found.app_id != self.app.id or not self.opens(found.meeting_id):
            raise NotFound(f"there is no recording {recording_id!r} in this app")
        return found

    def opens(self, meeting_id: str) -> bool:
        """Tell whether the token is good for this meeting of the app."""
        return self.participant is None or self.participant.meeting.id == meeting_id

    @property
    def may_record(self) -> bool:
        """Whether the caller may start recordings and have their links."""
        return self.participant is None or self.participant.preset.can_record

    def require_record(self) -> None:
        """Raise Forbidden for a participant whose preset does not let them record."""
        if self.participant is not None and not self.may_record:
            name = self.participant.preset.name
            raise Forbidden(f"the preset {name!r} may not record; ask for a preset with permissions.can_record")


def bearer(request: Request) -> str:
    """Return the bearer token of a request. Raises Unauthorized when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(_MISSING)
    return token.strip()


def check_ids(request: Request) -> None:
    """Ids that cannot exist are answered here, so that no query ever sees one."""
    for name, value in request.path_params.items():
        if name.endswith("_id") and not is_id(str(value)):
            raise NotFound(f"there is no {name.removesuffix('_id').replace('_', ' ')} {value!r}")


async def _api_token(deps: Deps, request: Request, account_id: str) -> ApiToken | None:
    """Return the API token of a request, None for something else. Raises NotFound for another account's."""
    found = await tokens.by_secret(deps.db, bearer(request))
    if found is not None:
        request.scope[AUTHENTICATED] = True
    if found is not None and found.account_id != account_id:
        raise NotFound(_NO_ACCOUNT)
    return found


def _check_scope(token: ApiToken, request: Request) -> None:
    if request.method not in ("GET", "HEAD") and token.scope != "write":
        raise Forbidden(_READS_ONLY)


async def _account(request: Request, deps: FromDeps, account_id: str) -> Account:
    token = await _api_token(deps, request, account_id)
    if token is None:
        deps.issuer.verify(bearer(request))
        raise Forbidden("a participant's token is good for recordings only; use an API token here")
    check_ids(request)
    _check_scope(token, request)
    return Account(deps, account_id, token.scope)


async def _app(account: Annotated[Account, Depends(_account)], app_id: str) -> Access:
    return Access(account.deps, await _app_of(account.deps, account.account_id, app_id))


async def _recordings(request: Request, deps: FromDeps, account_id: str, app_id: str) -> Access:
    token = await _api_token(deps, request, account_id)
    if token is not None:
        check_ids(request)
        _check_scope(token, request)
        return Access(deps, await _app_of(deps, account_id, app_id))
    identity = await identify(deps.db, deps.issuer, bearer(request))
    request.scope[AUTHENTICATED] = True
    check_ids(request)
    app = await _app_of(deps, account_id, app_id)
    if identity.meeting.app_id != app.id:
        raise NotFound(f"there is no app {app_id!r} in this account")
    return Access(deps, app, identity)


async def _app_of(deps: Deps, account_id: str, app_id: str) -> App:
    found = await apps.get(deps.db, app_id) if is_id(app_id) else None
    if found is None or found.account_id != account_id:
        raise NotFound(f"there is no app {app_id!r} in this account")
    return found


WithAccount = Annotated[Account, Depends(_account)]
WithApp = Annotated[Access, Depends(_app)]
WithRecordings = Annotated[Access, Depends(_recordings)]
