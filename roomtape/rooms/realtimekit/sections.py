"""Owns the parts of an SDP section (RFC 8866) that both directions of an SDK client's media put together anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp

TRANSPORT = ("ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "candidate", "end-of-candidates")
"""The attributes of ICE and DTLS."""

LONGEST_SDP = 512 * 1024
"""Bytes. A transport of a hundred tracks has about 150 KiB."""
MOST_M_LINES = 400
"""Every track that was ever sent keeps its m-line until the client makes a new transport."""


def read(text: str) -> sdp.Description:
    """Return what a client described. Raises InvalidRequest, also when it is too long."""
    if len(text) > LONGEST_SDP:
        raise InvalidRequest(f"a session description may have {LONGEST_SDP} bytes at most", "sdp", 413)
    description = sdp.parse(text)
    if len(description.sections) > MOST_M_LINES:
        raise InvalidRequest(f"more than {MOST_M_LINES} m-lines; make a new transport", "sdp", 413)
    return description


@dataclass(frozen=True)
class Ice:
    """One side's ICE and DTLS data; `candidates` are whole `a=` lines."""

    ufrag: str
    pwd: str
    fingerprint: str
    lite: bool
    candidates: tuple[str, ...]

    @classmethod
    def of(cls, description: sdp.Description) -> Self:
        """Read them. Raises InvalidRequest when something is missing."""
        if not description.sections:
            raise InvalidRequest("this session description has no m-line", "sdp", 400)
        first = description.sections[0]
        values = {}
        for name in ("ice-ufrag", "ice-pwd", "fingerprint"):
            value = description.attribute(first, name)
            if not value:
                raise InvalidRequest(f"a={name} is missing in this session description", "sdp", 400)
            values[name] = value
        with_some = next((s for s in description.sections if s.attribute("candidate")), first)
        candidates = tuple(line for line in with_some.lines if line.startswith("a=candidate:"))
        lite = "a=ice-lite" in description.session
        return cls(values["ice-ufrag"], values["ice-pwd"], values["fingerprint"], lite, candidates)

    def lines(self, setup: str) -> list[str]:
        return [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.pwd}", f"a=fingerprint:{self.fingerprint}",
                f"a=setup:{setup}"]  # fmt: skip


def mid_in(section: sdp.Section) -> str:
    """Return the mid of an m-line. Raises InvalidRequest when it has none."""
    mid = section.attribute("mid")
    if not mid:
        raise InvalidRequest(f"m-line {section.index} has no a=mid", "sdp", 400)
    return mid


def mid_of(lines: list[str]) -> str:
    """Return the mid of an m-line that is known to have one."""
    return next(line[6:] for line in lines if line.startswith("a=mid:"))


def head(mline: str, mid: str) -> list[str]:
    """Return how a section begins."""
    return [mline, "c=IN IP4 0.0.0.0", f"a=mid:{mid}"]


def with_port(mline: str, port: int) -> str:
    """Return an m-line with another port."""
    kind, _, rest = mline.split(" ", 2)
    return f"{kind} {port} {rest}"


def maps(lines: list[str]) -> list[str]:
    """Return the lines that say what the payload types are."""
    return [line for line in lines if line.startswith(("a=rtpmap:", "a=fmtp:"))]


def formats(lines: list[str], *, first_only: bool = False) -> tuple[str, ...]:
    """Return the m-line (port 9) and its rtpmap and fmtp lines; `first_only`: of its first payload type alone."""
    kind, _, protocol, *types = lines[0].split()
    if not first_only:
        return (" ".join([kind, "9", protocol, *types]), *maps(lines))
    first = types[0]
    own = [line for line in maps(lines) if line.split(":", 1)[1].split(" ")[0] == first]
    return (f"{kind} 9 {protocol} {first}", *own)


def without(lines: list[str], *names: str) -> list[str]:
    """Return the lines that are not attributes of these names."""
    begins = tuple(f"a={name}" for name in names)
    return [line for line in lines if not (line.startswith(begins) and line.split(":", 1)[0] in begins)]
