from pathlib import Path
from typing import Any, cast

from roomtape.capture.eventlog import EventLogWriter
from roomtape.rooms.live import LiveSession
from roomtape.rooms.observers import RoomObserver
from tests.support.sdkworld import Told


class Broken:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("broken")


def test_one_that_fails_does_not_keep_it_from_the_others(tmp_path: Path) -> None:
    session = LiveSession("s", "a", "m", "Weekly", 60, 0, tmp_path, EventLogWriter(tmp_path / "events.jsonl"))
    told = Told()
    session.observers += [cast("RoomObserver", Broken()), told]
    session.observers.recording_changed(session, "r", "COMPOSITE", "RECORDING")
    session.observers.session_ended(session, "empty")
    assert told.words == ["recording RECORDING", "ended empty"]
