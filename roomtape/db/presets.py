"""Owns the queries for presets."""

from __future__ import annotations

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from roomtape.db.database import Database
from roomtape.db.models import PresetRow
from roomtape.domain.meeting import Preset
from roomtape.errors import Conflict


def _preset(row: PresetRow) -> Preset:
    return Preset(row.id, row.app_id, row.name, row.body, row.created_at, row.updated_at)


async def save(db: Database, preset: Preset) -> None:
    """Remember a new preset, or the new values of one that is known. Raises Conflict when the name is taken."""
    values = {name: getattr(preset, name) for name in Preset.__dataclass_fields__}
    try:
        async with db.transaction() as tx:
            await tx.merge(PresetRow(**values))
    except IntegrityError as error:
        raise Conflict(
            f"a preset named {preset.name!r} exists already; choose another name or change that one"
        ) from error


async def get(db: Database, preset_id: str) -> Preset | None:
    """Return the preset, or None."""
    async with db.transaction() as tx:
        row = await tx.get(PresetRow, preset_id)
        return _preset(row) if row else None


async def by_name(db: Database, app_id: str, name: str) -> Preset | None:
    """Return the app's preset of this name, or None."""
    query = select(PresetRow).where(PresetRow.app_id == app_id, PresetRow.name == name)
    async with db.transaction() as tx:
        row = (await tx.scalars(query)).first()
        return _preset(row) if row else None


async def find(
    db: Database, app_id: str, *, search: str | None = None, offset: int = 0, limit: int = 25
) -> tuple[list[Preset], int]:
    """Return one page of an app's presets, the oldest first, and how many match in all."""
    query = select(PresetRow).where(PresetRow.app_id == app_id)
    if search:
        query = query.where(PresetRow.name.icontains(search, autoescape=True))
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(PresetRow.created_at, PresetRow.name).offset(offset).limit(limit))
        return [_preset(row) for row in rows], total


async def delete(db: Database, preset_id: str) -> None:
    """Forget a preset."""
    async with db.transaction() as tx:
        await tx.execute(sql_delete(PresetRow).where(PresetRow.id == preset_id))
