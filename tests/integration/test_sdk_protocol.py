"""What of the official SDK is relied on: a newer version that speaks otherwise is told apart here, in words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from google.protobuf.descriptor import FieldDescriptor

from roomtape.rooms.realtimekit import events
from roomtape.rooms.realtimekit.wire import schema_pb2
from tests.support import sdkschema
from tests.support.sdk import NODE_MODULES, SDK, sdk_browser
from tests.support.server import running

PAGE = Path(__file__).parents[2] / "docs" / "realtimekit-clients.md"
BUNDLE = SDK / "dist" / "index.es.js"
SERVICES = {0: events.Room, 1: events.Chat, 2: events.Plugin, 3: events.Polls, 5: events.Preset, 0x300: events.Media}
MEDIA = [events.Media.JOIN_ROOM, *2 * [events.Media.CREATE_WEBRTC_TRANSPORT], events.Media.SELF_JOIN_COMPLETE]
HANDSHAKE = (
    [*MEDIA, *2 * [events.Media.PRODUCE]],
    [events.Plugin.STORE_GET_KEYS, events.Room.JOIN_ROOM, events.Media.SELF_JOIN_COMPLETE],
    [events.Room.JOIN_ROOM, events.Room.GET_ROOM_INFO],
    [events.Room.JOIN_ROOM, events.Room.GET_ROOM_PEERS_INFO],
)
"""What a client must have answered before it is in, in these orders; other requests come in between."""

QUERY = {
    "roomID", "peerID", "authToken", "useMediaV2", "ping", "capabilities", "joinWithDetails", "useCfWorker",
    "useStartSession",
}  # fmt: skip
PATHS = {"/v2/internals/participant-details", "/iceservers"}
ADVICE = (
    "Read what changed, mend roomtape/rooms/realtimekit/ (schema.proto, events.py), run all test_sdk_*.py, and put the "
    f"version into docs/{PAGE.name}."
)


def installed(package: str) -> str:
    return str(json.loads((NODE_MODULES / "@cloudflare" / package / "package.json").read_text())["version"])


def test_the_installed_packages_are_those_that_the_protocol_page_says_were_tested() -> None:
    page = PAGE.read_text("utf-8")
    for package in ("realtimekit", "realtimekit-ui"):
        version = installed(package)
        named = re.findall(rf"@cloudflare/{package}`?[ @]`?(\d+\.\d+\.\d+)", page)
        assert version in named, f"@cloudflare/{package} {version} is installed, tested were {named}. {ADVICE}"


def test_the_messages_are_those_of_the_sdk() -> None:
    theirs = sdkschema.messages(BUNDLE)
    ours = {name: _fields(name) for name in schema_pb2.DESCRIPTOR.message_types_by_name}
    differ = [f"{name} is new" for name in theirs if name not in ours]
    differ += [f"{name} is gone" for name in ours if name not in theirs]
    for name in theirs.keys() & ours.keys():
        for number in sorted(theirs[name].keys() | ours[name].keys()):
            before, now = ours[name].get(number), theirs[name].get(number)
            if before != now:
                differ.append(f"{name}, field {number}: was {before}, is {now}")
    version = installed("realtimekit")
    assert not differ, f"@cloudflare/realtimekit {version} has other messages than ours:\n" + "\n".join(
        [*sorted(differ), ADVICE]
    )


def _fields(name: str) -> sdkschema.Fields:
    found: sdkschema.Fields = {}
    for field in schema_pb2.DESCRIPTOR.message_types_by_name[name].fields:
        repeated = field.is_repeated
        if field.message_type is not None:
            is_map = field.message_type.GetOptions().map_entry
            what, repeated = ("map", False) if is_map else ("message", repeated)
        else:
            what = "enum" if field.type == FieldDescriptor.TYPE_ENUM else sdkschema.SCALARS[field.type]
        found[field.number] = (field.name, what, repeated)
    return found


def test_the_events_are_those_of_the_sdk() -> None:
    tables = sdkschema.tables(BUNDLE)
    differ = []
    for service, known in SERVICES.items():
        ours = {_plain(event.name): event.value & 0xFFFF for event in known}
        theirs = max(tables, key=lambda table: len(ours.items() & {_plain(k): v for k, v in table.items()}.items()))
        now = {_plain(name): number for name, number in theirs.items() if name != "unknown"}
        for name in sorted(ours.keys() | now.keys()):
            if ours.get(name) != now.get(name):
                differ.append(f"service {service:#x}, {name}: was {ours.get(name)}, is {now.get(name)}")
    version = installed("realtimekit")
    assert not differ, f"@cloudflare/realtimekit {version} has other events than ours:\n" + "\n".join([*differ, ADVICE])


async def test_the_handshake_is_that_of_the_sdk(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as server, sdk_browser() as browser:
        meeting = await server.meeting()
        token = (await server.participant(meeting, "ann", "group_call_host")).token
        ann = await browser.join(server.base_url, token)
        await ann.until("meeting => meeting.self.roomJoined && meeting.self.audioEnabled && meeting.self.videoEnabled")
        sent = [schema_pb2.SocketMessage.FromString(frame).event for frame in ann.log.sent]
        (socket,) = ann.log.sockets
        asked = {urlsplit(url).path for url in ann.log.requested}
    version = installed("realtimekit")
    assert set(parse_qs(urlsplit(socket).query)) == QUERY, f"{version} opens its socket otherwise. {ADVICE}"
    assert asked >= PATHS, f"{version} asks for other things. {ADVICE}"
    names = [_name(event) for event in sent]
    for chain in HANDSHAKE:
        rest = iter(sent)
        missing = [event.name for event in chain if event not in rest]
        assert not missing, f"{version} has another handshake, without {missing} at its place: {names}. {ADVICE}"


def _name(number: int) -> str:
    named = (
        f"{service.__name__}.{event.name}" for service in SERVICES.values() for event in service if event == number
    )
    return next(named, f"{number:#x}")


def _plain(name: str) -> str:
    plain = name.replace("_", "").lower()
    return "roomterminationbroadcast" if plain == "mediaroomterminationbroadcastresponse" else plain
