from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roomtape.errors import DestinationError, StorageError
from roomtape.recordings.shipping import SMALL_AT_ONCE, Journal, ship
from roomtape.render.job import RenderedFile


def rendered(name: str, role: str = "composite") -> RenderedFile:
    return RenderedFile(name, role, "video/mp4", 1, "", 0, 0)


def test_a_journal_remembers_what_arrived_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "state.jsonl"
    journal = Journal(file, "s3://a")
    assert journal.open() == []
    journal.add("one.mp4")
    journal.add("zwei\nü.ts")
    assert Journal(file, "s3://a").open() == ["one.mp4", "zwei\nü.ts"]
    assert Journal(file, "s3://b").open() == [], "what lies in one place does not lie in another"
    assert Journal(file, "s3://a").open() == []


@pytest.mark.parametrize("torn", ['"tw', "\0\0\0\0", '"two.mp4"', '\0"two.mp4"\n"three.mp4"\n'])
def test_what_was_not_written_whole_did_not_arrive(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "state.jsonl"
    file.write_text('"place"\n"one.mp4"\n' + torn)
    journal = Journal(file, "place")
    assert journal.open() == ["one.mp4"]
    journal.add("four.mp4")
    assert journal.open() == ["one.mp4", "four.mp4"]


@pytest.mark.parametrize("text", ["", "torn", '"place"', "{}\n", "\xff\xfe\n"])
def test_a_file_that_is_no_journal_is_made_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.jsonl"
    file.write_text(text, "latin-1")
    assert Journal(file, "place").open() == []
    assert file.read_text() == '"place"\n'


async def test_a_package_goes_side_by_side_after_the_films(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.jsonl", "place")
    journal.open()
    together, most, order = 0, 0, []

    async def put(file: RenderedFile) -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.01)
        together -= 1
        order.append((file.role, most))

    await ship([rendered("a.ts", "package"), *map(rendered, ("1.mp4", "2.mp4"))], journal, put)
    assert order[:2] == [("composite", 1)] * 2
    await ship([rendered(f"{n}.ts", "package") for n in range(9)], journal, put)
    assert most == SMALL_AT_ONCE
    assert sorted(journal.open()) == sorted(["1.mp4", "2.mp4", "a.ts", *(f"{n}.ts" for n in range(9))])


@pytest.mark.parametrize("problem", [DestinationError("503"), StorageError("full"), OSError("gone")])
@pytest.mark.parametrize("role", ["composite", "package"])
async def test_the_first_problem_is_told_as_it_is(tmp_path: Path, problem: Exception, role: str) -> None:
    journal = Journal(tmp_path / "state.jsonl", "place")
    journal.open()

    async def put(file: RenderedFile) -> None:
        if file.name != "good":
            raise problem

    with pytest.raises(type(problem)) as raised:
        await ship([rendered(name, role) for name in ("good", "bad", "worse")], journal, put)
    assert raised.value is problem
    assert set(journal.open()) <= {"good"}, "what was on its way beside a refused file may be sent again"
