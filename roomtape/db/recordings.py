"""Owns the queries for recordings; every change of a recording's status goes through the lifecycle table here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomtape.clock import to_us
from roomtape.db import outbox
from roomtape.db.database import Database
from roomtape.db.locking import locked
from roomtape.db.models import MeetingRow, RecordingRow
from roomtape.domain.recording import (
    ACTIVE,
    Caller,
    CallerType,
    Kind,
    Recording,
    StartCause,
    Status,
    Step,
    StopCause,
    advance,
)
from roomtape.domain.recording_config import RecordingConfig
from roomtape.domain.storage_config import StorageConfig
from roomtape.domain.webhook import Event
from roomtape.errors import Conflict
from roomtape.vault import Vault

MOST_WARNINGS = 100
"""A recording keeps this many warnings; more of them help nobody."""


async def insert(db: Database, recording: Recording) -> None:
    """Remember a new recording."""
    values = {name: getattr(recording, name) for name in Recording.__dataclass_fields__}
    async with db.transaction() as tx:
        row = RecordingRow(**_columns(values, db.vault))
        tx.add(row)
        _tell(tx, row)


async def get(db: Database, recording_id: str) -> Recording | None:
    """Return the recording, or None."""
    async with db.transaction() as tx:
        row = await tx.get(RecordingRow, recording_id)
        return _recording(row, db.vault) if row else None


async def active(db: Database) -> list[Recording]:
    """Return every live recording (INVOKED, RECORDING, PAUSED), the oldest first."""
    return await _in_order(db, RecordingRow.status.in_(ACTIVE))


async def active_of(db: Database, meeting_id: str) -> list[Recording]:
    """Return the live recordings of a meeting, the oldest first."""
    return await _in_order(db, RecordingRow.status.in_(ACTIVE), RecordingRow.meeting_id == meeting_id)


async def count_by_status(db: Database) -> dict[Status, int]:
    """Return how many recordings are in each status, over all apps; a status that none is in is 0."""
    query = select(RecordingRow.status, func.count()).group_by(RecordingRow.status)
    async with db.transaction() as tx:
        found: dict[str, int] = {row[0]: row[1] for row in await tx.execute(query)}
    return {status: found.get(status, 0) for status in Status}


async def of_session(db: Database, session_id: str) -> list[Recording]:
    """Return all recordings of a session, the oldest first."""
    return await _in_order(db, RecordingRow.session_id == session_id)


async def unfinished(db: Database) -> list[Recording]:
    """Return the recordings that were stopped and are not delivered yet (UPLOADING), the oldest first."""
    return await _in_order(db, RecordingRow.status == Status.UPLOADING)


async def expiring(db: Database, now: datetime) -> list[Recording]:
    """Return the recordings, delivered or failed, whose time in the bucket is over at `now` but not marked so yet."""
    over = RecordingRow.status.in_((Status.UPLOADED, Status.ERRORED))
    return await _in_order(db, over, RecordingRow.expires_at <= now, RecordingRow.expired.is_(False))


async def find(
    db: Database,
    app_id: str,
    *,
    meeting_id: str | None = None,
    statuses: Collection[Status] = (),
    search: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    expired: bool | None = None,
    newest_first: bool = True,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[Recording], int]:
    """Return one page of an app's recordings and how many match in all.

    `search` is a meeting's id or a part of its title; `start` and `end` bound the time of the start request.
    """
    query = select(RecordingRow.id).where(RecordingRow.app_id == app_id)
    if meeting_id:
        query = query.where(RecordingRow.meeting_id == meeting_id)
    if statuses:
        query = query.where(RecordingRow.status.in_(list(statuses)))
    if search:
        titled = select(MeetingRow.id).where(MeetingRow.title.icontains(search, autoescape=True))
        query = query.where(or_(RecordingRow.meeting_id == search, RecordingRow.meeting_id.in_(titled)))
    if start:
        query = query.where(RecordingRow.invoked_at >= start)
    if end:
        query = query.where(RecordingRow.invoked_at <= end)
    if expired is not None:
        query = query.where(RecordingRow.expired.is_(expired))
    order = [column.desc() if newest_first else column.asc() for column in (RecordingRow.invoked_at, RecordingRow.id)]
    # The page's ids come from an index alone: however far down it lies, no row before it is read.
    page = query.order_by(*order).offset(offset).limit(limit).subquery()
    shown = select(RecordingRow).where(RecordingRow.id.in_(select(page.c.id))).order_by(*order)
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        return [_recording(row, db.vault) for row in await tx.scalars(shown)], total


async def step(db: Database, recording_id: str, taken: Step, **changes: Any) -> Recording:
    """Take one step of the lifecycle and set `changes` with it, in one transaction; return the recording after it.

    Of several calls at once exactly those that the table allows one after another succeed. Raises Conflict for a step
    that the present status does not allow, NotFound for an unknown id; nothing is changed then.
    """
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        _take(tx, row, taken, _columns(changes, db.vault))
        return _recording(row, db.vault)


async def deliver(db: Database, recording_id: str, tried: StorageConfig | None, **changes: Any) -> bool:
    """Take the step DELIVER as `step` does, if the recording still goes to the storage that was `tried`.

    Return False, with nothing changed, when it was corrected meanwhile: then that has to be tried first.
    """
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        if _recording(row, db.vault).config.storage != tried:
            return False
        _take(tx, row, Step.DELIVER, _columns(changes, db.vault))
        return True


async def set_duration(db: Database, recording_id: str, duration_ms: int) -> None:
    """Remember how long a recording is."""
    async with db.transaction() as tx:
        (await locked(tx, RecordingRow, recording_id)).duration_ms = duration_ms


async def warn(db: Database, recording_id: str, sentence: str) -> None:
    """Add a warning for a human to the recording, once."""
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        if sentence not in row.warnings and len(row.warnings) < MOST_WARNINGS:
            row.warnings = [*row.warnings, sentence]


async def warn_anew(db: Database, recording_id: str, beginning: str, sentence: str | None) -> None:
    """Put `sentence` in the place of the warning that begins so; None takes that away."""
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        others = [warning for warning in row.warnings if not warning.startswith(beginning)]
        row.warnings = others if sentence is None else [*others, sentence]


async def set_storage(
    db: Database, recording_id: str, storage: StorageConfig, given_up: Callable[[Recording], bool]
) -> Recording:
    """Change where a recording goes that its storage does not have yet.

    One that was delivered without it (`given_up` tells) is UPLOADING again. Raises Conflict where it is too late,
    NotFound.
    """
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        before = _recording(row, db.vault)
        waiting = before.status is Status.UPLOADING and before.config.storage is not None
        if given_up(before):
            _take(tx, row, Step.REDELIVER, {})
        elif before.status not in ACTIVE and not waiting:
            raise Conflict("this recording has no delivery to a storage that waits, so there is none to correct")
        row.config = _column(replace(before.config, storage=storage), db.vault)
        return _recording(row, db.vault)


async def expire(db: Database, recording_id: str) -> None:
    """Mark that the bucket has nothing of a recording any more: its links go with the files.

    One that had no links left only remains of an upload there, so nothing of it has expired.
    """
    async with db.transaction() as tx:
        row = await locked(tx, RecordingRow, recording_id)
        if row.download is None and row.audio_download is None:
            row.expires_at = None
        else:
            row.expired, row.download, row.audio_download = True, None, None


def _take(tx: AsyncSession, row: RecordingRow, taken: Step, columns: dict[str, Any]) -> None:
    row.status = advance(Status(row.status), taken)
    for name, value in columns.items():
        setattr(row, name, value)
    _tell(tx, row)


def _tell(tx: AsyncSession, row: RecordingRow) -> None:
    """Webhooks learn of each status with what was known right then: some of it changes before they are told."""
    until = row.expires_at if row.download is not None or row.audio_download is not None else None
    outbox.add(
        tx,
        row.app_id,
        Event.RECORDING_STATUS,
        {
            "id": row.id,
            "meeting_id": row.meeting_id,
            "session_id": row.session_id,
            "status": row.status,
            "kind": row.kind,
            "output_file_name": row.output_file_name,
            "started_us": to_us(row.started_at) if row.started_at else None,
            "stopped_us": to_us(row.stopped_at) if row.stopped_at else None,
            "expires_us": to_us(until) if until else None,
            "duration_ms": row.duration_ms,
            "file_size": row.file_size,
            "download": row.download,
            "audio_download": row.audio_download,
        },
    )


async def _in_order(db: Database, *conditions: Any) -> list[Recording]:
    query = select(RecordingRow).where(*conditions).order_by(RecordingRow.invoked_at, RecordingRow.id)
    async with db.transaction() as tx:
        return [_recording(row, db.vault) for row in await tx.scalars(query)]


def _columns(values: dict[str, Any], vault: Vault) -> dict[str, Any]:
    """Turn domain values into what the columns hold."""
    return {name: _column(value, vault) for name, value in values.items()}


def _column(value: Any, vault: Vault) -> Any:
    if isinstance(value, Caller):
        return asdict(value)
    if isinstance(value, RecordingConfig):
        return vault.sealed(value.to_json())
    return list(value) if isinstance(value, tuple) else value


def _caller(body: dict[str, Any] | None) -> Caller | None:
    return Caller(CallerType(body["type"]), body["name"], body["user_id"]) if body else None


def _recording(row: RecordingRow, vault: Vault) -> Recording:
    fields = {name: getattr(row, name) for name in Recording.__dataclass_fields__}
    fields |= {
        "kind": Kind(row.kind),
        "status": Status(row.status),
        "config": RecordingConfig.from_json(vault.opened(row.config)),
        "start_cause": StartCause(row.start_cause),
        "start_caller": _caller(row.start_caller),
        "stop_cause": StopCause(row.stop_cause) if row.stop_cause else None,
        "stop_caller": _caller(row.stop_caller),
        "warnings": tuple(row.warnings),
    }
    return Recording(**fields)
