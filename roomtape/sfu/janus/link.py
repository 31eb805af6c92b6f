"""Owns the server's one session in Janus: makes or claims it, keeps it alive, and finds it again after a break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from roomtape.errors import SfuError
from roomtape.sfu.janus.client import SESSION_NOT_FOUND, JanusClient, Jsep, Message, PluginReply
from roomtape.sfu.port import Handle

log = structlog.get_logger()

READY_WITHIN_S = 5.0
_DESTROY_WITHIN_S = 2.0
_KEEPALIVE_S = 20.0
_BACKOFF_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
_PLUGIN = "janus.plugin.videoroom"


class JanusLink:
    """The session and whatever connection carries it now.

    `address` waits for Janus and returns its ws:// URL. `on_event` gets Janus's events of our session,
    `on_lost` says that the session is void, `on_ready(claimed)` that one stands: the same one when `claimed`.
    All three run in the event loop and must not block.
    """

    def __init__(
        self,
        address: Callable[[], Awaitable[str]],
        secret: str | None,
        reclaim_s: int,
        *,
        on_event: Callable[[Message], None],
        on_lost: Callable[[], None],
        on_ready: Callable[[bool], None],
    ) -> None:
        self.session: int | None = None
        self._address = address
        self._secret = secret
        self._interval_s = min(_KEEPALIVE_S, reclaim_s / 3)
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_ready = on_ready
        self._client: JanusClient | None = None
        self._control: int | None = None
        self._probes: set[int] = set()
        self._ready = asyncio.Event()
        self._renew = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self, claim: int | None) -> bool:
        """Connect and claim the session `claim`, or make one; return whether the claimed one lives on.

        From then on the link mends itself. Raises SfuError when Janus cannot be reached.
        """
        self.session = claim
        await self._connect()
        claimed = claim is not None and self.session == claim
        self._task = asyncio.create_task(self._keep(), name="janus link")
        return claimed

    async def close(self, *, keep_session: bool) -> None:
        """Stop; without `keep_session` Janus is told to drop the session and all its handles."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._ready.clear()
        client, self._client = self._client, None
        if client is None:
            return
        if not keep_session and self.session is not None:
            with suppress(SfuError, TimeoutError):
                async with asyncio.timeout(_DESTROY_WITHIN_S):
                    await client.request({"janus": "destroy", "session_id": self.session})
            self.session = None
        await client.close()

    def void(self) -> None:
        """Janus died or dropped the session: everything in it is gone. May be called more than once."""
        if self.session is None:
            return
        self.session = None
        self._ready.clear()
        self._renew.set()
        if self._task is not None:  # while opening, `open` says it with its result
            self._on_lost()

    async def attach(self) -> Handle:
        """Return a new handle. Raises SfuError."""
        client, session = await self._now()
        reply = await client.request({"janus": "attach", "plugin": _PLUGIN, "session_id": session})
        return Handle(session, reply["data"]["id"])

    @asynccontextmanager
    async def probe(self) -> AsyncIterator[Handle]:
        """Give a handle for a question, which is detached after it; no event of it is reported. Raises SfuError."""
        handle = await self.attach()
        # Kept for as long as the session: its hang-up may come long after it was detached.
        self._probes.add(handle.id)
        try:
            yield handle
        finally:
            with suppress(SfuError):
                await self.request({"janus": "detach", "handle_id": handle.id})

    async def request(self, message: Message) -> Message:
        """Send a request of our session. Raises SfuError, also when Janus stays away for 5 s."""
        client, session = await self._now()
        return await client.request({**message, "session_id": session})

    async def plugin(self, handle: int, body: Message, jsep: Jsep | None = None) -> PluginReply:
        """Send a request that the VideoRoom answers with an event. Raises SfuError."""
        client, session = await self._now()
        return await client.plugin(session, handle, body, jsep)

    async def rooms(self, body: Message) -> Message:
        """Send a request about a room, which belongs to no publisher's handle; return the answer. Raises SfuError."""
        client, session = await self._now()
        assert self._control is not None
        return (await client.plugin(session, self._control, body, event=False)).data

    async def _now(self) -> tuple[JanusClient, int]:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._ready.wait()
        except TimeoutError:
            raise SfuError("Janus is away; it is being reached again, try once more in a moment") from None
        assert self._client is not None
        assert self.session is not None
        return self._client, self.session

    async def _keep(self) -> None:
        """Keep the session alive until the connection drops or the session is void, then mend; for ever."""
        while True:
            await self._keep_alive()
            self._ready.clear()
            if self._client is not None:
                await self._client.close()
            before, attempt = self.session, 0
            while not self._ready.is_set():
                await asyncio.sleep(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])
                attempt += 1
                try:
                    await self._connect()
                except Exception as error:  # meetings depend on it: whatever it was, try again
                    log.warning("Janus is away; trying again", error=str(error))
            self._on_ready(before is not None and before == self.session)

    async def _keep_alive(self) -> None:
        client = self._client
        assert client is not None
        while not client.closed.is_set() and not self._renew.is_set():
            ends = [asyncio.ensure_future(event.wait()) for event in (client.closed, self._renew)]
            try:
                await asyncio.wait(ends, timeout=self._interval_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
            if client.closed.is_set() or self._renew.is_set():
                return
            try:
                await client.request({"janus": "keepalive", "session_id": self.session})
            except SfuError as error:
                if error.sfu_code == SESSION_NOT_FOUND:
                    self.void()
                log.warning("Janus does not take a keep-alive", error=str(error))
                return

    async def _connect(self) -> None:
        """Make a connection and the session on it. Raises SfuError."""
        url = await self._address()
        self._renew.clear()
        client = await JanusClient.open(url, self._secret, self._take)
        try:
            if self.session is not None and not await _claim(client, self.session):
                self.void()
                self._renew.clear()
            session = self.session
            if session is None:
                session = (await client.request({"janus": "create"}))["data"]["id"]
                self._probes.clear()
            attach = {"janus": "attach", "plugin": _PLUGIN, "session_id": session}
            control = (await client.request(attach))["data"]["id"]
        except BaseException:
            await client.close()
            raise
        self._client, self.session, self._control = client, session, control
        self._ready.set()

    def _take(self, event: Message) -> None:
        if self.session is None or event.get("session_id") != self.session:
            return
        if event.get("janus") == "timeout":
            log.error("Janus dropped our session: no keep-alive reached it in time")
            self.void()
        elif event.get("sender") != self._control and event.get("sender") not in self._probes:
            self._on_event(event)


async def _claim(client: JanusClient, session: int) -> bool:
    try:
        await client.request({"janus": "claim", "session_id": session})
    except SfuError as error:
        if error.sfu_code == SESSION_NOT_FOUND:
            return False
        raise
    return True
