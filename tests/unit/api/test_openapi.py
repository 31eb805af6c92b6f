from __future__ import annotations

import json

from jsonschema_rs import validator_for

from roomtape.api.openapi import ANSWERS, documented_methods
from tests.support.api import House


async def test_every_operation_tells_its_answer_and_its_errors(api: House) -> None:
    found = (await api.client.get("/openapi.json")).json()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            schema = good.get("content", {}).get("application/json", {}).get("schema", {})
            files = path.startswith(("/bucket", "/chat-files/")) and method == "get"
            assert files or "$ref" in schema, f"{method} {path}"
            assert "429" in operation["responses"]
            if "security" in operation:
                error = operation["responses"]["401"]["content"]["application/json"]["schema"]
                assert error == {"$ref": "#/components/schemas/ErrorBody"}
            if "requestBody" in operation:
                assert {"400", "413", "422"} <= operation["responses"].keys()
    described = {(method, path) for path, methods in found["paths"].items() for method in methods}
    assert ANSWERS.keys() <= described
    assert "HTTPValidationError" not in json.dumps(found)
    assert '"ge":' not in json.dumps(found)


async def test_answers_are_as_described(api: House) -> None:
    found = (await api.client.get("/openapi.json")).json()
    meeting = await api.meeting()
    answer = await api.client.get(f"{api.kit}/meetings/{meeting}")
    schema = {"$ref": "#/components/schemas/Success_MeetingShown_", "components": found["components"]}
    check = validator_for(schema)
    check.validate(answer.json())
    lacking = answer.json()
    del lacking["data"]["status"]
    assert not check.is_valid(lacking)


async def test_a_405_names_every_method_of_the_address(api: House) -> None:
    for path, allowed in (
        ("/meetings/x", "GET, PATCH, PUT"),
        ("/webhooks/all", "GET"),
        ("/recordings", "GET, POST"),
        ("/livestreams", "GET"),
    ):
        answer = await api.client.request("TRACE", api.kit + path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed), path
    bucket = await api.client.delete("/bucket/a/b.mp4")
    assert bucket.headers["Allow"] == "GET, HEAD"
    app = api.client._transport.app  # type: ignore[attr-defined]
    assert documented_methods(app, "/nowhere") == set()
