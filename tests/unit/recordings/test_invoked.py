"""Tests of a new recording's value."""

from __future__ import annotations

from roomtape.domain.recording import Kind, StartCause, Status
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.recordings import invoked
from tests.support.recording_fakes import APP, meeting
from tests.support.recording_world import World


async def test_it_is_invoked_and_knows_its_name(world: World) -> None:
    session = await world.rooms.make("sess-1")
    config = RecordingConfig(file_name_prefix="club", interactive=True, page_url="https://a.example")
    made = invoked.new(APP, meeting(), session, config, Kind.COMPOSITE, True, StartCause.API_CALL, None)
    assert (made.status, made.session_id, made.meeting_id, made.app_id) == (Status.INVOKED, "sess-1", "meet-1", APP.id)
    assert made.output_file_name.startswith("club_Weekly-meet-1_")
    assert made.output_file_name.endswith(".tar")
    assert made.of_page
    assert made.started_at is None
    layers = RecordingConfig(layers=(Layer("default", "speaker"),))
    tracks = invoked.new(APP, meeting(), session, layers, Kind.TRACK, False, StartCause.API_CALL, None)
    assert tracks.output_file_name.startswith("speaker_")
    assert tracks.id != made.id
