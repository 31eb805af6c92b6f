"""Owns the preset endpoints: create, list, get, change, replace, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from roomtape.api.auth import Access, WithApp
from roomtape.api.paging import PageQuery, Search, iso, success
from roomtape.api.paths import APP
from roomtape.api.preset_bodies import PresetChange, PresetValues
from roomtape.clock import now_us, to_datetime
from roomtape.db import presets as rows
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Preset
from roomtape.domain.recording_config import merge
from roomtape.errors import NotFound

router = APIRouter(prefix=APP + "/presets", tags=["Presets"])


@router.post("", status_code=201, summary="Create a preset")
async def create(access: WithApp, body: PresetValues) -> dict[str, Any]:
    """Create a role that participants can be given by its name."""
    now = to_datetime(now_us())
    preset = Preset(new_id(), access.app.id, body.name, body.parts(), now, now)
    await rows.save(access.deps.db, preset)
    return success(_body(preset))


@router.get("", summary="List presets")
async def find(access: WithApp, page: PageQuery, search: Search | None = None) -> dict[str, Any]:
    """List an app's presets, the oldest first; `search` looks in the name."""
    found, total = await rows.find(access.deps.db, access.app.id, search=search, offset=page.offset, limit=page.size)
    return success([_short(p) for p in found], paging=page.paging(found, total))


@router.get("/{preset_id}", summary="Get a preset")
async def get(access: WithApp, preset_id: str) -> dict[str, Any]:
    """Get one preset."""
    return success(_body(await _preset(access, preset_id)))


@router.patch("/{preset_id}", summary="Change a preset")
async def change(access: WithApp, preset_id: str, body: PresetChange) -> dict[str, Any]:
    """Change the values that are given, however deep they lie."""
    preset = await _preset(access, preset_id)
    merged = merge({"name": preset.name, **preset.body}, body.model_dump(exclude_none=True))
    try:
        values = PresetValues.model_validate(merged)
    except ValidationError as error:
        raise RequestValidationError([e | {"loc": ("body", *e["loc"])} for e in error.errors()]) from error
    return await _keep(access, preset, values)


@router.put("/{preset_id}", summary="Replace a preset")
async def replace_all(access: WithApp, preset_id: str, body: PresetValues) -> dict[str, Any]:
    """Set all values of a preset."""
    return await _keep(access, await _preset(access, preset_id), body)


@router.delete("/{preset_id}", summary="Delete a preset")
async def delete(access: WithApp, preset_id: str) -> dict[str, Any]:
    """Delete a preset. Participants who have it cannot join any more until they get another one."""
    preset = await _preset(access, preset_id)
    await rows.delete(access.deps.db, preset.id)
    return success(_body(preset))


async def _keep(access: Access, preset: Preset, values: PresetValues) -> dict[str, Any]:
    changed = replace(preset, name=values.name, body=values.parts(), updated_at=to_datetime(now_us()))
    await rows.save(access.deps.db, changed)
    return success(_body(changed))


async def _preset(access: Access, preset_id: str) -> Preset:
    found = await rows.get(access.deps.db, preset_id)
    if found is None or found.app_id != access.app.id:
        raise NotFound(f"there is no preset {preset_id!r} in this app")
    return found


def _short(preset: Preset) -> dict[str, Any]:
    return {
        "id": preset.id,
        "name": preset.name,
        "created_at": iso(preset.created_at),
        "updated_at": iso(preset.updated_at),
    }


def _body(preset: Preset) -> dict[str, Any]:
    return _short(preset) | preset.body
