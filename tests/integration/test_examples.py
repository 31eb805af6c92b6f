"""The examples of the API's pages, word for word but for address, identifiers and the storage, on a live session."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import av

from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support.s3server import S3Server, s3_server
from tests.support.server import Server, running

ROOT = Path(__file__).parents[2]
OFFICIAL = "https://api.cloudflare.com/client/v4"
ACCOUNT, MEETING = "023e105f4ecef8ad9ca31a8372d0c353", "97440c6a-140b-40a9-9499-b23fd7a3868a"

CURL = """\
curl https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/realtime/kit/$APP_ID/recordings/track \\
    -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\
    -d '{
          "meeting_id": "97440c6a-140b-40a9-9499-b23fd7a3868a"
        }'
"""

# `storage_config`, which the page explains and its example leaves out, is put in.
TYPESCRIPT = """\
import Cloudflare from 'cloudflare';

const client = new Cloudflare({
  apiToken: process.env['CLOUDFLARE_API_TOKEN'], // This is the default and can be omitted
});

const response = await client.realtimeKit.recordings.startRecordings('app_id', {
  account_id: '023e105f4ecef8ad9ca31a8372d0c353',
  audio_config: {
    channel: 'stereo',
    codec: 'AAC',
    export_file: true,
  },
  file_name_prefix: 'string',
  interactive_config: { type: 'ID3' },
  max_seconds: 60,
  meeting_id: '97440c6a-140b-40a9-9499-b23fd7a3868a',
  realtimekit_bucket_config: { enabled: true },
  storage_config: STORAGE,
  video_config: {
    codec: 'H264',
    export_file: true,
    height: 720,
    watermark: {
      position: 'left top',
      size: { height: 1, width: 1 },
      url: 'http://example.com',
    },
    width: 1280,
  },
});

console.log(response.success);
"""

PYTHON = """\
import os
from cloudflare import Cloudflare

client = Cloudflare(
    api_token=os.environ.get("CLOUDFLARE_API_TOKEN"),  # This is the default and can be omitted
)
response = client.realtime_kit.recordings.start_recordings(
    app_id="app_id",
    account_id="023e105f4ecef8ad9ca31a8372d0c353",
    audio_config={
        "channel": "stereo",
        "codec": "AAC",
        "export_file": True,
    },
    file_name_prefix="string",
    interactive_config={
        "type": "ID3"
    },
    max_seconds=60,
    meeting_id="97440c6a-140b-40a9-9499-b23fd7a3868a",
    realtimekit_bucket_config={"enabled": True},
    storage_config=STORAGE,
    video_config={
        "codec": "H264",
        "export_file": True,
        "height": 720,
        "watermark": {
            "position": "left top",
            "size": {
                "height": 1,
                "width": 1,
            },
            "url": "http://example.com",
        },
        "width": 1280,
    },
)
print(response.success)
"""


async def run(server: Server, *command: str) -> str:
    """Run an example with the environment that it expects; return what it wrote."""
    env = {
        **os.environ,
        "ACCOUNT_ID": server.account_id,
        "APP_ID": server.app_id,
        "CLOUDFLARE_API_TOKEN": server.token,
        "CLOUDFLARE_BASE_URL": f"{server.base_url}/client/v4",
    }
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return output.decode()


def filled_in(example: str, server: Server, meeting: str, storage: dict[str, Any] | None = None) -> str:
    """Put the identifiers that are really there in the place of the page's."""
    for of_the_page, real in ((ACCOUNT, server.account_id), (MEETING, meeting), ("app_id'", f"{server.app_id}'")):
        example = example.replace(of_the_page, real)
    example = example.replace('app_id="app_id"', f'app_id="{server.app_id}"')
    return example.replace("STORAGE", json.dumps(storage))


async def newest(server: Server, kind: str) -> str:
    found = (await server.http.get(f"{server.prefix}/recordings")).json()["data"]
    return str(next(one["id"] for one in found if one["type"] == kind))


async def recorded(server: Server, recording_id: str, seconds: float) -> None:
    """Let a recording run and stop it."""
    await server.until(recording_id, "RECORDING", 15)
    await asyncio.sleep(seconds)
    answer = await server.http.put(f"{server.prefix}/recordings/{recording_id}", json={"action": "stop"})
    assert answer.status_code == 200, answer.text


async def check_composite(server: Server, s3: S3Server, recording_id: str, folder: Path) -> None:
    """The recording is as the example wants it, in the own bucket and in the storage."""
    await server.until(recording_id, "UPLOADED", 60)
    body = (await server.http.get(f"{server.prefix}/recordings/{recording_id}")).json()["data"]
    assert body["output_file_name"].startswith("string_")
    assert body["config"]["max_seconds"] == 60
    assert body["start_reason"]["caller"]["type"] == "ORGANIZATION"
    assert body["storage_config"]["type"] == "aws"
    assert s3.secret not in json.dumps(body)
    assert any("watermark" in warning for warning in body["warnings"]), body["warnings"]  # example.com is no picture
    package = await server.download(body["download_url"], folder / "package.tar")
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    (video,) = folder.glob("*/segment-*.ts")
    with av.open(str(video)) as file:
        assert (file.streams.video[0].width, file.streams.video[0].height) == (1280, 720)
        assert file.streams.video[0].codec_context.name == "h264"
        assert (file.streams.audio[0].codec_context.name, file.streams.audio[0].channels) == ("aac", 2)
    sound = await server.download(body["audio_download_url"], folder / "sound.m4a")
    mine = {path: data for path, data in (await asyncio.to_thread(s3.files)).items() if body["id"] in path or
            body["output_file_name"].rsplit(".", 1)[0] in path}  # fmt: skip
    assert package.read_bytes() in mine.values()
    assert video.read_bytes() in mine.values(), "plain too"
    assert sound.read_bytes() in mine.values()
    assert all(path.startswith("examples/") for path in mine)


async def test_the_examples_of_the_pages_record_a_live_session(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "tests" / "servers" / "node_modules")
    async with s3_server() as s3:
        endpoint = f"aws=http://127.0.0.1:{s3.port}"
        settings = {"ROOMTAPE_STORAGE_ENDPOINTS": endpoint, "ROOMTAPE_OUTBOUND_ALLOW": "127.0.0.1"}
        storage = s3.config(path="examples")
        async with running(tmp_path / "data", **settings) as server:
            meeting = await server.meeting()
            who = await server.participant(meeting, "ann")
            ann = SimulatedParticipant(
                server.base_url, who.token, Media(tone_hz=440, identity=1), name="ann", local_addresses=("127.0.0.2",)
            )
            await ann.join()
            try:
                curl = filled_in(CURL, server, meeting).replace(OFFICIAL, f"{server.base_url}/client/v4")
                answer = json.loads(await run(server, "bash", "-c", curl.replace("curl ", "curl -sS ", 1)))
                assert answer["success"] is True
                track = answer["data"]["recording"]["id"]
                assert answer["data"]["recording"]["status"] in ("INVOKED", "RECORDING")

                example = tmp_path / "example.mjs"
                example.write_text(filled_in(TYPESCRIPT, server, meeting, storage), "utf-8")
                assert (await run(server, "node", str(example))).strip() == "true"
                by_node = await newest(server, "COMPOSITE")
                await recorded(server, by_node, 2)

                example = tmp_path / "example.py"
                example.write_text(filled_in(PYTHON, server, meeting, storage), "utf-8")
                assert (await run(server, sys.executable, str(example))).strip() == "True"
                by_python = await newest(server, "COMPOSITE")
                assert by_python != by_node
                await recorded(server, by_python, 2)
                await recorded(server, track, 0)
            finally:
                await ann.leave()
            for recording_id in (by_node, by_python):
                folder = tmp_path / recording_id
                folder.mkdir()
                await check_composite(server, s3, recording_id, folder)
            tracks = await server.until(track, "UPLOADED", 30)
            (layer,) = tracks.download_url
            (link,) = layer["download_urls"].values()
            with av.open(str(await server.download(link["download_url"], tmp_path / "track.webm"))) as file:
                assert file.streams.audio[0].codec_context.name == "opus"
