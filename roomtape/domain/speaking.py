"""Owns who speaks: from the loudness of each audio track, who is heard at a moment, and who is the active speaker.

What it answers for a moment follows from what lies before it alone, however much was read beyond it, and in whatever
pieces: time is cut into steps of STEP_US since the Unix epoch, and a step counts only when it is over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Hashable
from dataclasses import dataclass, field

STEP_US = 100_000
LOUD = 50
"""In -dBov: speech at a usual distance lies at 15 to 40, a quiet room at 60 and more (RFC 6464 measures 0 to 127)."""
VOICED_US = 40_000
"""So much of a step has to be LOUD for the step to count as voiced."""
MARKED = 2
"""Voiced steps after which somebody is marked as speaking: a click of the tongue is shorter than 200 ms."""
PAUSE = 7
"""Steps without voice after which somebody has stopped: words lie less than 700 ms apart."""
SPOKEN = 10
"""Voiced steps, with no PAUSE among them, after which somebody has spoken and may become the active speaker: 1 s."""
OVER = 20
"""Voiced steps after which somebody may become it although the active speaker has not stopped: 2 s..."""
LOUDER_DB = 6.0
"""...if louder by as much, on average since they began."""
STAYS = 20
"""Steps for which an active speaker remains it at least: 2 s."""
_PAGE = 600


@dataclass(frozen=True)
class Talk:
    """Who is heard at a moment, who is the active speaker (or was last), and who has spoken, the latest first."""

    speaking: frozenset[str] = frozenset()
    active: str | None = None
    spoken: tuple[str, ...] = ()


class Voice:
    """What one track holds: how loud each step is, if it is voiced. It takes 36 kB for an hour, and nothing in silence.

    Loudness is in dB over the least there is, RFC 6464's 127 -dBov: 78 to 128 for a voiced step, 0 for any other.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self._now_us = 0
        self._step = -1
        self._loud_us = 0
        self._sum = 0
        self._pages: dict[int, bytearray] = {}
        self._numbers: list[int] = []

    def heard(self, time_us: int, duration_us: int, level: int) -> None:
        """Take the next packet of the track: `level` in -dBov.

        A packet that lies before its predecessor (the sender's clock jumped back) counts when that one does, so that
        it is before any moment up to which the track has been read exactly if it was read.
        """
        self._now_us = time_us = max(time_us, self._now_us)
        if level > LOUD:
            return
        end_us = time_us + duration_us
        while time_us < end_us:
            step = time_us // STEP_US
            if step != self._step:
                self._step, self._loud_us, self._sum = step, 0, 0
            part = min(end_us, (step + 1) * STEP_US) - time_us
            self._loud_us += part
            self._sum += part * level
            time_us += part
            if self._loud_us >= VOICED_US:
                self._page(step)[step % _PAGE] = 128 - self._sum // self._loud_us

    def loudness(self, step: int) -> int:
        """Return how loud a step is."""
        page = self._pages.get(step // _PAGE)
        return page[step % _PAGE] if page else 0

    def next_step(self, step: int) -> int | None:
        """Return the first voiced step from `step` on, None while none is known."""
        for number in self._numbers[bisect_left(self._numbers, step // _PAGE) :]:
            first = max(0, step - number * _PAGE)
            rest = self._pages[number][first:]
            quiet = len(rest) - len(rest.lstrip(b"\0"))
            if quiet < len(rest):
                return number * _PAGE + first + quiet
        return None

    def _page(self, step: int) -> bytearray:
        number = step // _PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = bytearray(_PAGE)
            self._numbers.append(number)
        return page


@dataclass
class _Person:
    """A stretch of speech: its voiced steps, their summed loudness, and how many steps ago the last of them was."""

    voiced: int = 0
    loudness: int = 0
    quiet: int = 0

    def step(self, loudness: int) -> None:
        if loudness:
            self.voiced += 1
            self.loudness += loudness
            self.quiet = 0
        elif self.voiced:
            self.quiet += 1
            if self.quiet >= PAUSE:
                self.voiced = self.loudness = self.quiet = 0

    @property
    def mean(self) -> float:
        return self.loudness / self.voiced


@dataclass
class Speaking:
    """The talk of a session, from its beginning on. Tracks are heard first, then moments are asked for."""

    _voices: dict[Hashable, Voice] = field(default_factory=dict)
    _people: dict[str, _Person] = field(default_factory=dict)
    _step: int = 0
    _changed: int = -STAYS
    _times: list[int] = field(default_factory=lambda: [0])
    _talks: list[Talk] = field(default_factory=lambda: [Talk()])

    def heard(self, track: Hashable, who: str, time_us: int, duration_us: int, level: int) -> None:
        """Take the next packet of a track: where it lies, how long it is, and its loudness in -dBov (0 to 127)."""
        voice = self._voices.get(track)
        if voice is None:
            voice = self._voices[track] = Voice(who)
        voice.heard(time_us, duration_us, level)

    def again(self, without: Container[Hashable]) -> Speaking:
        """Return one that begins anew with what was heard of all tracks but those in `without`.

        What is heard from now on of the others is heard by both.
        """
        return Speaking({track: voice for track, voice in self._voices.items() if track not in without})

    def at(self, t_us: int) -> Talk:
        """Return the talk at a moment. Every track has to have been heard up to there."""
        self._advance(t_us)
        return self._talks[bisect_right(self._times, t_us) - 1]

    def changes(self, after_us: int, until_us: int) -> list[int]:
        """Return the moments after `after_us`, up to `until_us`, at which the talk changed, in order."""
        self._advance(until_us)
        return self._times[bisect_right(self._times, after_us) : bisect_right(self._times, until_us)]

    def forget(self, before_us: int) -> None:
        """Forget what no moment from `before_us` on needs."""
        first = bisect_right(self._times, before_us) - 1
        if first > 0:
            del self._times[:first], self._talks[:first]

    def _advance(self, t_us: int) -> None:
        end = t_us // STEP_US
        while self._step < end:
            if not any(p.voiced for p in self._people.values()):
                # Nothing changes in silence, which may last for hours.
                known = [step for v in self._voices.values() if (step := v.next_step(self._step)) is not None]
                self._step = max(self._step, min(min(known, default=end), end))
                if self._step == end:
                    return
            self._take(self._step)
            self._step += 1

    def _take(self, step: int) -> None:
        heard: dict[str, int] = {}
        for voice in self._voices.values():
            loudness = voice.loudness(step)
            if loudness:
                heard[voice.who] = max(loudness, heard.get(voice.who, 0))
        before = self._talks[-1]
        spoken = before.spoken
        for who in sorted(heard.keys() | self._people.keys()):
            person = self._people.setdefault(who, _Person())
            had = person.voiced
            person.step(heard.get(who, 0))
            if person.voiced == SPOKEN > had or (had >= SPOKEN and not person.voiced):
                spoken = (who, *(other for other in spoken if other != who))
        speaking = frozenset(who for who, person in self._people.items() if person.voiced >= MARKED)
        talk = Talk(speaking, self._active(before.active, step), spoken)
        if talk != before:
            self._times.append((step + 1) * STEP_US)
            self._talks.append(talk)

    def _active(self, holder: str | None, step: int) -> str | None:
        if step - self._changed < STAYS:
            return holder
        present = self._people.get(holder or "")
        able = [who for who, p in self._people.items() if who != holder and p.voiced >= SPOKEN]
        if present is not None and present.voiced:
            able = [who for who in able if self._drowns(self._people[who], present)]
        if not able:
            return holder
        self._changed = step
        # Whoever has spoken longest; of two who began together, the louder one.
        return min(able, key=lambda who: (-self._people[who].voiced, -self._people[who].mean, who))

    @staticmethod
    def _drowns(person: _Person, holder: _Person) -> bool:
        return person.voiced >= OVER and person.mean >= holder.mean + LOUDER_DB
