from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from roomtape.api.app import create_app
from roomtape.api.deps import Deps
from roomtape.api.rate_limit import RateLimit
from roomtape.db import participants, presets, recordings
from roomtape.domain.meeting import Participant, Preset
from roomtape.domain.recording import Step
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import InvalidRequest
from roomtape.rooms import publishing
from roomtape.rooms.tokens import TokenIssuer
from roomtape.rooms.whip import http as whip
from roomtape.settings import Settings
from tests.support.house import NOW, House
from tests.support.offers import OFFER, offer
from tests.support.recording_fakes import recording

SDP = {"Content-Type": "application/sdp"}
MEDIA = {kind: {"can_produce": "ALLOWED"} for kind in ("audio", "video")}
CANDIDATE = "a=ice-ufrag:uf\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.2 5000 typ host\r\n"


@dataclass
class Door:
    """The WHIP door of one house; `token` and `listener_token` are of two participants of its meeting."""

    house: House
    client: httpx.AsyncClient
    issuer: TokenIssuer

    def token(self, participant: str = "ann") -> dict[str, str]:
        token = self.issuer.issue("app1", "m1", f"part-{participant}", "guest")
        return {"Authorization": f"Bearer {token}"}

    async def publish(self, text: str = OFFER, participant: str = "ann", **headers: str) -> httpx.Response:
        return await self.client.post("/whip", content=text, headers={**self.token(participant), **SDP, **headers})


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    house = House(tmp_path, ice_servers=("stun:stun.test:3478",))
    await house.create()
    for name, may in (("guest", MEDIA), ("mute", {"audio": MEDIA["audio"]})):
        await presets.save(house.db, Preset(name, "app1", name, {"permissions": {"media": may}}, NOW, NOW))
    for name, preset in (("ann", "guest"), ("bob", "guest"), ("cat", "mute")):
        await participants.save(house.db, Participant(f"part-{name}", "m1", name, name, None, preset, NOW, NOW))
    await house.rooms.start()
    issuer = TokenIssuer(bytes(32), 600)
    nothing = cast("Any", None)
    deps = Deps(
        settings=house.settings,
        db=house.db,
        rooms=house.rooms,
        recordings=nothing,
        issuer=issuer,
        bucket=nothing,
        chat_files=nothing,
        streams=nothing,
        deliveries=nothing,
        webhooks=nothing,
        messages=nothing,
        pages=nothing,
        ready=dict,
    )
    app = create_app(Deps(**{**vars(deps), "routers": (whip.router(deps),)}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door.test") as client:
        yield Door(house, client, issuer)
    await house.rooms.stop()
    await house.db.close()


async def test_who_is_removed_while_they_come_in_is_not_in(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = publishing.join

    async def removed_meanwhile(*given: Any) -> Any:
        await participants.delete(door.house.db, "part-ann")
        return await joined(*given)

    monkeypatch.setattr(publishing, "join", removed_meanwhile)
    assert (await door.publish()).status_code == 401
    session = door.house.rooms.of_meeting("m1")
    assert session is not None
    assert session.peers == {}


async def test_publish_trickle_and_leave(door: Door) -> None:
    answer = await door.publish()
    assert answer.status_code == 201
    assert answer.text == "v=0 answer"
    assert answer.headers["content-type"].startswith("application/sdp")
    assert answer.headers["etag"] == '"uf"'
    assert answer.headers["link"] == '<stun:stun.test:3478>; rel="ice-server"'
    place = answer.headers["location"]
    patched = await door.client.patch(
        place,
        content=CANDIDATE,
        headers={**door.token(), "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"uf"'},
    )
    assert patched.status_code == 204
    assert [c.mid for c in door.house.sfu.trickled] == ["0"]
    assert (await door.client.delete(place, headers=door.token())).status_code == 200
    assert (await door.client.delete(place, headers=door.token())).status_code == 404
    assert not door.house.sfu.published


async def test_who_has_no_right_to_it_learns_nothing(door: Door) -> None:
    place = (await door.publish()).headers["location"]
    assert (await door.client.post("/whip", content=OFFER, headers=SDP)).status_code == 401
    forged = {"Authorization": "Bearer " + TokenIssuer(bytes(31) + b"x", 600).issue("app1", "m1", "part-ann", "guest")}
    assert (await door.client.post("/whip", content=OFFER, headers={**forged, **SDP})).status_code == 401
    expired = {"Authorization": "Bearer " + TokenIssuer(bytes(32), -60).issue("app1", "m1", "part-ann", "guest")}
    assert (await door.client.post("/whip", content=OFFER, headers={**expired, **SDP})).status_code == 401
    assert (await door.client.delete(place, headers=door.token("bob"))).status_code == 404
    assert (await door.client.delete(place)).status_code == 401
    assert len(door.house.sfu.published) == 1


async def test_a_role_publishes_only_what_it_may(door: Door) -> None:
    assert (await door.publish(offer("audio"), "cat")).status_code == 201
    refused = await door.publish(offer("audio", "video"), "cat")
    assert refused.status_code == 403
    assert "video" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize("waiting", ["SKIP_ON_ACCEPT", "ON_PRIVILEGED_USER_ENTRY"])
async def test_nobody_walks_past_the_waiting_room(door: Door, waiting: str) -> None:
    permissions = {"media": MEDIA, "waiting_room_type": waiting}
    await presets.save(door.house.db, Preset("guest", "app1", "guest", {"permissions": permissions}, NOW, NOW))
    refused = await door.publish()
    assert refused.status_code == 403
    assert "waiting room" in refused.json()["errors"][0]["message"]
    assert not door.house.sfu.published


async def test_a_good_token_has_a_budget_of_its_own(door: Door) -> None:
    app = cast("Any", RateLimit(door.client._transport.app, 0.001, 3))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door.test") as client:
        ann = {**door.token(), **SDP}
        assert (await client.post("/whip", content="nonsense", headers=ann)).status_code == 400
        for status in (401, 401, 429):
            assert (await client.post("/whip", content=OFFER, headers=SDP)).status_code == status
        assert (await client.post("/whip", content=OFFER, headers=ann)).status_code == 201


@pytest.mark.parametrize(
    ("text", "headers", "status", "says"),
    [
        ("nonsense", SDP, 400, "v=0"),
        (OFFER.replace("opus/48000/2", "PCMU/8000"), SDP, 406, "opus"),
        (OFFER, {"Content-Type": "text/plain"}, 415, "application/sdp"),
        (OFFER + "a=" + "x" * 200_000, SDP, 413, "bytes"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(
    door: Door, text: str, headers: dict[str, str], status: int, says: str
) -> None:
    answer = await door.client.post("/whip", content=text, headers={**door.token(), **headers})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, 1000 + status)
    assert says in answer.json()["errors"][0]["message"]
    assert not door.house.sfu.published


async def test_the_sfus_refusal_and_absence_are_told(door: Door) -> None:
    async def refuse(*_: object) -> Any:
        raise InvalidRequest("Janus says: no", "sdp", 400)

    publish, door.house.sfu.publish = door.house.sfu.publish, refuse  # type: ignore[method-assign, assignment]
    assert (await door.publish()).status_code == 400
    door.house.sfu.publish = publish  # type: ignore[method-assign]
    door.house.sfu.failing.add("publish")
    assert (await door.publish()).status_code == 503


async def test_a_stale_etag_and_an_ice_restart(door: Door) -> None:
    place = (await door.publish()).headers["location"]
    headers = {**door.token(), "Content-Type": "application/trickle-ice-sdpfrag"}
    stale = await door.client.patch(place, content=CANDIDATE, headers={**headers, "If-Match": '"old"'})
    assert stale.status_code == 412
    restart = await door.client.patch(place, content=CANDIDATE, headers={**headers, "If-Match": "*"})
    assert restart.status_code == 422
    assert (await door.client.patch(place, content="junk", headers=headers)).status_code == 400


async def test_browsers_of_any_origin_may_ask(door: Door) -> None:
    asked = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    preflight = await door.client.options("/whip", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    plain = await door.client.options("/whip")
    assert plain.status_code == 204
    assert plain.headers["accept-post"] == "application/sdp"
    answer = await door.publish(Origin="https://app.test")
    assert "Location" in answer.headers["access-control-expose-headers"]


def test_turn_servers_are_told_with_credentials_of_the_participant(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, ice_servers=("stun:a.test",), turn_urls=("turn:b.test",), turn_secret="north", turn_ttl_s=60
    )
    stun, turn = whip.ice_links(settings, "ada", 1_000)
    assert stun == '<stun:a.test>; rel="ice-server"'
    assert turn.startswith('<turn:b.test>; rel="ice-server"; username="1060:ada"; credential="')
    assert turn.endswith('; credential-type="password"')


async def test_a_page_is_published_with_the_token_of_its_tape_alone(door: Door) -> None:
    session = await door.house.rooms.open(door.house.meeting)
    config = RecordingConfig(page_url="https://a.example")
    row = recording("rec", config=config, app_id="app1", meeting_id="m1", session_id=session.id)
    await recordings.insert(door.house.db, row)
    tape = {"Authorization": f"Bearer {door.issuer.issue_tape('app1', 'm1', 'rec', 60)}"}
    places = [
        (await door.client.post("/whip", content=OFFER, headers={**tape, **SDP})).headers["location"] for _ in range(2)
    ]
    (peer,) = session.peers.values()
    assert places[1].endswith(peer.id), "the newest alone is in"
    assert (peer.participant_id, peer.tape) == ("rec", True)
    assert (await door.client.delete(places[1], headers=door.token())).status_code == 404
    fragment = {**tape, "Content-Type": "application/trickle-ice-sdpfrag"}
    assert (await door.client.patch(places[1], content=CANDIDATE, headers=fragment)).status_code == 204
    await recordings.step(door.house.db, "rec", Step.FAIL, error="x")
    assert (await door.client.post("/whip", content=OFFER, headers={**tape, **SDP})).status_code == 401
