"""Owns the tables. Queries turn rows into the values of `domain`; no row object leaves this package."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Boolean, DateTime, Float, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import BigInteger, TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets the zone, so it is put back when a row is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


class AppRow(Base):
    __tablename__ = "apps"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    recording_config: Mapped[dict[str, Any] | None]


class ApiTokenRow(Base):
    """`hash` is the SHA-256 of the token in hexadecimal digits; the token itself is kept nowhere."""

    __tablename__ = "api_tokens"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(255))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class PresetRow(Base):
    __tablename__ = "presets"
    __table_args__ = (Index("presets_by_name", "app_id", "name", unique=True),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"))
    name: Mapped[str] = mapped_column(String(255))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MeetingRow(Base):
    __tablename__ = "meetings"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"), index=True)
    title: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    record_on_start: Mapped[bool]
    keep_alive_s: Mapped[float | None]
    recording_config: Mapped[dict[str, Any] | None]
    options: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]


class ParticipantRow(Base):
    __tablename__ = "participants"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    custom_participant_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(Text)
    preset_name: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    recorder_of: Mapped[str | None] = mapped_column(String(64))


class SessionRow(Base):
    """`chat_path` is where its chat lies in the own bucket; once that has expired, only `chat_expires_at` is left."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index(
            "sessions_with_chat",
            "chat_expires_at",
            sqlite_where=text("chat_path IS NOT NULL"),
            postgresql_where=text("chat_path IS NOT NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"), index=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    empty_since: Mapped[datetime | None]
    live_participants: Mapped[int] = mapped_column(Integer)
    max_concurrent_participants: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    chat_path: Mapped[str | None] = mapped_column(Text)
    chat_expires_at: Mapped[datetime | None]


class PeerRow(Base):
    __tablename__ = "peers"
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    participant_id: Mapped[str] = mapped_column(String(64), index=True)
    custom_participant_id: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(Text)
    preset_name: Mapped[str] = mapped_column(String(255))
    hidden: Mapped[bool] = mapped_column(Boolean)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    leave_reason: Mapped[str | None] = mapped_column(String(32))
    sfu_session: Mapped[int | None] = mapped_column(BigInteger)
    sfu_handle: Mapped[int | None] = mapped_column(BigInteger)
    take: Mapped[int] = mapped_column(Integer)
    capturing: Mapped[bool] = mapped_column(Boolean)
    tracks: Mapped[list[Any]]
    transport: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    recorder: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    first_joined_at: Mapped[datetime | None]
    before_s: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")


class PeerMediaRow(Base):
    """The media transports of an SDK client, for as long as its socket lasts; `state` is known to rooms alone."""

    __tablename__ = "peer_media"
    peer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    state: Mapped[dict[str, Any]]


class RecordingRow(Base):
    """`recordings_listed` holds all that a list is ordered and filtered by, so that only rows of the page are read."""

    __tablename__ = "recordings"
    __table_args__ = (Index("recordings_listed", "app_id", "invoked_at", "id", "meeting_id", "status", "expired"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"))
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), index=True)
    config: Mapped[dict[str, Any]]
    allow_multiple: Mapped[bool]
    output_file_name: Mapped[str] = mapped_column(Text)
    invoked_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    start_cause: Mapped[str] = mapped_column(String(32))
    start_caller: Mapped[dict[str, Any] | None]
    stop_cause: Mapped[str | None] = mapped_column(String(32))
    stop_caller: Mapped[dict[str, Any] | None]
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    download: Mapped[Any] = mapped_column(JSON, nullable=True)
    audio_download: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    expired: Mapped[bool]
    error: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[list[Any]]


class StateRow(Base):
    """Small facts that the server needs again after a restart, by name."""

    __tablename__ = "state"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]


class OutboxRow(Base):
    """Something that happened, written with the change itself, until it is known whom to tell; see `db.outbox`."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[dict[str, Any]]


class WebhookRow(Base):
    __tablename__ = "webhooks"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[Any]]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DeliveryRow(Base):
    """One event for one webhook. `seq` is the order in which they came to be; `leased_until`: an attempt is running."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("webhook_deliveries_due", "state", "next_at"),
        Index("webhook_deliveries_in_line", "webhook_id", "subject", "state", "seq"),
    )
    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    repeated: Mapped[bool]
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    give_up_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    answer_status: Mapped[int | None] = mapped_column(Integer)
    answer_excerpt: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
