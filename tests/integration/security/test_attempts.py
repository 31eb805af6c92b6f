"""Attempts on a real server: at what belongs to others, out of the folders, into the network inside, at secrets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import jwt
import pytest
import pytest_asyncio
import websockets

from roomtape.domain.ids import new_id
from roomtape.errors import DestinationError, InvalidRequest, RoomtapeError
from roomtape.outbound.fetch import fetch
from roomtape.outbound.guard import Guard
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.events import Room
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.signedlinks import SignedLinks
from tests.support.attempts import AWS, World, command, found_in, notations, participant, raw, world
from tests.support.webserver import content, redirect, serving

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore:The HMAC key"),  # the true key with another algorithm is one of the attempts
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def it(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("attempts"), ROOMTAPE_RECORDINGS_PER_APP="12") as made:
        yield made


def requests(it: World, kit: str) -> list[tuple[str, str, Any]]:
    """Requests for objects of the first meeting and its app, as they are written below `kit`."""
    meeting, recording = f"{kit}/meetings/{it.meeting}", f"{kit}/recordings/{it.recording}"
    return [
        ("GET", meeting, None),
        ("PATCH", meeting, {"title": "stolen"}),
        ("GET", f"{meeting}/participants", None),
        ("POST", f"{meeting}/participants", {"custom_participant_id": "x", "preset_name": "group_call_host"}),
        ("GET", f"{meeting}/participants/{it.host_id}", None),
        ("POST", f"{meeting}/participants/{it.host_id}/token", None),
        ("DELETE", f"{meeting}/participants/{it.host_id}", None),
        ("GET", f"{meeting}/active-session", None),
        ("POST", f"{meeting}/active-session/kick-all", None),
        *recordings(it, kit),
        ("PUT", f"{recording}/storage", {"storage_config": AWS}),
    ]


def recordings(it: World, kit: str) -> list[tuple[str, str, Any]]:
    """Those that a participant's token with `can_record` may open."""
    recording = f"{kit}/recordings/{it.recording}"
    return [
        ("POST", f"{kit}/recordings", {"meeting_id": it.meeting}),
        ("POST", f"{kit}/recordings/track", {"meeting_id": it.meeting}),
        ("GET", recording, None),
        ("GET", f"{recording}/manifest", None),
        ("PUT", recording, {"action": "stop"}),
    ]


async def test_what_belongs_to_others_is_not_found(it: World) -> None:
    b_account = it.account.replace(it.server.account_id, "account-b")
    active = ("GET", f"{it.kit()}/recordings/active-recording/{it.meeting}", None)
    attempts = [
        *((it.foreign, *r) for r in requests(it, it.kit())),
        *((it.foreign, *r) for r in requests(it, it.kit(it.theirs, b_account))),
        *((it.foreign, *r) for r in requests(it, it.kit(it.mine, b_account))),
        *((it.server.token, *r) for r in requests(it, it.kit(it.sibling))),
        *((it.server.token, *r) for r in requests(it, it.kit(it.theirs))),
        *((it.other_host, *r) for r in [*recordings(it, it.kit()), active]),
        *((it.host, *r) for r in recordings(it, it.kit(it.sibling))),
        (it.foreign, "GET", f"{it.kit()}/recording-config", None),
        (it.foreign, "GET", f"{it.account}/realtime/kit-tokens", None),
    ]
    for token, method, url, body in attempts:
        answer = await it.ask(method, url, token, json=body)
        assert answer.status_code == 404, f"{method} {url}: {answer.text}"
    now = (await it.ask("GET", f"{it.kit()}/recordings/{it.recording}")).json()["data"]
    assert now["status"] in ("INVOKED", "RECORDING")


async def test_who_may_not_record_or_write_does_neither(it: World) -> None:
    v2 = f"{it.server.base_url}/v2/recordings"
    forbidden = [
        *((it.guest, *r) for r in recordings(it, it.kit())),
        (it.guest, "GET", f"{it.kit()}/recordings", None),
        (it.guest, "POST", v2, {"meeting_id": it.meeting}),
        (it.guest, "PUT", f"{v2}/{it.recording}", {"action": "stop"}),
        (it.guest, "GET", f"{v2}/active-recording/{it.meeting}", None),
        (it.host, "GET", f"{it.kit()}/meetings", None),
        (it.host, "GET", f"{it.kit()}/recording-config", None),
        (it.host, "POST", f"{it.account}/realtime/kit-tokens", {"name": "mine"}),
        *((it.reader, *r) for r in requests(it, it.kit()) if r[0] != "GET"),
        (it.reader, "GET", f"{it.account}/realtime/kit-tokens", None),
        (it.reader, "PUT", f"{it.kit()}/recording-config", {}),
        (it.reader, "POST", f"{it.kit()}/webhooks", {"name": "x", "url": "https://a.example", "events": ["all"]}),
    ]
    for token, method, url, body in forbidden:
        answer = await it.ask(method, url, token, json=body)
        assert answer.status_code == 403, f"{method} {url}: {answer.status_code} {answer.text}"
    seen = await it.ask("GET", f"{it.kit()}/recordings/active-recording/{it.meeting}", it.guest)
    assert seen.json()["data"]["storage_config"] is None


def forged(it: World) -> dict[str, str]:
    """Tokens that look like the host's."""
    claims = jwt.decode(it.host, options={"verify_signature": False})
    head, body, signature = it.host.split(".")
    key = (it.server.data_dir / "token.key").read_bytes()
    ago = {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    other = jwt.encode(claims | {"meetingId": it.other_meeting}, b"k" * 32, "HS256").split(".")[1]
    tape = {k: v for k, v in claims.items() if k != "participantId"} | {"tapeOfRecording": it.recording}
    return {
        "another key": jwt.encode(claims, b"k" * 32, "HS256"),
        "a tape by another key": jwt.encode(tape, b"k" * 32, "HS256"),
        "a tape of no page": jwt.encode(tape, key, "HS256"),
        "an empty key": f"{head}.{body}." + base64.urlsafe_b64encode(
            hmac.new(b"", f"{head}.{body}".encode(), hashlib.sha256).digest()
        ).decode().rstrip("="),
        "no algorithm": f"{none}.{body}.",
        "no algorithm, old signature": f"{none}.{body}.{signature}",
        "another algorithm": jwt.encode(claims, key, "HS512"),
        "other claims": f"{head}.{other}.{signature}",
        "no signature": f"{head}.{body}.",
        "expired": jwt.encode(claims | ago, key, "HS256"),
        "for ever": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, "HS256"),
        "another app": jwt.encode(claims | {"orgId": it.sibling}, key, "HS256"),
        "another meeting": jwt.encode(claims | {"meetingId": it.other_meeting}, key, "HS256"),
        "nobody": jwt.encode(claims | {"participantId": new_id()}, key, "HS256"),
        "a key in the head": jwt.encode(claims, b"k" * 32, "HS256", headers={"jku": "http://a.b/", "kid": "../x"}),
        "odd": "a.b.c",
        "a hash": hashlib.sha256(it.server.token.encode()).hexdigest(),
    }  # fmt: skip


async def refused_everywhere(it: World, token: str, what: str) -> None:
    base = it.server.base_url
    for method, url, more in (
        ("GET", f"{it.kit()}/recordings", {}),
        ("POST", f"{it.kit()}/recordings", {"json": {"meeting_id": it.meeting}}),
        ("GET", f"{it.kit()}/meetings", {}),
        ("GET", f"{base}/v2/internals/participant-details", {}),
        ("POST", f"{base}/v2/recordings", {"json": {"meeting_id": it.meeting}}),
        ("POST", f"{base}/whip", {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}),
    ):
        answer = await it.ask(method, url, token, **more)
        # Where no participant's token is good for anything, who they are is not even looked up.
        fine = (401, 403) if url.endswith("/meetings") else (401,)
        assert answer.status_code in fine, f"{what}: {method} {url}: {answer.status_code} {answer.text}"
    url = f"{base.replace('http', 'ws')}/ws?roomID={it.meeting}&authToken={quote(token)}"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(url)
    assert refused.value.response.status_code == 401


async def test_tokens_that_are_none_open_nothing(it: World) -> None:
    for what, token in forged(it).items():
        await refused_everywhere(it, token, what)


async def test_a_token_that_was_taken_back_opens_nothing_from_then_on(it: World) -> None:
    tokens = f"{it.account}/realtime/kit-tokens"
    made = await it.made(tokens, {"name": "short", "scope": "write"})
    assert (await it.ask("GET", f"{it.kit()}/meetings", made["token"])).status_code == 200
    await command(it, "revoke", made["id"])
    await refused_everywhere(it, made["token"], "revoked")

    ends = datetime.now(UTC) + timedelta(seconds=0.5)
    made = await it.made(tokens, {"name": "brief", "scope": "write", "expires_at": ends.isoformat()})
    await asyncio.sleep(0.6)
    await refused_everywhere(it, made["token"], "expired")

    who, token = await participant(it, it.other_meeting, "group_call_host")
    url = f"{it.server.base_url.replace('http', 'ws')}/ws?roomID={it.other_meeting}&authToken={token}"
    url += f"&peerID={new_id()}"
    async with websockets.connect(url) as socket:
        await it.ask("DELETE", f"{it.kit()}/meetings/{it.other_meeting}/participants/{who}")
        frames = [f async for f in _until_kicked(socket)]
        assert codec.decode(frames[-1]).event == Room.KICK
    await refused_everywhere(it, token, "removed")


async def _until_kicked(socket: websockets.ClientConnection) -> AsyncIterator[bytes]:
    async with asyncio.timeout(5):
        async for frame in socket:
            if isinstance(frame, bytes):
                yield frame
                if codec.decode(frame).event == Room.KICK:
                    return


TRICKS = ("..", "../x", "..%2fx", "/etc/passwd", "a/b", "a\\b", "a\0b", "a\nb", "．．／", "‮gpm", "", " ", ".", "x" * 65)


async def test_names_and_ids_stay_names_and_ids(it: World) -> None:
    for trick in TRICKS:
        for url, body in (
            (f"{it.kit()}/recordings", {"meeting_id": it.meeting, "file_name_prefix": trick}),
            (f"{it.kit()}/recordings/track", {"meeting_id": it.meeting, "layers": {trick: {}}}),
            (f"{it.kit()}/recordings/track", {"meeting_id": it.meeting, "layers": {"a": {"file_name_prefix": trick}}}),
            (f"{it.kit()}/meetings", {"recording_config": {"file_name_prefix": trick}}),
        ):
            answer = await it.ask("POST", url, json=body)
            assert answer.status_code == 422, f"{trick!r} {url}: {answer.text}"
        answer = await it.ask("POST", f"{it.kit()}/recordings", json={"meeting_id": trick})
        assert answer.status_code in (404, 422), f"{trick!r}: {answer.text}"
        for path in ("meetings", "recordings", "sessions", "presets", "webhooks"):
            answer = await it.ask(
                "DELETE" if path == "presets" else "GET", f"{it.kit()}/{path}/{quote(trick, safe='')}"
            )
            assert answer.status_code in (404, 405) or trick in ("", ".", ".."), f"{trick!r} {path}: {answer.text}"


async def test_links_open_what_they_were_made_for_and_nothing_else(it: World) -> None:
    data = it.server.data_dir
    key = (data / "bucket.key").read_bytes()
    folder = data / "bucket" / it.mine / "rec"
    folder.mkdir(parents=True)
    (folder / "f.mp4").write_bytes(b"film")
    bucket = FolderBucket(data / "bucket", SignedLinks(lambda: it.server.base_url, key))
    path, later = f"{it.mine}/rec/f.mp4", datetime.now(UTC) + timedelta(hours=1)
    link = bucket.link(path, later)
    assert (await it.ask("GET", link, "")).text == "film"

    target = link.removeprefix(it.server.base_url)
    expires = int(later.timestamp())
    wrong = [
        target.replace(str(expires), str(expires + 3600)),
        target.replace(str(expires), f"+{expires}"),
        target.replace(str(expires), "٣" * 10),
        target[:-1] + ("0" if target[-1] != "0" else "1"),
        target.split("signature=")[0] + "signature=",
        target.split("?")[0],
        target.replace("f.mp4", "g.mp4"),
        target.replace("/rec/", "/rec/../rec/"),
        target.replace("/rec/", "/rec//"),
        target.replace("/rec/", "/%2e%2e/" + it.mine + "/rec/"),
        bucket.link(path, datetime.now(UTC) - timedelta(seconds=2)).removeprefix(it.server.base_url),
    ]
    prefix = bucket.link_folder(f"{it.mine}/rec", later)
    assert (await it.ask("GET", f"{prefix}f.mp4", "")).text == "film"
    below = prefix.removeprefix(it.server.base_url)
    wrong += [
        below,
        below + "deeper/f.mp4",
        below + "../rec/f.mp4",
        below + "%2e%2e/rec/f.mp4",
        below + "%2e%2e/%2e%2e/%2e%2e/vault.key",
        below.replace(f"/{it.mine}/", f"/{it.mine}/../{it.mine}/") + "f.mp4",
        below.replace(str(expires), str(expires + 3600)) + "f.mp4",
        below.replace("/rec/", "/other/") + "f.mp4",
    ]
    # Signed by the true key: were a link ever made for one of these, it must open nothing all the same.
    outside = ("../vault.key", "..//vault.key", "a/../../vault.key", f"/{data}/vault.key", "a\0/../vault.key", "", "/")
    for trick in outside:
        signature = hmac.new(key, f"{trick}\n{expires}".encode(), hashlib.sha256).hexdigest()
        for quoted in {quote(trick, safe=""), quote(trick).replace("..", "%2e%2e"), quote(trick)}:
            wrong.append(f"/bucket/{quoted}?expires={expires}&signature={signature}")
    for trick in ("..", "a/../..", "", f"{data}", "a/.."):
        signature = hmac.new(key, f"{trick}/\n{expires}".encode(), hashlib.sha256).hexdigest()
        for quoted in {quote(trick, safe=""), quote(trick).replace("..", "%2e%2e")}:
            wrong.append(f"/bucket-folder/{expires}/{signature}/{quoted}/vault.key")
    secret = (data / "vault.key").read_bytes()
    for attempt in wrong:
        answer = await raw(it, quote(attempt, safe="/?&=%+"))
        assert answer.split()[1] in (b"403", b"404"), f"{attempt}: {answer[:300]!r}"
        assert secret not in answer
    (folder / "leads-out").symlink_to(data / "vault.key")
    assert (await it.ask("GET", bucket.link(f"{it.mine}/rec/leads-out", later), "")).status_code == 404
    (folder / "leads-out").unlink()


async def test_what_is_too_large_is_refused_with_a_sentence(it: World) -> None:
    long = b" " * ((1 << 20) + 1)
    sdp = {"Content-Type": "application/sdp"}
    for url, token, more in (
        (f"{it.kit()}/meetings", None, {"content": long, "headers": {"Content-Type": "application/json"}}),
        (f"{it.server.base_url}/whip", it.host, {"content": long[: (64 << 10) + 1], "headers": sdp}),
        (f"{it.server.base_url}/v2/recordings", it.host, {"content": long}),
    ):
        answer = await it.ask("POST", url, token, **more)
        assert answer.status_code == 413, f"{url}: {answer.text}"
        assert "bytes at most" in answer.json()["errors"][0]["message"]
    for size in (70_000, 1_000_000):
        answer = await raw(it, "/healthz", [f"X-Long: {'x' * size}"])
        assert answer.split()[1:2] in ([b"400"], [b"431"], []), answer[:200]
    deep = '{"title":' + "[" * 100_000 + "]" * 100_000 + "}"
    parsed = await it.ask("POST", f"{it.kit()}/meetings", content=deep, headers={"Content-Type": "application/json"})
    assert parsed.status_code in (400, 422), parsed.text
    assert (await it.ask("GET", f"{it.server.base_url}/healthz", "")).status_code == 200


async def test_the_network_inside_is_not_reached(it: World) -> None:
    port = it.trap.port
    for host in notations(port):
        mark = {"meeting_id": it.other_meeting, "video_config": {"watermark": {"url": f"http://{host}/x.png"}}}
        stream = {"meeting_id": it.other_meeting, "rtmp_out_config": {"rtmp_url": f"rtmp://{host}/live/k"}}
        hook = {"name": "x", "url": f"http://{host}/x", "events": ["recording.statusUpdate", "all"]}
        name = host.rsplit(":", 1)[0].strip("[]")
        sftp = {"type": "sftp", "host": name, "port": port, "username": "u", "password": "canary-secret"}
        for path, body in (("webhooks", hook), ("storage/test", {"storage_config": sftp}), ("recordings", stream)):
            if path == "recordings" and host.lower().startswith("localhost"):
                continue  # a name: it is looked up when the stream begins, see below
            answer = await it.ask("POST", f"{it.kit()}/{path}", json=body)
            refused = answer.status_code == 422
            if path == "storage/test" and answer.status_code == 200:
                refused = answer.json()["data"]["ok"] is False
            if path == "webhooks" and host.lower().startswith("localhost"):
                refused = answer.status_code in (201, 422)
            assert refused, f"{path} {host}: {answer.status_code} {answer.text}"
        if host.startswith(("localhost", "127.0.0.1:", "[::ffff:7")):
            body = mark | {"allow_multiple_recordings": True}
            assert (await it.ask("POST", f"{it.kit()}/recordings", json=body)).status_code in (201, 422)
    named = {"meeting_id": it.other_meeting, "allow_multiple_recordings": True}
    named["rtmp_out_config"] = {"rtmp_url": f"rtmp://localhost:{port}/live/k"}
    assert (await it.ask("POST", f"{it.kit()}/recordings", json=named)).status_code == 201
    picture = {"custom_participant_id": "p", "preset_name": "group_call_host", "picture": f"http://127.0.0.1:{port}/p"}
    await it.made(f"{it.kit()}/meetings/{it.other_meeting}/participants", picture)
    await asyncio.sleep(1.5)  # for what is done in the background
    assert it.trap.visits == []


async def test_no_redirect_and_no_second_look_up_leads_inside(it: World) -> None:
    answers = {"/away": redirect(f"http://127.0.0.2:{it.trap.port}/x"), "/name": redirect("http://inside.example/x")}
    turns: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        turns.append(host)
        return ["127.0.0.1"] if host == "inside.example" or len(turns) > 1 else ["8.8.8.8"]

    async with serving({**answers, "/ok": content(b"x")}) as web:
        guard = Guard(("127.0.0.1/32",))
        assert await fetch(guard, web.url("/ok"), 100, 5, ["image/png"]) == b"x"
        with pytest.raises(DestinationError, match="not a public address"):
            await fetch(guard, web.url("/away"), 100, 5, ["image/png"])
        named = Guard(("127.0.0.1",), look_up)
        with pytest.raises(RoomtapeError):
            await fetch(Guard((), look_up), "http://inside.example/x", 100, 5, ["image/png"])
        turns.clear()
        target = await named.check("http://flips.example/x", frozenset({"http"}))
        assert (target.addresses, turns) == (("8.8.8.8",), ["flips.example"])
    for host in notations(80):
        if host.lower().startswith("localhost"):
            continue
        with pytest.raises((InvalidRequest, DestinationError)):
            await Guard(()).check(f"http://{host}/", frozenset({"http"}))


async def test_files_are_nobody_elses_on_the_machine(it: World) -> None:  # the folder may be open to all
    ours = {"server.log", "f.mp4"}  # made by these tests
    files = [path for path in it.server.data_dir.rglob("*") if path.is_file() and path.name not in ours]
    assert {"roomtape.sqlite", "dbos.sqlite", "bootstrap.json", "events.jsonl"} <= {path.name for path in files}
    assert [str(path) for path in files if path.stat().st_mode & 0o077] == []


async def test_secrets_are_in_no_answer_no_log_line_and_no_file(it: World) -> None:
    url = f"{it.kit()}/recordings/{it.recording}"
    assert (await it.ask("PUT", url, json={"action": "stop"})).status_code == 200
    listed = await it.ask("GET", f"{it.kit()}/recordings?per_page=100")
    assert {r["id"] for r in listed.json()["data"]} >= {it.recording}
    meeting = {"recording_config": {"live_streaming_config": {"rtmp_url": "rtmp://a.invalid/b/canary-stream-2"}}}
    for path, body in ((f"meetings/{it.other_meeting}", meeting), ("recording-config", {"storage_config": AWS})):
        assert (await it.ask("PATCH", f"{it.kit()}/{path}", json=body)).status_code == 200
    for path in ("recording-config", "meetings", "sessions", "webhooks", "recordings?status=ERRORED"):
        assert (await it.ask("GET", f"{it.kit()}/{path}")).status_code == 200
    broken = AWS | {"secret": ["canary-secret"], "access_key": {"canary-access-key": 1}}
    await it.ask("POST", f"{it.kit()}/storage/test", json={"storage_config": broken})
    no_url = {"meeting_id": it.meeting, "rtmp_out_config": {"rtmp_url": "canary-stream"}}
    await it.ask("POST", f"{it.kit()}/recordings", json=no_url)
    await it.ask("GET", f"{it.server.base_url}/metrics", "")
    async with asyncio.timeout(15):
        while not (now := (await it.ask("GET", url)).json()["data"])["warnings"] or now["status"] != "UPLOADING":
            await asyncio.sleep(0.2)  # the render, and the first attempt to send it to the storage
    assert any("storage" in warning for warning in now["warnings"]), now

    effective = now["config"]
    assert effective["storage_config"] == {"type": "aws", "bucket": "films", "region": "eu-1", "path": "in"}
    assert effective["rtmp_out_config"] == {"rtmp_url": "rtmp://live.invalid/***"}

    for what, canary in it.canaries.items():
        assert not [text for text in it.seen if canary in text], f"an answer tells the {what}"
        assert found_in(it.server.data_dir, canary) == [], f"the {what} lies in the data folder"
    assert found_in(it.server.data_dir, it.server.token) == ["bootstrap.json"]
    lines = (it.server.data_dir / "server.log").read_text().splitlines()
    assert len(lines) > 20
    assert not [line for line in lines if "Traceback" in line or '"level": "error"' in line], "a request made an error"
