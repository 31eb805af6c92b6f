"""Owns sending a render's files to one place, and the journal of those that arrived, so that none is sent twice."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from roomtape.render.job import RenderedFile, write_text

SMALL_AT_ONCE = 4
"""A package has hundreds of files, whose time is the way to the store and back."""


class Journal:
    """The files that have arrived at `place`, in a file in the work folder: first the place, then a name a line (JSON).

    A line is on the disk before `add` returns. A torn one, or the journal of another place, counts for nothing.
    """

    def __init__(self, file: Path, place: str) -> None:
        self._file = file
        self._place = place

    def open(self) -> list[str]:
        """Return the names, and make the file ready for more of them. Raises OSError."""
        try:
            text = self._file.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            text = ""
        names = _names(text, self._place)
        whole = "".join(f"{json.dumps(line)}\n" for line in (self._place, *names))
        if text != whole:
            write_text(self._file, whole)
        return names

    def add(self, name: str) -> None:
        """Note that a file has arrived. Raises OSError."""
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(name) + "\n")
            out.flush()
            os.fsync(out.fileno())


async def ship(files: Iterable[RenderedFile], journal: Journal, put: Callable[[RenderedFile], Awaitable[None]]) -> None:
    """Put the files one after the other, those of a package side by side. Raises OSError, and what `put` raises first.

    Files that have arrived until then are in the journal; those that were on their way are given up.
    """
    slots = asyncio.Semaphore(SMALL_AT_ONCE)

    async def one(file: RenderedFile) -> None:
        async with slots:
            await put(file)
            await asyncio.to_thread(journal.add, file.name)

    small = []
    for file in files:
        if file.role == "package":
            small.append(file)
        else:
            await one(file)
    try:
        async with asyncio.TaskGroup() as group:
            for file in small:
                group.create_task(one(file))
    except* Exception as problems:
        raise problems.exceptions[0] from None


def _names(text: str, place: str) -> list[str]:
    head, *lines = text.split("\n")
    if head != json.dumps(place):
        return []
    names = []
    for line in lines[:-1]:  # after the last line break there is nothing, or what was not written whole
        try:
            names.append(str(json.loads(line)))
        except ValueError:
            break
    return names
