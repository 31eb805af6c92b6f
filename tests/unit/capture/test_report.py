import json
from pathlib import Path

from roomtape.capture import events as ev
from roomtape.capture.report import report
from tests.support.mjr import opus_packets, opus_silence, write_events, write_mjr

T0 = 1_700_000_000_000_000
SEC = 1_000_000


def _session(folder: Path) -> None:
    packets = opus_packets([opus_silence()] * 500, drop=range(200, 300))
    write_mjr(folder / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    write_events(
        folder,
        [
            ev.PeerJoined(T0, "a", "part", "user", "Ann [b]"),
            ev.TakeStarted(T0, "a", "a-1"),
            ev.RecordingStarted(T0 + SEC, "rec", ("user",)),
            ev.RecordingStopped(T0 + 9 * SEC, "rec"),
            ev.TakeStopped(T0 + 10 * SEC, "a", "a-1"),
            ev.PeerLeft(T0 + 10 * SEC, "a", "left"),
        ],
    )


def test_tells_everything_on_one_timeline(tmp_path: Path) -> None:
    _session(tmp_path)
    told = report(tmp_path)
    assert json.loads(json.dumps(told)) == told
    assert (told["start_us"], told["end_us"], told["duration_ms"]) == (T0, T0 + 10 * SEC, 10_000)
    (track,) = told["tracks"]
    assert (track["name"], track["codec"], track["packets"], track["duration_ms"]) == ("Ann [b]", "opus", 400, 10_000)
    assert (track["lost_packets"], track["loss_percent"]) == (100, 20.0)
    assert track["gaps"] == [
        {
            "start_us": T0 + 4 * SEC,
            "end_us": T0 + 6 * SEC,
            "duration_ms": 2000,
            "cause": "network",
            "lost_packets": 100,
        }
    ]
    (recording,) = told["recordings"]
    assert (recording["recording_id"], recording["stopped"], recording["user_ids"]) == ("rec", True, ["user"])
    assert recording["intervals"][0]["duration_ms"] == 8000


def test_foreign_and_torn_files_are_told_and_never_raise(tmp_path: Path) -> None:
    whole = write_mjr(tmp_path / "one-audio.mjr", "audio", "opus", T0, opus_packets([opus_silence()] * 50))
    content = whole.read_bytes()
    (tmp_path / "two-audio.mjr").write_bytes(content[:-3])
    (tmp_path / "three.mjr").write_bytes(b"RIFF....WAVE")
    (tmp_path / "empty-video-1.mjr").write_bytes(b"")
    told = report(tmp_path)
    assert {t["peer_id"]: bool(t["damage"]) for t in told["tracks"]} == {
        "one": False,
        "two": True,
        "three": True,
        "empty": False,
    }
    for size in range(0, len(content), 7):
        whole.write_bytes(content[:size])
        report(tmp_path)


def test_a_folder_without_captures_is_told(tmp_path: Path) -> None:
    told = report(tmp_path)
    assert (told["tracks"], told["duration_ms"]) == ([], 0)
