"""An interactive recording by the SDK and REST, played by hls.js: its tags fire with the flashes of their senders."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from roomtape.domain.layout import Rect, arrange
from roomtape.media import testpicture
from roomtape.media.mux_ts import ORIGIN_S
from tests.support import detect
from tests.support.hlsplayer import ORIGIN, HlsPlayer, Played
from tests.support.sdk import SdkPeer, sdk_browser
from tests.support.sdkmeeting import HOST, SdkMeeting, perceives
from tests.support.server import Server, running
from tests.support.tsreader import VIDEO_TYPE, TsReader

PEOPLE = ("ann", "bob")
SIZE = 640, 360
SECONDS = float(os.environ.get("INTERACTIVE_TEST_SECONDS", "6"))
"""So long is recorded before the pause, and again after it."""
PAUSE_S = 2.0
WITHIN_S = 0.150
LEAD_S = 2 / 30
"""hls.js begins its clock with the first decoding time, which lies two pictures before the first one that is shown."""
FLASH_S, NEAR_S = 0.15, 0.6
"""How long a flash lasts, and how far off a cue can be held against it: there is one a second."""
SEAM_S = 0.2
"""What happens this close to a border of the recorded time may be on its other side."""

# Flashes and broadcasts in one go; every third of what ann says is bytes, what bob says is JSON.
_SPEAK = """(meeting, name) => addEventListener('flash', ({detail: n}) => {
  const data = name === 'bob' ? {name, n} : n % 3 ? `${name} ${n}` : new Uint8Array([0, n, 255]);
  meeting.participants.broadcastMessage('ID3Data', data);
  meeting.participants.broadcastMessage('other', 'not for the recording');
})"""


@dataclass(frozen=True)
class Package:
    """A finished recording: its row, and its files plain in a folder."""

    row: dict[str, Any]
    segments: list[Path]
    tiles: dict[str, Rect]
    flashes: dict[str, list[float]]
    """By who flashes, when in s of output time, as decoded from the file."""
    seam: float
    """Where in the output the pause was cut out."""
    pause_s: float


@pytest.mark.timeout(90 + 6 * SECONDS)
async def test_tags_fire_with_the_flashes_they_were_sent_with(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as server, sdk_browser() as browser:
        async with SdkMeeting(server, browser, await server.meeting()) as meeting:
            ann, bob = await meeting.join("ann", HOST), await meeting.join("bob")
            await perceives(ann, "bob", bob.id)
            recording_id = await _record(server, meeting, {"ann": ann, "bob": bob})
        package = await _fetched(server, recording_id, tmp_path)
        await _check_links(server, package)
        sent = _check_tags(package)
        player = await HlsPlayer.load(browser.browser, package.row["playback_url"])
        assert abs(player.duration - package.row["recording_duration"]) < 0.7
        await player.watch({name: _spot(rect) for name, rect in package.tiles.items()})
        whole = await player.play(0, rate=1.5)
        _check_played(whole, package, sent, 0, "from the beginning")
        part = await player.play(round(SECONDS * 1.3), rate=1.5)
        _check_played(part, package, sent, round(SECONDS * 1.3), "after seeking")


async def _record(server: Server, meeting: SdkMeeting, people: dict[str, SdkPeer]) -> str:
    width, height = SIZE
    for name, who in people.items():
        await who.run(_SPEAK, name)
    body = {
        "meeting_id": meeting.id, "interactive_config": {"type": "ID3"},
        "video_config": {"width": width, "height": height}, "audio_config": {"export_file": True},
    }  # fmt: skip
    answer = await server.http.post(f"{server.prefix}/recordings", json=body)
    assert answer.status_code == 201, answer.text
    recording_id = str(answer.json()["data"]["id"])
    assert answer.json()["data"]["output_file_name"].endswith(".tar")
    await server.until(recording_id, "RECORDING", 10)
    await asyncio.sleep(SECONDS)
    await _act(server, recording_id, "pause")
    refused = await _tell(server, recording_id, {"data": "in the pause"})
    assert refused.status_code == 409, refused.text
    await asyncio.sleep(PAUSE_S)
    await _act(server, recording_id, "resume")
    for metadata in ({"data": {"score": 2}}, {"data_base64": "3q2+7w=="}):
        assert (await _tell(server, recording_id, metadata)).status_code == 201
    await asyncio.sleep(SECONDS - 2)
    await people["ann"].run("meeting => meeting.participants.broadcastMessage('ID3Data', 'CLOSE_TRANSPORT')")
    await asyncio.sleep(2)
    await _act(server, recording_id, "stop")
    return recording_id


async def _act(server: Server, recording_id: str, action: str) -> None:
    answer = await server.http.put(f"{server.prefix}/recordings/{recording_id}", json={"action": action})
    assert answer.status_code == 200, answer.text


async def _tell(server: Server, recording_id: str, metadata: dict[str, Any]) -> httpx.Response:
    return await server.http.post(f"{server.prefix}/recordings/{recording_id}/metadata", json=metadata)


async def _fetched(server: Server, recording_id: str, folder: Path) -> Package:
    """Wait for the files; return them as the tar has them, which is as they lie under the prefix."""
    await server.until(recording_id, "UPLOADED", 60)
    row = (await server.http.get(f"{server.prefix}/recordings/{recording_id}")).json()["data"]
    assert row["audio_download_url"].split("?")[0].endswith(".m4a")
    async with httpx.AsyncClient() as client:
        tar = await client.get(row["download_url"])
        assert tar.headers["content-type"] == "application/x-tar"
        with tarfile.open(fileobj=io.BytesIO(tar.content)) as archive:
            archive.extractall(folder / "tar", filter="data")
        (held,) = (folder / "tar").iterdir()
        for file in held.iterdir():
            plain = await client.get(row["playback_url"].replace("index.m3u8", file.name))
            assert plain.content == file.read_bytes()
    segments = sorted(held.glob("*.ts"))
    whole = folder / "whole.ts"
    whole.write_bytes(b"".join(path.read_bytes() for path in segments))
    tiles = dict(zip(PEOPLE, arrange("auto", 0, len(PEOPLE), *SIZE).people, strict=True))
    flashes = {
        name: [t - ORIGIN_S for t in detect.flash_times(whole, (tile.x, tile.y, tile.width, tile.height))]
        for name, tile in tiles.items()
    }
    manifest = (await server.http.get(f"{server.prefix}/recordings/{recording_id}/manifest")).json()["data"]
    assert manifest["messages"]["count"] == len(TsReader().read(segments).frames)
    before, after = manifest["intervals"]
    pause_s = (after["start_us"] - before["end_us"]) / 1e6
    return Package(row, segments, tiles, flashes, before["to_ms"] / 1000, pause_s)


async def _check_links(server: Server, package: Package) -> None:
    """The link opens what lies in its folder, with ranges, to pages of any origin, and nothing else."""
    url = package.row["playback_url"]
    async with httpx.AsyncClient(headers={"Origin": ORIGIN}) as client:
        listed = await client.get(url)
        assert listed.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert listed.headers["access-control-allow-origin"] == "*"
        segment = url.replace("index.m3u8", "segment-00000.ts")
        part = await client.get(segment, headers={"Range": "bytes=188-375"})
        assert (part.status_code, part.headers["content-type"], part.content[0]) == (206, "video/mp2t", 0x47)
        assert (await client.head(segment)).headers["accept-ranges"] == "bytes"
        manifest = url.replace("/index.m3u8", ".json")
        for wrong in (
            manifest,
            url.replace("index.m3u8", "..%2fx.json"),
            url.replace("/bucket-folder/1", "/bucket-folder/2"),
        ):
            assert (await client.get(wrong)).status_code in (403, 404), wrong


def _check_tags(package: Package) -> list[tuple[float, str, str | bytes]]:
    """The tags of the files are what was sent, in order; return them: s of output time, who sent it, what it says."""
    sent: list[tuple[float, str, str | bytes]] = []
    read = TsReader().read(package.segments)
    for frame in read.frames:
        assert frame.name == "ID3Data"
        text: str | bytes = frame.data.decode() if frame.kind == "TXXX" else frame.data
        sent.append((frame.at_s - ORIGIN_S, _author(text), text))
    said = [text for _, who, text in sent if who == "api"]
    assert said == ['{"score":2}', b"\xde\xad\xbe\xef"]
    assert "CLOSE_TRANSPORT" not in [text for _, _, text in sent]
    assert sent[-1][0] < read.last_s[VIDEO_TYPE] - ORIGIN_S - 1.5, "after the close there is none"
    numbers = {who: [_number(text) for _, author, text in sent if author == who] for who in PEOPLE}
    for who in PEOPLE:
        assert numbers[who] == sorted(numbers[who])
        assert len(numbers[who]) >= SECONDS, numbers
        missing = max(b - a for a, b in zip(numbers[who], numbers[who][1:], strict=False))
        assert missing <= package.pause_s + 3, "only the pause is left out"  # and what a starved page never said
    return sent


def _author(text: str | bytes) -> str:
    if isinstance(text, bytes):
        return "ann" if text[0] == 0 else "api"
    return "bob" if "bob" in text else "ann" if "ann" in text else "api"


def _number(text: str | bytes) -> int:
    if isinstance(text, bytes):
        return text[1]
    return int(text.rsplit(":", 1)[1].rstrip("}")) if "bob" in text else int(text.split()[1])


def _check_played(
    played: Played, package: Package, sent: list[tuple[float, str, str | bytes]], start: float, when: str
) -> None:
    """Each cue fires once with what was sent; it lies by the flash that its sender showed with it.

    A busy machine leaves pictures out, when it sends and when it plays: what is seen must be in the file at that time,
    and the file is what the cues are held against, where it has the flash.
    """
    assert played.errors == []
    due = [entry for entry in sent if entry[0] + LEAD_S >= start]
    assert [(c.key, c.info, c.data) for c in played.cues if c.at >= start] == [
        ("PRIV" if isinstance(text, bytes) else "TXXX", "ID3Data", text) for _, _, text in due
    ]
    apart, late = [], []
    for cue, (at, who, _) in zip([c for c in played.cues if c.at >= start], due, strict=True):
        assert abs(cue.at - at - LEAD_S) < 0.002
        late.append(cue.fired_at - cue.at)
        if who == "api" or at < SEAM_S or abs(at - package.seam) < 0.5:
            continue
        nearest = at - min(package.flashes[who], key=lambda t: abs(t - at))
        if abs(nearest) < NEAR_S:
            apart.append(nearest)
    for who, t in played.flashes:
        if t > start + SEAM_S:
            assert min(abs(t - LEAD_S - flash) for flash in package.flashes[who]) < FLASH_S, (who, t, package.flashes)
    ms = np.array(apart) * 1000
    print(f"{when}: cue minus flash, n={len(ms)} p50={np.median(ms):.1f} min={ms.min():.1f} max={ms.max():.1f} ms; "
          f"fired {np.median(late) * 1000:.1f} ms late in the middle, {max(late) * 1000:.1f} at most")  # fmt: skip
    assert len(apart) >= 0.6 * len([e for e in due if e[1] != "api"])
    assert len(played.flashes) >= 0.6 * len(apart)
    assert np.abs(apart).max() <= WITHIN_S, apart


def _spot(rect: Rect) -> tuple[int, int]:
    x, y, width, height = testpicture.geometry()["flash"]
    return round(rect.x + (x + width / 2) * rect.width), round(rect.y + (y + height / 2) * rect.height)
