"""Owns the door by which back ends send metadata into an interactive recording, an extension of the public API."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from roomtape.api.auth import WithRecordings
from roomtape.api.bodies import Body, ExactPart
from roomtape.api.paging import iso, success
from roomtape.api.paths import APP
from roomtape.clock import to_datetime
from roomtape.domain.metadata import LARGEST, Content, content
from roomtape.errors import InvalidRequest

router = APIRouter(prefix=APP + "/recordings", tags=["Recordings"])


class MetadataBody(Body, ExactPart):
    """Body of POST …/recordings/{recording_id}/metadata: `data` (text, or any JSON) or `data_base64` (bytes)."""

    data: Any = None
    data_base64: Annotated[str, Field(max_length=LARGEST * 4 // 3 + 4)] | None = None

    def content(self) -> Content:
        """Return what the tag will hold. Raises InvalidRequest for both, neither, no base64, or too much."""
        if (self.data is None) == (self.data_base64 is None):
            raise InvalidRequest("give this or data_base64, one of the two", "data")
        if self.data_base64 is None:
            return content(self.data)
        try:
            return content(base64.b64decode(self.data_base64, validate=True))
        except binascii.Error as error:
            raise InvalidRequest("this is no base64 (RFC 4648, section 4)", "data_base64") from error


@router.post("/{recording_id}/metadata", status_code=201, summary="Send metadata into an interactive recording")
async def send(access: WithRecordings, recording_id: str, body: MetadataBody) -> dict[str, Any]:
    """Put a tag at this moment of the recording's stream: text (TXXX) or bytes (PRIV).

    The recording was started with `interactive_config` and is RECORDING, else the answer is 409. A participant needs
    `can_record`.
    """
    recording = await access.recording(recording_id)
    access.require_record()
    form, data = body.content()
    event = await access.deps.messages.send(recording, form, data)
    size = len(base64.b64decode(data)) if form == "bytes" else len(data.encode())
    return success({"recording_id": recording.id, "form": form, "size": size, "sent_at": iso(to_datetime(event.t))})
