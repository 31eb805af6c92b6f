"""What of the official SDK is relied on: a newer version that speaks otherwise is told apart here, in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor

from roomtape.rooms.realtimekit import events
from roomtape.rooms.realtimekit.wire import schema_pb2
from tests.support import sdkschema
from tests.support.sdk import NODE_MODULES, SDK

PAGE = Path(__file__).parents[2] / "docs" / "realtimekit-clients.md"
BUNDLE = SDK / "dist" / "index.es.js"
SERVICES = {0: events.Room, 1: events.Chat, 2: events.Plugin, 3: events.Polls, 5: events.Preset, 0x300: events.Media}
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


def _plain(name: str) -> str:
    plain = name.replace("_", "").lower()
    return "roomterminationbroadcast" if plain == "mediaroomterminationbroadcastresponse" else plain
