"""Owns the commands `roomtape render` and `roomtape inspect`: what they ask, what they show, how they fail."""

from __future__ import annotations

import errno
import json
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich import progress as bars
from rich.console import Console
from rich.markup import escape

from roomtape.capture.paths import EVENTS
from roomtape.capture.report import report
from roomtape.capture.reporttext import render_text
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import (
    LONGER_SIDE_LOWEST,
    MOST_PIXELS,
    SIDE_HIGHEST,
    SIDE_LOWEST,
    AudioCodec,
    AudioConfig,
    Layer,
    RecordingConfig,
    VideoConfig,
)
from roomtape.errors import CaptureError, RenderError, RoomtapeError, StorageError
from roomtape.render import child
from roomtape.render.job import OUT, RESULT, RenderedFile, RenderJob, write_json
from roomtape.render.segments import publish

_SOURCE = "source.json"  # which files an interrupted run read: of a capture that has grown nothing is kept

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Layout(StrEnum):
    """How the tiles are arranged, as the API spells it."""

    AUTO = "auto"
    GRID = "grid"
    SPEAKER = "speaker"
    SINGLE_SPEAKER = "single_speaker"


class Codec(StrEnum):
    """Video codecs as the API spells them."""

    H264 = "H264"
    VP8 = "VP8"
    VP9 = "VP9"


_VIDEO_SUFFIX = {Codec.H264: ".mp4", Codec.VP8: ".webm", Codec.VP9: ".webm"}
_A = {".mp4": "an", ".webm": "a"}
_PACKAGE = ".tar"
"""With H264 another way to put the video: HLS with the session's messages as ID3 tags."""
_VORBIS: dict[str, AudioCodec] = {".ogg": "AAC"}  # whatever the codec says, WebM's sound is Vorbis
_AUDIO_SUFFIX: dict[Codec, dict[str, AudioCodec]] = {
    Codec.H264: {".m4a": "AAC", ".mp3": "MP3"},
    Codec.VP8: _VORBIS,
    Codec.VP9: _VORBIS,
}

Folder = Annotated[Path, typer.Argument(metavar="CAPTURE_DIR", help="Folder of Janus .mjr files.", show_default=False)]


def render(
    capture_dir: Folder,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The composed video, or a .tar (HLS with ID3); replaced if it is there."),
    ] = None,
    tracks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write one audio file for each participant into this folder.")
    ] = None,
    recording: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this recording kept; else everything in the folder.")
    ] = None,
    audio_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The mixed sound alone: .m4a (AAC) or .mp3; .ogg with VP8, VP9.")
    ] = None,
    width: Annotated[int, typer.Option(min=SIDE_LOWEST, max=SIDE_HIGHEST, help="Pixels, even.")] = VideoConfig.width,
    height: Annotated[int, typer.Option(min=SIDE_LOWEST, max=SIDE_HIGHEST, help="Pixels, even.")] = VideoConfig.height,
    fps: Annotated[int, typer.Option(min=1, max=120, help="Frames a second.")] = VideoConfig.fps,
    layout: Annotated[
        Layout,
        typer.Option(case_sensitive=False, help="auto is a grid, with a shared screen large while there is one."),
    ] = Layout.AUTO,
    codec: Annotated[
        Codec, typer.Option(case_sensitive=False, help="H264 makes an .mp4, VP8 and VP9 make a .webm.")
    ] = Codec.H264,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Processes that render the video.")] = 1,
) -> None:
    """Make files of a capture: a composed video (-o), its sound (--audio-file), one audio file for each participant
    (--tracks), or several of them.

    Works on any folder of Janus .mjr files, with no server running. A render that was interrupted goes on where it was
    when the same command is given again; it may be given another number of jobs.
    """
    if output is None and tracks is None and audio_file is None:
        raise typer.BadParameter(
            "say what to make: -o FILE for a composed video, --audio-file FILE for its sound, --tracks DIR for one "
            "audio file for each participant"
        )
    _check_size(width, height)
    video = VideoConfig(
        codec=codec.value, width=width, height=height, fps=fps, export_file=output is not None, layout=layout.value
    )
    packed = output is not None and output.suffix.lower() == _PACKAGE
    config = RecordingConfig(video=video, audio=_audio(output, audio_file, codec), interactive=packed)
    with _no_traceback():
        recording, of_page = _chosen(capture_dir, recording)
        config = replace(config, page_url="" if of_page else None)
        source = str(capture_dir.resolve())
        main = output or audio_file
        if main is not None:
            name = main.stem + (_PACKAGE if packed else _VIDEO_SUFFIX[codec])
            job = RenderJob(source, Kind.COMPOSITE, config, recording, name)
            targets = {role: path for role, path in (("composite", output), ("audio", audio_file)) if path is not None}
            _deliver(job, main.parent / f".{main.name}.roomtape", lambda file: targets[file.role], jobs)
        if tracks is not None:
            folder = tracks
            audio = RecordingConfig(layers=(Layer(file_name_prefix="track"),))
            _deliver(
                RenderJob(source, Kind.TRACK, audio, recording), folder / ".roomtape", lambda file: folder / file.name
            )


def inspect(
    capture_dir: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what a capture holds: tracks, codecs, lengths, losses and gaps on one timeline."""
    with _no_traceback():
        _check_capture(capture_dir)
        found = report(capture_dir)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            render_text(found, out)


def _check_size(width: int, height: int) -> None:
    if width % 2 or height % 2:
        raise typer.BadParameter(f"{width}x{height}: choose an even width and an even height")
    if max(width, height) < LONGER_SIDE_LOWEST or width * height > MOST_PIXELS:
        raise typer.BadParameter(f"{width}x{height}: choose 160x90 to 3840x2160 pixels, upright or lying")


def _audio(output: Path | None, audio_file: Path | None, codec: Codec) -> AudioConfig:
    """Return the sound that the names ask for; raises typer.BadParameter for names that do not go with the codec."""
    allowed = (_VIDEO_SUFFIX[codec], _PACKAGE) if codec is Codec.H264 else (_VIDEO_SUFFIX[codec],)
    if output is not None and output.suffix.lower() not in allowed:
        suffix = _VIDEO_SUFFIX[codec]
        raise typer.BadParameter(f"{output.name}: {codec.value} makes {_A[suffix]} {suffix}; let the name end in it")
    if audio_file is None:
        return AudioConfig()
    suffixes = _AUDIO_SUFFIX[codec]
    chosen = suffixes.get(audio_file.suffix.lower())
    if chosen is None:
        raise typer.BadParameter(
            f"{audio_file.name}: with {codec.value} the name of the audio file ends in {' or '.join(suffixes)}"
        )
    return AudioConfig(codec=chosen, export_file=True)


def _check_capture(folder: Path) -> None:
    if not folder.exists():
        raise CaptureError(f"{folder} does not exist; give the folder that holds the .mjr files")
    if not folder.is_dir():
        raise CaptureError(f"{folder} is a file; give the folder that it lies in")
    if next(folder.glob("*.mjr"), None) is None and not (folder / EVENTS).exists():
        raise CaptureError(f"{folder} holds no .mjr files, so there is nothing that Janus recorded")


def _chosen(folder: Path, recording: str | None) -> tuple[str | None, bool]:
    """Return the recording to be rendered, None for everything in the folder, and whether it is of a page.

    Where nothing lies in the folder but the page of one recording, that is meant.
    """
    _check_capture(folder)
    timeline = Timeline(folder)
    timeline.poll()
    known = timeline.recording_ids
    pages = [each for each in known if timeline.selection(each).page is not None]
    if recording is not None:
        if recording not in known:
            there = f"it has {', '.join(known)}" if known else "its log has none"
            raise CaptureError(f"{folder} has no recording {recording}; {there}")
        return recording, recording in pages
    hidden = {peer_id for peer_id, peer in timeline.peers.items() if peer.hidden}
    if not pages or any(key.peer_id not in hidden for key in timeline.tracks):
        return None, False
    if len(pages) > 1:
        raise CaptureError(f"{folder} has several recorded pages; say which with --recording: {', '.join(pages)}")
    return pages[0], True


def _deliver(job: RenderJob, work: Path, target: Callable[[RenderedFile], Path], jobs: int = 1) -> None:
    """Render `job` in the work folder `work` and move each file to where `target` says."""
    from roomtape.render import process  # here: `roomtape serve` need not wait for codecs to load

    work.mkdir(parents=True, exist_ok=True)
    with child.lock(work) as held:
        if not held:
            raise StorageError(f"another roomtape renders into {work.parent} right now; wait for it or end it")
        _take_over(job, work)
        try:
            with _bar() as progress:
                result = process.render(job, work, _never_waits, progress, jobs=jobs)
        except (RenderError, CaptureError):
            shutil.rmtree(work)  # another run would fail alike: there is nothing to go on from
            raise
        for file in result.media:
            _move(work / OUT / file.name, target(file))
            _say(target(file), file.duration_ms, file.size)
        for warning in result.warnings:
            err.print(f"[yellow]warning:[/] {escape(warning)}")
        shutil.rmtree(work)
    if not result.media:
        raise CaptureError(f"{job.capture_dir} has no audio that could be written to a file")


def _move(source: Path, target: Path) -> None:
    """Move a file so that `target` is the old file or the whole new one, also from one disk to another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        publish(target, lambda aside: shutil.copyfile(source, aside))
        source.unlink()


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
            elif path.name != child.LOCK:
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
