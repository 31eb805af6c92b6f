"""Owns the little of SDP (RFC 8866) that Roomtape must understand: sections, attributes, codecs, trickle fragments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from roomtape.errors import InvalidRequest
from roomtape.sfu.port import Candidate

LONGEST_SDP = 64 * 1024
_LINE = re.compile(r"[a-z]=.*")
_RTPMAP = re.compile(r"(\d+) ([A-Za-z0-9._-]+)/(\d+)")


@dataclass
class Section:
    """One m-line with its lines; `index` counts from 0, `lines[0]` is the m-line itself."""

    index: int
    lines: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.lines[0][2:].split()[0]

    @property
    def rejected(self) -> bool:
        """Port 0: the section is not used (RFC 3264, section 6)."""
        return self.lines[0].split()[1].split("/")[0] == "0"

    def attribute(self, name: str) -> str | None:
        """Value of the first `a=name:value`, "" for a flag, None when it is not there."""
        return _attribute(self.lines, name)

    @property
    def direction(self) -> str:
        for name in ("sendrecv", "sendonly", "recvonly", "inactive"):
            if f"a={name}" in self.lines:
                return name
        return "sendrecv"

    def codecs(self) -> list[str]:
        """Names of the codecs in lower case, in the offerer's order of preference."""
        names = {}
        for line in self.lines:
            match = _RTPMAP.match(line.removeprefix("a=rtpmap:")) if line.startswith("a=rtpmap:") else None
            if match:
                names[match[1]] = match[2].lower()
        ordered = [names[pt] for pt in self.lines[0].split()[3:] if pt in names]
        return list(dict.fromkeys(ordered))


@dataclass
class Description:
    """A whole session description."""

    session: list[str]
    sections: list[Section]

    def attribute(self, section: Section, name: str) -> str | None:
        """Value of an attribute that may stand in the section or, for all, at session level."""
        own = section.attribute(name)
        return own if own is not None else _attribute(self.session, name)


def parse(text: str) -> Description:
    """Return the description in `text`.

    Raises InvalidRequest (400) that names the line when it is no SDP.
    """
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if not lines or lines[0] != "v=0":
        raise InvalidRequest("this is no session description: it must begin with v=0", "sdp", 400)
    description = Description([], [])
    for number, line in enumerate(lines, start=1):
        if _LINE.fullmatch(line) is None:
            raise InvalidRequest(f"line {number} is not of the form x=...", "sdp", 400)
        if line.startswith("m="):
            if len(line.split()) < 4 or not line.split()[1].split("/")[0].isdigit():
                raise InvalidRequest(f"line {number} is no media line: {line[:80]}", "sdp", 400)
            description.sections.append(Section(len(description.sections)))
        (description.sections[-1].lines if description.sections else description.session).append(line)
    return description


def candidates(fragment: str) -> list[Candidate]:
    """Return the candidates in a trickle ICE fragment (RFC 8840, section 9), the end-of-candidates mark included.

    Raises InvalidRequest (400) when a line is no SDP line.
    """
    found: list[Candidate] = []
    mid: str | None = None
    mline = -1
    for line in (line for line in fragment.replace("\r\n", "\n").split("\n") if line):
        if _LINE.fullmatch(line) is None:
            raise InvalidRequest(f"not a line of an SDP fragment: {line[:80]}", "sdpfrag", 400)
        if line.startswith("m="):
            mline, mid = mline + 1, None
        elif line.startswith("a=mid:"):
            mid = line[len("a=mid:") :]
        elif line.startswith("a=candidate:"):
            found.append(Candidate(line[2:], mid, max(mline, 0)))
        elif line == "a=end-of-candidates":
            found.append(Candidate("", mid, max(mline, 0)))
    return found


def _attribute(lines: list[str], name: str) -> str | None:
    for line in lines:
        if line == f"a={name}":
            return ""
        if line.startswith(f"a={name}:"):
            return line[len(name) + 3 :]
    return None
