from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import jwt
import pytest

from roomtape.errors import StorageError, Unauthorized
from roomtape.rooms.tokens import KEY_FILE, TokenIssuer, load_key

KEY = bytes(range(32))


def payload(token: str) -> str:
    return token.split(".")[1]


def refuses(issuer: TokenIssuer, token: str) -> bool:
    try:
        issuer.verify(token)
    except Unauthorized as error:
        return "not a valid" in error.message
    return False


def test_a_token_says_whom_it_was_made_for() -> None:
    issuer = TokenIssuer(KEY, 600)
    claims = issuer.verify(issuer.issue("app", "meeting", "participant", "group_call_host"))
    assert (claims.app_id, claims.meeting_id, claims.participant_id) == ("app", "meeting", "participant")
    assert claims.preset_name == "group_call_host"
    assert claims.expires_at - claims.issued_at == 600


@pytest.mark.parametrize("preset", ["a?b>c~d\x7f", "??????", "~~~>>>", "Gäste 客 📼", '"\\', "a" * 255, "?~>" * 80])
def test_any_payload_can_be_read_with_atob(preset: str) -> None:
    for shift in range(3):
        token = TokenIssuer(KEY, 600).issue("app", "m" * shift, "p", preset)
        part = payload(token)
        assert "-" not in part
        assert "_" not in part
        text = base64.b64decode(part + "=" * (-len(part) % 4), validate=True)
        assert text.isascii()
        assert json.loads(text)["presetName"] == preset
        assert TokenIssuer(KEY, 600).verify(token).preset_name == preset
        assert token.startswith("eyJ")


def test_expired_forged_and_foreign_tokens_are_refused() -> None:
    issuer = TokenIssuer(KEY, 600)
    good = issuer.issue("app", "meeting", "participant", "host")
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"orgId": "other"}).encode()).decode().rstrip("=")
    made = {
        "forged": TokenIssuer(bytes(32), 600).issue("app", "meeting", "participant", "host"),
        "changed": f"{head}.{changed}.{signature}",
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "another algorithm": jwt.encode(claims, KEY * 2, algorithm="HS512"),
        "never ends": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, KEY, algorithm="HS256"),
        "nobody's": jwt.encode({k: v for k, v in claims.items() if k != "participantId"}, KEY, algorithm="HS256"),
        "not a token": "hello",
        "empty": "",
        "torn": f"{head}.{body}",
    }
    assert [name for name, token in made.items() if not refuses(issuer, token)] == []
    with pytest.raises(Unauthorized, match="expired"):
        issuer.verify(TokenIssuer(KEY, -60).issue("app", "meeting", "participant", "host"))


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = load_key(folder)
    assert len(key) == 32
    assert load_key(folder) == key
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == [KEY_FILE]
    assert load_key(tmp_path / "other") != key


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StorageError, match=r"token\.key"):
        load_key(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(StorageError, match=r"token\.key"):
        load_key(tmp_path)


def test_a_tapes_token_is_no_participants_and_the_other_way_round() -> None:
    issuer = TokenIssuer(KEY, 600)
    tape = issuer.issue_tape("app", "meeting", "recording", 60)
    claims = issuer.verify_tape(tape)
    assert claims is not None
    assert (claims.app_id, claims.meeting_id, claims.recording_id) == ("app", "meeting", "recording")
    assert refuses(issuer, tape)
    assert issuer.verify_tape(issuer.issue("app", "meeting", "participant", "host")) is None


def test_a_tapes_token_is_checked_as_every_other_is() -> None:
    issuer = TokenIssuer(KEY, 600)
    other = TokenIssuer(bytes(32), 600)
    half = jwt.encode({"orgId": "a", "meetingId": "m", "iat": 0, "exp": 9_999_999_999}, KEY, "HS256")
    for token in (other.issue_tape("a", "m", "r", 60), issuer.issue_tape("a", "m", "r", -60), half, "", "x.y.z"):
        with pytest.raises(Unauthorized):
            issuer.verify_tape(token)


def test_a_token_may_last_longer_than_is_usual() -> None:
    issuer = TokenIssuer(KEY, 60)
    claims = issuer.verify(issuer.issue("app", "m", "p", "host", 3600))
    assert claims.expires_at - claims.issued_at == 3600
