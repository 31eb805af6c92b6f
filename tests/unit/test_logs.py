import json
import logging

import pytest
import structlog

from roomtape import logs


def test_every_record_is_one_json_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure("info")
        structlog.get_logger().info("session started", session_id="s1")
        structlog.get_logger().debug("not shown")
        logging.getLogger("other").warning("from elsewhere")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
    assert [line["event"] for line in lines] == ["session started", "from elsewhere"]
    assert lines[0]["session_id"] == "s1"
    assert lines[0]["level"] == "info"


def test_tokens_in_addresses_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure("info")
        logging.getLogger("some.server").info(
            '"WebSocket /ws?peerID=p&authToken=eyJhbGci.abc-_.sig&ping=true" [accepted]'
        )
        line = json.loads(capsys.readouterr().err)
    finally:
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
    assert line["event"] == '"WebSocket /ws?peerID=p&authToken=...&ping=true" [accepted]'
