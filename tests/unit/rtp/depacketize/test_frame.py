from dataclasses import replace

from roomtape.rtp.depacketize.frame import Frame


def test_a_frame_is_told_apart_by_all_it_holds() -> None:
    frame = Frame(1, 2, 3, b"x", True, 4, 5)
    assert (frame.level, frame.rotation) == (None, 0)
    assert frame == Frame(1, 2, 3, b"x", True, 4, 5)
    others = [
        replace(frame, time_us=9),
        replace(frame, data=b"y"),
        replace(frame, lost_before=0),
        replace(frame, level=0),
        replace(frame, rotation=90),
    ]
    assert frame not in others
