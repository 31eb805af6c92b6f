"""Owns a stand-in for Janus's WebSocket API: sessions, claims, handles, and whatever a test lets the plugin answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

Message = dict[str, Any]


class FakeJanus:
    """`async with` serves at `url`. `plugin(body)` gives a plugin's data; `silent` names requests left unanswered."""

    def __init__(self, plugin: Callable[[Message], Message] | None = None) -> None:
        self.plugin = plugin or (lambda body: {"videoroom": "event", "configured": "ok", "room": "r"})
        self.sessions: set[int] = set()
        self.handles: set[int] = set()
        self.received: list[Message] = []
        self.silent: set[str] = set()
        self.answer: str | None = None
        self.connections: list[ServerConnection] = []
        self._next = 1000
        self._server: Server | None = None

    async def __aenter__(self) -> FakeJanus:
        self._server = await serve(self._serve, "127.0.0.1", 0, subprotocols=[Subprotocol("janus-protocol")])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    def requests(self, name: str) -> list[Message]:
        """Return what was asked: by the name of the API's request, or of the plugin's."""
        return [m for m in self.received if name in (m["janus"], m.get("body", {}).get("request"))]

    async def push(self, message: Message) -> None:
        """Send an event to whoever connected last."""
        await self.connections[-1].send(json.dumps(message))

    def drop(self) -> None:
        """Break the last connection without a word."""
        self.connections[-1].transport.abort()

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for text in connection:
            message = json.loads(text)
            self.received.append(message)
            if message["janus"] in self.silent:
                continue
            for reply in self._replies(message):
                await connection.send(json.dumps({**reply, "transaction": message["transaction"]}))

    def _replies(self, message: Message) -> list[Message]:
        name, session = message["janus"], message.get("session_id")
        if name == "create":
            self.sessions.add(self._new_id())
            return [{"janus": "success", "data": {"id": self._next}}]
        if session is not None and session not in self.sessions:
            return [{"janus": "error", "error": {"code": 458, "reason": f"No such session {session}"}}]
        if name == "attach":
            self.handles.add(self._new_id())
            return [{"janus": "success", "data": {"id": self._next}}]
        if name == "destroy":
            self.sessions.discard(session)
        if name == "keepalive":
            return [{"janus": "ack"}]
        if name != "message":
            return [{"janus": "success"}]
        return self._plugin(message)

    def _plugin(self, message: Message) -> list[Message]:
        if message["handle_id"] not in self.handles:
            return [{"janus": "error", "error": {"code": 459, "reason": "No such handle"}}]
        body, session = message["body"], message["session_id"]
        data: Message = {"plugindata": {"plugin": "janus.plugin.videoroom", "data": self.plugin(body)}}
        if body["request"] in ("create", "destroy", "listparticipants"):
            return [{"janus": "success", "session_id": session, **data}]
        event = {"janus": "event", "session_id": session, "sender": message["handle_id"], **data}
        if "jsep" in message and self.answer is not None:
            event["jsep"] = {"type": "answer", "sdp": self.answer}
        return [{"janus": "ack"}, event]

    def _new_id(self) -> int:
        self._next += 1
        return self._next
