"""Owns one peer as the room of a session sees it, and the messages that tell others of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.permissions import NOTHING, Permissions
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb


@dataclass
class Member:
    """`connected`: a socket stands. `joined`: in the session. `media_joined`: others consume from it.

    `waiting`: parked in the waiting room. `most_streams`: cameras that its preset lets it show at once.
    `consuming`: producers that it begins to receive, as it was told of them; until it has answered the offer.
    """

    peer_id: str
    user_id: str
    name: str
    custom_participant_id: str | None = None
    picture: str | None = None
    preset_name: str = ""
    preset_id: str = ""
    hidden: bool = False
    permissions: Permissions = NOTHING
    connected: bool = False
    joined: bool = False
    media_joined: bool = False
    waiting: bool = False
    kicked: bool = False
    most_streams: int = 6
    consuming: dict[str, ProducerInfo] = field(default_factory=dict)

    @property
    def visible(self) -> bool:
        """Whether others may know of this peer."""
        return self.joined and not self.hidden

    def peer(self) -> pb.Peer:
        """Return the peer as the room service describes it."""
        found = pb.Peer(
            peer_id=self.peer_id,
            user_id=self.user_id,
            display_name=self.name,
            stage_type=pb.STAGE_TYPE_ON_STAGE,
            waitlisted=self.waiting,
            flags=pb.PeerFlags(
                preset_name=self.preset_name,
                # Clients take a peer whose flags say anything else, or nothing, for a recorder, and hide it.
                recorder_type=self.permissions.recorder_type,
                hidden_participant=self.hidden,
            ),
        )
        if self.custom_participant_id:
            found.custom_participant_id = self.custom_participant_id
        if self.picture:
            found.display_picture_url = self.picture
        if self.preset_id:
            found.preset_id = self.preset_id
        return found

    def info(self) -> pb.PeerInfoResponse:
        return pb.PeerInfoResponse(peer=self.peer())

    def participant(self, producers: list[ProducerInfo]) -> pb.RoomParticipants:
        """Return the peer as the media service describes it."""
        return pb.RoomParticipants(
            peer_id=self.peer_id,
            display_name=self.name,
            user_id=self.user_id,
            producer_states=[producer_state(p) for p in producers],
        )


def producer_state(producer: ProducerInfo) -> pb.ProducerState:
    """Return a producer as clients are told of it."""
    return pb.ProducerState(
        producer_id=producer.producer_id,
        kind=pb.PRODUCER_KIND_AUDIO if producer.kind == "audio" else pb.PRODUCER_KIND_VIDEO,
        pause=producer.paused,
        screen_share=producer.source == "screenshare",
        app_data=producer.app_data,
        producing_transport_id=producer.transport_id,
        mime_type=producer.mime_type,
    )
