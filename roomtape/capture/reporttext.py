"""Owns drawing a capture's report on a terminal."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from roomtape.capture.paths import EVENTS
from roomtape.capture.values import GapCause

_MARKS = {
    GapCause.NETWORK: ("x", "red"),
    GapCause.MUTED: ("m", "yellow"),
    GapCause.SENDER_STOPPED: ("s", "yellow"),
    GapCause.PAUSED: ("p", "cyan"),
    GapCause.NOT_CAPTURED: ("-", "dim"),
    GapCause.SERVER_DOWN: ("d", "magenta"),
    GapCause.CRASHED: ("c", "red"),
    GapCause.HUNG: ("h", "red"),
    GapCause.BLANK: ("b", "red"),
    GapCause.GONE: ("g", "red"),
    GapCause.MEMORY: ("o", "red"),
}
_OF_EVERYBODY = tuple(_MARKS)[:6]
"""What the legend explains whether it is there or not; the troubles of a page are seldom there."""
_MEDIA = "█"


def render_text(report: dict[str, Any], console: Console) -> None:
    """Draw a report: a line a track with a bar along the common time axis, then gaps, recordings and damage."""
    tracks = report["tracks"]
    if not tracks:
        console.print(f"No .mjr file of Janus lies in {escape(report['folder'])}.")
        return
    start, end = report["start_us"], report["end_us"]
    if start is not None:
        console.print(
            f"{escape(report['folder'])}: {len(tracks)} tracks of {len(report['peers'])} peers, "
            f"{_clock(end - start)} from {_date(start)}"
        )
    console.print(_table(report, max(10, min(60, console.width - 76))))
    if start is not None:
        there = {*_OF_EVERYBODY, *(GapCause(gap["cause"]) for track in tracks for gap in track["gaps"])}
        causes = ", ".join(
            f"{mark} {cause.value.replace('_', ' ')}" for cause, (mark, _) in _MARKS.items() if cause in there
        )
        console.print(f"{_MEDIA} media   gaps: {causes}", style="dim")
    for recording in report["recordings"]:
        spans = ", ".join(
            f"{_offset(i['start_us'], start)}–{_offset(i['end_us'], start)}" for i in recording["intervals"]
        )
        state = ("of a page, " if recording["page"] else "") + ("stopped" if recording["stopped"] else "not stopped")
        console.print(f"recording {escape(recording['recording_id'])} ({state}): {spans or 'nothing recorded'}")
        for trouble in recording["happened"]:
            back = f", back at {_offset(trouble['back_us'], start)}" if trouble["back_us"] is not None else ""
            detail = f": {trouble['detail']}" if trouble["detail"] else ""
            said = f"  page {trouble['what']} at {_offset(trouble['at_us'], start)}{back}{detail}"
            console.print(escape(said), style="yellow", soft_wrap=True)
    if report["messages"]:
        names = Counter(message["name"] for message in report["messages"])
        said = ", ".join(f"{count} {name}" for name, count in names.most_common())
        first, last = (_offset(report["messages"][i]["at_us"], start) for i in (0, -1))
        console.print(escape(f"messages for interactive recordings: {said}, from {first} to {last}"))
    for track in tracks:
        for text in track["damage"]:
            console.print(escape(text), style="red")
    if report["damaged_events"]:
        console.print(f"{EVENTS} holds {report['damaged_events']} lines that are damaged or unknown", style="red")
    for name in report["files_of_unknown_takes"]:
        console.print(f"{escape(name)} belongs to no peer in {EVENTS} and is left out", style="red")


def _table(report: dict[str, Any], width: int) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in ("peer", "track", "codec", "begins", "length", "packets", "loss", "gaps"):
        table.add_column(name, justify="left" if name in ("peer", "track", "codec") else "right", no_wrap=True)
    table.add_column("timeline", no_wrap=True)
    for track in report["tracks"]:
        table.add_row(
            escape(track["name"][:20]),
            track["kind"] if track["source"] == "peer" else f"screen {track['kind']}",
            escape(track["codec"] or "?"),
            _offset(track["first_us"], report["start_us"]),
            _clock(track["duration_ms"] * 1000),
            str(track["packets"]),
            f"{track['loss_percent']:.2f} %",
            str(len(track["gaps"])),
            _bar(track, report["start_us"], report["end_us"], width),
        )
    return table


def _bar(track: dict[str, Any], start: int | None, end: int | None, width: int) -> str:
    """Return the track's line along the time axis, in rich's markup."""
    if start is None or end is None or end <= start or track["first_us"] is None:
        return ""

    def cell(t_us: int) -> int:
        return max(0, min(width, (t_us - start) * width // (end - start)))

    first = cell(track["first_us"])
    cells = [" "] * first + [_MEDIA] * max(1, cell(track["last_us"]) - first)
    cells = (cells + [" "] * width)[:width]
    for gap in track["gaps"]:
        mark, style = _MARKS[GapCause(gap["cause"])]
        shown_us = min(gap["end_us"], end) - max(gap["start_us"], start)
        if mark == "-" and shown_us * width * 2 < end - start:
            continue  # the moments in which a capture begins and ends are no loss, and would look like one
        begin = cell(gap["start_us"])
        for index in range(begin, min(width, max(begin + 1, cell(gap["end_us"])))):
            cells[index] = f"[{style}]{mark}[/{style}]"
    return "".join(cells)


def _offset(t_us: int | None, start: int | None) -> str:
    return "" if t_us is None or start is None else _clock(t_us - start)


def _clock(us: int) -> str:
    sign, us = ("-", -us) if us < 0 else ("", us)
    minutes, rest = divmod(us // 1000, 60_000)
    return f"{sign}{minutes}:{rest / 1000:06.3f}"


def _date(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
