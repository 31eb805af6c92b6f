"""Owns sending segments live: their packets, as they are, in FLV over one RTMP connection.

FFmpeg's own RTMP client speaks to a port on this machine, behind which whoever opened it reaches the server; what the
server shall hear of its name, the application and the stream comes from the address.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av

from roomtape.domain.rtmp import RtmpAddress
from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.encode_aac import GRID
from roomtape.media.encode_h264 import REORDER

LostConnection = av.FFmpegError


class FlvPush:
    """One connection, opened by the first packet. Every packet may raise LostConnection.

    After that the object is of no use, and ending the process is the only way to be rid of it for certain.
    """

    QUEUE = 8
    """Packets between us and the connection. Once as many again were taken, the server has taken the stream."""

    def __init__(self, address: RtmpAddress, port: int, fps: int) -> None:
        """Prepare to send to `address` by way of `port` on this machine."""
        inner = {
            "rtmp_tcurl": address.tc_url,
            "rtmp_app": address.app,
            "rtmp_playpath": address.playpath,
            "flvflags": "no_duration_filesize",
            "flush_packets": "1",
        }
        # PyAV gives a protocol no options, but the muxer that writes from a thread of its own gives them on.
        self._out = av.open(
            f"rtmp://127.0.0.1:{port}",
            "w",
            format="fifo",
            options={"fifo_format": "flv", "queue_size": str(self.QUEUE), "format_opts": _packed(inner)},
        )
        self._streams: tuple[Any, Any] | None = None
        self._fps = fps

    def packets(self, segment: bytes) -> list[tuple[float, av.Packet[Any]]]:
        """Return a segment's packets in the order of sending, each with its decoding time (s) on the recording's clock.

        The clock is put forward by as much as decoding runs ahead of showing, so that no time is negative.
        """
        tick, sample = Fraction(1, self._fps), Fraction(1, SAMPLE_RATE)
        lead = REORDER * SAMPLE_RATE // self._fps
        found: list[tuple[float, av.Packet[Any]]] = []
        with segment_nut.open_for_reading(io.BytesIO(segment)) as source:
            if self._streams is None:
                self._streams = (
                    self._out.add_stream_from_template(source.streams.video[0]),
                    self._out.add_stream_from_template(segment_nut.sound_stream(source, "AAC")),
                )
            packets = segment_nut.read(source, self._fps, "AAC")
            base = min((t for t, _ in packets.video), default=0)
            for i, (at, packet) in enumerate(packets.video):
                packet.stream, packet.time_base = self._streams[0], tick
                packet.pts, packet.dts, packet.duration = at + REORDER, base + i, 1
                found.append((float(packet.dts * tick), packet))
            for number, packet in packets.audio:
                packet.stream, packet.time_base = self._streams[1], sample
                packet.pts = packet.dts = GRID.frame * number - GRID.delay + lead
                packet.duration = GRID.frame
                found.append((float(packet.dts * sample), packet))
        return sorted(found, key=lambda timed: timed[0])

    def send(self, packet: av.Packet[Any]) -> None:
        """Hand one packet on; blocks while the server takes no more."""
        self._out.mux_one(packet)

    def close(self) -> None:
        """Send what is left and tell the server that this was all."""
        self._out.close()


def complain_on_stderr() -> None:
    """Have what FFmpeg complains of written to standard error: a server's own words are in no exception.

    PyAV's way of logging would not do: its callback waits for our interpreter while we wait for the connection's end.
    """
    av.logging.restore_default_callback()
    av.logging.set_libav_level(av.logging.ERROR)


def _packed(options: dict[str, str]) -> str:
    """Write options as av_dict_parse_string reads them: a backslash takes what follows as it is (av_get_token)."""
    return ":".join(f"{name}={_escaped(value)}" for name, value in options.items())


def _escaped(value: str) -> str:
    return "".join(f"\\{c}" if c in "\\':= \t\n" else c for c in value)
