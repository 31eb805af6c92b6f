"""A recorded page that wants what it shall not have: it gets none of it, and the journal says what it wanted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

from roomtape.browser.job import PageJob
from tests.support.pagerecorder import recording_page
from tests.support.webserver import content, redirect, serving
from tests.support.whip_sink import WhipSink, serve

_WANTS = """<!doctype html><title>wants</title><p>This page wants what it shall not have.</p><iframe id=file></iframe>
<a id=save href="/large" download="large.bin">save</a><script type="module">
const got = {};
const ask = async (name, url) => {
  try { got[name] = (await (await fetch(url, {mode: NO_CORS})).text()).slice(0, 30) || 'opaque'; }
  catch (error) { got[name] = 'none'; }
};
const talk = url => new Promise(done => {
  const socket = new WebSocket(url);
  socket.onopen = () => done('open');
  socket.onerror = () => done('none');
});
const permitted = async constraints => {
  try { await navigator.mediaDevices.getUserMedia(constraints); return 'given'; } catch (error) { return error.name; }
};
document.getElementById('file').src = 'file:///etc/passwd';
document.getElementById('save').click();
got.active = navigator.userActivation.hasBeenActive;
window.open('/popup');
alert('nobody answers');
await ask('own', '/free');
await Promise.all(Object.entries(TARGETS).map(([name, url]) => ask(name, url)));
got.socket = await talk('ws://127.0.0.1:PRIVATE/');
got.camera = await permitted({video: true, audio: true});
got.webdriver = navigator.webdriver;
await fetch('/result?' + new URLSearchParams({got: JSON.stringify(got)}));
</script>"""


async def test_a_page_gets_nothing_private_and_nothing_huge(tmp_path: Path) -> None:
    answers = {"/free": content(b"free", "text/plain")}
    inside = {"/secret": content(b"secret", "text/plain", "200 OK", "Access-Control-Allow-Origin: *")}
    sink = WhipSink()
    async with serving(answers) as site, serving(inside) as private, serve(sink) as whip:
        secret = private.url("/secret")
        targets = {
            "metadata": "http://169.254.169.254/latest/meta-data/",
            "private": secret,
            "name": private.url("/secret", "localhost"),
            "hex": f"http://0x7f000001:{private.port}/secret",
            "mapped": f"http://[::ffff:127.0.0.1]:{private.port}/secret",
            "tls": f"https://127.0.0.1:{private.port}/secret",
            "network": "http://10.1.2.3/",
            "file": "file:///etc/passwd",
            "redirected": "/redirected",
            "large": "/large",
            "studio": "https://studio.roomtape.invalid/",
        }
        text = _WANTS.replace("TARGETS", json.dumps(targets)).replace("PRIVATE", str(private.port))
        answers["/"] = content(text.replace("NO_CORS", "'cors'").encode(), "text/html")
        answers["/redirected"] = redirect(secret)
        large = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 5368709120\r\n\r\n"

        async def five_gb(writer: asyncio.StreamWriter) -> None:
            writer.write(large + bytes(1 << 20))

        answers["/large"] = five_gb
        own = (f"127.0.0.1:{site.port}",)
        job = PageJob("guarded", site.url("/"), 640, 360, 30, f"{whip}/whip", "token", (), own)
        async with recording_page(tmp_path, job) as recorder:
            async with asyncio.timeout(45):
                while not (told := [path for path, _ in site.asked if path.startswith("/result")]):
                    await asyncio.sleep(0.1)
            await recorder.until("begin")
            refused = "\n".join(recorder.details("refused"))
            family = recorder.family()
            recorder.process.kill()
            await recorder.process.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, 5)
        assert not alive, "a recorder that is killed takes its browser along"
        got = json.loads(parse_qs(urlsplit(told[0]).query)["got"][0])
        assert got.pop("own") == "free"
        assert got.pop("active") is False, "a page that was clicked may do more"
        assert got.pop("webdriver") is True, "the recording SDK asks for it"
        assert got.pop("camera") in ("NotAllowedError", "NotFoundError")
        assert "larger than" in got.pop("large"), "what it was told in place of 5 GB"
        targets.pop("large")
        assert got == dict.fromkeys([*targets, "socket"], "none")
        assert private.asked == []
        for said in ("169.254.169.254", f"127.0.0.1:{private.port}/secret", "10.1.2.3", "/large", "opened a window"):
            assert said in refused
        assert "authToken" not in refused
