import asyncio

import pytest

from roomtape.errors import RenderError, StorageError
from roomtape.recordings import patience
from roomtape.recordings.patience import patient


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_WAIT_S", 0.01)


class Attempt:
    def __init__(self, *problems: Exception) -> None:
        self.problems = list(problems)
        self.said: list[str | None] = []

    async def __call__(self) -> str:
        if self.problems:
            raise self.problems.pop(0)
        return "done"

    async def told(self, problem: str | None) -> None:
        self.said.append(problem)


async def test_it_is_tried_until_it_is_done_and_told_each_time() -> None:
    attempt = Attempt(StorageError("full"), StorageError("still full"))
    assert await patient(attempt, "rec-1", told=attempt.told) == "done"
    assert attempt.said == ["full", "still full", None]


async def test_what_is_done_at_once_is_not_worth_a_word() -> None:
    attempt = Attempt()
    assert await patient(attempt, "rec-1", told=attempt.told) == "done"
    assert attempt.said == []


async def test_patience_ends() -> None:
    attempt = Attempt(*[StorageError("full")] * 9)
    with pytest.raises(StorageError, match="full"):
        await patient(attempt, "rec-1", patience_s=0.02, told=attempt.told)
    assert 2 <= len(attempt.said) < 9


async def test_attempts_that_take_long_count_too() -> None:
    tries = 0

    async def attempt() -> str:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.1)  # as a storage that hangs
        raise StorageError("timed out")

    with pytest.raises(StorageError):
        await patient(attempt, "rec-1", patience_s=0.15)
    assert tries == 2


async def test_other_faults_are_not_waited_for() -> None:
    with pytest.raises(RenderError):
        await patient(Attempt(RenderError("torn")), "rec-1")
