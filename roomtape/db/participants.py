"""Owns the queries for participants."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select

from roomtape.db.database import Database
from roomtape.db.models import ParticipantRow
from roomtape.domain.meeting import Participant


def _participant(row: ParticipantRow) -> Participant:
    return Participant(**{name: getattr(row, name) for name in Participant.__dataclass_fields__})


async def save(db: Database, participant: Participant) -> None:
    """Remember a new participant, or the new values of one that is known."""
    values = {name: getattr(participant, name) for name in Participant.__dataclass_fields__}
    async with db.transaction() as tx:
        await tx.merge(ParticipantRow(**values))


async def get(db: Database, participant_id: str) -> Participant | None:
    """Return the participant, or None."""
    async with db.transaction() as tx:
        row = await tx.get(ParticipantRow, participant_id)
        return _participant(row) if row else None


async def find(db: Database, meeting_id: str, *, offset: int = 0, limit: int = 25) -> tuple[list[Participant], int]:
    """Return one page of a meeting's participants, the oldest first, and how many there are in all; no recorders."""
    query = select(ParticipantRow).where(ParticipantRow.meeting_id == meeting_id, ParticipantRow.recorder_of.is_(None))
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(
            query.order_by(ParticipantRow.created_at, ParticipantRow.id).offset(offset).limit(limit)
        )
        return [_participant(row) for row in rows], total


async def delete(db: Database, participant_id: str) -> None:
    """Forget a participant; the peers that they were stay known."""
    async with db.transaction() as tx:
        await tx.execute(sql_delete(ParticipantRow).where(ParticipantRow.id == participant_id))


async def recorder_of(db: Database, recording_id: str) -> Participant | None:
    """Return the participant that was made for the page of a recording, or None."""
    query = select(ParticipantRow).where(ParticipantRow.recorder_of == recording_id)
    async with db.transaction() as tx:
        row = (await tx.scalars(query)).first()
        return _participant(row) if row else None


async def forget_recorders(db: Database, *, of: str | None = None, but_of: Collection[str] = ()) -> None:
    """Forget the participants that were made for the page of one recording, or of all but those of `but_of`."""
    query = sql_delete(ParticipantRow).where(ParticipantRow.recorder_of.is_not(None))
    chosen = ParticipantRow.recorder_of == of if of is not None else ParticipantRow.recorder_of.not_in(but_of)
    async with db.transaction() as tx:
        await tx.execute(query.where(chosen))
