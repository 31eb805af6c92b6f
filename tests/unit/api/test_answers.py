from __future__ import annotations

from typing import Any, get_args

import pytest
from cloudflare.types import realtime_kit as official
from pydantic import BaseModel

from roomtape.api import answers


def fields(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def inner(model: type[BaseModel], *path: str) -> type[BaseModel]:
    """The model behind fields, whether optional or a list."""
    for name in path:
        found: Any = model.model_fields[name].annotation
        while not (isinstance(found, type) and issubclass(found, BaseModel)):
            found = next(part for part in get_args(found) if part is not type(None))
        model = found
    return model


@pytest.mark.parametrize(
    ("ours", "response", "path"),
    [
        (answers.SessionShown, official.SessionGetSessionDetailsResponse, ("data",)),
        (answers.SessionParticipant, official.SessionGetSessionParticipantsResponse, ("data", "participants")),
        (answers.PeerReported, official.SessionGetParticipantDataFromPeerIDResponse, ("data", "participant")),
        (answers.Daywise, official.AnalyticsGetOrgAnalyticsResponse, ("data",)),
        (answers.SessionDay, official.AnalyticsGetOrgAnalyticsResponse, ("data", "session_stats", "day_stats")),
        (answers.RecordingDay, official.AnalyticsGetOrgAnalyticsResponse, ("data", "recording_stats", "day_stats")),
        (answers.RecordingStats, official.AnalyticsGetOrgAnalyticsResponse, ("data", "recording_stats")),
        (answers.RecordingShown, official.RecordingGetOneRecordingResponse, ("data",)),
        (answers.RecordingListed, official.RecordingGetRecordingsResponse, ("data",)),
        (answers.TrackRecordingShown, official.RecordingStartTrackRecordingResponse, ("data", "recording")),
        (answers.MeetingShown, official.MeetingGetMeetingByIDResponse, ("data",)),
        (answers.ParticipantWithToken, official.MeetingAddParticipantResponse, ("data",)),
    ],
)
def test_every_official_field_is_described(ours: Any, response: type[BaseModel], path: tuple[str, ...]) -> None:
    added_on_request = {"peer_events"}
    assert fields(inner(response, *path)) - added_on_request <= fields(ours)


def test_answers_have_all_their_fields() -> None:
    schema = answers.SessionShown.model_json_schema(mode="serialization")
    assert set(schema["required"]) == set(schema["properties"])
