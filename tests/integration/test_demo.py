"""`roomtape demo`, as a new user runs it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.support import detect
from tests.support.server import ROOMTAPE


async def test_the_demo_ends_with_a_composite_and_three_tracks(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(str(ROOMTAPE), "demo", "--data-dir", str(tmp_path / "demo"), "--seconds", "12"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 100)
    said = out.decode()
    assert process.returncode == 0, said
    files = [Path(found) for found in re.findall(r"^  (/\S+\.(?:mp4|webm|json))$", said, re.MULTILINE)]
    assert sorted(f.suffix for f in files) == [".json", ".json", ".mp4", ".webm", ".webm", ".webm"], said
    composite = next(f for f in files if f.suffix == ".mp4")
    for tone in (440, 660, 880):
        assert detect.tone_intervals(composite, tone)
    bob = next(f for f in files if "_bob_" in f.name)
    assert detect.hole(bob, 660) > 1.5, "Bob mutes for a while"
    shown = re.search(r"^  (\S+) inspect (\S+)$", said, re.MULTILINE)
    assert shown is not None, said
    look = await asyncio.create_subprocess_exec(
        *shown.groups()[:1], "inspect", shown[2], stdout=asyncio.subprocess.PIPE
    )
    assert b"Bob" in (await look.communicate())[0]
    state = tmp_path / "demo" / "janus" / "state.json"
    assert not state.exists(), "nothing is left running"
