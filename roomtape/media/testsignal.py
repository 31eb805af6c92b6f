"""Owns the making of test media: tone and picture loops, encoded once a process and then sent as they are.

A loop's first packet, and every whole second after it, carries the beep (audio) or the flash (video).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from roomtape.errors import InvalidRequest
from roomtape.media.testpicture import COLOURS, COUNTERS, TestPicture

VideoCodec = Literal["vp8", "vp9", "h264"]

SAMPLE_RATE = 48_000
PACKET_SAMPLES = 960
PACKET_US = 20_000
BEEP_HZ = 2_500
BEEP_PACKETS = 3
"""A beep lasts 60 ms."""

_LOOKAHEAD = 312  # libopus delays by 6.5 ms at 48 kHz (application "audio"); the signal is moved ahead by it
_RAMP = 240  # 5 ms edges keep the beep's spectrum out of the tones' bands


@dataclass(frozen=True)
class AudioLoop:
    """One second of Opus in packets of 20 ms: a steady tone, and a louder beep in the first three packets.

    As decoded, with no pre-skip taken off, the beep begins with the first packet's first sample.
    `levels` are the packets' levels in -dBov (RFC 6464); `silence` is a packet of digital silence, as a muted
    browser sends it.
    """

    packets: tuple[bytes, ...]
    levels: tuple[int, ...]
    silence: bytes


@dataclass(frozen=True)
class VideoLoop:
    """Encoded frames in order (H.264: access units in Annex B form), beginning with a keyframe."""

    codec: VideoCodec
    width: int
    height: int
    fps: int
    frames: tuple[bytes, ...]
    keyframes: tuple[bool, ...]


def tone_samples(
    tone_hz: int, seconds: int, beep_hz: int = BEEP_HZ, amplitude: float = 0.1, beep_amplitude: float = 0.4
) -> NDArray[np.float32]:
    """Return mono samples at 48 kHz in -1..1: a tone, and a 60 ms beep on each second. Whole Hz make it loop."""
    t = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    beep_length = BEEP_PACKETS * PACKET_SAMPLES
    envelope = np.ones(beep_length)
    ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, _RAMP))
    envelope[:_RAMP], envelope[-_RAMP:] = ramp, ramp[::-1]
    gate = np.zeros(SAMPLE_RATE)
    gate[:beep_length] = envelope
    beep = np.tile(gate, seconds) * beep_amplitude * np.sin(2 * np.pi * beep_hz * t)
    return (amplitude * np.sin(2 * np.pi * tone_hz * t) + beep).astype(np.float32)


@lru_cache(maxsize=256)
def audio_loop(tone_hz: int, beep_hz: int = BEEP_HZ, bitrate: int = 32_000) -> AudioLoop:
    """Return the loop of a tone of `tone_hz`. Raises InvalidRequest for tones that Opus cannot carry."""
    if not 50 <= tone_hz <= 16_000:
        raise InvalidRequest(f"a tone of {tone_hz} Hz cannot be sent; choose 50 to 16000", "tone", 400)
    signal = np.roll(tone_samples(tone_hz, 1, beep_hz), -_LOOKAHEAD)
    # The middle one of three rounds joins itself seamlessly: the encoder's state is the same at both ends.
    packets = _opus(np.tile(signal, 3), bitrate)[50:100]
    silence = _opus(np.zeros(SAMPLE_RATE // 2, np.float32), bitrate)[-1]
    return AudioLoop(tuple(packets), tuple(_levels(np.roll(signal, _LOOKAHEAD))), silence)


def _opus(samples: NDArray[np.float32], bitrate: int) -> list[bytes]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = SAMPLE_RATE, "mono", "flt"
    codec.bit_rate = bitrate
    # Expecting loss, libopus makes packets that need none before them: a tone is at full level at once after a gap.
    codec.options = {"application": "audio", "frame_duration": "20", "packet_loss": "100"}
    packets = []
    for start in range(0, len(samples), PACKET_SAMPLES):
        block = samples[start : start + PACKET_SAMPLES]
        frame = av.AudioFrame.from_ndarray(block[np.newaxis, :], "flt", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, start
        packets += [bytes(p) for p in codec.encode(frame)]
    return packets


def _levels(samples: NDArray[np.float32]) -> list[int]:
    blocks = samples.reshape(-1, PACKET_SAMPLES).astype(np.float64)
    rms = np.sqrt((blocks**2).mean(axis=1))
    return [int(min(127, max(0, round(-20 * np.log10(max(r, 1e-9)))))) for r in rms]


@lru_cache(maxsize=64)
def video_loop(
    codec: VideoCodec,
    width: int = 640,
    height: int = 360,
    fps: int = 30,
    seconds: int = 10,
    identity: int = 0,
    colour: tuple[int, int, int] | None = None,
    bitrate: int = 500_000,
) -> VideoLoop:
    """Return a loop of the test picture with a keyframe each second; the counter begins at 0.

    Raises InvalidRequest for sizes that are odd and loops longer than the counter counts (1024 frames).
    """
    if width % 2 or height % 2 or not (96 <= width <= 3840 and 54 <= height <= 2160):
        raise InvalidRequest(f"{width}x{height} is no picture size; take even numbers of 96x54 or more", "size", 400)
    if not (0 < fps <= 60 and 0 < seconds * fps <= COUNTERS):
        raise InvalidRequest(f"{seconds} s at {fps} frames/s is no loop of 1 to {COUNTERS} frames", "fps", 400)
    picture = TestPicture(width, height, fps, identity, colour or COLOURS[identity % len(COLOURS)])
    context = _video_context(codec, width, height, fps, bitrate)
    packets = []
    for counter in range(seconds * fps):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, pixels in zip(frame.planes, picture.planes(counter), strict=True):
            view = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            view[:, : plane.width] = pixels
        frame.pts, frame.time_base = counter, Fraction(1, fps)
        if counter % fps == 0:
            frame.pict_type = av.video.frame.PictureType.I
        packets += context.encode(frame)
    packets += context.encode(None)
    return VideoLoop(codec, width, height, fps, tuple(bytes(p) for p in packets), tuple(p.is_keyframe for p in packets))


def _video_context(codec: VideoCodec, width: int, height: int, fps: int, bitrate: int) -> av.VideoCodecContext:
    library = {"vp8": "libvpx", "vp9": "libvpx-vp9", "h264": "libx264"}[codec]
    context = av.CodecContext.create(library, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = Fraction(fps), Fraction(1, fps)
    context.bit_rate, context.gop_size, context.thread_count = bitrate, fps, 1
    if codec == "h264":
        context.profile = "Constrained Baseline"
        context.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "level": "3.1" if width * height <= 1280 * 720 else "5.1",
            "forced-idr": "1",
            "x264-params": "scenecut=0:repeat-headers=1",
        }
    else:
        context.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "auto-alt-ref": "0",
            "error-resilient": "1",
            "bufsize": str(bitrate),
            "qmax": "56",
        }
    return context
