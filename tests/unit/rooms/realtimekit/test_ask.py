from __future__ import annotations

import json

import pytest

from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, OurError, RoomtapeError, SfuError
from roomtape.rooms.realtimekit import codec, events
from roomtape.rooms.realtimekit.ask import error_frame
from roomtape.rooms.realtimekit.events import Media
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb


def media_error(event: int, error: RoomtapeError) -> dict[str, str]:
    frame = codec.decode(error_frame(event, "i", error))
    assert (frame.event, frame.id) == (Media.ERROR_RESPONSE, "i")
    found = json.loads(codec.parse(pb.ErrorResponse, frame.payload).error_message)
    assert isinstance(found, dict)
    return found


def test_errors_of_the_room_are_plain_text_under_the_requests_id() -> None:
    frame = codec.decode(error_frame(events.Room.KICK, "i", Forbidden("no")))
    assert (frame.event, frame.id) == (65535, "i")
    error = codec.parse(pb.ErrorResponse, frame.payload)
    assert (error.error_message, error.event_id) == ("no", events.Room.KICK)


def test_bad_sdp_and_a_lost_sfu_make_the_sdk_build_its_receive_transport_anew() -> None:
    bad = media_error(Media.CONSUME, InvalidRequest("no such m-line"))
    assert bad == {"errorCode": "invalid_session_description", "errorDescription": "no such m-line"}
    rebuild = {"errorCode": "internal_error", "errorDescription": "Backend error"}
    assert media_error(Media.CONSUME, SfuError("Janus is away")) == rebuild
    assert media_error(Media.RENEGOTIATE_SESSION_DESCRIPTION, Conflict("Backend error: no transport")) == rebuild
    assert media_error(Media.PRODUCE, SfuError("Janus is away"))["errorDescription"] == "Janus is away"


@pytest.mark.parametrize(
    ("error", "code"),
    [(NotFound("x"), "not_found"), (Forbidden("x"), "forbidden"), (Conflict("x"), "conflict"), (OurError("x"), "")],
)
def test_other_errors_do_not(error: RoomtapeError, code: str) -> None:
    found = media_error(Media.CONSUME, error)
    assert found == {"errorCode": code or "internal_error", "errorDescription": "x"}
