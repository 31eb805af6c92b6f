"""Owns how the published tracks of any peer, WHIP or SDK, are shown to SDK clients: as producers."""

from __future__ import annotations

from roomtape.rooms.live import LivePeer, LiveSession, LiveTrack
from roomtape.rooms.realtimekit.media_port import ProducerInfo

_MIME = {"opus": "audio/opus", "vp8": "video/VP8", "vp9": "video/VP9", "h264": "video/H264"}


def producer_id(peer: LivePeer, track: LiveTrack) -> str:
    """Return the track's producer id: its own, or one made of the peer and the m-line for WHIP's tracks."""
    return track.producer_id or f"{peer.id}-{track.mid}"


def info(peer: LivePeer, track: LiveTrack) -> ProducerInfo:
    """Return one track as a producer."""
    return ProducerInfo(
        producer_id=producer_id(peer, track),
        peer_id=peer.id,
        kind=track.kind,
        source=track.source,
        paused=track.paused,
        mime_type=_MIME.get(track.codec, f"{track.kind}/{track.codec}"),
        app_data=track.app_data,
        transport_id=f"send-{peer.handle.id}" if peer.handle else "",
    )


def of_peer(peer: LivePeer) -> list[ProducerInfo]:
    """Return the producers of a peer; none until its media transport is up, since nobody can consume them before."""
    return [info(peer, track) for track in peer.tracks] if peer.up else []


def find(session: LiveSession, wanted: str) -> tuple[LivePeer, LiveTrack] | None:
    """Return the peer and track behind a producer id, or None."""
    for peer in session.peers.values():
        for track in peer.tracks:
            if peer.up and not peer.tape and producer_id(peer, track) == wanted:
                return peer, track
    return None
