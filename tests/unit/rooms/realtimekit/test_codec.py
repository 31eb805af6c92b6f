from __future__ import annotations

import random

import pytest

from roomtape.errors import InvalidRequest
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb


def test_a_frame_comes_back_as_it_was() -> None:
    peer = pb.Peer(peer_id="p", display_name="Ann", stage_type=pb.STAGE_TYPE_ON_STAGE)
    frame = codec.decode(codec.encode(3, pb.PeerInfoResponse(peer=peer), "a-1"))
    assert (frame.event, frame.id) == (3, "a-1")
    assert codec.parse(pb.PeerInfoResponse, frame.payload).peer == peer


def test_the_bytes_are_those_of_the_sdk() -> None:
    # event 3 as field 1, id "x" as field 2, payload as field 3 (protobuf's wire format, written by hand)
    assert codec.encode(3, pb.RoomPeersInfoRequest(limit=5), "x") == b"\x08\x03\x12\x01x\x1a\x02\x10\x05"
    assert codec.decode(b"\x08\x03\x12\x01x\x1a\x02\x10\x05") == codec.Frame(3, "x", b"\x10\x05")


def test_a_push_has_no_id() -> None:
    frame = pb.SocketMessage.FromString(codec.encode(40))
    assert not frame.HasField("id")


def test_metadata_of_the_client_is_ignored() -> None:
    data = pb.SocketMessage(event=1, id="i", metadata=b'{"TRACEPARENT": ""}').SerializeToString()
    assert codec.decode(data) == codec.Frame(1, "i", b"")


@pytest.mark.parametrize("data", [b"\xff", b"\x08", b"\x12\x05ab", b"\x12\x02\xff\xfe"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no SocketMessage"):
        codec.decode(data)


def test_frames_and_ids_have_a_limit() -> None:
    with pytest.raises(InvalidRequest, match="bytes at most"):
        codec.decode(bytes(codec.LARGEST_FRAME + 1))
    with pytest.raises(InvalidRequest, match="id"):
        codec.decode(codec.encode(1, None, "x" * (codec.LONGEST_ID + 1)))


def test_random_bytes_raise_nothing_else() -> None:
    rng = random.Random(3)
    for _ in range(2000):
        data = rng.randbytes(rng.randrange(60))
        try:
            frame = codec.decode(data)
            codec.parse(pb.ConsumePeersRequest, frame.payload)
        except InvalidRequest:
            continue
