from pathlib import Path

import pytest

from roomtape.capture.keyframetail import EVERY_US, KeyframeTail
from tests.support.encoded import VideoCodec, encoded_video
from tests.support.mjr import Timed, h264_packets, mjr_header, mjr_packet, vp8_packets, vp9_packets

T0 = 1_700_000_000_000_000
PACKETS = {"vp8": vp8_packets, "vp9": vp9_packets, "h264": h264_packets}


class _Growing:
    """A file that packets are appended to."""

    def __init__(self, path: Path, codec: str = "vp8") -> None:
        self.path = path
        path.write_bytes(mjr_header(codec, T0, kind="video"))

    def add(self, packets: list[Timed]) -> None:
        with self.path.open("ab") as out:
            for ms, data in packets:
                out.write(mjr_packet(ms, data))


def _frames(codec: VideoCodec, seconds: int, keyframes: tuple[int, ...] = (0,)) -> list[Timed]:
    """Pictures at 30 a second, each one packet; keyframes at these seconds alone."""
    key, *others = encoded_video(codec, frames=30)
    frames = [key if n % 30 == 0 and n // 30 in keyframes else others[n % 29] for n in range(seconds * 30)]
    return PACKETS[codec](frames, mtu=65_000)


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_a_loss_is_seen_once_no_retransmission_is_to_come_and_ends_with_a_keyframe(
    tmp_path: Path, codec: VideoCodec
) -> None:
    packets = _frames(codec, 6, (0, 4))
    victim = next(i for i, (ms, _) in enumerate(packets) if ms >= 2000)
    file, tail = _Growing(tmp_path / "v.mjr", codec), KeyframeTail(tmp_path / "v.mjr")
    seen = []
    for i, packet in enumerate(packets):
        if i == victim:
            continue
        file.add([packet])
        assert tail.poll()
        seen.append((packet[0], tail.due))
    assert not tail.poll()
    due = [ms for ms, due in seen if due]
    assert due
    assert 2400 <= due[0] <= 2500
    assert 3900 <= due[-1] < 4000
    assert not tail.lost


def test_what_comes_late_but_in_time_is_no_loss(tmp_path: Path) -> None:
    packets = _frames("vp8", 4)
    packets.insert(70, packets.pop(60))
    file, tail = _Growing(tmp_path / "v.mjr"), KeyframeTail(tmp_path / "v.mjr")
    for packet in packets:
        file.add([packet])
        tail.poll()
        assert not tail.due


def test_a_keyframe_is_due_when_the_last_one_is_old_or_the_first_does_not_come(tmp_path: Path) -> None:
    file, tail = _Growing(tmp_path / "v.mjr"), KeyframeTail(tmp_path / "v.mjr")
    due = []
    for packet in _frames("vp8", 40, (3, 30)):
        file.add([packet])
        tail.poll()
        due.append((packet[0], tail.due))
    times = [ms for ms, now in due if now]
    assert times[0] == 1000
    assert not any(3000 <= ms < 3000 + EVERY_US // 1000 for ms in times)
    assert any(3000 + EVERY_US // 1000 <= ms < 3100 + EVERY_US // 1000 for ms in times)
    assert not any(ms >= 30_000 for ms in times)


def test_a_long_file_is_entered_at_its_end(tmp_path: Path) -> None:
    packets = [(ms, data[:700] + bytes(900)) for ms, data in _frames("vp8", 30)]
    lossy = [p for i, p in enumerate(packets[:800]) if i % 50]
    file, tail = _Growing(tmp_path / "v.mjr"), KeyframeTail(tmp_path / "v.mjr")
    file.add(lossy)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-40])
    assert not tail.poll()
    file.path.write_bytes(whole)
    file.add(packets[800:850])
    assert tail.poll()
    assert not tail.lost
    file.add(packets[855:])
    assert tail.poll()
    assert tail.lost


def test_what_is_no_video_is_left_alone(tmp_path: Path) -> None:
    for content in (b"", b"RIFF", mjr_header("av1", T0, kind="video") + mjr_packet(0, bytes(20))):
        (tmp_path / "v.mjr").write_bytes(content)
        tail = KeyframeTail(tmp_path / "v.mjr")
        assert not tail.poll()
        assert not tail.due
    assert not KeyframeTail(tmp_path / "nowhere.mjr").poll()
