"""The official SDK, unmodified, in headless Chromium: who is in a meeting sees and hears what the others do."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Error

from tests.support.sdk import SCREENS, Devices, SdkBrowser, SdkPeer
from tests.support.sdkmeeting import GUEST, HOST, IDENTITIES, TONES, SdkMeeting, perceives
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with running(tmp_path_factory.mktemp("server") / "data") as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def meeting(server: Server, browser: SdkBrowser) -> Any:
    """A meeting with ann, a host, and bob, a guest; most tests share it, since joining is what takes time.

    The tests with meetings of their own come before, when its windows do not play yet.
    """
    async with SdkMeeting(server, browser, await server.meeting()) as made:
        await made.join("ann", HOST)
        await made.join("bob")
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def ann(meeting: SdkMeeting) -> SdkPeer:
    return meeting.people["ann"]


@pytest_asyncio.fixture(loop_scope="session")
async def bob(meeting: SdkMeeting) -> SdkPeer:
    return meeting.people["bob"]


async def test_whoever_waits_comes_in_once_a_host_says_so(server: Server, browser: SdkBrowser) -> None:
    async with SdkMeeting(server, browser, await server.meeting()) as made:
        preset = await waiting_preset(server)
        host = await made.join("ann", HOST)
        cat = await made.join("cat", preset)
        dan = await made.join("dan", preset)
        waiting = "meeting => meeting.participants.waitlisted.toArray().map(p => p.name).sort().join()"
        assert (await cat.me())["roomState"] == "waitlisted"
        await host.until(f"meeting => ({waiting})(meeting) === 'cat,dan'")
        assert await host.others() == {}
        await host.run("(meeting, id) => meeting.participants.acceptWaitingRoomRequest(id)", cat.id)
        await host.run("(meeting, id) => meeting.participants.rejectWaitingRoomRequest(id)", dan.id)
        await cat.until("meeting => meeting.self.roomState === 'joined'")
        await perceives(host, "cat", cat.id)
        await dan.until("meeting => meeting.self.roomState !== 'waitlisted'")
        assert dan.id not in await host.others()


async def waiting_preset(server: Server) -> str:
    """Make a preset whose participants wait; return its name."""
    listed = (await server.http.get(f"{server.prefix}/presets", params={"per_page": 50})).json()["data"]
    guest = next(preset for preset in listed if preset["name"] == GUEST)
    body = (await server.http.get(f"{server.prefix}/presets/{guest['id']}")).json()["data"]
    made = {key: body[key] for key in ("config", "permissions", "ui")} | {"name": f"waits {uuid4().hex[:8]}"}
    made["permissions"]["waiting_room_type"] = "SKIP_ON_ACCEPT"
    answer = await server.http.post(f"{server.prefix}/presets", json=made)
    assert answer.status_code == 201, answer.text
    return str(made["name"])


async def test_a_meeting_that_is_ended_ends_for_all(server: Server, browser: SdkBrowser) -> None:
    async with SdkMeeting(server, browser, await server.meeting()) as made:
        host = await made.join("ann", HOST)
        bob = await made.join("bob")
        await host.run("meeting => meeting.participants.kickAll()")
        await bob.until("meeting => ['ended', 'kicked', 'left'].includes(meeting.self.roomState)")
        await host.until("meeting => ['ended', 'kicked', 'left'].includes(meeting.self.roomState)")


async def test_two_see_and_hear_each_other(ann: SdkPeer, bob: SdkPeer) -> None:
    await ann.until_other(bob.id, name="bob", customId="custom-bob", preset=GUEST, audio=True, video=True)
    await bob.until_other(ann.id, name="ann", customId="custom-ann", preset=HOST, audio=True, video=True)
    await perceives(ann, "bob", bob.id)
    await perceives(bob, "ann", ann.id)


async def test_mute_and_unmute(ann: SdkPeer, bob: SdkPeer) -> None:
    await bob.mute()
    await ann.until_other(bob.id, audio=False)
    await ann.hears_nothing(bob.id)
    await bob.unmute()
    await ann.until_other(bob.id, audio=True)
    await ann.hears(bob.id, TONES["bob"])


async def test_camera_off_and_on_again_and_again(ann: SdkPeer, bob: SdkPeer) -> None:
    for _ in range(3):
        await ann.camera_off()
        await bob.until_other(ann.id, video=False)
        await ann.camera_on()
        await bob.until_other(ann.id, video=True)
        await bob.sees(ann.id, IDENTITIES["ann"])


async def test_a_shared_screen_comes_and_goes_beside_the_camera(ann: SdkPeer, bob: SdkPeer) -> None:
    for _ in range(2):
        await bob.share()
        await ann.until_other(bob.id, screen=True)
        await ann.sees(bob.id, SCREENS + IDENTITIES["bob"], "screen")
        await ann.sees(bob.id, IDENTITIES["bob"])
        await bob.unshare()
        await ann.until_other(bob.id, screen=False)
    await perceives(ann, "bob", bob.id)


async def test_a_screen_that_is_shared_for_a_moment_only_does_not_stay(ann: SdkPeer, bob: SdkPeer) -> None:
    flash = """(meeting, wait) => meeting.self.enableScreenShare()
        .then(() => new Promise(done => setTimeout(done, wait))).then(() => meeting.self.disableScreenShare())"""
    for wait_ms in (0, 30, 60, 100, 150):
        await bob.run(flash, wait_ms)
        await asyncio.sleep(0.3)
        await ann.until_other(bob.id, 3, screen=False)
    await bob.run("meeting => Promise.all([meeting.self.disableAudio(), meeting.self.disableVideo()])")
    await bob.run("meeting => meeting.self.enableVideo().then(() => meeting.self.disableVideo())")
    await ann.until_other(bob.id, audio=False, video=False)
    await bob.run("meeting => Promise.all([meeting.self.enableAudio(), meeting.self.enableVideo()])")
    await perceives(ann, "bob", bob.id)


async def test_a_host_mutes_somebody(ann: SdkPeer, bob: SdkPeer) -> None:
    await ann.mute_other(bob)
    await bob.until("meeting => !meeting.self.audioEnabled")
    await ann.until_other(bob.id, audio=False)
    await bob.unmute()
    await ann.hears(bob.id, TONES["bob"])


async def test_a_host_mutes_all(ann: SdkPeer, bob: SdkPeer) -> None:
    await ann.run("meeting => meeting.participants.disableAllAudio(true)")
    await ann.run("meeting => meeting.participants.disableAllVideo()")
    await bob.until("meeting => !meeting.self.audioEnabled && !meeting.self.videoEnabled")
    await ann.until_other(bob.id, audio=False, video=False)
    assert (await ann.me())["audio"], "the host who mutes all goes on speaking"
    await bob.unmute()
    await bob.camera_on()
    await perceives(ann, "bob", bob.id)


async def test_chat_reaches_all_or_one(ann: SdkPeer, bob: SdkPeer) -> None:
    await bob.run("meeting => meeting.chat.sendTextMessage('to all')")
    script = "(meeting, text) => meeting.chat.messages.find(m => m.message === text)?.displayName"
    for who in (ann, bob):
        assert await who.until(script, "to all") == "bob"
    await ann.run("(meeting, id) => meeting.chat.sendTextMessage('to one', [id])", bob.id)
    assert await bob.until(script, "to one") == "ann"


async def test_a_file_in_chat_is_there_for_the_others(ann: SdkPeer, bob: SdkPeer) -> None:
    # Without a type the SDK puts `{}` there instead of the file.
    file = "new File(['the agenda'], 'agenda.txt', {type: 'text/plain'})"
    await bob.run(f"meeting => meeting.chat.sendFileMessage({file})")
    script = "meeting => meeting.chat.messages.find(m => m.name === 'agenda.txt')?.link"
    link = await ann.until(script)
    async with httpx.AsyncClient() as client:
        assert (await client.get(link)).text == "the agenda"


async def test_broadcast_messages_reach_the_others(ann: SdkPeer, bob: SdkPeer) -> None:
    await bob.run("meeting => meeting.participants.broadcastMessage('wave', {hands: 2})")
    for _ in range(80):
        told = [e[3] for e in await ann.events("participants", "broadcastedMessage") if e[3]["type"] == "wave"]
        if told:
            break
        await asyncio.sleep(0.1)
    assert told[0]["payload"]["hands"] == 2


async def test_polls_are_made_and_voted_on(ann: SdkPeer, bob: SdkPeer) -> None:
    await ann.run("meeting => meeting.polls.create('Lunch?', ['soup', 'bread'])")
    poll = await bob.until("meeting => meeting.polls.items.find(p => p.question === 'Lunch?')?.id")
    await bob.run("(meeting, id) => meeting.polls.vote(id, 1)", poll)
    votes = "meeting => meeting.polls.items[0].options.map(o => o.count).join() === '0,1'"
    await ann.until(votes)
    await bob.until(votes)


async def test_whoever_comes_late_sees_hears_and_reads_all_and_goes_again(
    meeting: SdkMeeting, ann: SdkPeer, bob: SdkPeer
) -> None:
    await bob.share()
    await ann.run("meeting => meeting.chat.sendTextMessage('before cat')")
    cat = await meeting.join("cat")
    await perceives(cat, "ann", ann.id)
    await perceives(cat, "bob", bob.id)
    await cat.sees(bob.id, SCREENS + IDENTITIES["bob"], "screen")
    await cat.until("meeting => meeting.chat.messages.some(m => m.message === 'before cat')")
    await cat.until("meeting => meeting.polls.items.some(p => p.question === 'Lunch?')")
    for who in (ann, bob):
        await perceives(who, "cat", cat.id)
    await bob.unshare()
    await cat.leave()
    for who in (ann, bob):
        await who.until_gone(cat.id)
    await perceives(ann, "bob", bob.id)
    assert (await cat.events("self", "roomLeft"))[-1][3] == "left"


async def test_somebody_who_is_kicked_is_told_and_the_others_see_it(
    meeting: SdkMeeting, ann: SdkPeer, bob: SdkPeer
) -> None:
    dan = await meeting.join("dan")
    await ann.until_other(dan.id)
    await bob.until_other(dan.id)
    await ann.kick(dan)
    await dan.until("meeting => meeting.self.roomState === 'kicked'")
    for who in (ann, bob):
        await who.until_gone(dan.id)
        assert (await who.me())["roomState"] == "joined"


async def test_a_page_that_is_loaded_again_is_a_new_peer_and_the_old_one_goes(
    meeting: SdkMeeting, ann: SdkPeer, bob: SdkPeer
) -> None:
    eve = await meeting.join("eve")
    await ann.until_other(eve.id)
    await eve.page.reload()
    for who in (ann, bob):
        await who.until_gone(eve.id)
    token = await meeting.token("eve")
    await eve.page.evaluate("authToken => peer.init({authToken, defaults: {audio: true, video: true}})", token)
    before, eve.id = eve.id, str(await eve.page.evaluate("peer.meeting.self.id"))
    await eve.join()
    assert eve.id != before
    await perceives(ann, "eve", eve.id)
    await perceives(eve, "bob", bob.id)
    await eve.close()
    for who in (ann, bob):
        await who.until_gone(eve.id)


async def test_a_guest_can_not_kick_mute_or_record(ann: SdkPeer, bob: SdkPeer) -> None:
    for script in (
        "(meeting, id) => meeting.participants.joined.get(id).kick()",
        "(meeting, id) => meeting.participants.joined.get(id).disableAudio()",
        "meeting => meeting.recording.start()",
    ):
        with pytest.raises(Error):
            await bob.run(script, ann.id)
    assert (await ann.me())["roomState"] == "joined"
    await bob.hears(ann.id, TONES["ann"])


async def test_a_name_given_before_joining_is_what_others_see(meeting: SdkMeeting, ann: SdkPeer) -> None:
    eve = await meeting.browser.init(meeting.server.base_url, await meeting.token("eve"), Devices(TONES["eve"], 5))
    await eve.rename("Eve of Ely")
    await eve.join()
    await ann.until_other(eve.id, name="Eve of Ely")
    await eve.leave()
    await eve.close()


async def test_a_whip_publisher_is_one_of_the_participants(meeting: SdkMeeting, ann: SdkPeer, bob: SdkPeer) -> None:
    publisher = await meeting.publisher("cat")
    try:
        for who in (ann, bob):
            found = await who.until("meeting => meeting.participants.joined.toArray().find(p => p.name === 'cat')?.id")
            await perceives(who, "cat", found)
    finally:
        await publisher.leave()
    await ann.until_gone(found)


@pytest.mark.parametrize("spoil", ["forged", "other meeting", "cut"])
async def test_a_bad_token_gets_the_sdks_own_error(
    server: Server, browser: SdkBrowser, meeting: SdkMeeting, spoil: str
) -> None:
    token = await meeting.token("eve")
    head, claims, signature = token.split(".")
    if spoil == "forged":
        token = f"{head}.{claims}.{signature[::-1]}"
    elif spoil == "other meeting":
        other = SdkMeeting(server, browser, await server.meeting())
        token = f"{head}.{(await other.token('eve')).split('.')[1]}.{signature}"
    else:
        token = f"{head}.{claims}."
    with pytest.raises(Error, match="ERR0004"):
        await browser.init(server.base_url, token)
