"""Tests of delivering, against a receiver on loopback and a real database; a new Dispatcher stands for a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from roomtape.clock import now_us, to_datetime
from roomtape.db import deliveries as rows
from roomtape.db import meetings, outbox, sessions, webhooks
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting, MeetingStatus, Session, SessionStatus
from roomtape.domain.webhook import Delivery, DeliveryState, Event, Webhook
from roomtape.errors import InvalidRequest
from roomtape.outbound.guard import Guard
from roomtape.outbound.send import Answer
from roomtape.settings import Settings
from roomtape.webhooks import dispatch
from roomtape.webhooks.dispatch import Dispatcher, judged
from roomtape.webhooks.signature import Signer
from tests.support.database import APP, NOW, database
from tests.support.webhookreceiver import Behave, Receiver, receiving

MEETING = Meeting("meeting-1", APP.id, "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
SESSION = Session("s-1", APP.id, MEETING.id, "Weekly", SessionStatus.LIVE, NOW, None, NOW, 0, 0, NOW, NOW)
SIGNER = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))
LOOPBACK = Guard(("127.0.0.0/8",))
FAST: dict[str, Any] = {"webhook_retry_first_s": 0.01, "webhook_retry_most_s": 0.02, "webhook_timeout_s": 0.3}


@pytest.fixture
async def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(dispatch, "POLL_S", 0.02)
    async with database(tmp_path) as made:
        await meetings.save(made, MEETING)
        await sessions.insert(made, SESSION)
        for entry in await outbox.oldest(made, 10):
            await outbox.take(made, entry.id, [])
        yield made


def dispatcher(db: Database, guard: Guard = LOOPBACK, **settings: Any) -> Dispatcher:
    return Dispatcher(Settings(**FAST | settings), db, guard, SIGNER, lambda path, until: f"http://b/{path}")


async def hook(db: Database, url: str, name: str = "hook-1") -> Webhook:
    made = Webhook(name, APP.id, name, url, ("all",), True, NOW, NOW)
    await webhooks.add(db, made, 9)
    return made


async def happened(db: Database, *statuses: str, recording: str = "rec-1") -> None:
    for status in statuses:
        subject: dict[str, Any] = dict.fromkeys(
            ("started_us", "stopped_us", "expires_us", "duration_ms", "file_size", "download", "audio_download")
        )
        subject |= {"id": recording, "meeting_id": MEETING.id, "session_id": SESSION.id, "status": status}
        async with db.transaction() as tx:
            outbox.add(tx, APP.id, Event.RECORDING_STATUS, subject | {"kind": "COMPOSITE", "output_file_name": "f"})


async def until(done: Callable[[], Awaitable[bool]], within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not await done():
            await asyncio.sleep(0.01)


async def all_over(db: Database) -> bool:
    return not await outbox.oldest(db, 1) and await rows.waiting(db) == 0


async def deliver(db: Database, **settings: Any) -> None:
    """Run a dispatcher until nothing is left to do."""
    running = dispatcher(db, **settings)
    running.start()
    try:
        await until(lambda: all_over(db))
    finally:
        await running.stop()


async def seen(db: Database, webhook: str = "hook-1") -> list[Delivery]:
    return (await rows.find(db, webhook))[0][::-1]


def statuses(receiver: Receiver, path: str = "/") -> list[str]:
    return [r.event["recording"]["status"] for r in receiver.taken(path)]


async def test_events_arrive_signed_and_in_order(db: Database) -> None:
    async with receiving() as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED", "RECORDING", "UPLOADING", "UPLOADED")
        await deliver(db)
        assert statuses(receiver) == ["INVOKED", "RECORDING", "UPLOADING", "UPLOADED"]
        receiver.check_signatures(SIGNER.public_key)
        first = receiver.came[0]
        assert first.headers["rtk-webhook-id"] == "hook-1"
        assert first.headers["content-type"] == "application/json"
        found = await seen(db)
        assert [d.id for d in found] == [r.uuid for r in receiver.came]
        assert {(d.state, d.attempts, d.answer_status) for d in found} == {(DeliveryState.DELIVERED, 1, 200)}
        assert found[0].answer_excerpt == "answer 200 \N{REPLACEMENT CHARACTER}"


async def test_twenty_failures_are_retried_with_the_same_id_and_what_came_later_waits(db: Database) -> None:
    async with receiving({"/": lambda n: 500 if n < 20 else 204}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED", "RECORDING")
        await deliver(db)
        assert [r.did for r in receiver.came] == [500] * 20 + [204, 204]
        assert len({r.uuid for r in receiver.came[:21]}) == 1
        assert len({r.body for r in receiver.came[:21]}) == 1
        assert statuses(receiver) == ["INVOKED", "RECORDING"]
        assert [d.attempts for d in await seen(db)] == [21, 1]


@pytest.mark.parametrize(("trouble", "said"), [("hang", "no answer within 0.3 s"), ("reset", "gave no answer")])
async def test_silence_and_resets_are_retried(db: Database, trouble: str, said: str) -> None:
    async with receiving({"/": lambda n: trouble if n == 0 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED")
        running = dispatcher(db, webhook_retry_first_s=0.2, webhook_retry_most_s=1)
        running.start()

        async def tried() -> bool:
            return any(d.error for d in await seen(db))

        await until(tried)
        assert said in str((await seen(db))[0].error)
        await until(lambda: all_over(db))
        await running.stop()
        assert [r.did for r in receiver.came] == [trouble, 200]
        assert (await seen(db))[0].error is None


@pytest.mark.parametrize("status", [400, 404, 410, 302, 101 + 300])
async def test_other_answers_are_final_and_free_what_waited(db: Database, status: int) -> None:
    async with receiving({"/": lambda n: status if n == 0 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED", "RECORDING")
        await deliver(db)
        assert statuses(receiver) == ["RECORDING"]
        first = (await seen(db))[0]
        assert (first.state, first.attempts, first.answer_status) == (DeliveryState.FAILED, 1, status)
        assert first.error == f"it answered {status}, which is final"


async def test_patience_ends(db: Database) -> None:
    async with receiving({"/": lambda _: 503}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED")
        await deliver(db, webhook_patience_h=1 / 3600)
        (only,) = await seen(db)
        assert only.state is DeliveryState.FAILED
        assert only.error == f"it answered 503; given up after {len(receiver.came)} attempts"
        assert only.attempts == len(receiver.came) > 1


async def test_a_receiver_that_is_away_gets_it_when_it_is_back(db: Database) -> None:
    async with receiving() as receiver:
        port = receiver.port
    await hook(db, f"http://127.0.0.1:{port}/")
    await happened(db, "INVOKED")
    running = dispatcher(db)
    running.start()

    async def tried() -> bool:
        return any(d.attempts > 1 for d in await seen(db))

    await until(tried)
    await running.stop()
    assert "127.0.0.1 cannot be reached" in str((await seen(db))[0].error)
    async with receiving() as receiver:
        await webhooks.change(db, "hook-1", NOW, url=receiver.url("/"))
        await deliver(db)
        assert statuses(receiver) == ["INVOKED"]


async def test_one_that_hangs_does_not_keep_other_recordings_or_webhooks_waiting(db: Database) -> None:
    slow: Behave = lambda n: "hang" if n < 3 else 200  # noqa: E731
    async with receiving({"/slow": slow}) as receiver:
        await hook(db, receiver.url("/slow"))
        await hook(db, receiver.url("/good"), "hook-2")
        for name in ("a", "b", "c", "d", "e", "f"):
            await happened(db, "INVOKED", "RECORDING", recording=name)
        await deliver(db, webhook_timeout_s=1)
        at = {id(r): n for n, r in enumerate(receiver.came)}
        second_slow = [r for r in receiver.at("/slow") if r.did != "hang"][2]
        assert max(at[id(r)] for r in receiver.at("/good")) < at[id(second_slow)] + 12
        assert len(receiver.taken("/slow")) == len(receiver.taken("/good")) == 12
        for name in ("a", "b", "c", "d", "e", "f"):
            for path in ("/slow", "/good"):
                mine = [r.event["recording"] for r in receiver.taken(path) if r.event["recording"]["id"] == name]
                assert [r["status"] for r in mine] == ["INVOKED", "RECORDING"]


async def test_many_that_hang_leave_room_for_one_that_answers(db: Database) -> None:
    hanging = [f"/h{n}" for n in range(dispatch.MOST_ATTEMPTS // dispatch.MOST_OF_ONE)]
    async with receiving(dict.fromkeys(hanging, lambda _: "hang")) as receiver:
        for path in hanging:
            await hook(db, receiver.url(path), path[1:])
        for n in range(12):
            await happened(db, "INVOKED", recording=f"r{n}")
        running = dispatcher(db, webhook_timeout_s=2, webhook_retry_first_s=60, webhook_retry_most_s=60)
        running.start()
        await until(lambda: _came(receiver, dispatch.MOST_ATTEMPTS + dispatch.MOST_OF_SILENT))
        await hook(db, receiver.url("/good"), "good")
        await happened(db, "INVOKED", recording="new")
        running.wake()

        async def told() -> bool:
            return bool(receiver.at("/good"))

        await until(told, 1.5)
        await running.stop()
        assert len(receiver.came) == dispatch.MOST_ATTEMPTS + dispatch.MOST_OF_SILENT + 1


async def test_one_that_answers_again_has_its_full_share(db: Database) -> None:
    async with receiving({"/": lambda n: "reset" if n == 0 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED")
        running = dispatcher(db)
        running.start()
        await until(lambda: all_over(db))
        await running.stop()
        assert running._silent == set()


async def _came(receiver: Receiver, count: int) -> bool:
    return len(receiver.came) >= count


async def test_no_more_attempts_at_once_for_one_webhook_than_allowed(db: Database) -> None:
    async with receiving({"/": lambda n: "hang" if n < 4 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        for n in range(8):
            await happened(db, "INVOKED", recording=f"r{n}")
        running = dispatcher(db, webhook_timeout_s=3)
        running.start()

        async def all_hang() -> bool:
            return len(receiver.came) == dispatch.MOST_OF_ONE

        await until(all_hang)
        await asyncio.sleep(0.1)
        assert await all_hang()
        await running.stop()


async def test_an_attempt_that_a_crash_cut_off_is_made_again_when_its_lease_is_over(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "LEASE_MARGIN_S", -1.9)
    async with receiving({"/": lambda n: "hang" if n == 0 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED", "RECORDING")
        cut = dispatcher(db)
        cut.start()

        async def under_way() -> bool:
            return len(receiver.came) == 1

        await until(under_way)
        monkeypatch.setattr(dispatch, "STOP_WITHIN_S", 0.0)
        await cut.stop()
        await deliver(db)
        assert statuses(receiver) == ["INVOKED", "RECORDING"]
        assert receiver.came[0].uuid == receiver.came[1].uuid
        assert (await seen(db))[0].attempts == 2


async def test_a_private_address_behind_a_name_is_final(db: Database) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.5"]

    await hook(db, "http://hooks.example.com/secret-path?token=secret")
    await happened(db, "INVOKED")
    with structlog.testing.capture_logs() as logs:
        await deliver(db, guard=Guard((), inside))
    (only,) = await seen(db)
    assert (only.state, only.attempts) == (DeliveryState.FAILED, 1)
    assert "hooks.example.com is not a public address" in str(only.error)
    assert "10.0.0.5" not in str(only.error)
    told = [entry for entry in logs if entry["event"] == "webhook not told"]
    assert [(t["host"], t["again"]) for t in told] == [("hooks.example.com", False)]
    assert "secret" not in str(logs)


async def test_switching_off_drops_what_waits_and_deleting_forgets_it(db: Database) -> None:
    async with receiving({"/": lambda _: 500}) as receiver:
        made = await hook(db, receiver.url("/"))
        await hook(db, receiver.url("/"), "hook-2")
        await happened(db, "INVOKED", "RECORDING")
        running = dispatcher(db)
        running.start()

        async def tried() -> bool:
            return len(receiver.came) > 3

        await until(tried)
        await webhooks.change(db, made.id, NOW, enabled=False)
        await webhooks.delete(db, "hook-2")
        await happened(db, "UPLOADING")
        await until(lambda: all_over(db))
        await running.stop()
        assert [d.state for d in await seen(db)] == [DeliveryState.DROPPED] * 2
        assert await seen(db, "hook-2") == []


async def test_a_repeat_has_the_same_id_and_waits_for_nobody(db: Database) -> None:
    async with receiving({"/": lambda n: 500 if n > 0 and n < 5 else 200}) as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED")
        await deliver(db)
        await happened(db, "RECORDING")
        running = dispatcher(db)
        await rows.repeat(db, receiver.came[0].uuid, NOW, to_datetime(now_us()) + running.patience)
        await deliver(db)
        assert {r.uuid for r in receiver.came} == {d.id for d in await seen(db)}
        assert [d.state for d in await seen(db)] == [DeliveryState.DELIVERED] * 2
        assert sorted(r.event["recording"]["status"] for r in receiver.came if r.taken) == [
            "INVOKED",
            "INVOKED",
            "RECORDING",
        ]


async def test_finished_deliveries_are_forgotten_after_some_days(db: Database) -> None:
    async with receiving() as receiver:
        await hook(db, receiver.url("/"))
        await happened(db, "INVOKED")
        await deliver(db)
        await deliver(db)
        assert len(await seen(db)) == 1
        running = dispatcher(db, webhook_deliveries_days=1e-9)
        await running._purge()
        assert await seen(db) == []


def test_an_answer_says_whether_to_try_again() -> None:
    assert judged(Answer(429, "", 7.0)).at_least_s == 7
    assert judged(Answer(500, "", None)).state is DeliveryState.WAITING
    assert judged(Answer(299, "", None)).state is DeliveryState.DELIVERED
    assert judged(Answer(304, "", None)).state is DeliveryState.FAILED


async def test_waits_double_and_what_the_receiver_asks_for_is_bounded(db: Database) -> None:
    running = Dispatcher(Settings(), db, LOOPBACK, SIGNER, lambda path, until: "")
    now = to_datetime(now_us())
    waits = []
    for attempts in (1, 2, 3, 10, 11, 1000):
        one = Delivery("d", "h", "e", "s", "{}", now, now, now + timedelta(hours=24), attempts=attempts)
        outcome = running._outcome(one, judged(Answer(500, "", None)))
        waits.append(round((outcome["next_at"] - now).total_seconds()))
    assert waits == [1, 2, 4, 512, 900, 900]
    one = Delivery("d", "h", "e", "s", "{}", now, now, now + timedelta(hours=24), attempts=1)
    asked = running._outcome(one, judged(Answer(429, "", 1e8)))
    assert round((asked["next_at"] - now).total_seconds()) == 900


async def test_plainly_private_urls_are_refused(db: Database) -> None:
    with pytest.raises(InvalidRequest, match=r"url: 127\.0\.0\.1 is not a public address"):
        dispatcher(db, Guard(())).check("http://127.0.0.1/")
    dispatcher(db, Guard(())).check("https://hooks.example.com/")
