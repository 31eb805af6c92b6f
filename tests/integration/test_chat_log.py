"""The chat of a session on a real server: kill -9 between its end and the file, and the file is there, told once."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from tests.support import chatting
from tests.support.server import running
from tests.support.wait import until
from tests.support.webhookreceiver import receiving

pytestmark = pytest.mark.timeout(120)  # a server takes long to start on a busy machine


async def test_the_chat_of_a_session_outlives_a_kill_between_its_end_and_the_file(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1") as server:
        events = ["meeting.ended", "meeting.chatSynced"]
        await server.kit.webhooks.create_webhook(
            server.app_id, **server.ids, name="A receiver", url=receiver.url("/"), events=events
        )
        meeting = await server.meeting()
        socket = await chatting.join(server, meeting)
        for text in ('Hello, "everybody"', "and\ngoodbye"):
            await chatting.say(socket, text)
        session = await chatting.session_of(server, meeting)
        blocked = tmp_path / "data" / "bucket"
        blocked.write_text("a file where the folder should be: nothing can be written")
        await chatting.end(server, meeting)
        await until(lambda: receiver.came, 10)
        await server.kill()

        blocked.unlink()
        await server.restart()
        await until(lambda: len(receiver.taken("/")) == 2, 30)
        told = [request.event for request in receiver.taken("/")]
        assert [event["event"] for event in told] == events
        log = (await server.kit.sessions.get_session_chat(session, **server.ids, app_id=server.app_id)).data
        async with httpx.AsyncClient() as client:
            for url in (log.chat_download_url, told[1]["chatDownloadUrl"]):
                answer = await client.get(url)
                assert answer.status_code == 200
                rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
                assert [row["payload"] for row in rows] == ['Hello, "everybody"', "and\ngoodbye"]
                assert {row["sessionId"] for row in rows} == {session}
        assert datetime.fromisoformat(log.chat_download_url_expiry) > datetime.fromisoformat(told[1]["endedAt"])
        assert list((tmp_path / "data" / "rooms").iterdir()) == []
