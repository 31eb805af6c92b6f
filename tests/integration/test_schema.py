"""A short run of schemathesis against a real server: no 5xx, and no answer that /openapi.json does not tell of.

`make fuzz` does the same for five minutes, with other data each time.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.fuzzing import UNLIMITED, fuzz
from tests.support.server import running


async def test_what_the_server_answers_is_what_it_describes(tmp_path: Path) -> None:
    async with running(tmp_path / "data", **UNLIMITED) as server:
        code, output = await fuzz(
            server, tmp_path, "--phases", "fuzzing,stateful", "--max-examples", "3", "--seed", "5", within_s=90
        )
        assert code == 0, output
        found = re.search(r"Selected: (\d+)/\1\n\s+Tested: \1\n", output)
        assert found is not None, output
        assert int(found[1]) > 60
    assert "unexpected error" not in (tmp_path / "data" / "server.log").read_text("utf-8")
