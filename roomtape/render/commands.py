"""Owns the commands `roomtape render` and `roomtape inspect`: what they ask, what they show, how they fail."""

from __future__ import annotations

import json
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich import progress as bars
from rich.console import Console
from rich.markup import escape

from roomtape.capture.paths import EVENTS
from roomtape.capture.report import render_text, report
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig, VideoConfig
from roomtape.errors import CaptureError, RenderError, RoomtapeError, StorageError
from roomtape.render import process
from roomtape.render.job import OUT, RESULT, RenderJob, write_json

_SOURCE = "source.json"  # which files an interrupted run read: of a capture that has grown nothing is kept

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Layout(StrEnum):
    """How the tiles are arranged."""

    GRID = "grid"


class Codec(StrEnum):
    """Video codecs as the API spells them."""

    H264 = "H264"
    VP8 = "VP8"
    VP9 = "VP9"


Folder = Annotated[Path, typer.Argument(metavar="CAPTURE_DIR", help="Folder of Janus .mjr files.", show_default=False)]


def render(
    capture_dir: Folder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The composed video, an .mp4; one that is there is replaced.")
    ] = None,
    tracks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write one audio file for each participant into this folder.")
    ] = None,
    recording: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this recording kept; else everything in the folder.")
    ] = None,
    width: Annotated[int, typer.Option(min=16, max=7680, help="Pixels, even.")] = 1280,
    height: Annotated[int, typer.Option(min=16, max=4320, help="Pixels, even.")] = 720,
    fps: Annotated[int, typer.Option(min=1, max=120, help="Frames a second.")] = 30,
    layout: Annotated[Layout, typer.Option(case_sensitive=False)] = Layout.GRID,
    codec: Annotated[Codec, typer.Option(case_sensitive=False)] = Codec.H264,
) -> None:
    """Make files of a capture: a composed video (-o), one audio file for each participant (--tracks), or both.

    Works on any folder of Janus .mjr files, with no server running. A render that was interrupted goes on where it was
    when the same command is given again.
    """
    if output is None and tracks is None:
        raise typer.BadParameter("say what to make: -o FILE.mp4 for a composed video, --tracks DIR for audio files")
    if output is not None and output.suffix.lower() != ".mp4":
        raise typer.BadParameter(f"{output.name}: the video is an MP4; choose a name that ends in .mp4")
    if width % 2 or height % 2:
        raise typer.BadParameter(f"{width}x{height}: choose an even width and an even height")
    with _no_traceback():
        _check_capture(capture_dir, recording)
        video = VideoConfig(codec=codec.value, width=width, height=height, fps=fps)
        source = str(capture_dir.resolve())
        if output is not None:
            job = RenderJob(source, Kind.COMPOSITE, RecordingConfig(video=video), recording, output.name)
            _deliver(job, output.parent / f".{output.name}.roomtape", output.parent)
        if tracks is not None:
            audio = RecordingConfig(layers=(Layer(file_name_prefix="track"),))
            _deliver(RenderJob(source, Kind.TRACK, audio, recording), tracks / ".roomtape", tracks)


def inspect(
    capture_dir: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what a capture holds: tracks, codecs, lengths, losses and gaps on one timeline."""
    with _no_traceback():
        _check_capture(capture_dir, None)
        found = report(capture_dir)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            render_text(found, out)


def _check_capture(folder: Path, recording: str | None) -> None:
    if not folder.exists():
        raise CaptureError(f"{folder} does not exist; give the folder that holds the .mjr files")
    if not folder.is_dir():
        raise CaptureError(f"{folder} is a file; give the folder that it lies in")
    if next(folder.glob("*.mjr"), None) is None and not (folder / EVENTS).exists():
        raise CaptureError(f"{folder} holds no .mjr files, so there is nothing that Janus recorded")
    if recording is not None:
        timeline = Timeline(folder)
        timeline.poll()
        known = timeline.recording_ids
        if recording not in known:
            there = f"it has {', '.join(known)}" if known else "its log has none"
            raise CaptureError(f"{folder} has no recording {recording}; {there}")


def _deliver(job: RenderJob, work: Path, target: Path) -> None:
    """Render `job` in the work folder `work` and move its files to `target`, on the same disk."""
    work.mkdir(parents=True, exist_ok=True)
    with process.lock(work) as held:
        if not held:
            raise StorageError(f"another roomtape renders into {target} right now; wait for it or end it")
        _take_over(job, work)
        try:
            with _bar() as progress:
                result = process.render(job, work, _never_waits, progress)
        except (RenderError, CaptureError):
            shutil.rmtree(work)  # another run would fail alike: there is nothing to go on from
            raise
        for file in result.files:
            (work / OUT / file.name).replace(target / file.name)
            _say(target / file.name, file.duration_ms, file.size)
        for warning in result.warnings:
            err.print(f"[yellow]warning:[/] {escape(warning)}")
        shutil.rmtree(work)
    if not result.files:
        raise CaptureError(f"{job.capture_dir} has no audio that could be written to a file")


def _take_over(job: RenderJob, work: Path) -> None:
    """Go on with what an interrupted run of the same job left in `work`, or clear it away."""
    sizes = {path.name: path.stat().st_size for path in sorted(Path(job.capture_dir).glob("*.*"))}
    try:
        same = RenderJob.read(work) == job and json.loads((work / _SOURCE).read_bytes()) == sizes
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        for path in work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != process.LOCK:
                path.unlink()
        write_json(work / _SOURCE, sizes)
    (work / RESULT).unlink(missing_ok=True)  # its files may have been moved away already
    job.write(work)


def _never_waits() -> None:
    raise AssertionError("a render that does not follow has nothing to wait for")


@contextmanager
def _bar() -> Iterator[Callable[[int, int | None], None]]:
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task("rendering", total=None)

        def told(rendered_ms: int, total_ms: int | None) -> None:
            shown.update(task, completed=rendered_ms, total=total_ms)

        yield told


def _say(path: Path, duration_ms: int, size: int) -> None:
    minutes, rest = divmod(duration_ms, 60_000)
    out.print(f"{escape(str(path))}  {minutes}:{rest / 1000:06.3f}  {size / 1e6:.1f} MB", soft_wrap=True)


@contextmanager
def _no_traceback() -> Iterator[None]:
    """Turn what goes wrong into a sentence on standard error and exit code 1."""
    try:
        yield
    except RoomtapeError as error:
        message = error.message
    except OSError as error:
        message = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"an unforeseen fault, {type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno}); "
            "please report it with what `roomtape inspect` shows of the folder"
        )
    else:
        return
    err.print(f"[red]roomtape:[/] {escape(message)}", soft_wrap=True)
    raise typer.Exit(1)
