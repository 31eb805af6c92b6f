"""The captures' disk is full or read-only: recordings say so, the meeting goes on, and all is well with room again."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

from roomtape.clock import now_us
from roomtape.simulate.participant import SimulatedParticipant
from tests.support import detect, scene
from tests.support.server import Server, running
from tests.support.smalldisk import small_disk


async def test_full_disk_and_read_only_disk(tmp_path: Path) -> None:
    await scene.together(_fills_up(tmp_path / "full"), _read_only(tmp_path / "read_only"))


async def _fills_up(folder: Path) -> None:
    with small_disk(folder / "data" / "capture") as disk:
        async with running(folder / "data") as server:
            meeting = await server.meeting()
            people = await scene.join(server, meeting, "ann", "bob")
            await asyncio.sleep(0.5)
            recording = await scene.record(server, meeting)
            others = await scene.join(server, beside := await server.meeting(), "cat")
            await asyncio.sleep(0.5)
            tracked = await scene.record_tracks(server, beside)
            await asyncio.sleep(3)
            full_us = now_us()
            disk.fill(leave=128 << 10)
            sentence = await _warning(server, recording, "No space left on device")
            assert str(disk.folder) in sentence
            [late] = await scene.join(server, meeting, "cat")
            sentence = await _warning(server, recording, "cat is not recorded")
            await scene.stop(server, recording)
            done = await server.until(recording, "UPLOADED")
            file = await scene.composite(server, done, folder)
            start_us, lasts = scene.us(done.started_time), scene.seconds(done)
            await scene.check_whole(file, lasts, ())
            for person in people:
                # 128 KiB, and what Janus had not written yet, lie between the moment of filling and the real end.
                await scene.check_tone(file, scene.TONES[person.name], 0, (full_us - start_us) / 1e6 - scene.LOST_S)

            refused = await server.kit.recordings.start_recordings(server.app_id, **server.ids, meeting_id=meeting)
            assert "disk" in await _error(server, refused.data.id)
            disk.make_room()
            await _warning(server, tracked, "written again")
            again_us = now_us()
            await _works_again(server, meeting, folder)
            await _went_on(server, tracked, others, full_us, again_us, folder)
            for person in (*people, late, *others):
                assert person.connected
                assert person.connects == 1
            await scene.leave([*people, late, *others])


async def _went_on(
    server: Server, tracked: str, people: list[SimulatedParticipant], full_us: int, again_us: int, folder: Path
) -> None:
    """A recording that ran while the disk was full has a hole there, and both parts at the right times."""
    await scene.stop(server, tracked)
    done = await server.until(tracked, "UPLOADED")
    files = await scene.tracks(server, done, folder)
    for person in people:
        [(start_us, file)] = files[person.name]
        tone = scene.TONES[person.name]
        await scene.check_tone(file, tone, 0, (full_us - start_us) / 1e6 - scene.LOST_S)
        await scene.check_tone(file, tone, (again_us - start_us) / 1e6, (scene.us(done.stopped_time) - start_us) / 1e6)
        await scene.check_beeps(file, person, start_us)
        heard = detect.tone_intervals(file, tone)
        # Room may come and go for a moment while the disk is being freed: at least one hole, and none elsewhere.
        assert sum(b[0] - a[1] > scene.HOLE_S for a, b in pairwise(heard)) >= 1


async def _read_only(folder: Path) -> None:
    with small_disk(folder / "data" / "capture") as disk:
        async with running(folder / "data") as server:
            meeting = await server.meeting()
            people = await scene.join(server, meeting, "ann", "bob")
            disk.read_only()
            refused = await server.kit.recordings.start_recordings(server.app_id, **server.ids, meeting_id=meeting)
            assert "Read-only file system" in await _error(server, refused.data.id)
            [late] = await scene.join(server, meeting, "cat")
            other = await server.meeting()
            elsewhere = await scene.join(server, other, "ann")
            disk.writable()
            await _works_again(server, meeting, folder)
            for person in (*people, late, *elsewhere):
                assert person.connected
                assert person.connects == 1
            await scene.leave([*people, late, *elsewhere])


async def _works_again(server: Server, meeting: str, folder: Path) -> None:
    recording = await scene.record(server, meeting)
    await asyncio.sleep(2)
    await scene.stop(server, recording)
    done = await server.until(recording, "UPLOADED")
    file = await scene.composite(server, done, folder)
    await scene.check_whole(file, scene.seconds(done), tuple(scene.TONES.values()))
    # What is left of an earlier take may be told, nothing about the disk.
    assert not [w for w in (await scene.raw(server, recording))["warnings"] if "mjr" not in w]


async def _warning(server: Server, recording: str, part: str) -> str:
    """Return the recording's warning that has `part` in it, as soon as there is one."""
    async with asyncio.timeout(20):
        while True:
            warnings = (await scene.raw(server, recording))["warnings"]
            found = [w for w in warnings if part in w]
            if found:
                return str(found[0])
            await asyncio.sleep(0.1)


async def _error(server: Server, recording: str) -> str:
    """Return the sentence with which a recording has ERRORED."""
    async with asyncio.timeout(20):
        while (now := await scene.raw(server, recording))["status"] != "ERRORED":
            await asyncio.sleep(0.05)
    assert now["stop_reason"]["reason"] == "INTERNAL_ERROR"
    return str(now["error"])
