from pathlib import Path
from typing import Any

import pytest

from roomtape.errors import SfuError
from roomtape.sfu.janus import room


class Link:
    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.bodies: list[dict[str, Any]] = []

    async def rooms(self, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        if self.code:
            raise SfuError("refused", self.code)
        return {}


@pytest.mark.parametrize("code", [0, 427])
async def test_a_room_is_made_or_there_already(code: int) -> None:
    link = Link(code)
    await room.make(link, "r", Path("/captures"), "secret", None)  # type: ignore[arg-type]
    (body,) = link.bodies
    assert (body["room"], body["secret"], body["rec_dir"]) == ("r", "secret", "/captures")
    assert "admin_key" not in body
    assert body["dummy_publisher"] is True


@pytest.mark.parametrize("code", [0, 426])
async def test_a_room_is_removed_or_gone_already(code: int) -> None:
    link = Link(code)
    await room.destroy(link, "r", "secret")  # type: ignore[arg-type]
    assert link.bodies[0]["request"] == "destroy"


async def test_what_else_is_refused_is_an_error() -> None:
    with pytest.raises(SfuError):
        await room.make(Link(433), "r", Path("/captures"), "secret", "key")  # type: ignore[arg-type]
    with pytest.raises(SfuError):
        await room.destroy(Link(433), "r", "secret")  # type: ignore[arg-type]
