"""Owns delivering: attempts are begun when they are due, made side by side, and judged; rows alone say what is left.

A server that is killed loses nothing: an attempt that was under way is made again when its lease is over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from roomtape import metrics
from roomtape.clock import now_us, to_datetime
from roomtape.db import deliveries as rows
from roomtape.db.database import Database
from roomtape.domain.webhook import Delivery, DeliveryState, Webhook, wait_s
from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.fetch import SCHEMES
from roomtape.outbound.guard import Barred, Guard
from roomtape.outbound.send import EXCERPT_WITHIN_S, Answer, post
from roomtape.settings import Settings
from roomtape.webhooks.fanout import AT_ONCE, fan_out
from roomtape.webhooks.payloads import Link
from roomtape.webhooks.signature import Signer

log = structlog.get_logger()

POLL_S = 0.5
PURGE_EVERY_S = 3600.0
MOST_ATTEMPTS = 32
MOST_OF_ONE = 4
"""Attempts side by side, in all and for one webhook: a receiver that hangs must not keep the others waiting."""
MOST_OF_SILENT = MOST_ATTEMPTS // 2
"""Attempts side by side for all webhooks together that gave no answer last time: the rest is for those that answer."""
LEASE_MARGIN_S = 2.0
STOP_WITHIN_S = 1.0


@dataclass(frozen=True)
class Verdict:
    """How an attempt went: `state` is WAITING when it is to be made again, after `at_least_s` if that is longer."""

    state: DeliveryState
    answer: Answer | None = None
    error: str | None = None
    at_least_s: float = 0


class Dispatcher:
    """Delivers for as long as it runs. `public_key` is what receivers verify with, in PEM."""

    def __init__(self, settings: Settings, db: Database, guard: Guard, signer: Signer, link: Link) -> None:
        self._settings = settings
        self._db = db
        self._guard = guard
        self._signer = signer
        self._link = link
        self.public_key = signer.public_key
        self.patience = timedelta(hours=settings.webhook_patience_h)
        self._attempts: dict[asyncio.Task[None], str] = {}
        self._silent: set[str] = set()
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._purged_at = float("-inf")

    def start(self) -> None:
        """Begin to deliver, what is left from before first."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; attempts that take longer than a second are left for the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._attempts:
            _, late = await asyncio.wait(self._attempts, timeout=STOP_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def check(self, url: str) -> None:
        """Refuse a URL of which it is plain that nothing can be sent there. Raises InvalidRequest for `url`."""
        try:
            self._guard.foresee(url, SCHEMES)
        except (InvalidRequest, Barred) as error:
            raise InvalidRequest(error.message, "url") from None

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                taken = await fan_out(self._db, self._link, self.patience)
                await self._begin_due()
                await self._purge()
            except Exception:
                log.exception("webhooks go on in a moment")
                taken = 0
            if taken < AT_ONCE:
                await self._until_woken()

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _begin_due(self) -> None:
        while (free := MOST_ATTEMPTS - len(self._attempts)) > 0:
            running = Counter(self._attempts.values())
            busy = {webhook_id for webhook_id in {*running, *self._silent} if self._has_enough(webhook_id, running)}
            found = await rows.due(self._db, to_datetime(now_us()), busy, free)
            begun = 0
            for delivery_id, webhook_id in found:
                if not self._has_enough(webhook_id, running) and await self._begin(delivery_id):
                    running[webhook_id] += 1
                    begun += 1
            if begun == 0:
                return

    def _has_enough(self, webhook_id: str, running: Counter[str]) -> bool:
        if running[webhook_id] >= MOST_OF_ONE:
            return True
        return webhook_id in self._silent and sum(running[each] for each in self._silent) >= MOST_OF_SILENT

    async def _begin(self, delivery_id: str) -> bool:
        now = to_datetime(now_us())
        lease_s = self._settings.webhook_timeout_s + EXCERPT_WITHIN_S + LEASE_MARGIN_S
        claimed = await rows.claim(self._db, delivery_id, now, now + timedelta(seconds=lease_s))
        if claimed is None:
            return False
        task = asyncio.create_task(self._attempt(*claimed))
        self._attempts[task] = claimed[0].id
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._attempts[task]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("attempt for a webhook failed; it is made again", error=type(error).__name__, exc_info=error)

    async def _attempt(self, webhook: Webhook, delivery: Delivery) -> None:
        verdict = await self._sent(webhook, delivery)
        (self._silent.discard if verdict.answer else self._silent.add)(webhook.id)
        outcome = self._outcome(delivery, verdict)
        await rows.settle(self._db, delivery, **outcome)
        state = outcome["state"]
        metrics.WEBHOOK_ATTEMPTS.labels("retried" if state is DeliveryState.WAITING else state.lower()).inc()
        # The path and the query of a webhook's URL may be its secret.
        facts: dict[str, Any] = {
            "webhook_id": webhook.id,
            "host": urlsplit(webhook.url).hostname,
            "webhook_event": delivery.event,
        }
        facts |= {"delivery_id": delivery.id, "attempt": delivery.attempts, "status": outcome["answer_status"]}
        if state is DeliveryState.DELIVERED:
            log.info("webhook told", **facts)
        else:
            log.warning("webhook not told", again=state is DeliveryState.WAITING, error=outcome["error"], **facts)

    async def _sent(self, webhook: Webhook, delivery: Delivery) -> Verdict:
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Roomtape",
            "rtk-signature": await asyncio.to_thread(self._signer.sign, body),
            "rtk-uuid": delivery.id,
            "rtk-webhook-id": webhook.id,
        }
        try:
            return judged(await post(self._guard, webhook.url, body, headers, self._settings.webhook_timeout_s))
        except (InvalidRequest, Barred) as error:
            return Verdict(DeliveryState.FAILED, error=str(error))
        except DestinationError as error:
            return Verdict(DeliveryState.WAITING, error=str(error))

    def _outcome(self, delivery: Delivery, verdict: Verdict) -> dict[str, Any]:
        """Return the columns after an attempt; what would be made again too late is given up."""
        settings, now = self._settings, to_datetime(now_us())
        state, error = verdict.state, verdict.error
        answer = verdict.answer
        outcome: dict[str, Any] = {
            "answer_status": None if answer is None else answer.status,
            "answer_excerpt": None if answer is None else answer.excerpt,
        }
        if state is DeliveryState.WAITING:
            wait = wait_s(delivery.attempts, settings.webhook_retry_first_s, settings.webhook_retry_most_s)
            again = now + timedelta(seconds=min(max(wait, verdict.at_least_s), settings.webhook_retry_most_s))
            if again < delivery.give_up_at:
                return outcome | {"state": state, "error": error, "next_at": again}
            state, error = DeliveryState.FAILED, f"{error}; given up after {delivery.attempts} attempts"
        return outcome | {"state": state, "error": error, "finished_at": now}

    async def _purge(self) -> None:
        if (now_s := asyncio.get_running_loop().time()) - self._purged_at < PURGE_EVERY_S:
            return
        self._purged_at = now_s
        self._silent.clear()  # Those that were deleted are not to be known for ever; the others show themselves again.
        before = to_datetime(now_us()) - timedelta(days=self._settings.webhook_deliveries_days)
        if gone := await rows.purge(self._db, before):
            log.info("old deliveries forgotten", deliveries=gone)


def judged(answer: Answer) -> Verdict:
    """Return what an answer means: 2xx is good, 429 and 5xx may be better next time, anything else is final."""
    if 200 <= answer.status < 300:
        return Verdict(DeliveryState.DELIVERED, answer)
    error = f"it answered {answer.status}"
    if answer.status == 429 or answer.status >= 500:
        return Verdict(DeliveryState.WAITING, answer, error, answer.retry_after_s or 0)
    return Verdict(DeliveryState.FAILED, answer, f"{error}, which is final")
