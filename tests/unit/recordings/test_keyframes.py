from pathlib import Path

import pytest

from roomtape.errors import SfuError
from roomtape.recordings import keyframes
from roomtape.rooms.live import LiveTrack
from tests.support.encoded import encoded_video
from tests.support.mjr import mjr_header, mjr_packet, vp8_packets
from tests.support.recording_fakes import peer
from tests.support.recording_world import World
from tests.support.wait import until

T0 = 1_700_000_000_000_000


class _Video:
    """A captured video track of the test's one peer, written frame by frame; m-line 1 of its second transport."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "peer-a-1.1-video-1.mjr"
        self.path.write_bytes(mjr_header("vp8", T0, kind="video"))
        key, *others = encoded_video("vp8", frames=30)
        self.packets = vp8_packets([key, *others * 10], mtu=65_000)
        self.at = 0

    def write(self, count: int, skip: int = 0) -> None:
        self.at += skip
        with self.path.open("ab") as out:
            for ms, data in self.packets[self.at : self.at + count]:
                out.write(mjr_packet(ms, data))
        self.at += count


async def test_only_captured_video_is_asked_and_not_too_often(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    a.tracks = (LiveTrack(1000, "0", "audio", "opus"), LiveTrack(1001, "v", "video", "vp8"))
    world.rooms.join(session, a)
    clock = [100.0]
    monkeypatch.setattr(keyframes.time, "monotonic", lambda: clock[0])
    watch = keyframes.KeyframeWatch(world.rooms)
    video = _Video(session.capture_dir)
    video.write(20)
    await watch.look()
    a.base = "peer-a-1.1"
    await watch.look()
    video.write(11, skip=5)  # 0.33 s: what is missing may still come
    await watch.look()
    assert world.rooms.keyframes == []

    video.write(6)
    await watch.look()
    assert world.rooms.keyframes == [(a.handle, "v")]
    await watch.look()  # nothing came since
    for _ in range(4):
        video.write(3)
        clock[0] += 0.4
        await watch.look()
    assert len(world.rooms.keyframes) == 1
    clock[0] += 0.5
    video.write(3)
    world.rooms.keyframe_fails = SfuError("gone")
    await watch.look()
    assert len(world.rooms.keyframes) == 2

    a.base = None
    clock[0] += 60
    video.write(3)
    await watch.look()
    assert len(world.rooms.keyframes) == 2


async def test_an_error_in_a_round_does_not_end_the_rounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = keyframes.KeyframeWatch(world.rooms, look_s=0.001)
    rounds = []

    async def look() -> None:
        rounds.append(1)
        raise ValueError

    monkeypatch.setattr(watch, "look", look)
    watch.start()
    await until(lambda: len(rounds) > 2)
    await watch.stop()
