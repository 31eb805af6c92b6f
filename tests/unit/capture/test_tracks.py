from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.capture.sessionlog import SessionLog
from roomtape.capture.tracks import Take, TrackReader
from roomtape.capture.values import Gap, GapCause, SyncError, TrackKey
from tests.support.encoded import encoded_video
from tests.support.mjr import Timed, opus_packets, opus_silence, rtp, vp8_packets, write_mjr

T0 = 1_700_000_000_000_000
SEC = 1_000_000
KEY = TrackKey("a", 0)


def _track(folder: Path, packets: list[Timed], *events: ev.Event, until_s: int = 10) -> TrackReader:
    """An Opus track of a peer that was there, and captured, from 0 s to `until_s`."""
    log = SessionLog()
    around: list[ev.Event] = [
        ev.PeerJoined(T0, "a", "p", None, "A"),
        ev.TakeStarted(T0, "a", "a-1"),
        *events,
        ev.TakeStopped(T0 + until_s * SEC, "a", "a-1"),
        ev.PeerLeft(T0 + until_s * SEC, "a", "left"),
    ]
    for event in around:
        log.add(event)
    path = write_mjr(folder / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    track = TrackReader(KEY, "audio", log)
    track.add_take(Take(path, log.takes["a-1"]))
    return track


def _opus(seconds: float, from_s: float = 0.0, skipped: int = 0) -> list[Timed]:
    """Sound from `from_s` on; `skipped` packets less were sent before than that time would have held."""
    first = round(from_s * 50)
    return opus_packets(
        [opus_silence()] * round(seconds * 50),
        start_ms=round(from_s * 1000),
        first_seq=first + 1 - skipped,
        first_timestamp=first * 960,
    )


def test_two_seconds_of_network_silence_are_a_gap_of_two_seconds_and_no_shift(tmp_path: Path) -> None:
    track = _track(tmp_path, [*_opus(4), *_opus(4, 6)])
    assert track.gaps == [Gap(T0 + 4 * SEC, T0 + 6 * SEC, GapCause.NETWORK, 100)]
    frames = track.read(T0 + 20 * SEC)
    assert frames[200].time_us == T0 + 6 * SEC
    assert frames[200].lost_before == 100
    assert frames[-1].time_us == T0 + 10 * SEC - 20_000
    assert track.stats.lost == 100


def test_a_mute_and_a_stop_of_the_sender_lose_nothing(tmp_path: Path) -> None:
    packets = [*_opus(2), *_opus(2, 4, skipped=100), *_opus(2, 8, skipped=200)]
    muted = (ev.TrackMuted(T0 + 2 * SEC, "a", 0), ev.TrackUnmuted(T0 + 4 * SEC, "a", 0))
    track = _track(tmp_path, packets, *muted)
    assert track.gaps == [
        Gap(T0 + 2 * SEC, T0 + 4 * SEC, GapCause.MUTED),
        Gap(T0 + 6 * SEC, T0 + 8 * SEC, GapCause.SENDER_STOPPED),
    ]
    assert track.stats.lost == 0


def test_a_server_that_was_down_explains_a_hole(tmp_path: Path) -> None:
    packets = [*_opus(2), *_opus(6, 4, skipped=100)]
    track = _track(tmp_path, packets, ev.ServerRecovered(T0 + 4 * SEC, T0 + 2 * SEC))
    assert track.gaps == [Gap(T0 + 2 * SEC, T0 + 4 * SEC, GapCause.SERVER_DOWN)]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("left", GapCause.SENDER_STOPPED),
        ("media_lost", GapCause.NETWORK),
        ("sfu_lost", GapCause.SERVER_DOWN),
        ("server_down", GapCause.SERVER_DOWN),
    ],
)
def test_why_a_peer_left_explains_the_silence_before_it(tmp_path: Path, reason: str, cause: GapCause) -> None:
    log = SessionLog()
    path = write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, [*_opus(1), *_opus(1, 3, skipped=100)])
    for event in (
        ev.PeerJoined(T0, "a", "p", None, "A"),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.TakeStopped(T0 + 9 * SEC, "a", "a-1"),
        ev.PeerLeft(T0 + 9 * SEC, "a", reason),
    ):
        log.add(event)
    track = TrackReader(KEY, "audio", log)
    track.add_take(Take(path, log.takes["a-1"]))
    assert track.gaps == [
        Gap(T0 + SEC, T0 + 3 * SEC, GapCause.SENDER_STOPPED),
        Gap(T0 + 4 * SEC, T0 + 9 * SEC, cause),
    ]


def test_every_cause_in_one_session(tmp_path: Path) -> None:
    """Muted, then lost packets, then a pause, then nothing sent, then the server was away between two takes."""
    log = SessionLog()
    first = [*_opus(2), *_opus(1, 4, skipped=100), *_opus(2, 7, skipped=100)]
    second = [*_opus(1), *_opus(1, 3, skipped=100)]
    for event in (
        ev.PeerJoined(T0, "a", "p", None, "A"),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.RecordingStarted(T0, "r"),
        ev.TrackMuted(T0 + 2 * SEC, "a", 0),
        ev.TrackUnmuted(T0 + 4 * SEC, "a", 0),
        ev.TakeStopped(T0 + 9 * SEC, "a", "a-1"),
        ev.RecordingPaused(T0 + 9 * SEC, "r"),
        ev.TakeStarted(T0 + 12 * SEC, "a", "a-2"),
        ev.RecordingResumed(T0 + 12 * SEC, "r"),
        ev.TakeStopped(T0 + 16 * SEC, "a", "a-2"),
        ev.ServerRecovered(T0 + 21 * SEC, T0 + 16 * SEC),
        ev.TakeStarted(T0 + 21 * SEC, "a", "a-3"),
        ev.TakeStopped(T0 + 22 * SEC, "a", "a-3"),
        ev.PeerLeft(T0 + 22 * SEC, "a", "left"),
    ):
        log.add(event)
    track = TrackReader(KEY, "audio", log)
    for number, (at_s, packets) in enumerate([(0, first), (12, second), (21, _opus(1))], start=1):
        path = write_mjr(tmp_path / f"a-{number}-audio-0.mjr", "audio", "opus", T0 + at_s * SEC, packets)
        track.add_take(Take(path, log.takes[f"a-{number}"]))
    assert [(g.start_us - T0, g.end_us - T0, g.cause, g.lost) for g in track.gaps] == [
        (2 * SEC, 4 * SEC, GapCause.MUTED, 0),
        (5 * SEC, 7 * SEC, GapCause.NETWORK, 100),
        (9 * SEC, 12 * SEC, GapCause.PAUSED, 0),
        (13 * SEC, 15 * SEC, GapCause.SENDER_STOPPED, 0),
        (16 * SEC, 21 * SEC, GapCause.SERVER_DOWN, 0),
    ]


def test_silence_of_a_sender_with_dtx_is_no_gap(tmp_path: Path) -> None:
    """A packet of comfort noise every 400 ms, with no number left out."""
    packets = [(n * 400, rtp(n + 1, n * 19_200, opus_silence())) for n in range(25)]
    track = _track(tmp_path, packets)
    assert track.gaps == []
    assert [f.time_us - T0 for f in track.read(T0 + 20 * SEC)] == [n * 400_000 for n in range(25)]


def test_the_peers_presence_before_and_after_its_media_is_a_gap(tmp_path: Path) -> None:
    late = [(ms, data) for ms, data in _opus(3)]
    track = _track(tmp_path, late, until_s=8)
    assert track.gaps == [Gap(T0 + 3 * SEC, T0 + 8 * SEC, GapCause.SENDER_STOPPED)]


def test_a_track_that_was_never_sent_is_one_gap(tmp_path: Path) -> None:
    track = _track(tmp_path, [])
    assert track.gaps == [Gap(T0, T0 + 10 * SEC, GapCause.SENDER_STOPPED)]
    stats = track.stats
    assert (stats.packets, stats.frames, stats.first_us, stats.last_us, stats.damage) == (0, 0, None, None, ())
    assert track.next_us() is None
    assert track.read(T0 + 20 * SEC) == []


def test_stats_are_the_same_before_during_and_after_reading(tmp_path: Path) -> None:
    packets = [p for n, p in enumerate(_opus(10)) if n % 17]
    track = _track(tmp_path, [*packets[:100], packets[99], *packets[100:]])
    before = track.stats, track.gaps
    assert before[0].duplicates == 1
    assert before[0].lost == 29  # the very first packet is not missed by anybody
    track.read(T0 + 5 * SEC)
    assert (track.stats, track.gaps) == before
    track.read(T0 + 20 * SEC)
    assert (track.stats, track.gaps) == before


def test_stats_and_gaps_keep_no_frames(tmp_path: Path) -> None:
    track = _track(tmp_path, _opus(600), until_s=600)
    for _ in range(20):
        assert track.stats.frames == 30_000
    assert len(track._cursor.files[0].frames) < 11_000  # one chunk of the file
    assert len(track.read(T0 + 700 * SEC)) == 30_000


def test_reading_keeps_at_most_a_chunk_in_memory(tmp_path: Path) -> None:
    frames = encoded_video("vp8", frames=30) * 20
    log = SessionLog()
    track = TrackReader(TrackKey("v", 1), "video", log)
    track.add_take(Take(write_mjr(tmp_path / "v-1-video-1.mjr", "video", "vp8", T0, vp8_packets(frames))))
    most = count = 0
    for step in range(0, 21 * SEC, 200_000):
        count += len(track.read(T0 + step))
        most = max(most, sum(len(f.data) for f in track._cursor.files[0].frames))
    assert count == 600
    assert most < 3 * 256 * 1024 < sum(map(len, frames))


@pytest.mark.parametrize("codec", ["av1", "pcmu"])
def test_a_codec_that_is_not_read_is_told(tmp_path: Path, codec: str) -> None:
    track = TrackReader(KEY, "audio", SessionLog())
    track.add_take(Take(write_mjr(tmp_path / "a-audio-0.mjr", "audio", codec, T0, _opus(1))))
    assert track.read(T0 + 20 * SEC) == []
    assert track.info.codec == codec
    (damage,) = track.stats.damage
    assert codec in damage
    assert track.stats.packets == 50


def test_packets_that_are_not_rtp_are_told(tmp_path: Path) -> None:
    track = _track(tmp_path, [(0, b"not rtp"), *_opus(10)])
    assert len(track.read(T0 + 20 * SEC)) == 500
    (damage,) = track.stats.damage
    assert "1 packets that are not RTP" in damage


def test_a_file_that_is_being_written_is_not_called_torn(tmp_path: Path) -> None:
    content = write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(2)).read_bytes()
    (tmp_path / "a-1-audio-0.mjr").write_bytes(content[:-5])
    log = SessionLog()
    log.add(ev.PeerJoined(T0, "a", "p", None, "A"))
    log.add(ev.TakeStarted(T0, "a", "a-1"))
    track = TrackReader(KEY, "audio", log)
    track.add_take(Take(tmp_path / "a-1-audio-0.mjr", log.takes["a-1"]))
    assert track.stats.damage == ()
    log.add(ev.TakeStopped(T0 + 2 * SEC, "a", "a-1"))
    (damage,) = track.stats.damage
    assert "middle of a packet" in damage


def test_levels_are_read_though_the_file_is_looked_into_before_the_log_tells_of_the_track(tmp_path: Path) -> None:
    log = SessionLog()
    log.add(ev.PeerJoined(T0, "a", "p", None, "A"))
    log.add(ev.TakeStarted(T0, "a", "a-1"))
    packets = opus_packets([opus_silence()] * 100, audio_level=33)
    path = write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    track = TrackReader(KEY, "audio", log)
    track.add_take(Take(path, log.takes["a-1"]))
    track.follow()
    assert track.info.codec == "opus"
    log.add(ev.TrackPublished(T0, "a", 0, "audio", "peer", "opus", audio_level_id=1, orientation_id=7))
    track.follow()
    assert [f.level for f in track.read(T0 + SEC)] == [33] * 50


def test_sync_tells_error_drift_and_jumps_over_all_takes(tmp_path: Path) -> None:
    """100 s of a sender at +150 ppm, then its clock stands still for 2 s; each tenth packet comes in time."""
    packets = []
    for n in range(6000):
        late = 0 if n % 10 == 0 else 25
        sent_s = n / 50 + (2 if n >= 5000 else 0)
        packets.append((int(sent_s * 1000) + late, rtp(n + 1, int(n * 960 * 1.00015), opus_silence())))
    packets.sort(key=lambda p: p[0])
    sync = _track(tmp_path, packets, until_s=130).sync
    assert sync.jumps == 1
    assert sync.drift_ppm is not None
    assert abs(sync.drift_ppm - 150) < 10
    assert sync.p95_ms is not None
    assert sync.max_ms is not None
    assert 0 < sync.p95_ms <= sync.max_ms <= 4


def test_a_track_without_media_has_no_sync_error(tmp_path: Path) -> None:
    assert _track(tmp_path, []).sync == SyncError(None, None, None, 0)
