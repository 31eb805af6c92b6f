"""Owns the endpoints of an app's recording defaults, an extension of the public API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import Access, WithApp
from roomtape.api.paging import success
from roomtape.api.paths import APP
from roomtape.api.recording_bodies import AppRecordingConfig
from roomtape.api.recording_config import patched, resolve, shown, with_kept_secrets
from roomtape.db import apps

router = APIRouter(prefix=APP + "/recording-config", tags=["Apps"])


@router.get("", summary="Get an app's recording defaults")
async def get(access: WithApp) -> dict[str, Any]:
    """Get the defaults of an app's recordings: only what was set, and of secrets nothing. An extension."""
    return success(shown(access.app.recording_config) or {})


@router.put("", summary="Replace an app's recording defaults")
async def replace_all(access: WithApp, body: AppRecordingConfig) -> dict[str, Any]:
    """Set all defaults; what is not given goes. They count for recordings that start from now on. An extension."""
    return await _set(access, lambda before: with_kept_secrets(body.values(), before) or {})


@router.patch("", summary="Change an app's recording defaults")
async def change(access: WithApp, body: AppRecordingConfig) -> dict[str, Any]:
    """Change what is given, field by field; null takes a default back (RFC 7396). An extension."""
    given = body.model_dump(exclude_unset=True)
    return await _set(access, lambda before: patched(before or {}, with_kept_secrets(given, before) or {}))


async def _set(access: Access, change: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
    """Set what `change` makes of the defaults there are, once it is checked."""

    def checked(before: dict[str, Any] | None) -> dict[str, Any]:
        config = change(before)
        resolved = resolve(config)
        if resolved.rtmp_url is not None:
            access.deps.streams.check(resolved.rtmp_url, "live_streaming_config.rtmp_url")
        if resolved.storage is not None:
            access.deps.deliveries.check(resolved.storage)
        return config

    return success(shown(await apps.change_recording_config(access.deps.db, access.app.id, checked)))
