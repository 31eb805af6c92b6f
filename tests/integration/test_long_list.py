"""A list of 100,000 recordings: each page of it, however it is filtered, comes in under 50 ms at the median."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from roomtape.db import recordings
from tests.support.api import House, a_recording, house

ROWS = 100_000
WITHIN_MS = 50.0
ROUNDS = 9
OWN = {"id", "invoked_at", "status", "expired", "config"}
BULK = """
INSERT INTO recordings ({names}, id, invoked_at, status, expired, config)
WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {rows})
SELECT {names}, printf('made-%06d', n), datetime(invoked_at, printf('+%d seconds', n / 2)) || '.250000',
       CASE n % 50 WHEN 0 THEN 'ERRORED' ELSE 'UPLOADED' END, n % 3 = 0, config
FROM recordings, many
"""


async def fill(api: House) -> str:
    """Put in one recording and all the others made from its row; return the meeting's id."""
    meeting_id = await api.meeting(title="Weekly")
    session = await api.session(meeting_id)
    await recordings.insert(api.db, a_recording(api.app_id, meeting_id, session.id, id="first"))
    async with api.db.transaction() as tx:
        columns = (await tx.execute(text("SELECT * FROM recordings"))).keys()
        names = ", ".join(f'"{name}"' for name in columns if name not in OWN)
        await tx.execute(text(BULK.format(names=names, rows=ROWS)))
    return meeting_id


async def test_every_page_of_a_long_list_comes_quickly(tmp_path: Path) -> None:
    async with house(tmp_path) as api:
        meeting_id = await fill(api)
        asked: tuple[tuple[dict[str, Any], int], ...] = (
            ({}, ROWS + 1),
            ({"page_no": 2000}, ROWS + 1),
            ({"page_no": 4000, "sort_order": "ASC"}, ROWS + 1),
            ({"status": ["UPLOADED", "ERRORED"], "page_no": 1500}, ROWS),
            ({"status": "ERRORED"}, ROWS // 50),
            ({"expired": True, "page_no": 900}, ROWS // 3),
            ({"meeting_id": meeting_id, "page_no": 1000}, ROWS + 1),
            ({"search": "week"}, ROWS + 1),
        )
        for query, total in asked:
            cpu_ms, wall_ms = [], []
            for _ in range(ROUNDS):
                cpu, wall = time.process_time(), time.perf_counter()
                answer = await api.client.get(f"{api.kit}/recordings", params=query)
                cpu_ms.append((time.process_time() - cpu) * 1000)
                wall_ms.append((time.perf_counter() - wall) * 1000)
            assert answer.json()["paging"]["total_count"] == total
            assert len(answer.json()["data"]) == 25
            print(f"{query}: {statistics.median(wall_ms):.1f} ms, {statistics.median(cpu_ms):.1f} ms of CPU")
            # The time of the processors: what else the machine does at the moment is not the list's fault.
            assert statistics.median(cpu_ms) < WITHIN_MS, query


async def test_pages_of_a_long_list_hold_each_recording_once(tmp_path: Path) -> None:
    async with house(tmp_path) as api:
        await fill(api)
        seen: list[str] = []
        for page in range(1, 6):
            answer = await api.client.get(f"{api.kit}/recordings", params={"page_no": page, "per_page": 1000})
            seen += [one["id"] for one in answer.json()["data"]]
        assert len(set(seen)) == 5000
        assert seen[0] == f"made-{ROWS}"
        back = await api.client.get(f"{api.kit}/recordings", params={"sort_order": "ASC", "per_page": 2})
        assert [one["id"] for one in back.json()["data"]] == ["first", "made-000001"]
