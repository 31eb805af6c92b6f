"""Owns what Roomtape adds about storages: testing one, and correcting that of a recording which waits for it."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import WithApp
from roomtape.api.bodies import Body, ExactPart
from roomtape.api.paging import success
from roomtape.api.paths import APP
from roomtape.api.recording_bodies import Storage
from roomtape.api.recordings import recording_body
from roomtape.domain.storage_config import FIELD, from_api, merged

router = APIRouter(prefix=APP, tags=["Storage"])


class StorageBody(Body, ExactPart):
    """Body of both endpoints."""

    storage_config: Storage

    def values(self) -> dict[str, Any]:
        """Return what was given."""
        return dict(self.model_dump(exclude_none=True)[FIELD])


@router.post("/storage/test", summary="Test a storage")
async def test(access: WithApp, body: StorageBody) -> dict[str, Any]:
    """Write a small object to a storage, read it, and delete it. `error` says in a sentence what failed."""
    storage = from_api(body.values())
    access.deps.deliveries.check(storage)
    began = time.monotonic()
    problem = await access.deps.deliveries.test(storage)
    took_ms = round((time.monotonic() - began) * 1000)
    return success({"ok": problem is None, "error": problem, "took_ms": took_ms, FIELD: storage.public()})


@router.put("/recordings/{recording_id}/storage", summary="Correct the storage of a recording")
async def correct(access: WithApp, recording_id: str, body: StorageBody) -> dict[str, Any]:
    """Let a recording that is not delivered yet go elsewhere, or with other credentials; it is tried at once.

    Fields that are left out stay as they are, as long as it is the same storage.
    """
    recording = await access.recording(recording_id)
    before = recording.config.storage
    values = merged({} if before is None else before.to_json(), body.values())
    after = await access.deps.deliveries.correct(recording.id, from_api(values))
    return success(recording_body(after, access.deps))
