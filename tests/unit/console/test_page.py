from __future__ import annotations

import pytest

from roomtape.console import page


def test_values_are_escaped() -> None:
    values = dict.fromkeys(("sdk", "ui", "font_400", "font_500", "font_700"), "/x")
    made = page.render("meet.html", "default-src 'none'", values | {"base_uri": '"><script>'})
    assert b"<script>\n" not in made.body
    assert b"&quot;&gt;&lt;script&gt;" in made.body
    assert made.headers["Content-Security-Policy"] == "default-src 'none'"
    assert made.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["localhost:8080", "rtk.example", "[::1]:8080", "127.0.0.1"])
def test_sockets_of_the_own_host_are_allowed(host: str) -> None:
    assert page.own_sockets(host) == f"ws://{host} wss://{host}"


@pytest.mark.parametrize("host", ["", "a b", "x;script-src *", "*", "evil'"])
def test_a_strange_host_gets_nothing_into_the_policy(host: str) -> None:
    assert page.own_sockets(host) == ""
    assert page.meeting_policy(host, None, None) == page.meeting_policy("", None, None)


def test_only_own_addresses_are_allowed() -> None:
    policy = page.meeting_policy("rtk.example", "rtk.example", "https://rtk.example")
    for part in policy.split("; "):
        for source in part.split()[1:]:
            assert source in {
                "'none'", "'self'", "'unsafe-inline'", "data:", "blob:", "mediastream:", "ws://rtk.example",
                "wss://rtk.example", "https://*.rtk.example", "wss://*.rtk.example", "https://rtk.example",
            }, source  # fmt: skip
    assert "script-src 'self';" in policy
