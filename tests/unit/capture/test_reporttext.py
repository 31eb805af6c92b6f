import io
from pathlib import Path

import pytest
from rich.console import Console

from roomtape.capture import events as ev
from roomtape.capture.report import report
from roomtape.capture.reporttext import render_text
from tests.support.mjr import opus_packets, opus_silence, write_events, write_mjr

T0 = 1_700_000_000_000_000
SEC = 1_000_000


def _text(folder: Path, width: int = 160) -> str:
    out = io.StringIO()
    render_text(report(folder), Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_draws_a_bar_in_which_a_gap_lies_where_it_was(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence()] * 500, drop=range(200, 300))
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    write_events(
        tmp_path,
        [
            ev.PeerJoined(T0, "a", "part", "user", "Ann [b]"),
            ev.TakeStarted(T0, "a", "a-1"),
            ev.RecordingStarted(T0 + SEC, "rec", ("user",)),
            ev.RecordingStopped(T0 + 9 * SEC, "rec"),
            ev.TakeStopped(T0 + 10 * SEC, "a", "a-1"),
        ],
    )
    line = next(line for line in _text(tmp_path).splitlines() if "Ann [b]" in line)
    bar = line[line.index("█") :].rstrip()
    assert bar == "█" * 24 + "x" * 12 + "█" * 24
    assert "recording rec (stopped): 0:01.000–0:09.000" in _text(tmp_path)


@pytest.mark.parametrize(("late_us", "bar"), [(80_000, "█" * 60), (5 * SEC, "-" * 20 + "█" * 40)])
def test_the_moment_before_a_capture_begins_is_not_drawn_as_if_much_were_missing(
    tmp_path: Path, late_us: int, bar: str
) -> None:
    log: list[ev.Event] = [ev.RecordingStarted(T0 - 90_000, "rec", None)]
    for peer, begins in (("a", T0 + late_us), ("b", T0)):
        write_mjr(tmp_path / f"{peer}-1-audio-0.mjr", "audio", "opus", begins, opus_packets([opus_silence()] * 500))
        log.append(ev.PeerJoined(T0 - 100_000, peer, f"part-{peer}", f"user-{peer}", {"a": "Ann", "b": "Bob"}[peer]))
        log.append(ev.TrackPublished(T0 - 100_000, peer, 0, "audio", "peer", "opus"))
        log.append(ev.TakeStarted(begins, peer, f"{peer}-1"))
    write_events(tmp_path, sorted(log, key=lambda event: event.t))
    lines = {name: line for line in _text(tmp_path).splitlines() for name in ("Ann", "Bob") if name in line}
    assert lines["Ann"].rstrip().endswith(f" 1  {bar}"), "the gap is counted"
    assert " 1  █" in lines["Bob"], "what was before the first packet of all is not on the line"


def test_foreign_and_torn_files_are_told_and_never_raise(tmp_path: Path) -> None:
    whole = write_mjr(tmp_path / "one-audio.mjr", "audio", "opus", T0, opus_packets([opus_silence()] * 50))
    content = whole.read_bytes()
    (tmp_path / "two-audio.mjr").write_bytes(content[:-3])
    (tmp_path / "three.mjr").write_bytes(b"RIFF....WAVE")
    text = " ".join(_text(tmp_path).split())
    assert "two-audio.mjr ends in the middle of a packet" in text
    assert "three.mjr is no .mjr file of Janus" in text
    for size in range(0, len(content), 70):
        whole.write_bytes(content[:size])
        _text(tmp_path, width=80)


def test_a_folder_without_captures_is_told(tmp_path: Path) -> None:
    assert "No .mjr file" in _text(tmp_path)


def test_says_what_happened_to_a_page_and_how_many_messages_there_were(tmp_path: Path) -> None:
    write_mjr(tmp_path / "t-1-audio-0.mjr", "audio", "opus", T0, opus_packets([opus_silence()] * 50))
    log: list[ev.Event] = [
        ev.PeerJoined(T0, "t", "rec", None, "Page", None, True),
        ev.TakeStarted(T0, "t", "t-1"),
        ev.RecordingStarted(T0, "rec", None, True),
        ev.MessageSent(T0 + SEC, "ID3Data", "a secret", "text", "t"),
        ev.PageHappened(T0 + 2 * SEC, "rec", "crashed", "its [process] died"),
        ev.MessageSent(T0 + 3 * SEC, "ID3Data", "a secret", "text", "t"),
        ev.PageHappened(T0 + 4 * SEC, "rec", "back"),
    ]
    write_events(tmp_path, log)
    text = _text(tmp_path)
    assert "recording rec (of a page, not stopped)" in text
    assert "page crashed at 0:02.000, back at 0:04.000: its [process] died" in text
    assert "messages for interactive recordings: 2 ID3Data, from 0:01.000 to 0:03.000" in text
    assert "secret" not in text
    told = report(tmp_path)
    assert [(m["at_us"], m["length"]) for m in told["messages"]] == [(T0 + SEC, 8), (T0 + 3 * SEC, 8)]
    (recording,) = told["recordings"]
    assert (recording["page"], recording["happened"][0]["back_us"]) == (True, T0 + 4 * SEC)
