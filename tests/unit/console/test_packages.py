from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from roomtape.console.packages import SDK, Packages, emoji_index
from roomtape.errors import NotFound, OurError


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    folder = tmp_path / "node_modules"
    (folder / SDK / "dist").mkdir(parents=True)
    (folder / SDK / "package.json").write_text('{"version": "2.0.2"}')
    (folder / SDK / "dist" / "browser.js").write_text("sdk")
    (folder / "left-pad").mkdir()
    (folder / "left-pad" / "index.js").write_text("other")
    (tmp_path / "secret").write_text("secret")
    (folder / SDK / "dist" / "out.js").symlink_to(tmp_path / "secret")
    return Packages(folder)


def test_an_address_carries_the_version_and_leads_to_the_file(packages: Packages) -> None:
    address = packages.address(SDK, "dist/browser.js")
    assert address == "@cloudflare/realtimekit@2.0.2/dist/browser.js"
    assert packages.file(address).read_text() == "sdk"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@cloudflare/realtimekit/dist/browser.js",
        "@cloudflare/realtimekit@2.0.1/dist/browser.js",
        "@cloudflare/realtimekit@2.0.2/dist",
        "@cloudflare/realtimekit@2.0.2/dist/",
        "@cloudflare/realtimekit@2.0.2/../../../secret",
        "@cloudflare/realtimekit@2.0.2/dist/../../../../secret",
        "@cloudflare/realtimekit@2.0.2//etc/passwd",
        "@cloudflare/realtimekit@2.0.2/dist/out.js",
        "@cloudflare/realtimekit@2.0.2/dist/brow\0ser.js",
        "left-pad@1.0.0/index.js",
        "x@cloudflare/realtimekit@2.0.2/dist/browser.js",
    ],
)
def test_nothing_else_is_served(packages: Packages, address: str) -> None:
    with pytest.raises(NotFound):
        packages.file(address)


def test_a_missing_package_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OurError, match="make setup"):
        Packages(tmp_path).address(SDK, "dist/browser.js")


def test_the_emoji_index_is_what_the_picker_searches(tmp_path: Path) -> None:
    file = tmp_path / "data-by-emoji.json"
    names = {"😀": "grinning face", "🇮🇳": "flag: India", "🫱": "hand, right"}
    file.write_text(json.dumps({emoji: {"name": name} for emoji, name in names.items()}))
    made = json.loads(emoji_index(file))
    # The picker's own expression (rtk-emoji-picker 2.0.2), with "f" typed in.
    found = re.findall(r"([^,]*?f[^,]*):(\d+)", made["search"])
    assert [(name, made["emojis"][int(index)]) for name, index in found] == [
        ("grinning face", "😀"),
        ("flag India", "🇮🇳"),
    ]
