"""Owns the SDP of an SDK client's send transport: the client offers, the SFU answers, and both see a little less.

The client's transport begins with placeholders that nothing is ever sent on, and keeps offering m-lines whose producer
it has forgotten; the SFU is shown these as inactive. The SFU refuses an m-line that never was active; the client would
use such a one for its next track, under a new mid, and one m-line would have been two tracks: to the client they are
inactive, never refused.
"""

from __future__ import annotations

from roomtape.errors import SfuError
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit.sections import Ice, formats, head, mid_in, read, without
from roomtape.rtp import audiolevel, orientation

_NAMES = tuple(f"urn:ietf:params:rtp-hdrext:sdes:{name}" for name in ("mid", "rtp-stream-id", "repaired-rtp-stream-id"))
"""Header extensions that an m-line with simulcast cannot do without, whether it sends or not (RFC 8853)."""
_KEPT = (*_NAMES, audiolevel.URI, orientation.URI)
"""What is taken on m-lines that send nothing: Chromium offers new ones only what was negotiated for those before."""


def for_sfu(offer: str, live: set[str]) -> str:
    """Return a client's offer in which only the m-lines with `live` mids send. Raises InvalidRequest.

    Trickling is taken out, since no candidate ever follows.
    """
    description = read(offer)
    lines = without(description.session, "ice-options")
    for section in description.sections:
        own = without(section.lines, "ice-options")
        if mid_in(section) not in live:
            own = ["a=inactive" if line in ("a=sendonly", "a=sendrecv") else line for line in own]
            own = without(own, "simulcast", "rid")
        lines += own
    return "\r\n".join([*lines, ""])


def for_client(offer: str, answer: str) -> str:
    """Return the SFU's answer with every m-line that the client offers in use, inactive where the SFU takes nothing."""
    offered, answered = read(offer), sdp.parse(answer)
    if len(offered.sections) != len(answered.sections):
        raise SfuError("the SFU's answer has not the m-lines of the offer")
    ice = Ice.of(answered)
    setup = next((value for s in answered.sections if (value := answered.attribute(s, "setup"))), "active")
    sections, bundled = [], []
    for theirs, ours in zip(offered.sections, answered.sections, strict=True):
        if theirs.rejected:
            sections.append(ours.lines)
            continue
        bundled.append(mid_in(theirs))
        if ours.rejected or ours.direction == "inactive":
            mline, *codecs = formats(theirs.lines, first_only=True)
            names = [line for line in theirs.lines if line.startswith("a=extmap:") and line.endswith(_KEPT)]
            body = [*head(mline, mid_in(theirs)), "a=inactive", "a=rtcp-mux", *codecs, *names, *ice.lines(setup)]
            sections.append([*body, *([*ice.candidates, "a=end-of-candidates"] if not sections else [])])
        else:
            sections.append(ours.lines)
    group = "a=group:BUNDLE " + " ".join(bundled)
    session = [group if line.startswith("a=group:BUNDLE") else line for line in answered.session]
    return "\r\n".join([*session, *(line for lines in sections for line in lines), ""])


def sending_mid(offer: str, kind: str, live: set[str]) -> str | None:
    """Return the mid of the last m-line of a kind that would send and is not `live` yet, or None."""
    found = None
    for section in read(offer).sections:
        fresh = section.kind == kind and not section.rejected and mid_in(section) not in live
        if fresh and section.direction in ("sendonly", "sendrecv"):
            found = mid_in(section)
    return found
