"""Owns the command line of `roomtape simulate`: participants with made-up media, to try and to load a server."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from roomtape.errors import RoomtapeError


def simulate(
    url: Annotated[str, typer.Option(help="The server, http://HOST:PORT, or a WHIP endpoint of any other.")],
    token: Annotated[list[str] | None, typer.Option(help="A participant's token; repeat it for several.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Participants to add to --meeting-id by the API.")] = 1,
    api_token: Annotated[str | None, typer.Option(envvar="ROOMTAPE_API_TOKEN")] = None,
    account_id: Annotated[str | None, typer.Option(envvar="ROOMTAPE_ACCOUNT_ID")] = None,
    app_id: Annotated[str | None, typer.Option(envvar="ROOMTAPE_APP_ID")] = None,
    meeting_id: Annotated[str | None, typer.Option(help="The meeting that --count participants join.")] = None,
    preset: Annotated[str, typer.Option(help="The preset of added participants.")] = "group_call_participant",
    audio_only: Annotated[bool, typer.Option("--audio-only", help="Send no video.")] = False,
    video_codec: Annotated[str, typer.Option(help="vp8, vp9 or h264.")] = "vp8",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the video.")] = "640x360",
    fps: Annotated[int, typer.Option(min=1, max=60, help="Frames per second.")] = 30,
    seconds: Annotated[float, typer.Option(min=0, help="Leave so long after all are in; 0 stays until Ctrl-C.")] = 0,
    tone: Annotated[int, typer.Option(help="Tone of the first in Hz; each further one is 110 Hz higher.")] = 440,
    local_address: Annotated[list[str] | None, typer.Option(help="Send media from this address only.")] = None,
    reconnect: Annotated[bool, typer.Option(help="Publish again when the connection is lost.")] = True,
) -> None:
    """Publish tones and moving pictures over WHIP until Ctrl-C."""
    # aiortc takes a second to import, and the other commands need not wait for it.
    from roomtape.simulate import run as runs
    from roomtape.simulate.rest import MeetingAccess

    async def all_of_it() -> runs.Run:
        tokens = token or await runs.tokens_for(MeetingAccess(url, *access), count, preset)
        return await runs.publish(
            url, tokens, media, seconds=seconds, addresses=local_address or (), reconnect=reconnect
        )

    try:
        access = () if token else _all_of(account_id, app_id, meeting_id, api_token)
        numbers = range(len(token or ()) or count)
        media = [runs.media_for(i, audio_only, video_codec, size, fps, tone) for i in numbers]
        run = asyncio.run(all_of_it())
    except (RoomtapeError, ValueError) as error:
        sys.exit(f"roomtape: {error}")
    if run.failed:
        sys.exit(f"roomtape: {run.failed} of {len(media)} participants could not join")


def _all_of(*needed: str | None) -> tuple[str, ...]:
    given = tuple(value for value in needed if value)
    if len(given) < len(needed):
        raise ValueError("give --token, or all of --api-token, --account-id, --app-id and --meeting-id")
    return given
