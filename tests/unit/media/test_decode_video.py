"""Tests of video decoding: every codec, loss, damage, and a track that begins in the middle."""

import av
import numpy as np
import pytest

from roomtape.capture.values import Frame
from roomtape.errors import RenderError
from roomtape.media.compose import planes_of
from roomtape.media.decode_video import HOLD_AFTER_LOSS_US, VideoDecoder
from roomtape.media.testsignal import VideoCodec, video_loop
from tests.support.detect import read_code

CODECS: list[VideoCodec] = ["vp8", "vp9", "h264"]


def frames(codec: VideoCodec, seconds: int = 4) -> list[Frame]:
    loop = video_loop(codec, 320, 180, seconds=seconds, identity=3)
    return [
        Frame(i * 1_000_000 // 30, 0, i * 3000, data, key, 0, 0)
        for i, (data, key) in enumerate(zip(loop.frames, loop.keyframes, strict=True))
    ]


def lost_before(frame: Frame) -> Frame:
    return Frame(frame.time_us, 0, frame.media_time, frame.data, frame.keyframe, 0, 1)


def counter(picture: av.VideoFrame | None) -> int | None:
    assert picture is not None
    code = read_code(planes_of(picture)[0], (0, 0, picture.width, picture.height))
    return None if code is None else code[1]


@pytest.mark.parametrize("codec", CODECS)
def test_each_frame_gives_its_picture_at_once(codec: VideoCodec) -> None:
    decoder = VideoDecoder(codec)
    for i, frame in enumerate(frames(codec)[:40]):
        decoder.decode(frame)
        assert counter(decoder.picture) == i
        assert decoder.version == i + 1


@pytest.mark.parametrize("codec", CODECS)
def test_nothing_is_shown_before_the_first_keyframe(codec: VideoCodec) -> None:
    decoder = VideoDecoder(codec)
    for frame in frames(codec)[5:30]:
        decoder.decode(frame)
    assert decoder.picture is None
    decoder.decode(frames(codec)[30])
    assert counter(decoder.picture) == 30


@pytest.mark.parametrize("codec", CODECS)
def test_after_a_loss_the_last_good_picture_stays_until_a_keyframe(codec: VideoCodec) -> None:
    decoder = VideoDecoder(codec)
    sent = frames(codec)
    for frame in sent[:10]:
        decoder.decode(frame)
    decoder.decode(lost_before(sent[12]))
    for frame in sent[13:30]:
        decoder.decode(frame)
    assert counter(decoder.picture) == 9
    decoder.decode(sent[30])
    assert counter(decoder.picture) == 30


def test_without_a_keyframe_the_picture_moves_again_after_a_while() -> None:
    decoder = VideoDecoder("vp8")
    sent = [f for i, f in enumerate(frames("vp8")) if i == 0 or not f.keyframe]
    decoder.decode(sent[0])
    decoder.decode(lost_before(sent[3]))
    for frame in sent[4:]:
        decoder.decode(frame)
        if frame.time_us < sent[3].time_us + HOLD_AFTER_LOSS_US:
            assert decoder.version == 1
    assert decoder.version > 1


@pytest.mark.parametrize("codec", CODECS)
def test_damage_never_raises_and_a_keyframe_heals(codec: VideoCodec) -> None:
    decoder = VideoDecoder(codec)
    sent = frames(codec)
    random = np.random.default_rng(1)
    for i, frame in enumerate(sent[:60]):
        data = frame.data
        if i % 3 == 1:
            data = random.integers(0, 256, random.integers(0, 200), np.uint8).tobytes()
        elif i % 3 == 2:
            data = data[: len(data) // 2]
        decoder.decode(Frame(frame.time_us, 0, 0, data, i == 7, 0, 0))
    decoder.decode(sent[60])
    assert counter(decoder.picture) == 60


def test_an_unknown_codec_is_refused_in_words() -> None:
    with pytest.raises(RenderError, match="av1"):
        VideoDecoder("av1")


def test_blocks_that_are_made_up_are_damage_and_are_not_shown() -> None:
    decoder = VideoDecoder("h264")
    sent = frames("h264")
    for i, frame in enumerate(sent[:40]):
        data = frame.data
        if i == 10:
            data = data[: len(data) // 3] + bytes(len(data) - len(data) // 3)
        decoder.decode(Frame(frame.time_us, 0, 0, data, frame.keyframe, 0, 0))
        if 10 <= i < 30:
            assert counter(decoder.picture) == 9
    assert counter(decoder.picture) == 39
    assert decoder.damaged == 1


@pytest.mark.parametrize("codec", CODECS)
def test_a_whole_keyframe_is_told_from_half_a_one(codec: VideoCodec) -> None:
    decoder = VideoDecoder(codec)
    first, second = frames(codec)[:2]
    assert decoder.takes(first)
    assert not decoder.takes(Frame(0, 0, 0, first.data[: len(first.data) // 3], True, 0, 0))
    decoder.decode(first)
    assert decoder.takes(first)
    decoder.decode(second)
    assert counter(decoder.picture) == 1
    assert decoder.damaged == 0
