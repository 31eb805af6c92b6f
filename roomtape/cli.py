"""Owns the command line: every command is a line here and a function in the room that does the work."""

from __future__ import annotations

import gc
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from roomtape.bench import command as bench_command
from roomtape.db import token_commands
from roomtape.errors import RoomtapeError
from roomtape.render import commands as render_commands
from roomtape.simulate import command as simulate_command

app = typer.Typer(
    name="roomtape",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"roomtape {metadata.version('roomtape')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,
) -> None:
    """A self-hosted meeting recorder that speaks the RealtimeKit API."""


@app.command()
def serve(
    data_dir: Annotated[
        Path | None, typer.Option(help="Everything Roomtape keeps lies here (default: ./data).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: 8080; 0 takes a free one).")] = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C. Settings: ROOMTAPE_* variables and roomtape.toml in the data folder."""
    # What is loaded stays: looking through it for garbage again and again is a quarter of the time that loading takes.
    gc.disable()
    from roomtape import settings, wiring  # here: the other commands need not wait for the whole server to load

    gc.freeze()
    gc.enable()
    try:
        wiring.serve(settings.load(data_dir=data_dir, host=host, port=port))
    except RoomtapeError as error:
        sys.exit(f"roomtape: {error}")


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Where the demo's server keeps everything.")] = Path("demo-data"),
    seconds: Annotated[int, typer.Option(min=10, max=600, help="How long the meeting is recorded.")] = 20,
) -> None:
    """Record a meeting of three simulated participants in both ways and say where the files lie."""
    from roomtape.simulate.demo import run

    try:
        run(data_dir, seconds)
    except RoomtapeError as error:
        sys.exit(f"roomtape: {error}")


app.command("render")(render_commands.render)
app.command("inspect")(render_commands.inspect)
app.command("simulate")(simulate_command.simulate)
app.command("bench")(bench_command.bench)
app.add_typer(token_commands.app, name="token")


def main() -> None:
    """Entry point of the `roomtape` command."""
    app()


if __name__ == "__main__":
    main()
