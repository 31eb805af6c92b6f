from roomtape.rtp.depacketize.frame import EncodedFrame


def test_holds_what_it_is_given() -> None:
    frame = EncodedFrame(90, 1_000, b"x", True, 20_000, 3)
    assert (frame.media_time, frame.arrival_us, frame.data, frame.keyframe, frame.duration_us, frame.lost_before) == (
        90,
        1_000,
        b"x",
        True,
        20_000,
        3,
    )
    assert (frame.level, frame.rotation) == (None, 0)
