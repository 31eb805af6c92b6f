from __future__ import annotations

from pathlib import Path

import av
import pytest

from roomtape.capture.events import MediaKind
from roomtape.capture.values import Frame, Interval, PeerSpan, TrackInfo, TrackKey
from roomtape.domain.recording_config import Layer
from roomtape.media.testsignal import audio_loop, video_loop
from roomtape.render.cut import Cut
from roomtape.render.trackfile import Entry, TrackFile

US = 1_760_000_000_000_000
CUT = Cut([Interval(US, US + 1_000_000), Interval(US + 3_000_000, US + 5_000_000)])


def track(path: Path, codec: str, user: str | None = None) -> TrackFile:
    kind: MediaKind = "audio" if codec == "opus" else "video"
    peer = PeerSpan("peer-1", "participant-1", user, "Ann", None, False, US, None)
    info = TrackInfo(TrackKey("peer-1", 0), kind, "screenshare", codec, 48_000)
    return TrackFile(1, Layer("second", "two", kind), peer, info, path)


def frame(after_us: int, data: bytes, keyframe: bool = True, duration_us: int = 0) -> Frame:
    return Frame(US + after_us, US + after_us, 0, data, keyframe, duration_us, 0)


def stamps(path: Path) -> list[int]:
    with av.open(str(path)) as source:
        return [p.pts for p in source.demux() if p.size]


def test_time_zero_is_the_first_frame_and_pauses_are_cut_out(tmp_path: Path) -> None:
    packets = audio_loop(440).packets
    file = track(tmp_path / "part", "opus", "user 1")
    times = [-20_000, 500_400, 980_000, 990_000, 1_500_000, 2_990_000, 3_000_000, 4_980_000]
    file.take([frame(t, packets[i], True, 20_000) for i, t in enumerate(times)], CUT)
    assert file.begun
    taken = {"two_user-1_peer-1_screenshare_audio_1760000000500.webm"}
    rendered, entry = file.finish(tmp_path, taken)
    assert rendered.name == "two_user-1_peer-1_screenshare_audio_1760000000501.webm"
    assert rendered.name in taken
    assert stamps(tmp_path / rendered.name) == [0, 480, 500, 2480]
    assert entry == Entry(4, 2480, 2500)
    assert (rendered.start_us, rendered.duration_ms) == (US + 500_400, 2500)
    assert (rendered.layer, rendered.peer_id, rendered.content_type) == ("second", "peer-1", "audio/webm")
    assert [p.name for p in tmp_path.iterdir()] == [rendered.name]


def test_video_begins_at_the_first_keyframe_that_can_be_decoded(tmp_path: Path) -> None:
    loop = video_loop("vp8", 320, 180, 10, 2)
    file = track(tmp_path / "part", "vp8")
    damaged = b"\x00" * len(loop.frames[0])
    data = [loop.frames[5], damaged, loop.frames[11], *loop.frames[10:13]]
    keyframes = [False, True, False, True, False, False]
    for i, (one, keyframe) in enumerate(zip(data, keyframes, strict=True)):
        file.take([frame(i * 100_000, one, keyframe)], CUT)
    rendered, entry = file.finish(tmp_path, set())
    assert entry.packets == 3
    assert rendered.start_us == US + 300_000
    assert stamps(tmp_path / rendered.name) == [0, 100, 200]


@pytest.mark.parametrize("frames", [[], [frame(-1, b"\x78x", True, 20_000)], [frame(0, b"", True, 20_000)]])
def test_nothing_inside_the_cut_is_no_file(tmp_path: Path, frames: list[Frame]) -> None:
    file = track(tmp_path / "part", "opus")
    file.take(frames, CUT)
    assert not file.begun


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    file = track(tmp_path / "part", "opus")
    file.take([frame(0, audio_loop(440).packets[0], True, 20_000)], CUT)
    assert list(tmp_path.iterdir())
    file.discard()
    assert list(tmp_path.iterdir()) == []
