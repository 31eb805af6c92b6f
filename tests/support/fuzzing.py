"""Owns a run of schemathesis against a running server: everything that /openapi.json says is held against it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.support import chatting
from tests.support.server import Server, running

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
UNLIMITED = {"ROOMTAPE_RATE_PER_S": "0", "ROOMTAPE_CHROMIUM_BINARY": "/bin/false"}
"""Settings of a server that is to answer everything, instead of 429, and that starts no browser for any page."""

CONFIG = """
hooks = "{hooks}"

[headers]
Authorization = "Bearer {token}"

[parameters]
"path.account_id" = "{account_id}"
"path.app_id" = "{app_id}"
{bindings}

{dictionaries}

# 501 is the documented answer to parts of the public API that are not offered.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]

# No schema can say that a preset must be there, or what an SFTP server needs and an S3 bucket does not.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "501"]

# A meeting that was just made has nobody in it and is not recorded: 404 is right.
[[operations]]
include-path-regex = "/active-(session|recording)"
phases.stateful.enabled = false

[[operations]]
include-path-regex = "^/(v2/|iceservers)"
headers = {{ Authorization = "Bearer {participant_token}" }}

# Hardly any text is SDP.
[[operations]]
include-path-regex = "^/whip"
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx"]
headers = {{ Authorization = "Bearer {participant_token}" }}
"""

HOW_OFTEN = 0.4
"""The share of cases in which an id is one of something that is there."""


async def configuration(server: Server) -> str:
    """Make one of everything; return a configuration with the tokens and these things' ids."""
    meeting, other = await server.meeting(), await server.meeting()
    who = await server.participant(meeting, "Ada", "group_call_host")
    guest = await server.participant(other, "Grace")
    recording = await server.http.post(f"{server.prefix}/recordings", json={"meeting_id": other})
    assert recording.status_code == 201, recording.text
    preset = (await server.http.get(f"{server.prefix}/presets")).json()["data"][-1]["id"]
    hook = await server.http.post(
        f"{server.prefix}/webhooks", json={"name": "One", "url": "https://hooks.example.org/", "events": ["all"]}
    )
    things = {
        "meeting_id": other,
        "participant_id": guest.id,
        "recording_id": recording.json()["data"]["id"],
        "session_id": await _session_with_chat(server),
        "preset_id": preset,
        "webhook_id": hook.json()["data"]["id"],
    }
    return CONFIG.format(
        hooks=Path(__file__).with_name("fuzzinghooks.py"),
        token=server.token,
        account_id=server.account_id,
        app_id=server.app_id,
        participant_token=who.token,
        bindings="\n".join(f'"path.{n}" = {{ dictionary = "{n}", probability = {HOW_OFTEN} }}' for n in things),
        dictionaries="\n".join(f'[dictionaries.{n}]\nvalues = ["{thing}"]' for n, thing in things.items()),
    )


async def _session_with_chat(server: Server) -> str:
    """Return the id of a session that is over, and that has a chat."""
    meeting = await server.meeting()
    await chatting.say(await chatting.join(server, meeting), "Hello")
    session = await chatting.session_of(server, meeting)
    await chatting.end(server, meeting)
    async with asyncio.timeout(10):
        while (await server.http.get(f"{server.prefix}/sessions/{session}/chat")).status_code != 200:
            await asyncio.sleep(0.1)
    return session


async def fuzz(server: Server, folder: Path, *options: str, within_s: float) -> tuple[int, str]:
    """Run schemathesis with every check on; return its exit code (0: nothing found) and what it wrote."""
    config = folder / "schemathesis.toml"
    config.write_text(await configuration(server), "utf-8")
    process = await asyncio.create_subprocess_exec(
        str(SCHEMATHESIS), "--config-file", str(config), "run", f"{server.base_url}/openapi.json",
        "--checks", "all", "--no-color", "--generation-database", "none", *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode("utf-8", "replace")


async def _main(minutes: int, seed: str | None) -> int:
    options = ["--max-time", str(minutes * 60), "--rate-limit", "1000/m", "--continue-on-failure"]
    options += ["--seed", seed] if seed else []
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data", **UNLIMITED) as server:
            code, output = await fuzz(server, Path(folder), *options, within_s=minutes * 60 + 120)
            sys.stdout.write(output)
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Send a real server what its /openapi.json allows, and what not.")
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--seed", help="of a former run, to see the same again")
    given = parser.parse_args()
    os.nice(5)
    sys.exit(asyncio.run(_main(given.minutes, given.seed)))
