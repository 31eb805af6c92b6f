"""The error tree: each error says what is wrong, whose fault it is, and what to do about it.

RoomtapeError
├── CallerError                 the request is at fault; carries an HTTP status
│   ├── InvalidRequest          422, or 400, 406, 412, 413, 415; names the field
│   ├── Unauthorized            401
│   ├── Forbidden               403
│   ├── NotFound                404 (also for what belongs to somebody else)
│   ├── Conflict                409
│   ├── TooMany                 429, says when to ask again
│   └── NotOffered              501, part of the public API that Roomtape does not offer
├── DestinationError            something outside that we write to or read from
│   ├── SfuError                Janus refused or is away
│   └── StorageError            bucket or disk
└── OurError                    our own fault, or damage on our own disk
    ├── CaptureError            a capture log that cannot be read
    └── RenderError             a render that cannot go on
"""

from __future__ import annotations

from typing import ClassVar


class RoomtapeError(Exception):
    """Something went wrong; `str(error)` is a sentence for a human that says what to do."""

    status: ClassVar[int] = 500
    code: int = 1000

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CallerError(RoomtapeError):
    """The request is at fault."""

    status = 400
    code = 1400


class InvalidRequest(CallerError):
    """The request cannot be understood or a value in it is not allowed; `field` is its dotted path."""

    code = 1422

    def __init__(self, message: str, field: str | None = None, status: int = 422) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.http_status = status
        self.code = 1000 + status


class Unauthorized(CallerError):
    """No token, or one that is not valid."""

    status = 401
    code = 1401


class Forbidden(CallerError):
    """The token is valid but may not do this."""

    status = 403
    code = 1403


class NotFound(CallerError):
    """There is no such object, or none that this caller may know of."""

    status = 404
    code = 1404


class Conflict(CallerError):
    """The object's present state does not allow this."""

    status = 409
    code = 1409


class TooMany(CallerError):
    """A limit is reached; `retry_after_s` is when asking again may help."""

    status = 429
    code = 1429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotOffered(CallerError):
    """Part of the public API that this version of Roomtape does not offer."""

    status = 501
    code = 1501


class DestinationError(RoomtapeError):
    """Something outside Roomtape refused, failed or is away."""

    status = 502
    code = 1502


class SfuError(DestinationError):
    """The SFU refused a request or cannot be reached; `sfu_code` is its own error number, 0 if it gave none."""

    status = 503
    code = 1503

    def __init__(self, message: str, sfu_code: int = 0) -> None:
        super().__init__(message)
        self.sfu_code = sfu_code


class StorageError(DestinationError):
    """A disk or a bucket cannot be written or read."""

    status = 507
    code = 1507


class OurError(RoomtapeError):
    """Our own fault."""


class CaptureError(OurError):
    """A capture log that cannot be read at all."""

    code = 1510


class RenderError(OurError):
    """A render that cannot go on."""

    code = 1520
