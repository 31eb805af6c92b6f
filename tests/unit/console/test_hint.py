from __future__ import annotations

import json
from pathlib import Path

from roomtape.console.hint import for_terminal, start_page


def test_the_link_signs_in(tmp_path: Path) -> None:
    file = tmp_path / "bootstrap.json"
    file.write_text(json.dumps({"api_token": "abc_-1"}))
    assert "http://localhost:8080/#token=abc_-1\n" in for_terminal("http://localhost:8080", file)
    assert str(file) in for_terminal("http://localhost:8080", file)


def test_without_the_file_it_still_says_where(tmp_path: Path) -> None:
    said = for_terminal("http://localhost:8080", tmp_path / "bootstrap.json")
    assert "http://localhost:8080/" in said
    assert "cannot be read" in said


def test_a_server_that_listens_everywhere_is_opened_as_localhost() -> None:
    assert start_page("http://0.0.0.0:8080") == "http://localhost:8080/"
    assert start_page("http://[::]:8080") == "http://localhost:8080/"
    assert start_page("https://rtk.example/") == "https://rtk.example/"
