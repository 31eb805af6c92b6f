"""Owns who sits where: an order of everybody present in which nobody changes place without need."""

from __future__ import annotations

from collections.abc import Sequence

Seats = tuple[str, ...]
"""Everybody present; as many as a layout has places for are seen, from the first on."""


def reseat(seats: Seats, present: Sequence[str], spoken: Sequence[str], places: int, first: str | None = None) -> Seats:
    """Return the seats that follow from `seats` when those in `present` (in order of coming) are there.

    While all have a place, those who leave are closed up on and newcomers sit at the end. With fewer than that, the
    first `places` seats belong to those who spoke last (`spoken`, the latest first; who never spoke comes after them):
    each of them takes the place of whoever has been silent longest, or of the one who left. `first`, if given, changes
    seats with whoever has the first one.
    """
    rank = {who: i for i, who in enumerate(spoken)}
    silent = len(rank)
    there = frozenset(present)
    known = frozenset(seats)
    kept: list[str | None] = [who if who in there else None for who in seats]
    waiting = [who for who in kept[places:] if who is not None] + [who for who in present if who not in known]
    front = kept[:places]
    if len(present) > places:
        _fill(front, waiting, rank)
    order = [who for who in front if who is not None] + waiting
    if first in there and order[0] != first:
        at = order.index(first)
        order[0], order[at] = order[at], order[0]
    fixed = 1 if first in there else 0
    for hidden in sorted(range(places, len(order)), key=lambda i: rank.get(order[i], silent)):
        if order[hidden] not in rank or fixed >= places:
            break
        # Among those who never spoke, the one in the last place goes.
        longest = max(range(fixed, places), key=lambda i: (rank.get(order[i], silent), i))
        if rank[order[hidden]] > rank.get(order[longest], silent):
            break
        order[hidden], order[longest] = order[longest], order[hidden]
    return tuple(order)


def _fill(front: list[str | None], waiting: list[str], rank: dict[str, int]) -> None:
    """Give the places of those who left to those who wait, the one who spoke last first."""
    for place, who in enumerate(front):
        if who is None and waiting:
            best = min(range(len(waiting)), key=lambda i: (rank.get(waiting[i], len(rank)), i))
            front[place] = waiting.pop(best)
