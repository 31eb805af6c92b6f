"""Owns how every error leaves the API: one body shape, a stable code, a sentence that helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from roomtape.api.openapi import documented_methods
from roomtape.domain.ids import new_id
from roomtape.errors import InvalidRequest, OurError, RoomtapeError, TooMany

log = structlog.get_logger()

MOST_ERRORS = 20
_CODE_OF_HTTP = 1000
"""Codes of errors that are nothing but HTTP are 1000 plus the status."""

_SENTENCES = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not take this method; /docs lists what there is",
}


def body(messages: Iterable[tuple[int, str]]) -> dict[str, Any]:
    """Return the body of an error answer for pairs of code and message."""
    errors = [{"code": code, "message": message} for code, message in messages]
    return {"success": False, "errors": errors, "messages": [], "data": None}


def answer(status: int, messages: Sequence[tuple[int, str]], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error answer."""
    return JSONResponse(body(messages), status, headers=dict(headers or {}))


def unexpected(error: Exception, where: str) -> JSONResponse:
    """Log an error that nobody foresaw under a new id, and return an answer that tells this id and nothing else."""
    error_id = new_id()
    log.error("unexpected error", error_id=error_id, where=where, exc_info=error)
    return answer(500, [(1000, f"something went wrong in the server; its log tells more under the id {error_id}")])


def install(app: FastAPI) -> None:
    """Make every error of `app`'s routes, and of the framework itself, leave in our shape."""

    @app.exception_handler(RoomtapeError)
    async def ours(request: Request, error: RoomtapeError) -> JSONResponse:
        if isinstance(error, OurError):
            return unexpected(error, request.url.path)
        status = error.http_status if isinstance(error, InvalidRequest) else error.status
        if status >= 500 and status != 501:
            log.warning("request failed", where=request.url.path, status=status, error=str(error))
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        if isinstance(error, TooMany):
            headers["Retry-After"] = str(error.retry_after_s)
        return answer(status, [(error.code, error.message)], headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(e["type"] == "json_invalid" for e in found):
            return answer(400, [(1400, f"the body is not valid JSON: {found[0].get('ctx', {}).get('error', '')}")])
        if any(tuple(e["loc"]) == ("body",) for e in found) and not _is_json(request):
            return answer(400, [(1400, "send the body as JSON, with the header Content-Type: application/json")])
        return answer(422, [(InvalidRequest.code, _sentence(e)) for e in found[:MOST_ERRORS]])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        message = _SENTENCES.get(error.status_code, error.detail)
        headers = dict(error.headers or {})
        if error.status_code == 405:  # the router names the methods of one of the path's routes only
            known = {name.strip() for name in headers.get("Allow", "").split(",")} - {""}
            headers["Allow"] = ", ".join(sorted(known | documented_methods(app, request.url.path)))
        return answer(error.status_code, [(_CODE_OF_HTTP + error.status_code, message)], headers)


def _is_json(request: Request) -> bool:
    return "json" in request.headers.get("Content-Type", "")


def _sentence(error: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    message = str(error["msg"]).removeprefix("Value error, ")
    if message.startswith("Input should be"):
        message = "should be" + message.removeprefix("Input should be")
    return f"{path}: {message}"
