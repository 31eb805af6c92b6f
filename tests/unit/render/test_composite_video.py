"""Tests of what a video track shows at a moment, and how little of it is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from roomtape.capture.values import Frame, TrackInfo, TrackKey
from roomtape.media import decode_video
from roomtape.media.compose import planes_of
from roomtape.media.testsignal import video_loop
from roomtape.render.composite_video import VideoFeed
from tests.support.detect import read_code

HOLD = 10_000_000


@dataclass
class Reader:
    """Frames as a TrackReader gives them."""

    frames: list[Frame]
    info: TrackInfo = field(default_factory=lambda: TrackInfo(TrackKey("ann", 1), "video", "peer", "vp8", 90_000))

    def next_us(self) -> int | None:
        return self.frames[0].time_us if self.frames else None

    def read(self, until_us: int) -> list[Frame]:
        count = sum(f.time_us < until_us for f in self.frames)
        out, self.frames = self.frames[:count], self.frames[count:]
        return out


def reader(drop: Sequence[int] = ()) -> Reader:
    """Three seconds at 25/s with a keyframe each second."""
    loop = video_loop("vp8", 160, 90, fps=25, seconds=3)
    return Reader(
        [
            Frame(i * 40_000, 0, i * 3600, data, key, 0, 0)
            for i, (data, key) in enumerate(zip(loop.frames, loop.keyframes, strict=True))
            if i not in drop
        ]
    )


def shown(feed: VideoFeed, t_us: int) -> int | None:
    what = feed.show(t_us, HOLD)
    if what is None:
        return None
    code = read_code(planes_of(what[0])[0], (0, 0, 160, 90))
    assert code is not None
    return code[1]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The times of the frames that are decoded, in ms."""
    times: list[int] = []
    real = decode_video.VideoDecoder.decode

    def spy(self: decode_video.VideoDecoder, frame: Frame) -> None:
        times.append(frame.time_us // 1000)
        real(self, frame)

    monkeypatch.setattr(decode_video.VideoDecoder, "decode", spy)
    return times


def test_the_latest_frame_not_after_the_moment_is_shown() -> None:
    feed = VideoFeed(reader())
    feed.read(0, 1_000_000)
    assert [shown(feed, t) for t in (0, 39_999, 40_000, 100_000, 119_999, 120_000)] == [0, 0, 1, 2, 2, 3]


def test_the_version_changes_with_the_picture_only() -> None:
    feed = VideoFeed(reader())
    feed.read(0, 1_000_000)
    first, second, third = (feed.show(t, HOLD) for t in (0, 30_000, 50_000))
    assert first
    assert second
    assert third
    assert first[1] == second[1] < third[1]


def test_starting_late_decodes_from_the_last_keyframe(decoded: list[int]) -> None:
    feed = VideoFeed(reader())
    feed.read(1_500_000, 2_000_000)
    assert shown(feed, 1_500_000) == 37
    assert decoded == list(range(1000, 1500, 40))


def test_what_nobody_sees_is_not_decoded(decoded: list[int]) -> None:
    feed = VideoFeed(reader())
    feed.read(0, 3_000_000)
    assert shown(feed, 0) == 0
    feed.pass_over(1_900_000)
    assert decoded == [0]
    assert shown(feed, 2_050_000) == 51
    assert decoded == [0, 2000, 2040]


def test_a_picture_too_old_is_not_shown() -> None:
    feed = VideoFeed(reader(drop=range(25, 50)))
    feed.read(0, 3_000_000)
    assert feed.show(1_200_000, 300_000) is not None
    assert feed.show(1_300_000, 300_000) is None
    assert feed.show(2_000_000, 300_000) is not None


def test_an_unknown_codec_shows_nothing() -> None:
    frames = reader()
    frames.info = TrackInfo(TrackKey("ann", 1), "video", "peer", "av1", 90_000)
    feed = VideoFeed(frames)
    feed.read(0, 1_000_000)
    assert feed.show(500_000, HOLD) is None


def test_the_digest_tells_other_frames_since_the_last_keyframe_and_nothing_else() -> None:
    def digest(*drop: int, before: bool = False) -> int:
        feed = VideoFeed(reader(drop))
        if before:
            feed.read(0, 700_000)
            feed.read(700_000, 1_500_001)
        feed.read(1_500_000, 2_200_001)
        return feed.digest()

    assert digest() == digest(before=True) == digest(3) == digest(60) != 0
    assert digest(30, before=True) == digest(30)
    assert len({digest(), digest(30), digest(37), digest(40), digest(53), digest(*range(75))}) == 6
    assert digest(*range(75)) == 0


def damaged(*which: int) -> Reader:
    broken = reader()
    for i in which:
        broken.frames[i].data = broken.frames[i].data[:12]
    return broken


@pytest.mark.parametrize("t_us", [1_000_000, 1_500_000, 1_960_000, 2_100_000])
def test_after_a_damaged_keyframe_the_last_good_picture_stays_for_whoever_enters_there_too(t_us: int) -> None:
    going, entering = VideoFeed(damaged(25)), VideoFeed(damaged(25))
    going.read(0, 2_200_000)
    for tick in range(0, t_us + 1, 40_000):
        going.show(tick, HOLD)
    entering.read(t_us, 2_200_000)
    assert shown(entering, t_us) == shown(going, t_us) == (24 if t_us < 2_000_000 else 52)


def test_damaged_frames_are_counted_in_the_stretch_that_they_lie_in() -> None:
    def counts(*starts: int) -> list[int]:
        feed = VideoFeed(damaged(25, 60))
        found = []
        for start in starts:
            feed.read(start, start + 1_000_000)
            for tick in range(start, start + 1_000_000, 40_000):
                feed.show(tick, HOLD)
            found.append(feed.take_damaged())
        return found

    assert counts(0, 1_000_000, 2_000_000) == [0, 1, 1]
    assert [counts(start)[0] for start in (0, 1_000_000, 2_000_000)] == [0, 1, 1]
