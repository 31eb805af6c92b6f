"""An interactive recording, streamed by RTMP as well, whose package lies in a store: hls.js plays it from there."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomtape.clock import now_us
from roomtape.media.mux_ts import ORIGIN_S
from tests.support import detect, scene
from tests.support.hlsplayer import HlsPlayer
from tests.support.rtmpserver import rtmp_server
from tests.support.s3server import BUCKET, S3Server, s3_server
from tests.support.sdk import SdkBrowser
from tests.support.server import Server, running
from tests.support.tsreader import TsReader

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="session")]

KEY = "k3y-of-the-stream"
SECONDS = 18
SEGMENT_S = 8.0
"""What an RTMP stream and a package share: both are cut every two seconds, and 8 s are four of those."""
SIZE = {"width": 320, "height": 180}
NEAR_S = 0.3
"""A tag by REST has the time at which the server took it; the test knows when it had its answer."""


async def test_a_package_in_a_store_is_streamed_while_it_is_made(tmp_path: Path, browser: SdkBrowser) -> None:
    (tmp_path / "nginx").mkdir()
    async with rtmp_server(tmp_path / "nginx") as nginx, s3_server() as s3:
        async with running(tmp_path / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1", **_bucket(s3)) as server:
            out = {"rtmp_url": f"rtmp://127.0.0.1:{nginx.port}/live/{KEY}"}
            meeting = await server.meeting()
            people = await scene.join(server, meeting, "ann", "bob")
            recording = await scene.record(
                server, meeting, interactive_config={"type": "ID3"}, video_config=SIZE, rtmp_out_config=out
            )
            told = await _tell(server, recording)
            await scene.stop(server, recording)
            done = await server.until(recording, "UPLOADED")
            row = await scene.raw(server, recording)
            await scene.stream_state(server, recording, "ended")
            await scene.leave(people)
            start_us = scene.us(done.started_time)
            due = [(text, (at_us - start_us) / 1e6) for text, at_us in told]
            stored = {entry["Key"] for entry in s3.client.list_objects_v2(Bucket=BUCKET)["Contents"]}
            assert not [path for path in (tmp_path / "data" / "bucket").rglob("*") if path.is_file()]
            await _check_package(row, due, stored, scene.seconds(done), tmp_path)
            await _check_played(browser, row["playback_url"], due)
        received = nginx.files(KEY)
        assert len(received) == 1, nginx.log
        tones = (scene.TONES["ann"], scene.TONES["bob"])
        assert abs(detect.durations(received[0])["audio"] - scene.seconds(done)) < 1
        for tone in tones:
            assert detect.hole(received[0], tone, 0.5, scene.seconds(done) - 1) <= scene.HOLE_S, nginx.log


def _bucket(s3: S3Server) -> dict[str, str]:
    config = {"access_key": s3.access_key, "secret": s3.secret}
    url = f"s3://{BUCKET}/own?endpoint=http://127.0.0.1:{s3.port}"
    return {"ROOMTAPE_BUCKET_URL": url, "ROOMTAPE_BUCKET_CONFIG": json.dumps(config)}


async def _tell(server: Server, recording: str) -> list[tuple[str, int]]:
    """Send a tag a second while the recording runs; return what each says, and when it was taken (µs)."""
    told = []
    for number in range(SECONDS):
        answer = await server.http.post(
            f"{server.prefix}/recordings/{recording}/metadata", json={"data": f"tag {number}"}
        )
        assert answer.status_code == 201, answer.text
        told.append((f"tag {number}", now_us()))
        await asyncio.sleep(1)
    return told


async def _check_package(
    row: dict[str, Any], due: list[tuple[str, float]], stored: set[str], lasts_s: float, folder: Path
) -> None:
    """The tar has the tags at their moments, in segments of 8 s; each of its files lies in the store by itself too."""
    async with httpx.AsyncClient(follow_redirects=True) as client:
        tar = await client.get(row["download_url"])
        with tarfile.open(fileobj=io.BytesIO(tar.content)) as archive:
            archive.extractall(folder / "tar", filter="data")
        (held,) = (folder / "tar").iterdir()
        for file in held.iterdir():
            assert (await client.get(row["playback_url"].replace("index.m3u8", file.name))).content == file.read_bytes()
            assert any(key.endswith(f"/{file.name}") for key in stored), (file.name, stored)
    lines = (held / "index.m3u8").read_text().splitlines()
    lengths = [float(line.split(":")[1].rstrip(",")) for line in lines if line.startswith("#EXTINF")]
    assert abs(sum(lengths) - lasts_s) < 0.2, (lengths, lasts_s)
    assert all(abs(length - SEGMENT_S) < 0.05 for length in lengths[:-1]), lengths
    frames = TsReader().read(sorted(held.glob("*.ts"))).frames
    assert [frame.data.decode() for frame in frames] == [text for text, _ in due]
    apart = [frame.at_s - ORIGIN_S - at_s for frame, (_, at_s) in zip(frames, due, strict=True)]
    assert max(abs(t) for t in apart) < NEAR_S, apart


async def _check_played(browser: SdkBrowser, url: str, due: list[tuple[str, float]]) -> None:
    player = await HlsPlayer.load(browser.browser, url)
    played = await player.play(0, rate=3)
    assert played.errors == []
    assert [cue.data for cue in played.cues] == [text for text, _ in due]
    assert max(abs(cue.at - at_s) for cue, (_, at_s) in zip(played.cues, due, strict=True)) < NEAR_S, played.cues
