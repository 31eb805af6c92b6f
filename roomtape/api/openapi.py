"""Owns `/openapi.json`: what FastAPI finds in the routes, with the shapes of all answers and errors put in."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from roomtape.api import answers as a
from roomtape.api import answers_webhooks as w
from roomtape.api.paths import APP, KIT
from roomtape.errors import (
    Conflict,
    Forbidden,
    NotFound,
    NotOffered,
    RoomtapeError,
    SfuError,
    StorageError,
    TooMany,
    Unauthorized,
)

_MEETING, _SESSION = APP + "/meetings/{meeting_id}", APP + "/sessions/{session_id}"
_RECORDING, _WEBHOOK = APP + "/recordings/{recording_id}", APP + "/webhooks/{webhook_id}"
_PARTICIPANT, _DELIVERY = _MEETING + "/participants/{participant_id}", _WEBHOOK + "/deliveries/{delivery_id}"

ANSWERS: dict[tuple[str, str], Any] = {
    ("get", "/healthz"): a.Health,
    ("get", "/.well-known/webhooks.json"): a.Success[w.WebhookKey],
    ("get", "/client/v4/accounts"): a.Accounts,
    ("get", KIT + "-tokens"): a.Listed[list[a.TokenShown]],
    ("post", KIT + "-tokens"): a.Success[a.TokenMade],
    ("delete", KIT + "-tokens/{token_id}"): a.Success[a.TokenShown],
    ("get", KIT + "/apps"): a.Listed[list[a.AppShown]],
    ("post", KIT + "/apps"): a.Success[a.AppMade],
    ("get", APP + "/recording-config"): a.Success[dict[str, Any]],
    ("put", APP + "/recording-config"): a.Success[dict[str, Any]],
    ("patch", APP + "/recording-config"): a.Success[dict[str, Any]],
    ("post", APP + "/meetings"): a.Success[a.MeetingShown],
    ("get", APP + "/meetings"): a.Listed[list[a.MeetingShown]],
    ("get", _MEETING): a.Success[a.MeetingShown],
    ("patch", _MEETING): a.Success[a.MeetingShown],
    ("put", _MEETING): a.Success[a.MeetingShown],
    ("post", _MEETING + "/participants"): a.Success[a.ParticipantWithToken],
    ("get", _MEETING + "/participants"): a.Listed[list[a.ParticipantShown]],
    ("get", _PARTICIPANT): a.Success[a.ParticipantShown],
    ("patch", _PARTICIPANT): a.Success[a.ParticipantWithToken],
    ("delete", _PARTICIPANT): a.Success[a.ParticipantRemoved],
    ("post", _PARTICIPANT + "/token"): a.Success[a.ParticipantToken],
    ("get", _MEETING + "/active-session"): a.Success[a.SessionShown],
    ("post", _MEETING + "/active-session/kick"): a.Success[a.Kicked],
    ("post", _MEETING + "/active-session/kick-all"): a.Success[a.AllKicked],
    ("post", APP + "/presets"): a.Success[a.PresetShown],
    ("get", APP + "/presets"): a.Listed[list[a.PresetListed]],
    ("get", APP + "/presets/{preset_id}"): a.Success[a.PresetShown],
    ("patch", APP + "/presets/{preset_id}"): a.Success[a.PresetShown],
    ("put", APP + "/presets/{preset_id}"): a.Success[a.PresetShown],
    ("delete", APP + "/presets/{preset_id}"): a.Success[a.PresetShown],
    ("get", APP + "/sessions"): a.Listed[a.Sessions],
    ("get", _SESSION): a.Success[a.SessionShown],
    ("get", _SESSION + "/participants"): a.Listed[a.SessionParticipants],
    ("get", _SESSION + "/participants/{participant_id}"): a.Success[a.SessionParticipantFound],
    ("get", _SESSION + "/chat"): a.Success[a.SessionChat],
    ("get", APP + "/sessions/peer-report/{peer_id}"): a.Success[a.PeerReportFound],
    ("get", APP + "/analytics/daywise"): a.Success[a.Daywise],
    ("post", APP + "/recordings"): a.Success[a.RecordingShown],
    ("post", APP + "/recordings/track"): a.Success[a.TrackRecordingStarted],
    ("get", APP + "/recordings"): a.Listed[list[a.RecordingListed]],
    ("get", APP + "/recordings/active-recording/{meeting_id}"): a.Success[a.RecordingShown],
    ("get", _RECORDING): a.Success[a.RecordingShown],
    ("put", _RECORDING): a.Success[a.RecordingShown],
    ("post", _RECORDING + "/metadata"): a.Success[a.MetadataSent],
    ("put", _RECORDING + "/storage"): a.Success[a.RecordingShown],
    ("post", APP + "/storage/test"): a.Success[a.StorageTested],
    ("post", APP + "/webhooks"): a.Success[w.WebhookShown],
    ("get", APP + "/webhooks"): a.Success[list[w.WebhookShown]],
    ("get", APP + "/webhooks/all"): a.Success[list[str]],
    ("get", _WEBHOOK): a.Success[w.WebhookShown],
    ("patch", _WEBHOOK): a.Success[w.WebhookShown],
    ("put", _WEBHOOK): a.Success[w.WebhookShown],
    ("delete", _WEBHOOK): a.Success[w.WebhookShown],
    ("get", _WEBHOOK + "/deliveries"): a.Listed[list[w.DeliveryShown]],
    ("get", _DELIVERY): a.Success[w.DeliveryWithPayload],
    ("post", _DELIVERY + "/repeat"): a.Success[w.DeliveryShown],
    ("get", "/iceservers"): a.IceServers,
    ("get", "/v2/internals/participant-details"): a.Success[a.ParticipantDetails],
    ("post", "/v2/recordings"): a.Success[a.RecordingShown],
    ("put", "/v2/recordings/{recording_id}"): a.Success[a.RecordingShown],
    ("get", "/v2/recordings/active-recording/{meeting_id}"): a.Success[a.RecordingShown],
    ("post", "/v2/meetings/chat-upload"): a.Success[a.ChatFileLinks],
    ("put", "/chat-files/{path}"): a.Success[a.ChatFileStored],
}
"""What a good answer to each operation has in it; what is not here (files, the manifest) the route tells itself."""

_REFS = "#/components/schemas/{model}"
_OPEN = frozenset({"/healthz", "/.well-known/webhooks.json"})
"""Ask for no token and take nothing that could be wrong."""
_FILES = frozenset({"/bucket/{path}", "/bucket-folder/{expires}/{signature}/{path}", "/chat-files/{path}"})


def install(app: FastAPI) -> None:
    """Make `app` describe itself so."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def documented_methods(app: FastAPI, path: str) -> set[str]:
    """Return the methods that the description has for a path, none for one that it does not know."""
    found = [template for template in app.openapi()["paths"] if _pattern(template).fullmatch(path)]
    # Of `webhooks/all` and `webhooks/{webhook_id}` the one with fewer names to fill in is meant.
    best = min(found, key=lambda template: template.count("{"), default=None)
    return set() if best is None else {method.upper() for method in app.openapi()["paths"][best]}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", template)
    one = ".+" if template in _FILES else "[^/]+"
    return re.compile("".join(one if part.startswith("{") else re.escape(part) for part in parts))


def _described(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    models = [(model, "serialization") for model in {*ANSWERS.values(), a.ErrorBody}]
    refs, definitions = models_json_schema(models, ref_template=_REFS)  # type: ignore[arg-type]
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(definitions["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    error = refs[a.ErrorBody, "serialization"]
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            responses = operation["responses"]
            responses.pop("422", None)
            model = ANSWERS.get((method, path))
            if model is not None:
                good = next(iter(responses.values()))
                good["content"] = {"application/json": {"schema": refs[model, "serialization"]}}
            for status in _errors(method, path, "requestBody" in operation):
                responses[str(status)] = _error(status, error)
    made["paths"].get("/healthz", {}).get("get", {})["responses"]["503"] = {
        "description": "A part is not `ok`",
        "content": {"application/json": {"schema": refs[a.Health, "serialization"]}},
    }
    _put_bounds_right(made)
    return made


def _put_bounds_right(schema: Any) -> None:
    """Give bounds of numbers that are looked at before they are checked (`bodies.Whole`) JSON Schema's names."""
    if isinstance(schema, dict):
        for name, right in (("ge", "minimum"), ("le", "maximum")):
            if name in schema and schema.get("type") == "integer":
                schema[right] = schema.pop(name)
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _put_bounds_right(inner)


def _error(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/json": {"schema": schema}},
    }
    if status == TooMany.status:
        wait = {"description": "Seconds to wait", "required": True, "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": wait}
    return answer


def _errors(method: str, path: str, has_body: bool) -> list[int]:
    """Return the statuses of the errors that an operation may answer."""
    if path in _OPEN:
        return [TooMany.status]
    found: list[type[RoomtapeError]] = [Forbidden, NotFound, TooMany]
    more = [422]
    if path not in _FILES:
        found.append(Unauthorized)
    if path.startswith("/whip"):
        more += [406, 412, 415]
    if method != "get":
        more += [400, 413]
        found += [Conflict, SfuError, StorageError]
    elif path.endswith("/manifest"):
        found += [Conflict, StorageError]
    elif path in _FILES:
        found.append(StorageError)
    if has_body:
        found.append(NotOffered)
    return sorted({*more, *(error.status for error in found)})
