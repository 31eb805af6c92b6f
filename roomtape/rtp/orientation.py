"""Owns the video orientation that a sender puts into header extensions (3GPP TS 26.114, section 7.4.5)."""

from __future__ import annotations

from roomtape.rtp.packet import ONE_BYTE, Packet

URI = "urn:3gpp:video-orientation"


class Orientation:
    """Follows the orientation of one video stream by the packets that say it, under the id negotiated for it.

    `rotation` is by how many degrees (0, 90, 180, 270) pictures have to be turned clockwise to be upright. A value is
    in force until another one comes: senders may put it on the last packet of keyframes alone. The byte's flip flag is
    taken no notice of, as browsers do.
    """

    __slots__ = ("_head", "_ident", "rotation")

    def __init__(self, ident: int) -> None:
        self._ident = ident
        self._head = ident << 4  # identifier and length - 1, RFC 8285 section 4.2
        self.rotation = 0

    def follow(self, packet: Packet) -> None:
        """Take the next packet in order of sending."""
        block = packet.block
        # Most blocks hold other extensions alone: the search for the byte that would begin ours spares their walk.
        if block is None or (packet.profile == ONE_BYTE and not (self._head < 256 and self._head in block)):
            return
        value = packet.extensions().get(self._ident)
        if value:
            self.rotation = (value[0] & 0x03) * 90
