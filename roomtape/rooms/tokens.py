"""Owns the tokens made here: JSON Web Tokens (RFC 7519), HS256, of participants and of the tapes of recorded pages.

Each kind has claims that the other lacks, so neither passes for the other. The official browser SDK takes the payload
apart with `atob` and `JSON.parse`, so the payload is plain ASCII and its base64url form has no `-` and no `_`. In ASCII
only `>`, `?`, `~` and DEL can bring those about; they are written as JSON escapes.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from roomtape import keyfile
from roomtape.errors import StorageError, Unauthorized

ALGORITHM = "HS256"
KEY_FILE = "token.key"
_KEY_BYTES = 32
_LEEWAY_S = 5
_NEEDED = ["orgId", "meetingId", "participantId", "iat", "exp"]
_TAPE = "tapeOfRecording"
_NEEDED_OF_TAPE = ["orgId", "meetingId", _TAPE, "iat", "exp"]
_NOT_FOR_ATOB = re.compile(r"[>?~\x7f]")


@dataclass(frozen=True)
class Claims:
    """Whom a token was made for. Times in s since the Unix epoch."""

    app_id: str
    meeting_id: str
    participant_id: str
    preset_name: str
    issued_at: int
    expires_at: int


@dataclass(frozen=True)
class TapeClaims:
    """The recording whose page the bearer may publish, and nothing else."""

    app_id: str
    meeting_id: str
    recording_id: str


class TokenIssuer:
    """Makes and checks tokens with one key; `ttl_s` is how long a participant's new one is valid, in s."""

    def __init__(self, key: bytes, ttl_s: int) -> None:
        self._key = key
        self._ttl_s = ttl_s
        self._jws = jwt.PyJWS(algorithms=[ALGORITHM])

    def issue(
        self, app_id: str, meeting_id: str, participant_id: str, preset_name: str, ttl_s: int | None = None
    ) -> str:
        """Return a token for one participant of one meeting, valid for `ttl_s` instead of what is usual."""
        now = int(time.time())
        claims: dict[str, str | int] = {
            "orgId": app_id,
            "meetingId": meeting_id,
            "participantId": participant_id,
            "presetName": preset_name,
            "iat": now,
            "exp": now + (ttl_s or self._ttl_s),
        }
        return self._signed(claims)

    def issue_tape(self, app_id: str, meeting_id: str, recording_id: str, ttl_s: int) -> str:
        """Return a token for the recorder of a page. No API gives one out: only the server's own process has it."""
        now = int(time.time())
        return self._signed(
            {"orgId": app_id, "meetingId": meeting_id, _TAPE: recording_id, "iat": now, "exp": now + ttl_s}
        )

    def _signed(self, claims: dict[str, str | int]) -> str:
        text = json.dumps(claims, ensure_ascii=True, separators=(",", ":"))
        payload = _NOT_FOR_ATOB.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        return self._jws.encode(payload.encode("ascii"), self._key, ALGORITHM)

    def verify(self, token: str) -> Claims:
        """Return what `token` says. Raises Unauthorized when it is expired, forged or not one of ours."""
        found = self._verified(token, _NEEDED)
        return Claims(
            app_id=str(found["orgId"]),
            meeting_id=str(found["meetingId"]),
            participant_id=str(found["participantId"]),
            preset_name=str(found.get("presetName", "")),
            issued_at=int(found["iat"]),
            expires_at=int(found["exp"]),
        )

    def verify_tape(self, token: str) -> TapeClaims | None:
        """Return what the token of a tape says, None for a valid participant's token. Raises as `verify` does."""
        if "participantId" in self._verified(token, ["exp"]):
            return None
        found = self._verified(token, _NEEDED_OF_TAPE)
        return TapeClaims(str(found["orgId"]), str(found["meetingId"]), str(found[_TAPE]))

    def _verified(self, token: str, needed: list[str]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], leeway=_LEEWAY_S, options={"require": needed}
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("this participant's token has expired; ask the application for a new one") from error
        except jwt.InvalidTokenError as error:
            raise Unauthorized("this is not a valid participant's token of this server") from error
        return found


def load_key(data_dir: Path) -> bytes:
    """Return the signing key of a data folder; the first call makes it, readable by its owner only (0600).

    Raises StorageError when the file cannot be read or made, or is too short to be a key.
    """
    path = data_dir / KEY_FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        key = keyfile.kept(path, lambda: secrets.token_bytes(_KEY_BYTES))
    except OSError as error:
        raise StorageError(f"the key file {path} cannot be used: {error.strerror}") from error
    if len(key) < _KEY_BYTES:
        raise StorageError(f"the key file {path} is damaged; remove it, and every participant needs a new token")
    return key
