"""Owns what Roomtape adds about storages: testing one, and correcting that of a recording which waits for it."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import Access, WithApp
from roomtape.api.bodies import Body, ExactPart
from roomtape.api.paging import success
from roomtape.api.paths import APP
from roomtape.api.recording_bodies import Storage
from roomtape.api.recording_config import resolve
from roomtape.api.recordings import recording_body
from roomtape.domain.storage_config import FIELD, StorageConfig, from_api, merged
from roomtape.errors import Conflict, InvalidRequest

router = APIRouter(prefix=APP, tags=["Storage"])


class StorageBody(Body, ExactPart):
    """Body of a correction."""

    storage_config: Storage

    def values(self) -> dict[str, Any]:
        """Return what was given."""
        return dict(self.model_dump(exclude_none=True)[FIELD])


class StorageTestBody(Body, ExactPart):
    """What to test: this `storage_config`, or where a new recording of this meeting would go; else of this app."""

    storage_config: Storage | None = None
    meeting_id: str | None = None


@router.post("/storage/test", summary="Test a storage")
async def test(access: WithApp, body: StorageTestBody) -> dict[str, Any]:
    """Write a small object to a storage, read it, and delete it. `error` says in a sentence what failed.

    Without a `storage_config` it is the one that is configured for the meeting `meeting_id`, or for the app.
    """
    storage = await _meant(access, body)
    access.deps.deliveries.check(storage)
    began = time.monotonic()
    problem = await access.deps.deliveries.test(storage)
    took_ms = round((time.monotonic() - began) * 1000)
    return success({"ok": problem is None, "error": problem, "took_ms": took_ms, FIELD: storage.public()})


async def _meant(access: Access, body: StorageTestBody) -> StorageConfig:
    """Return the storage that shall be tested. Raises InvalidRequest, NotFound, Conflict when none is configured."""
    if body.storage_config is not None:
        if body.meeting_id is not None:
            raise InvalidRequest("give this or storage_config, not both", "meeting_id")
        return from_api(body.storage_config.model_dump(exclude_none=True))
    meeting = None if body.meeting_id is None else await access.meeting(body.meeting_id)
    found = resolve(access.app.recording_config, None if meeting is None else meeting.recording_config).storage
    if found is None:
        whose = "this app" if meeting is None else "this meeting or its app"
        raise Conflict(f"no storage is configured for {whose}; its recordings go to the own bucket only")
    return found


@router.put("/recordings/{recording_id}/storage", summary="Correct the storage of a recording")
async def correct(access: WithApp, recording_id: str, body: StorageBody) -> dict[str, Any]:
    """Let a recording that its storage has not taken go elsewhere, or with other credentials; it is tried at once.

    Fields that are left out stay as they are, as long as it is the same storage.
    """
    recording = await access.recording(recording_id)
    before = recording.config.storage
    values = merged({} if before is None else before.to_json(), body.values())
    after = await access.deps.deliveries.correct(recording.id, from_api(values))
    return success(recording_body(after, access.deps))
