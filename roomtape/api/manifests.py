"""Owns the door to a recording's manifest, an extension of the public API: what the recording was made from."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from roomtape.api.auth import WithRecordings
from roomtape.api.manifest_body import ManifestAnswer
from roomtape.api.paths import APP
from roomtape.domain.recording import Recording, Status
from roomtape.errors import Conflict, NotFound

router = APIRouter(prefix=APP + "/recordings", tags=["Recordings"])


@router.get(
    "/{recording_id}/manifest",
    summary="Get the manifest of a recording",
    response_class=Response,
    responses={200: {"model": ManifestAnswer}},
)
async def get(access: WithRecordings, recording_id: str) -> Response:
    """Get what a recording was made from: participants, tracks, layout changes, every gap with its cause.

    An extension of the public API. It is there when the status is UPLOADED. A participant needs `can_record`.
    """
    recording = await access.recording(recording_id)
    access.require_record()
    _check_there(recording)
    try:
        manifest = await access.deps.bucket.read(recording.manifest_path)
    except NotFound as error:
        raise NotFound(_why_there_is_none(recording)) from error
    return Response(b'{"success":true,"data":' + manifest + b"}", media_type="application/json")


def _check_there(recording: Recording) -> None:
    """Raise Conflict while there is no manifest yet, NotFound when there is none any more or never will be."""
    if recording.expired:
        raise NotFound("this recording has expired, and its manifest went with its files")
    if recording.status is Status.ERRORED:
        raise NotFound("this recording failed, so it has no manifest; its `error` says why")
    if recording.status is not Status.UPLOADED:
        raise Conflict(
            f"the manifest is made with the files: it is there when the status is UPLOADED (now {recording.status})"
        )


def _why_there_is_none(recording: Recording) -> str:
    storage = recording.config.storage
    if storage is not None and recording.expires_at is None:
        return f"the manifest lies with the recording's files in {storage.place}, and the own bucket keeps no copy"
    return "this recording has no manifest: it was made by an older version of Roomtape"
