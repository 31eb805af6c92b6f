"""Owns what answers have in common: the success shape, moments as text, and pages of a longer list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator

from roomtape.api.bodies import LONGEST_TEXT, check_text

PER_PAGE, MOST_PER_PAGE, LAST_PAGE = 25, 1000, 1_000_000


def success(data: Any, **more: Any) -> dict[str, Any]:
    """Return the body of a successful answer."""
    return {"success": True, "data": data, **more}


def iso(moment: datetime | None) -> str | None:
    """Return a moment as the public API writes it: UTC, milliseconds, `Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for; pages count from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def paging(self, shown: Sequence[Any], total: int) -> dict[str, int]:
        """Return `paging` for the items shown: offsets count from 1, both ends included; 0 for an empty page."""
        first = self.offset + 1 if shown else 0
        return {"total_count": total, "start_offset": first, "end_offset": self.offset + len(shown) if shown else 0}


def _page(
    page_no: Annotated[int, Query(ge=1, le=LAST_PAGE, description="Pages count from 1.")] = 1,
    per_page: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = PER_PAGE,
) -> Page:
    return Page(page_no, per_page)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written_out(value: object) -> object:
    """Refuse a bare number: whether it counts s or ms would be a guess."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", value.strip(), re.IGNORECASE):
        raise ValueError("must be a moment such as 2026-03-01T12:00:00Z")
    return value


def _text(value: str) -> str:
    check_text(value)
    return value


PageQuery = Annotated[Page, Depends(_page)]
Moment = Annotated[
    datetime,
    BeforeValidator(_written_out),
    AfterValidator(_utc),
    Query(description="ISO 8601; without a zone it is UTC."),
]
Search = Annotated[str, AfterValidator(_text), Query(max_length=LONGEST_TEXT)]
SortOrder = Literal["ASC", "DESC"]
