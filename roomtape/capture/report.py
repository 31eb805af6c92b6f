"""Owns telling what a capture folder holds: every track, its losses and gaps, on one timeline, as data and as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from roomtape.capture.paths import EVENTS
from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Gap, GapCause, TrackKey, TrackStats

_MARKS = {
    GapCause.NETWORK: ("x", "red"),
    GapCause.MUTED: ("m", "yellow"),
    GapCause.SENDER_STOPPED: ("s", "yellow"),
    GapCause.PAUSED: ("p", "cyan"),
    GapCause.NOT_CAPTURED: ("-", "dim"),
    GapCause.SERVER_DOWN: ("d", "magenta"),
}
_MEDIA = "█"


def report(folder: Path) -> dict[str, Any]:
    """Return what the capture in `folder` holds, as plain JSON values; times in µs since the epoch, durations in ms.

    Foreign and torn files are reported under `damage` of their track; nothing in the folder raises.
    """
    timeline = Timeline(folder)
    timeline.poll()
    extent = next(iter(timeline.intervals(None)), None)
    return {
        "folder": str(folder),
        "start_us": extent.start_us if extent else None,
        "end_us": extent.end_us if extent else None,
        "duration_ms": extent.duration_us // 1000 if extent else 0,
        "has_events": (folder / EVENTS).exists(),
        "damaged_events": timeline.damaged_events,
        "files_of_unknown_takes": [path.name for path in timeline.unclaimed],
        "peers": [_peer(timeline, peer_id) for peer_id in timeline.peers],
        "tracks": [_track(timeline, key, track) for key, track in sorted(timeline.tracks.items())],
        "recordings": [_recording(timeline, recording_id) for recording_id in timeline.recording_ids],
    }


def _peer(timeline: Timeline, peer_id: str) -> dict[str, Any]:
    peer = timeline.peers[peer_id]
    return {
        "peer_id": peer_id,
        "participant_id": peer.participant_id,
        "custom_participant_id": peer.custom_participant_id,
        "name": peer.name,
        "joined_us": peer.joined_us,
        "left_us": peer.left_us,
    }


def _track(timeline: Timeline, key: TrackKey, track: TrackReader) -> dict[str, Any]:
    info, stats = track.info, track.stats
    length = stats.last_us - stats.first_us if stats.first_us is not None and stats.last_us is not None else 0
    return {
        "peer_id": key.peer_id,
        "name": timeline.name_at(key.peer_id, stats.first_us or 0) or key.peer_id,
        "mindex": key.mindex,
        "kind": info.kind,
        "source": info.source,
        "codec": info.codec or None,
        "files": [take.path.name for take in track.takes],
        "first_us": stats.first_us,
        "last_us": stats.last_us,
        "duration_ms": length // 1000,
        **counts(stats),
        "gaps": [_gap(gap) for gap in track.gaps],
        "damage": list(stats.damage),
    }


def counts(stats: TrackStats) -> dict[str, int | float]:
    """Return what was captured of a track, and what of it was lost on the way."""
    lost = stats.lost - stats.late
    sent = stats.packets - stats.duplicates + lost
    return {
        "packets": stats.packets,
        "lost_packets": lost,
        "late_packets": stats.late,
        "duplicate_packets": stats.duplicates,
        "loss_percent": round(100 * lost / sent, 3) if sent > 0 else 0.0,
        "frames": stats.frames,
        "incomplete_frames": stats.dropped,
        "bytes": stats.bytes,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "start_us": gap.start_us,
        "end_us": gap.end_us,
        "duration_ms": (gap.end_us - gap.start_us) // 1000,
        "cause": gap.cause.value,
        "lost_packets": gap.lost,
    }


def _recording(timeline: Timeline, recording_id: str) -> dict[str, Any]:
    users = timeline.selection(recording_id).user_ids
    return {
        "recording_id": recording_id,
        "user_ids": None if users is None else sorted(users),
        "stopped": timeline.ended(recording_id),
        "intervals": [
            {"start_us": i.start_us, "end_us": i.end_us, "duration_ms": i.duration_us // 1000}
            for i in timeline.intervals(recording_id)
        ],
    }


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
        causes = ", ".join(f"{mark} {cause.value.replace('_', ' ')}" for cause, (mark, _) in _MARKS.items())
        console.print(f"{_MEDIA} media   gaps: {causes}", style="dim")
    for recording in report["recordings"]:
        spans = ", ".join(
            f"{_offset(i['start_us'], start)}–{_offset(i['end_us'], start)}" for i in recording["intervals"]
        )
        state = "stopped" if recording["stopped"] else "not stopped"
        console.print(f"recording {escape(recording['recording_id'])} ({state}): {spans or 'nothing recorded'}")
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
