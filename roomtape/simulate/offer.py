"""Owns the SDP a simulated participant offers, and what it needs from the answer (RFC 8829, RFC 9725)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiortc import RTCDtlsFingerprint, RTCDtlsParameters, RTCIceCandidate, RTCIceParameters
from aiortc.sdp import SessionDescription, candidate_to_sdp

from roomtape.errors import DestinationError
from roomtape.simulate.stream import AUDIO_LEVEL_EXTENSION, RtpStream

_FORMATS = {
    "opus": ("opus/48000/2", "minptime=10;useinbandfec=1"),
    "vp8": ("VP8/90000", ""),
    "vp9": ("VP9/90000", "profile-id=0"),
    "h264": ("H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
}
PAYLOAD_TYPES = {"opus": 111, "vp8": 96, "vp9": 98, "h264": 102}


@dataclass(frozen=True)
class LocalTransport:
    """What the offer says of our transport."""

    ice: RTCIceParameters
    candidates: Sequence[RTCIceCandidate]
    fingerprints: Sequence[RTCDtlsFingerprint]


@dataclass(frozen=True)
class RemoteTransport:
    """What the answer says of the peer's; `accepted` tells for each m-line whether it takes the media."""

    ice: RTCIceParameters
    dtls: RTCDtlsParameters
    candidates: Sequence[RTCIceCandidate]
    accepted: tuple[bool, ...]


def offer(local: LocalTransport, streams: Sequence[tuple[RtpStream, str]], cname: str) -> str:
    """Return an offer that sends each (stream, codec) on one bundled transport, all candidates included."""
    mids = " ".join(str(i) for i in range(len(streams)))
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    for mid, (stream, codec) in enumerate(streams):
        lines += _media(local, stream, codec, mid, cname)
    return "\r\n".join(lines) + "\r\n"


def _media(local: LocalTransport, stream: RtpStream, codec: str, mid: int, cname: str) -> list[str]:
    encoding, parameters = _FORMATS[codec]
    pt = stream.payload_type
    lines = [
        f"m={stream.kind} 9 UDP/TLS/RTP/SAVPF {pt}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(f"a=candidate:{candidate_to_sdp(c)}" for c in local.candidates),
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.ice.usernameFragment}",
        f"a=ice-pwd:{local.ice.password}",
        *(f"a=fingerprint:{f.algorithm} {f.value}" for f in local.fingerprints),
        "a=setup:actpass",
        f"a=mid:{mid}",
        "a=sendonly",
        "a=rtcp-mux",
        f"a=msid:{cname} {cname}-{stream.kind}",
        f"a=rtpmap:{pt} {encoding}",
    ]
    if parameters:
        lines.append(f"a=fmtp:{pt} {parameters}")
    if stream.kind == "video":
        lines += [f"a=rtcp-fb:{pt} nack", f"a=rtcp-fb:{pt} nack pli", f"a=rtcp-fb:{pt} ccm fir"]
    else:
        lines.append(f"a=extmap:{AUDIO_LEVEL_EXTENSION} urn:ietf:params:rtp-hdrext:ssrc-audio-level")
    return [*lines, f"a=ssrc:{stream.ssrc} cname:{cname}"]


def read_answer(text: str, streams: int) -> RemoteTransport:
    """Return what the answer says; raises DestinationError where it is no answer to our offer."""
    try:
        description = SessionDescription.parse(text)
    except (ValueError, IndexError, AssertionError) as error:
        raise DestinationError(f"the server's answer cannot be read as SDP: {error}") from error
    if not description.media:
        raise DestinationError("the server's answer is not SDP; is this a WHIP endpoint?")
    if len(description.media) != streams:
        raise DestinationError(f"the answer has {len(description.media)} m-lines, the offer had {streams}")
    accepted = tuple(m.port != 0 and m.direction != "inactive" for m in description.media)
    if not any(accepted):
        raise DestinationError("the server takes none of the offered media; try another --video-codec")
    first = description.media[accepted.index(True)]
    if first.ice is None or first.dtls is None or not first.dtls.fingerprints:
        raise DestinationError("the server's answer lacks ICE or DTLS parameters")
    return RemoteTransport(first.ice, first.dtls, first.ice_candidates, accepted)
