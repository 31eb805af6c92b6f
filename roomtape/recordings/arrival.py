"""Owns the way of a recording's finished files to all places that want them, and what its row says of these then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Kind, Recording, Status, Step
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import StorageError
from roomtape.recordings.delivery import WARNING, Delivery, Sent
from roomtape.recordings.publishing import STATE, Publishing, said
from roomtape.render.job import RenderResult
from roomtape.storage.remote import PROBLEM

log = structlog.get_logger()

_NOBODY = "nothing was sent by anybody whom this recording includes, so it has no files"
_ONLY_THERE = ". It was not tried any further; only the storage has the files"
_GONE = (
    f"{WARNING}cannot get the files from here any more: the rendered ones are not in the server's work folder. "
    "Take them from the own bucket"
)


@dataclass(frozen=True)
class Brought:
    """Where the files are. `problem` says why they are not in the own bucket, None where they were not to go there."""

    published: bool
    problem: str | None
    sent: Sent | None

    @property
    def tried(self) -> StorageConfig | None:
        """The storage that they were sent to."""
        return self.sent.storage if self.sent is not None else None

    @property
    def arrived(self) -> bool:
        """Whether the recording's storage has them."""
        return self.sent is not None and self.sent.arrived


class Arrival:
    """Brings files to the own bucket and to the storage at the same time, so that neither waits for the other."""

    def __init__(self, db: Database, publishing: Publishing, delivery: Delivery) -> None:
        self._db = db
        self._publishing = publishing
        self._delivery = delivery

    async def deliver(self, recording_id: str, folder: Path, kept_for: timedelta) -> str:
        """Bring everything and say UPLOADED; return "", or why no place at all has the files. It may be done twice."""
        while True:
            recording = await rows.get(self._db, recording_id)
            result = RenderResult.read(folder)
            if recording is None or recording.status is not Status.UPLOADING:
                return ""
            if result is None:
                return await self._given_back(recording)
            brought = await self._bring(recording, folder, result)
            if not brought.published and not brought.arrived:
                if await self._corrected(recording_id, brought):
                    continue
                return f"the files are rendered but cannot be put into the bucket: {brought.problem}"
            if await self._told(recording_id, folder, result, brought, kept_for):
                return ""

    async def _corrected(self, recording_id: str, brought: Brought) -> bool:
        """Tell whether the recording goes to another storage now than was tried: no failure before that was, too."""
        recording = await rows.get(self._db, recording_id)
        return recording is not None and recording.config.storage != brought.tried

    async def _bring(self, recording: Recording, folder: Path, result: RenderResult) -> Brought:
        """The own bucket gets what is to stay there, and else what the storage refuses, for as long as it does."""
        if recording.expires_at is not None:  # the own bucket has it since it was delivered without its storage
            return Brought(True, None, await self._delivery.deliver(recording.id, folder, result))
        wanted = recording.config.own_bucket or recording.config.storage is None
        publishing: list[asyncio.Task[str | None]] = []
        async with asyncio.TaskGroup() as group:

            def publish() -> None:
                if not publishing:
                    publishing.append(group.create_task(self._published(recording, folder, result)))

            if wanted:
                publish()
            sent = await self._delivery.deliver(recording.id, folder, result, refused=publish)
            if sent is not None and sent.arrived and not wanted:
                for task in publishing:
                    task.cancel()
                return Brought(False, None, sent)
        problem = publishing[0].result() if publishing else None
        if problem is not None and sent is not None and not sent.arrived:
            problem = await self._published(recording, folder, result)  # it is the last place that is left
        return Brought(problem is None and bool(publishing), problem, sent)

    async def _published(self, recording: Recording, folder: Path, result: RenderResult) -> str | None:
        try:
            await self._publishing.publish(recording, folder, result)
        except StorageError as error:
            return error.message
        return None

    async def _told(
        self, recording_id: str, folder: Path, result: RenderResult, brought: Brought, kept_for: timedelta
    ) -> bool:
        """Say UPLOADED, and where the files lie until they expire; False if there is another storage to try now."""
        if brought.problem is not None:
            await rows.warn_anew(self._db, recording_id, PROBLEM, said(brought.problem) + _ONLY_THERE)
        recording = await rows.get(self._db, recording_id)
        if recording is None:
            return True
        took_ms = (now_us() - to_us(recording.stopped_at)) // 1000 if recording.stopped_at else None
        places = _here(recording, result, kept_for) if _stays(recording, brought) else await _elsewhere(folder)
        warnings = [*recording.warnings, *result.warnings, *([] if result.media else [_NOBODY])]
        done = await rows.deliver(
            self._db,
            recording_id,
            brought.tried,
            **places,
            file_size=sum(file.size for file in result.media),
            duration_ms=result.duration_ms,
            warnings=list(dict.fromkeys(warnings)),
        )
        if done:
            log.info("recording delivered", recording_id=recording_id, files=len(result.media), after_stop_ms=took_ms)
        return done

    async def _given_back(self, recording: Recording) -> str:
        """Its storage was to get it later, but there is nothing to send any more: it is where it was before."""
        if recording.expires_at is None:  # not rendered yet: the next round does that
            return ""
        await rows.warn_anew(self._db, recording.id, WARNING, _GONE)
        await rows.step(self._db, recording.id, Step.DELIVER)
        return ""


def _stays(recording: Recording, brought: Brought) -> bool:
    return brought.published and (recording.config.own_bucket or not brought.arrived)


def _here(recording: Recording, result: RenderResult, kept_for: timedelta) -> dict[str, Any]:
    """Return the columns that say where in the own bucket the files lie, and until when: a second delivery keeps it."""
    expires_at = recording.expires_at or to_datetime(now_us()) + kept_for
    return {**_places(recording, result), "expires_at": expires_at}


async def _elsewhere(folder: Path) -> dict[str, Any]:
    """Return the columns of a recording of which the own bucket keeps nothing: what it has goes with the next sweep."""
    there = await asyncio.to_thread((folder / STATE).exists)
    return {"download": None, "audio_download": None, "expires_at": to_datetime(now_us()) if there else None}


def _places(recording: Recording, result: RenderResult) -> dict[str, Any]:
    """Return the columns `download` and `audio_download`: where in the bucket the files lie."""
    places = {file.name: f"{recording.bucket_folder}/{file.name}" for file in result.files}
    if recording.kind is Kind.TRACK:
        layers: dict[str, dict[str, str]] = {}
        for file in result.files:
            if file.role == "track":
                layers.setdefault(file.layer or "default", {})[file.name] = places[file.name]
        return {
            "download": [{"layer_name": name, "paths": paths} for name, paths in layers.items()],
            "audio_download": None,
        }
    roles = {file.role: places[file.name] for file in result.files}
    return {"download": roles.get("composite"), "audio_download": roles.get("audio")}
