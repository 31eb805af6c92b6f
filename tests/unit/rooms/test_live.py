from pathlib import Path

from roomtape.capture.eventlog import EventLogWriter
from roomtape.rooms.live import LivePeer, LiveSession


def test_sessions_share_nothing(tmp_path: Path) -> None:
    def session(name: str) -> LiveSession:
        log = EventLogWriter(tmp_path / f"{name}.jsonl")
        return LiveSession(name, "app", "m", "Title", 60, 1, tmp_path, log)

    one, two = session("one"), session("two")
    one.peers["p"] = LivePeer("p", "part", None, "Ann", None, "guest", False, 1)
    assert two.peers == {}
    assert one.lock is not two.lock
    assert one.peers["p"].base is None, "nobody is captured before a recording asks for it"
