from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Target(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TARGET_PUBLISHER: _ClassVar[Target]
    TARGET_SUBSCRIBER: _ClassVar[Target]

class ProducerKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRODUCER_KIND_AUDIO: _ClassVar[ProducerKind]
    PRODUCER_KIND_VIDEO: _ClassVar[ProducerKind]

class StageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_TYPE_UNSPECIFIED: _ClassVar[StageType]
    STAGE_TYPE_ON_STAGE: _ClassVar[StageType]
    STAGE_TYPE_APPROVED_STAGE: _ClassVar[StageType]
    STAGE_TYPE_REQUESTED_STAGE: _ClassVar[StageType]
    STAGE_TYPE_OFF_STAGE: _ClassVar[StageType]

class RecordingType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORDING_TYPE_BROWSER: _ClassVar[RecordingType]
    RECORDING_TYPE_TRACK: _ClassVar[RecordingType]
    RECORDING_TYPE_COMPOSITE: _ClassVar[RecordingType]

class Capabilities(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITIES_HIVE: _ClassVar[Capabilities]
    CAPABILITIES_CHAT: _ClassVar[Capabilities]
    CAPABILITIES_PING: _ClassVar[Capabilities]

class BroadcastType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BROADCAST_TYPE_PEERS: _ClassVar[BroadcastType]
    BROADCAST_TYPE_ROOMS: _ClassVar[BroadcastType]

class StreamPermissionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STREAM_PERMISSION_TYPE_NONE: _ClassVar[StreamPermissionType]
    STREAM_PERMISSION_TYPE_ALLOWED: _ClassVar[StreamPermissionType]
    STREAM_PERMISSION_TYPE_NOT_ALLOWED: _ClassVar[StreamPermissionType]
    STREAM_PERMISSION_TYPE_CAN_REQUEST: _ClassVar[StreamPermissionType]

class WaitingRoomType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAITING_ROOM_TYPE_NONE: _ClassVar[WaitingRoomType]
    WAITING_ROOM_TYPE_SKIP: _ClassVar[WaitingRoomType]
    WAITING_ROOM_TYPE_ON_PRIVILEGED_USER_ENTRY: _ClassVar[WaitingRoomType]
    WAITING_ROOM_TYPE_SKIP_ON_ACCEPT: _ClassVar[WaitingRoomType]

class RecorderType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORDER_TYPE_NONE: _ClassVar[RecorderType]
    RECORDER_TYPE_RECORDER: _ClassVar[RecorderType]
    RECORDER_TYPE_LIVESTREAMER: _ClassVar[RecorderType]
TARGET_PUBLISHER: Target
TARGET_SUBSCRIBER: Target
PRODUCER_KIND_AUDIO: ProducerKind
PRODUCER_KIND_VIDEO: ProducerKind
STAGE_TYPE_UNSPECIFIED: StageType
STAGE_TYPE_ON_STAGE: StageType
STAGE_TYPE_APPROVED_STAGE: StageType
STAGE_TYPE_REQUESTED_STAGE: StageType
STAGE_TYPE_OFF_STAGE: StageType
RECORDING_TYPE_BROWSER: RecordingType
RECORDING_TYPE_TRACK: RecordingType
RECORDING_TYPE_COMPOSITE: RecordingType
CAPABILITIES_HIVE: Capabilities
CAPABILITIES_CHAT: Capabilities
CAPABILITIES_PING: Capabilities
BROADCAST_TYPE_PEERS: BroadcastType
BROADCAST_TYPE_ROOMS: BroadcastType
STREAM_PERMISSION_TYPE_NONE: StreamPermissionType
STREAM_PERMISSION_TYPE_ALLOWED: StreamPermissionType
STREAM_PERMISSION_TYPE_NOT_ALLOWED: StreamPermissionType
STREAM_PERMISSION_TYPE_CAN_REQUEST: StreamPermissionType
WAITING_ROOM_TYPE_NONE: WaitingRoomType
WAITING_ROOM_TYPE_SKIP: WaitingRoomType
WAITING_ROOM_TYPE_ON_PRIVILEGED_USER_ENTRY: WaitingRoomType
WAITING_ROOM_TYPE_SKIP_ON_ACCEPT: WaitingRoomType
RECORDER_TYPE_NONE: RecorderType
RECORDER_TYPE_RECORDER: RecorderType
RECORDER_TYPE_LIVESTREAMER: RecorderType

class Codec(_message.Message):
    __slots__ = ("channels", "clock_rate", "mime_type", "sdp_fmtp_line", "payload_type")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_RATE_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    SDP_FMTP_LINE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    channels: int
    clock_rate: int
    mime_type: str
    sdp_fmtp_line: str
    payload_type: int
    def __init__(self, channels: _Optional[int] = ..., clock_rate: _Optional[int] = ..., mime_type: _Optional[str] = ..., sdp_fmtp_line: _Optional[str] = ..., payload_type: _Optional[int] = ...) -> None: ...

class HeaderExtension(_message.Message):
    __slots__ = ("direction", "uri")
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    direction: str
    uri: str
    def __init__(self, direction: _Optional[str] = ..., uri: _Optional[str] = ...) -> None: ...

class Fingerprint(_message.Message):
    __slots__ = ("algorithm", "value")
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    value: str
    def __init__(self, algorithm: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class SessionDescription(_message.Message):
    __slots__ = ("target", "type", "sdp")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SDP_FIELD_NUMBER: _ClassVar[int]
    target: Target
    type: str
    sdp: str
    def __init__(self, target: _Optional[_Union[Target, str]] = ..., type: _Optional[str] = ..., sdp: _Optional[str] = ...) -> None: ...

class ProducerPayload(_message.Message):
    __slots__ = ("kind", "paused", "screen_share", "msid", "app_data", "mime_type")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    SCREEN_SHARE_FIELD_NUMBER: _ClassVar[int]
    MSID_FIELD_NUMBER: _ClassVar[int]
    APP_DATA_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    paused: bool
    screen_share: bool
    msid: str
    app_data: str
    mime_type: str
    def __init__(self, kind: _Optional[str] = ..., paused: _Optional[bool] = ..., screen_share: _Optional[bool] = ..., msid: _Optional[str] = ..., app_data: _Optional[str] = ..., mime_type: _Optional[str] = ...) -> None: ...

class CreateTransportRequest(_message.Message):
    __slots__ = ("consuming", "force_tcp", "description", "private_ice", "producers")
    CONSUMING_FIELD_NUMBER: _ClassVar[int]
    FORCE_TCP_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_ICE_FIELD_NUMBER: _ClassVar[int]
    PRODUCERS_FIELD_NUMBER: _ClassVar[int]
    consuming: bool
    force_tcp: bool
    description: SessionDescription
    private_ice: bool
    producers: _containers.RepeatedCompositeFieldContainer[ProducerPayload]
    def __init__(self, consuming: _Optional[bool] = ..., force_tcp: _Optional[bool] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ..., private_ice: _Optional[bool] = ..., producers: _Optional[_Iterable[_Union[ProducerPayload, _Mapping]]] = ...) -> None: ...

class AudioActivityRequest(_message.Message):
    __slots__ = ("producer_id", "energy", "silent")
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    producer_id: str
    energy: int
    silent: bool
    def __init__(self, producer_id: _Optional[str] = ..., energy: _Optional[int] = ..., silent: _Optional[bool] = ...) -> None: ...

class CreateTransportResponse(_message.Message):
    __slots__ = ("transport_id", "description", "transcription_enabled", "producer_ids")
    TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPTION_ENABLED_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_IDS_FIELD_NUMBER: _ClassVar[int]
    transport_id: str
    description: SessionDescription
    transcription_enabled: bool
    producer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, transport_id: _Optional[str] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ..., transcription_enabled: _Optional[bool] = ..., producer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RenegotiateRequest(_message.Message):
    __slots__ = ("transport_id", "description")
    TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    transport_id: str
    description: SessionDescription
    def __init__(self, transport_id: _Optional[str] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class RenegotiateResponse(_message.Message):
    __slots__ = ("transport_id", "description")
    TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    transport_id: str
    description: SessionDescription
    def __init__(self, transport_id: _Optional[str] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class NestedScore(_message.Message):
    __slots__ = ("encoding_idx", "rid", "score", "ssrc")
    ENCODING_IDX_FIELD_NUMBER: _ClassVar[int]
    RID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SSRC_FIELD_NUMBER: _ClassVar[int]
    encoding_idx: int
    rid: str
    score: int
    ssrc: int
    def __init__(self, encoding_idx: _Optional[int] = ..., rid: _Optional[str] = ..., score: _Optional[int] = ..., ssrc: _Optional[int] = ...) -> None: ...

class ProducerTrack(_message.Message):
    __slots__ = ("track_id", "producer_id", "stream_id")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    producer_id: str
    stream_id: str
    def __init__(self, track_id: _Optional[str] = ..., producer_id: _Optional[str] = ..., stream_id: _Optional[str] = ...) -> None: ...

class ProducerEntry(_message.Message):
    __slots__ = ("producing_transport_id", "producer_id")
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    producing_transport_id: str
    producer_id: str
    def __init__(self, producing_transport_id: _Optional[str] = ..., producer_id: _Optional[str] = ...) -> None: ...

class ConsumerEntry(_message.Message):
    __slots__ = ("consuming_transport_id", "consumer_id")
    CONSUMING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_ID_FIELD_NUMBER: _ClassVar[int]
    consuming_transport_id: str
    consumer_id: str
    def __init__(self, consuming_transport_id: _Optional[str] = ..., consumer_id: _Optional[str] = ...) -> None: ...

class ProducerState(_message.Message):
    __slots__ = ("producer_id", "kind", "pause", "screen_share", "app_data", "producing_transport_id", "mime_type", "codec")
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAUSE_FIELD_NUMBER: _ClassVar[int]
    SCREEN_SHARE_FIELD_NUMBER: _ClassVar[int]
    APP_DATA_FIELD_NUMBER: _ClassVar[int]
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    producer_id: str
    kind: ProducerKind
    pause: bool
    screen_share: bool
    app_data: str
    producing_transport_id: str
    mime_type: str
    codec: Codec
    def __init__(self, producer_id: _Optional[str] = ..., kind: _Optional[_Union[ProducerKind, str]] = ..., pause: _Optional[bool] = ..., screen_share: _Optional[bool] = ..., app_data: _Optional[str] = ..., producing_transport_id: _Optional[str] = ..., mime_type: _Optional[str] = ..., codec: _Optional[_Union[Codec, _Mapping]] = ...) -> None: ...

class ConsumerState(_message.Message):
    __slots__ = ("consumer_id", "producer_state", "producer_track", "error_code")
    CONSUMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_STATE_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_TRACK_FIELD_NUMBER: _ClassVar[int]
    ERROR_CODE_FIELD_NUMBER: _ClassVar[int]
    consumer_id: str
    producer_state: ProducerState
    producer_track: ProducerTrack
    error_code: str
    def __init__(self, consumer_id: _Optional[str] = ..., producer_state: _Optional[_Union[ProducerState, _Mapping]] = ..., producer_track: _Optional[_Union[ProducerTrack, _Mapping]] = ..., error_code: _Optional[str] = ...) -> None: ...

class ProducerIdToConsumerMap(_message.Message):
    __slots__ = ("map",)
    class MapEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ConsumerState
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ConsumerState, _Mapping]] = ...) -> None: ...
    MAP_FIELD_NUMBER: _ClassVar[int]
    map: _containers.MessageMap[str, ConsumerState]
    def __init__(self, map: _Optional[_Mapping[str, ConsumerState]] = ...) -> None: ...

class PeerRtpCapabilitites(_message.Message):
    __slots__ = ("sender", "receiver")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    sender: RtpCapabilitites
    receiver: RtpCapabilitites
    def __init__(self, sender: _Optional[_Union[RtpCapabilitites, _Mapping]] = ..., receiver: _Optional[_Union[RtpCapabilitites, _Mapping]] = ...) -> None: ...

class RtpCapability(_message.Message):
    __slots__ = ("codecs", "header_extensions")
    CODECS_FIELD_NUMBER: _ClassVar[int]
    HEADER_EXTENSIONS_FIELD_NUMBER: _ClassVar[int]
    codecs: _containers.RepeatedCompositeFieldContainer[Codec]
    header_extensions: _containers.RepeatedCompositeFieldContainer[HeaderExtension]
    def __init__(self, codecs: _Optional[_Iterable[_Union[Codec, _Mapping]]] = ..., header_extensions: _Optional[_Iterable[_Union[HeaderExtension, _Mapping]]] = ...) -> None: ...

class RtpCapabilitites(_message.Message):
    __slots__ = ("audio", "video")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    audio: RtpCapability
    video: RtpCapability
    def __init__(self, audio: _Optional[_Union[RtpCapability, _Mapping]] = ..., video: _Optional[_Union[RtpCapability, _Mapping]] = ...) -> None: ...

class PreferredCodec(_message.Message):
    __slots__ = ("audio", "video")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    audio: str
    video: str
    def __init__(self, audio: _Optional[str] = ..., video: _Optional[str] = ...) -> None: ...

class Simulcast(_message.Message):
    __slots__ = ("preferred_rid", "priority_ordering", "rid_not_available")
    PREFERRED_RID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_ORDERING_FIELD_NUMBER: _ClassVar[int]
    RID_NOT_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    preferred_rid: str
    priority_ordering: str
    rid_not_available: str
    def __init__(self, preferred_rid: _Optional[str] = ..., priority_ordering: _Optional[str] = ..., rid_not_available: _Optional[str] = ...) -> None: ...

class GeoLocation(_message.Message):
    __slots__ = ("latitude", "longitude", "region")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    region: str
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., region: _Optional[str] = ...) -> None: ...

class PeerJoinRequest(_message.Message):
    __slots__ = ("display_name", "prejoined", "room_uuid", "meeting_id", "preset", "user_id", "organization_id", "location", "capabilities")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PREJOINED_FIELD_NUMBER: _ClassVar[int]
    ROOM_UUID_FIELD_NUMBER: _ClassVar[int]
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    prejoined: bool
    room_uuid: str
    meeting_id: str
    preset: bytes
    user_id: str
    organization_id: str
    location: GeoLocation
    capabilities: PeerRtpCapabilitites
    def __init__(self, display_name: _Optional[str] = ..., prejoined: _Optional[bool] = ..., room_uuid: _Optional[str] = ..., meeting_id: _Optional[str] = ..., preset: _Optional[bytes] = ..., user_id: _Optional[str] = ..., organization_id: _Optional[str] = ..., location: _Optional[_Union[GeoLocation, _Mapping]] = ..., capabilities: _Optional[_Union[PeerRtpCapabilitites, _Mapping]] = ...) -> None: ...

class PeerJoinCompleteRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PeerLeaveRequest(_message.Message):
    __slots__ = ("close_room",)
    CLOSE_ROOM_FIELD_NUMBER: _ClassVar[int]
    close_room: bool
    def __init__(self, close_room: _Optional[bool] = ...) -> None: ...

class ConsumeMultipleProducerRequest(_message.Message):
    __slots__ = ("producer_ids", "paused")
    PRODUCER_IDS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    producer_ids: _containers.RepeatedScalarFieldContainer[str]
    paused: bool
    def __init__(self, producer_ids: _Optional[_Iterable[str]] = ..., paused: _Optional[bool] = ...) -> None: ...

class ConsumePeerRequest(_message.Message):
    __slots__ = ("producing_peer_id", "paused", "producer_id", "preferred_codec", "producing_transport_id", "simulcast")
    PRODUCING_PEER_ID_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_CODEC_FIELD_NUMBER: _ClassVar[int]
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    SIMULCAST_FIELD_NUMBER: _ClassVar[int]
    producing_peer_id: str
    paused: bool
    producer_id: str
    preferred_codec: PreferredCodec
    producing_transport_id: str
    simulcast: Simulcast
    def __init__(self, producing_peer_id: _Optional[str] = ..., paused: _Optional[bool] = ..., producer_id: _Optional[str] = ..., preferred_codec: _Optional[_Union[PreferredCodec, _Mapping]] = ..., producing_transport_id: _Optional[str] = ..., simulcast: _Optional[_Union[Simulcast, _Mapping]] = ...) -> None: ...

class ConsumePeersRequest(_message.Message):
    __slots__ = ("requests", "consuming_transport_id")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CONSUMING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ConsumePeerRequest]
    consuming_transport_id: str
    def __init__(self, requests: _Optional[_Iterable[_Union[ConsumePeerRequest, _Mapping]]] = ..., consuming_transport_id: _Optional[str] = ...) -> None: ...

class UpdateConsumerSimulcastConfigRequest(_message.Message):
    __slots__ = ("producer_id", "simulcast", "producing_transport_id", "mid")
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    SIMULCAST_FIELD_NUMBER: _ClassVar[int]
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    MID_FIELD_NUMBER: _ClassVar[int]
    producer_id: str
    simulcast: Simulcast
    producing_transport_id: str
    mid: str
    def __init__(self, producer_id: _Optional[str] = ..., simulcast: _Optional[_Union[Simulcast, _Mapping]] = ..., producing_transport_id: _Optional[str] = ..., mid: _Optional[str] = ...) -> None: ...

class UpdateConsumersSimulcastConfigRequest(_message.Message):
    __slots__ = ("requests", "consuming_transport_id")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CONSUMING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[UpdateConsumerSimulcastConfigRequest]
    consuming_transport_id: str
    def __init__(self, requests: _Optional[_Iterable[_Union[UpdateConsumerSimulcastConfigRequest, _Mapping]]] = ..., consuming_transport_id: _Optional[str] = ...) -> None: ...

class ProducerCreateRequest(_message.Message):
    __slots__ = ("kind", "paused", "screen_share", "description", "msid", "app_data", "mime_type", "producing_transport_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    SCREEN_SHARE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    MSID_FIELD_NUMBER: _ClassVar[int]
    APP_DATA_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    kind: str
    paused: bool
    screen_share: bool
    description: SessionDescription
    msid: str
    app_data: str
    mime_type: str
    producing_transport_id: str
    def __init__(self, kind: _Optional[str] = ..., paused: _Optional[bool] = ..., screen_share: _Optional[bool] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ..., msid: _Optional[str] = ..., app_data: _Optional[str] = ..., mime_type: _Optional[str] = ..., producing_transport_id: _Optional[str] = ...) -> None: ...

class SelectedPeersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GlobalPeerPinningRequest(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class ProducerToggleRequest(_message.Message):
    __slots__ = ("producer_id", "pause")
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    PAUSE_FIELD_NUMBER: _ClassVar[int]
    producer_id: str
    pause: bool
    def __init__(self, producer_id: _Optional[str] = ..., pause: _Optional[bool] = ...) -> None: ...

class ConsumerToggleRequest(_message.Message):
    __slots__ = ("consumer_id", "pause")
    CONSUMER_ID_FIELD_NUMBER: _ClassVar[int]
    PAUSE_FIELD_NUMBER: _ClassVar[int]
    consumer_id: str
    pause: bool
    def __init__(self, consumer_id: _Optional[str] = ..., pause: _Optional[bool] = ...) -> None: ...

class ProducerCloseRequest(_message.Message):
    __slots__ = ("producer_id", "description", "producing_transport_id")
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PRODUCING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    producer_id: str
    description: SessionDescription
    producing_transport_id: str
    def __init__(self, producer_id: _Optional[str] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ..., producing_transport_id: _Optional[str] = ...) -> None: ...

class ConsumerCloseRequest(_message.Message):
    __slots__ = ("consumer_ids", "description", "consuming_transport_id")
    CONSUMER_IDS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONSUMING_TRANSPORT_ID_FIELD_NUMBER: _ClassVar[int]
    consumer_ids: _containers.RepeatedScalarFieldContainer[str]
    description: SessionDescription
    consuming_transport_id: str
    def __init__(self, consumer_ids: _Optional[_Iterable[str]] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ..., consuming_transport_id: _Optional[str] = ...) -> None: ...

class KickPeerRequest(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class KickAllPeersRequest(_message.Message):
    __slots__ = ("propagate_kick_across_rooms",)
    PROPAGATE_KICK_ACROSS_ROOMS_FIELD_NUMBER: _ClassVar[int]
    propagate_kick_across_rooms: bool
    def __init__(self, propagate_kick_across_rooms: _Optional[bool] = ...) -> None: ...

class PeerDisplayNameEditRequest(_message.Message):
    __slots__ = ("participant_id", "display_name")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    display_name: str
    def __init__(self, participant_id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class HostMediaControlForPeerRequest(_message.Message):
    __slots__ = ("participant_id", "audio", "video", "scree_share")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    SCREE_SHARE_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    audio: bool
    video: bool
    scree_share: bool
    def __init__(self, participant_id: _Optional[str] = ..., audio: _Optional[bool] = ..., video: _Optional[bool] = ..., scree_share: _Optional[bool] = ...) -> None: ...

class HostMediaControlForAllPeerRequest(_message.Message):
    __slots__ = ("audio", "video", "screen_share")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    SCREEN_SHARE_FIELD_NUMBER: _ClassVar[int]
    audio: bool
    video: bool
    screen_share: bool
    def __init__(self, audio: _Optional[bool] = ..., video: _Optional[bool] = ..., screen_share: _Optional[bool] = ...) -> None: ...

class GetRoomStateResponse(_message.Message):
    __slots__ = ("display_title", "locked_mode", "room_uuid", "room_name", "current_peer_id", "is_recording", "recorder_participant_id", "pinned_peer_ids")
    DISPLAY_TITLE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_MODE_FIELD_NUMBER: _ClassVar[int]
    ROOM_UUID_FIELD_NUMBER: _ClassVar[int]
    ROOM_NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENT_PEER_ID_FIELD_NUMBER: _ClassVar[int]
    IS_RECORDING_FIELD_NUMBER: _ClassVar[int]
    RECORDER_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PINNED_PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    display_title: str
    locked_mode: bool
    room_uuid: str
    room_name: str
    current_peer_id: str
    is_recording: bool
    recorder_participant_id: str
    pinned_peer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, display_title: _Optional[str] = ..., locked_mode: _Optional[bool] = ..., room_uuid: _Optional[str] = ..., room_name: _Optional[str] = ..., current_peer_id: _Optional[str] = ..., is_recording: _Optional[bool] = ..., recorder_participant_id: _Optional[str] = ..., pinned_peer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ErrorResponse(_message.Message):
    __slots__ = ("error_message", "event_id")
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    error_message: str
    event_id: int
    def __init__(self, error_message: _Optional[str] = ..., event_id: _Optional[int] = ...) -> None: ...

class EmptyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoomParticipants(_message.Message):
    __slots__ = ("peer_id", "producer_states", "display_name", "user_id", "capabilities")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_STATES_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    producer_states: _containers.RepeatedCompositeFieldContainer[ProducerState]
    display_name: str
    user_id: str
    capabilities: PeerRtpCapabilitites
    def __init__(self, peer_id: _Optional[str] = ..., producer_states: _Optional[_Iterable[_Union[ProducerState, _Mapping]]] = ..., display_name: _Optional[str] = ..., user_id: _Optional[str] = ..., capabilities: _Optional[_Union[PeerRtpCapabilitites, _Mapping]] = ...) -> None: ...

class SelectedPeersResponse(_message.Message):
    __slots__ = ("audio_peers", "compulsory_peers")
    AUDIO_PEERS_FIELD_NUMBER: _ClassVar[int]
    COMPULSORY_PEERS_FIELD_NUMBER: _ClassVar[int]
    audio_peers: _containers.RepeatedScalarFieldContainer[str]
    compulsory_peers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, audio_peers: _Optional[_Iterable[str]] = ..., compulsory_peers: _Optional[_Iterable[str]] = ...) -> None: ...

class SelectedPeersDiffEntry(_message.Message):
    __slots__ = ("peer_id", "priority")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    priority: int
    def __init__(self, peer_id: _Optional[str] = ..., priority: _Optional[int] = ...) -> None: ...

class SelectedPeersDiffResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[SelectedPeersDiffEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[SelectedPeersDiffEntry, _Mapping]]] = ...) -> None: ...

class PeerJoinResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PeerJoinCompleteResponse(_message.Message):
    __slots__ = ("room_state", "participants", "selected_peers", "max_preferred_streams")
    ROOM_STATE_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    SELECTED_PEERS_FIELD_NUMBER: _ClassVar[int]
    MAX_PREFERRED_STREAMS_FIELD_NUMBER: _ClassVar[int]
    room_state: GetRoomStateResponse
    participants: _containers.RepeatedCompositeFieldContainer[RoomParticipants]
    selected_peers: SelectedPeersResponse
    max_preferred_streams: int
    def __init__(self, room_state: _Optional[_Union[GetRoomStateResponse, _Mapping]] = ..., participants: _Optional[_Iterable[_Union[RoomParticipants, _Mapping]]] = ..., selected_peers: _Optional[_Union[SelectedPeersResponse, _Mapping]] = ..., max_preferred_streams: _Optional[int] = ...) -> None: ...

class PeerLeaveResponse(_message.Message):
    __slots__ = ("closed",)
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    closed: bool
    def __init__(self, closed: _Optional[bool] = ...) -> None: ...

class ConsumeMultipleProducerResponse(_message.Message):
    __slots__ = ("status", "consumer_ids_map")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_IDS_MAP_FIELD_NUMBER: _ClassVar[int]
    status: bool
    consumer_ids_map: ProducerIdToConsumerMap
    def __init__(self, status: _Optional[bool] = ..., consumer_ids_map: _Optional[_Union[ProducerIdToConsumerMap, _Mapping]] = ...) -> None: ...

class ConsumePeerResponse(_message.Message):
    __slots__ = ("status", "consumer_ids_map", "description")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_IDS_MAP_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    status: bool
    consumer_ids_map: ProducerIdToConsumerMap
    description: SessionDescription
    def __init__(self, status: _Optional[bool] = ..., consumer_ids_map: _Optional[_Union[ProducerIdToConsumerMap, _Mapping]] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class ProducerCreateResponse(_message.Message):
    __slots__ = ("status", "producer_id", "description")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    status: bool
    producer_id: str
    description: SessionDescription
    def __init__(self, status: _Optional[bool] = ..., producer_id: _Optional[str] = ..., description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class ProducerScoreResponse(_message.Message):
    __slots__ = ("responseid", "score")
    RESPONSEID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    responseid: str
    score: NestedScore
    def __init__(self, responseid: _Optional[str] = ..., score: _Optional[_Union[NestedScore, _Mapping]] = ...) -> None: ...

class ActiveSpeakerResponse(_message.Message):
    __slots__ = ("responsepeer_id", "volume")
    RESPONSEPEER_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    responsepeer_id: str
    volume: int
    def __init__(self, responsepeer_id: _Optional[str] = ..., volume: _Optional[int] = ...) -> None: ...

class NoActiveSpeakerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ProducerToggleResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ConsumerToggleResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ProducerClosingResponse(_message.Message):
    __slots__ = ("description",)
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    description: SessionDescription
    def __init__(self, description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class ConsumerClosingResponse(_message.Message):
    __slots__ = ("description",)
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    description: SessionDescription
    def __init__(self, description: _Optional[_Union[SessionDescription, _Mapping]] = ...) -> None: ...

class GlobalPeerPinningResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class KickPeerResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class KickAllPeersResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class HostMediaControlForPeerResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class HostMediaControlForAllPeerResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class PeerDisplayNameEditResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class PeerJoinBroadcastResponse(_message.Message):
    __slots__ = ("participant",)
    PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    participant: RoomParticipants
    def __init__(self, participant: _Optional[_Union[RoomParticipants, _Mapping]] = ...) -> None: ...

class TrackSubscriptionKind(_message.Message):
    __slots__ = ("audio", "video")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    audio: bool
    video: bool
    def __init__(self, audio: _Optional[bool] = ..., video: _Optional[bool] = ...) -> None: ...

class TrackSubscription(_message.Message):
    __slots__ = ("label", "webcam", "screenshare")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    WEBCAM_FIELD_NUMBER: _ClassVar[int]
    SCREENSHARE_FIELD_NUMBER: _ClassVar[int]
    label: str
    webcam: TrackSubscriptionKind
    screenshare: TrackSubscriptionKind
    def __init__(self, label: _Optional[str] = ..., webcam: _Optional[_Union[TrackSubscriptionKind, _Mapping]] = ..., screenshare: _Optional[_Union[TrackSubscriptionKind, _Mapping]] = ...) -> None: ...

class PeerProducingTransportCreateBroadcastResponse(_message.Message):
    __slots__ = ("participant_id", "transport_details", "track_subscriptions")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_DETAILS_FIELD_NUMBER: _ClassVar[int]
    TRACK_SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    transport_details: CreateTransportResponse
    track_subscriptions: _containers.RepeatedCompositeFieldContainer[TrackSubscription]
    def __init__(self, participant_id: _Optional[str] = ..., transport_details: _Optional[_Union[CreateTransportResponse, _Mapping]] = ..., track_subscriptions: _Optional[_Iterable[_Union[TrackSubscription, _Mapping]]] = ...) -> None: ...

class PeerProducerCreateBroadcastResponse(_message.Message):
    __slots__ = ("participant_id", "producer_state")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_STATE_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    producer_state: ProducerState
    def __init__(self, participant_id: _Optional[str] = ..., producer_state: _Optional[_Union[ProducerState, _Mapping]] = ...) -> None: ...

class PeerProducerToggleBroadcastResponse(_message.Message):
    __slots__ = ("participant_id", "producer_state", "initiator_participant_id")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_STATE_FIELD_NUMBER: _ClassVar[int]
    INITIATOR_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    producer_state: ProducerState
    initiator_participant_id: str
    def __init__(self, participant_id: _Optional[str] = ..., producer_state: _Optional[_Union[ProducerState, _Mapping]] = ..., initiator_participant_id: _Optional[str] = ...) -> None: ...

class PeerProducerCloseBroadcastResponse(_message.Message):
    __slots__ = ("participant_id", "producer_state")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_STATE_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    producer_state: ProducerState
    def __init__(self, participant_id: _Optional[str] = ..., producer_state: _Optional[_Union[ProducerState, _Mapping]] = ...) -> None: ...

class PeerLeaveBroadcastResponse(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class GlobalPeerPinningBroadcastResponse(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class GlobalPeerUnPinningBroadcastResponse(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class RecordingStartedBroadcastResponse(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class RecordingStoppedBroadcastResponse(_message.Message):
    __slots__ = ("participant_id",)
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    def __init__(self, participant_id: _Optional[str] = ...) -> None: ...

class PeerDisplayNameEditBroadcastResponse(_message.Message):
    __slots__ = ("participant_id", "display_name")
    PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    participant_id: str
    display_name: str
    def __init__(self, participant_id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class PeerPingRequestBroadcastResponse(_message.Message):
    __slots__ = ("password",)
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    password: str
    def __init__(self, password: _Optional[str] = ...) -> None: ...

class MediaRoomTerminationBroadcastResponse(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class MeetingTranscript(_message.Message):
    __slots__ = ("meeting_id", "transcript", "is_partial")
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    IS_PARTIAL_FIELD_NUMBER: _ClassVar[int]
    meeting_id: str
    transcript: str
    is_partial: bool
    def __init__(self, meeting_id: _Optional[str] = ..., transcript: _Optional[str] = ..., is_partial: _Optional[bool] = ...) -> None: ...

class BaseSocketHubMessage(_message.Message):
    __slots__ = ("event", "id", "peer_id", "room_id", "user_id", "payload", "error", "sid")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SID_FIELD_NUMBER: _ClassVar[int]
    event: int
    id: str
    peer_id: str
    room_id: str
    user_id: str
    payload: bytes
    error: bool
    sid: str
    def __init__(self, event: _Optional[int] = ..., id: _Optional[str] = ..., peer_id: _Optional[str] = ..., room_id: _Optional[str] = ..., user_id: _Optional[str] = ..., payload: _Optional[bytes] = ..., error: _Optional[bool] = ..., sid: _Optional[str] = ...) -> None: ...

class ErrorMessage(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class PeerFlags(_message.Message):
    __slots__ = ("preset_name", "recorder_type", "hidden_participant")
    PRESET_NAME_FIELD_NUMBER: _ClassVar[int]
    RECORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    preset_name: str
    recorder_type: str
    hidden_participant: bool
    def __init__(self, preset_name: _Optional[str] = ..., recorder_type: _Optional[str] = ..., hidden_participant: _Optional[bool] = ...) -> None: ...

class Peer(_message.Message):
    __slots__ = ("peer_id", "user_id", "display_name", "stage_type", "custom_participant_id", "preset_id", "display_picture_url", "waitlisted", "flags")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    STAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_PICTURE_URL_FIELD_NUMBER: _ClassVar[int]
    WAITLISTED_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    user_id: str
    display_name: str
    stage_type: StageType
    custom_participant_id: str
    preset_id: str
    display_picture_url: str
    waitlisted: bool
    flags: PeerFlags
    def __init__(self, peer_id: _Optional[str] = ..., user_id: _Optional[str] = ..., display_name: _Optional[str] = ..., stage_type: _Optional[_Union[StageType, str]] = ..., custom_participant_id: _Optional[str] = ..., preset_id: _Optional[str] = ..., display_picture_url: _Optional[str] = ..., waitlisted: _Optional[bool] = ..., flags: _Optional[_Union[PeerFlags, _Mapping]] = ...) -> None: ...

class PeerInfoResponse(_message.Message):
    __slots__ = ("peer",)
    PEER_FIELD_NUMBER: _ClassVar[int]
    peer: Peer
    def __init__(self, peer: _Optional[_Union[Peer, _Mapping]] = ...) -> None: ...

class PeerStatusUpdate(_message.Message):
    __slots__ = ("peer_id", "user_id", "stage_type")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    user_id: str
    stage_type: StageType
    def __init__(self, peer_id: _Optional[str] = ..., user_id: _Optional[str] = ..., stage_type: _Optional[_Union[StageType, str]] = ...) -> None: ...

class RoomPeersInfoRequest(_message.Message):
    __slots__ = ("seach_query", "limit", "offset")
    SEACH_QUERY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    seach_query: str
    limit: int
    offset: int
    def __init__(self, seach_query: _Optional[str] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class RoomPeersInfoResponse(_message.Message):
    __slots__ = ("peers",)
    PEERS_FIELD_NUMBER: _ClassVar[int]
    peers: _containers.RepeatedCompositeFieldContainer[Peer]
    def __init__(self, peers: _Optional[_Iterable[_Union[Peer, _Mapping]]] = ...) -> None: ...

class RoomPeerCountResponse(_message.Message):
    __slots__ = ("count",)
    COUNT_FIELD_NUMBER: _ClassVar[int]
    count: int
    def __init__(self, count: _Optional[int] = ...) -> None: ...

class Room(_message.Message):
    __slots__ = ("room_id", "title", "created_at", "active_recordings", "room_uuid")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_RECORDINGS_FIELD_NUMBER: _ClassVar[int]
    ROOM_UUID_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    title: str
    created_at: int
    active_recordings: _containers.RepeatedCompositeFieldContainer[ActiveRecording]
    room_uuid: str
    def __init__(self, room_id: _Optional[str] = ..., title: _Optional[str] = ..., created_at: _Optional[int] = ..., active_recordings: _Optional[_Iterable[_Union[ActiveRecording, _Mapping]]] = ..., room_uuid: _Optional[str] = ...) -> None: ...

class ActiveRecording(_message.Message):
    __slots__ = ("recording_id", "recording_type", "recording_status")
    RECORDING_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDING_TYPE_FIELD_NUMBER: _ClassVar[int]
    RECORDING_STATUS_FIELD_NUMBER: _ClassVar[int]
    recording_id: str
    recording_type: RecordingType
    recording_status: str
    def __init__(self, recording_id: _Optional[str] = ..., recording_type: _Optional[_Union[RecordingType, str]] = ..., recording_status: _Optional[str] = ...) -> None: ...

class RoomInfoResponse(_message.Message):
    __slots__ = ("room",)
    ROOM_FIELD_NUMBER: _ClassVar[int]
    room: Room
    def __init__(self, room: _Optional[_Union[Room, _Mapping]] = ...) -> None: ...

class GetPeerInfoRequest(_message.Message):
    __slots__ = ("peer_id",)
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    def __init__(self, peer_id: _Optional[str] = ...) -> None: ...

class UpdatePeerInfoRequest(_message.Message):
    __slots__ = ("peer_id", "display_name")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    display_name: str
    def __init__(self, peer_id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class JoinRoomRequest(_message.Message):
    __slots__ = ("peer", "room_uuid", "organization_id", "use_hive", "preset", "capabilities", "timestamp")
    PEER_FIELD_NUMBER: _ClassVar[int]
    ROOM_UUID_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    USE_HIVE_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    peer: Peer
    room_uuid: str
    organization_id: str
    use_hive: bool
    preset: bytes
    capabilities: _containers.RepeatedScalarFieldContainer[Capabilities]
    timestamp: int
    def __init__(self, peer: _Optional[_Union[Peer, _Mapping]] = ..., room_uuid: _Optional[str] = ..., organization_id: _Optional[str] = ..., use_hive: _Optional[bool] = ..., preset: _Optional[bytes] = ..., capabilities: _Optional[_Iterable[_Union[Capabilities, str]]] = ..., timestamp: _Optional[int] = ...) -> None: ...

class LeaveRoomRequest(_message.Message):
    __slots__ = ("peer", "timestamp")
    PEER_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    peer: Peer
    timestamp: int
    def __init__(self, peer: _Optional[_Union[Peer, _Mapping]] = ..., timestamp: _Optional[int] = ...) -> None: ...

class UpdateRoomInfoRequest(_message.Message):
    __slots__ = ("room",)
    ROOM_FIELD_NUMBER: _ClassVar[int]
    room: Room
    def __init__(self, room: _Optional[_Union[Room, _Mapping]] = ...) -> None: ...

class GetConnectedRoomsDumpRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServiceError(_message.Message):
    __slots__ = ("message", "code")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    message: str
    code: str
    def __init__(self, message: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class ConnectedMeetingPeer(_message.Message):
    __slots__ = ("id", "display_name", "custom_participant_id", "preset_id", "display_picture_url")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_PICTURE_URL_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    custom_participant_id: str
    preset_id: str
    display_picture_url: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., custom_participant_id: _Optional[str] = ..., preset_id: _Optional[str] = ..., display_picture_url: _Optional[str] = ...) -> None: ...

class ConnectedMeetingDump(_message.Message):
    __slots__ = ("id", "title", "participants")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    participants: _containers.RepeatedCompositeFieldContainer[ConnectedMeetingPeer]
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., participants: _Optional[_Iterable[_Union[ConnectedMeetingPeer, _Mapping]]] = ...) -> None: ...

class GetConnectedRoomsDumpResponse(_message.Message):
    __slots__ = ("parent_meeting", "meetings")
    PARENT_MEETING_FIELD_NUMBER: _ClassVar[int]
    MEETINGS_FIELD_NUMBER: _ClassVar[int]
    parent_meeting: ConnectedMeetingDump
    meetings: _containers.RepeatedCompositeFieldContainer[ConnectedMeetingDump]
    def __init__(self, parent_meeting: _Optional[_Union[ConnectedMeetingDump, _Mapping]] = ..., meetings: _Optional[_Iterable[_Union[ConnectedMeetingDump, _Mapping]]] = ...) -> None: ...

class CreateRoomRequestPayload(_message.Message):
    __slots__ = ("title",)
    TITLE_FIELD_NUMBER: _ClassVar[int]
    title: str
    def __init__(self, title: _Optional[str] = ...) -> None: ...

class CreateConnectedRoomsRequest(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[CreateRoomRequestPayload]
    def __init__(self, payloads: _Optional[_Iterable[_Union[CreateRoomRequestPayload, _Mapping]]] = ...) -> None: ...

class CreateRoomResponsePayload(_message.Message):
    __slots__ = ("id", "title", "error")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    error: ServiceError
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., error: _Optional[_Union[ServiceError, _Mapping]] = ...) -> None: ...

class CreateConnectedRoomsResponse(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[CreateRoomResponsePayload]
    def __init__(self, payloads: _Optional[_Iterable[_Union[CreateRoomResponsePayload, _Mapping]]] = ...) -> None: ...

class UpdateRoomRequestPayload(_message.Message):
    __slots__ = ("meeting_id", "title")
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    meeting_id: str
    title: str
    def __init__(self, meeting_id: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class UpdateConnectedRoomsRequest(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[UpdateRoomRequestPayload]
    def __init__(self, payloads: _Optional[_Iterable[_Union[UpdateRoomRequestPayload, _Mapping]]] = ...) -> None: ...

class DisableRoomPayload(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DisableConnectedRoomsRequest(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[DisableRoomPayload]
    def __init__(self, payloads: _Optional[_Iterable[_Union[DisableRoomPayload, _Mapping]]] = ...) -> None: ...

class DisableConnectedRoomsResponse(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[DisableConnectedRoomPayload]
    def __init__(self, payloads: _Optional[_Iterable[_Union[DisableConnectedRoomPayload, _Mapping]]] = ...) -> None: ...

class DisableConnectedRoomPayload(_message.Message):
    __slots__ = ("id", "status", "title", "error")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: str
    title: str
    error: ServiceError
    def __init__(self, id: _Optional[str] = ..., status: _Optional[str] = ..., title: _Optional[str] = ..., error: _Optional[_Union[ServiceError, _Mapping]] = ...) -> None: ...

class MovePeerPayload(_message.Message):
    __slots__ = ("id", "preset_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    preset_id: str
    def __init__(self, id: _Optional[str] = ..., preset_id: _Optional[str] = ...) -> None: ...

class MovePeersBetweenRoomsRequest(_message.Message):
    __slots__ = ("source_meeting_id", "destination_meeting_id", "participants")
    SOURCE_MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    source_meeting_id: str
    destination_meeting_id: str
    participants: _containers.RepeatedCompositeFieldContainer[MovePeerPayload]
    def __init__(self, source_meeting_id: _Optional[str] = ..., destination_meeting_id: _Optional[str] = ..., participants: _Optional[_Iterable[_Union[MovePeerPayload, _Mapping]]] = ...) -> None: ...

class MovedPeer(_message.Message):
    __slots__ = ("meeting_id", "custom_participant_id", "error")
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    meeting_id: str
    custom_participant_id: str
    error: ServiceError
    def __init__(self, meeting_id: _Optional[str] = ..., custom_participant_id: _Optional[str] = ..., error: _Optional[_Union[ServiceError, _Mapping]] = ...) -> None: ...

class MovePeersBetweenRoomsResponse(_message.Message):
    __slots__ = ("payloads",)
    PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    payloads: _containers.RepeatedCompositeFieldContainer[MovedPeer]
    def __init__(self, payloads: _Optional[_Iterable[_Union[MovedPeer, _Mapping]]] = ...) -> None: ...

class TransferPeer(_message.Message):
    __slots__ = ("meeting_id", "auth_token")
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    AUTH_TOKEN_FIELD_NUMBER: _ClassVar[int]
    meeting_id: str
    auth_token: str
    def __init__(self, meeting_id: _Optional[str] = ..., auth_token: _Optional[str] = ...) -> None: ...

class GetAllAddedParticipantsResponse(_message.Message):
    __slots__ = ("participants",)
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    participants: _containers.RepeatedCompositeFieldContainer[AddedParticipant]
    def __init__(self, participants: _Optional[_Iterable[_Union[AddedParticipant, _Mapping]]] = ...) -> None: ...

class AddedParticipant(_message.Message):
    __slots__ = ("id", "name", "picture", "custom_participant_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    picture: str
    custom_participant_id: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., picture: _Optional[str] = ..., custom_participant_id: _Optional[str] = ...) -> None: ...

class RemoveParticipantsRequest(_message.Message):
    __slots__ = ("peer_ids",)
    PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    peer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, peer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BroadcastMessage(_message.Message):
    __slots__ = ("type", "payload", "timestamp", "ids", "broadcast_type")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    BROADCAST_TYPE_FIELD_NUMBER: _ClassVar[int]
    type: str
    payload: bytes
    timestamp: int
    ids: _containers.RepeatedScalarFieldContainer[str]
    broadcast_type: BroadcastType
    def __init__(self, type: _Optional[str] = ..., payload: _Optional[bytes] = ..., timestamp: _Optional[int] = ..., ids: _Optional[_Iterable[str]] = ..., broadcast_type: _Optional[_Union[BroadcastType, str]] = ...) -> None: ...

class AcceptWaitingRoomRequests(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DenyWaitingRoomRequests(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class WaitingRoomRequest(_message.Message):
    __slots__ = ("peer_id", "user_id", "display_name", "picture", "custom_participant_id", "preset_name")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_NAME_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    user_id: str
    display_name: str
    picture: str
    custom_participant_id: str
    preset_name: str
    def __init__(self, peer_id: _Optional[str] = ..., user_id: _Optional[str] = ..., display_name: _Optional[str] = ..., picture: _Optional[str] = ..., custom_participant_id: _Optional[str] = ..., preset_name: _Optional[str] = ...) -> None: ...

class GetWaitingRoomRequests(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[WaitingRoomRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[WaitingRoomRequest, _Mapping]]] = ...) -> None: ...

class GetRoomStageStateResponse(_message.Message):
    __slots__ = ("on_stage_peers", "approved_stage_peers", "requested_stage_peers")
    ON_STAGE_PEERS_FIELD_NUMBER: _ClassVar[int]
    APPROVED_STAGE_PEERS_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_STAGE_PEERS_FIELD_NUMBER: _ClassVar[int]
    on_stage_peers: _containers.RepeatedScalarFieldContainer[str]
    approved_stage_peers: _containers.RepeatedScalarFieldContainer[str]
    requested_stage_peers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, on_stage_peers: _Optional[_Iterable[str]] = ..., approved_stage_peers: _Optional[_Iterable[str]] = ..., requested_stage_peers: _Optional[_Iterable[str]] = ...) -> None: ...

class PollsPermissionUpdate(_message.Message):
    __slots__ = ("can_create", "can_vote", "can_view")
    CAN_CREATE_FIELD_NUMBER: _ClassVar[int]
    CAN_VOTE_FIELD_NUMBER: _ClassVar[int]
    CAN_VIEW_FIELD_NUMBER: _ClassVar[int]
    can_create: bool
    can_vote: bool
    can_view: bool
    def __init__(self, can_create: _Optional[bool] = ..., can_vote: _Optional[bool] = ..., can_view: _Optional[bool] = ...) -> None: ...

class PluginsPermissionsUpdate(_message.Message):
    __slots__ = ("can_close", "can_start")
    CAN_CLOSE_FIELD_NUMBER: _ClassVar[int]
    CAN_START_FIELD_NUMBER: _ClassVar[int]
    can_close: bool
    can_start: bool
    def __init__(self, can_close: _Optional[bool] = ..., can_start: _Optional[bool] = ...) -> None: ...

class PublicChatPermission(_message.Message):
    __slots__ = ("can_send", "text", "files")
    CAN_SEND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    can_send: bool
    text: bool
    files: bool
    def __init__(self, can_send: _Optional[bool] = ..., text: _Optional[bool] = ..., files: _Optional[bool] = ...) -> None: ...

class PrivateChatPermission(_message.Message):
    __slots__ = ("can_send", "can_receive", "text", "files")
    CAN_SEND_FIELD_NUMBER: _ClassVar[int]
    CAN_RECEIVE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    can_send: bool
    can_receive: bool
    text: bool
    files: bool
    def __init__(self, can_send: _Optional[bool] = ..., can_receive: _Optional[bool] = ..., text: _Optional[bool] = ..., files: _Optional[bool] = ...) -> None: ...

class ChatPermissionUpdate(_message.Message):
    __slots__ = ("public", "private")
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    public: PublicChatPermission
    private: PrivateChatPermission
    def __init__(self, public: _Optional[_Union[PublicChatPermission, _Mapping]] = ..., private: _Optional[_Union[PrivateChatPermission, _Mapping]] = ...) -> None: ...

class ConnectedMeetingPermissionUpdate(_message.Message):
    __slots__ = ("can_alter_connected_meetings", "can_switch_to_parent_meeting", "can_switch_connected_meetings")
    CAN_ALTER_CONNECTED_MEETINGS_FIELD_NUMBER: _ClassVar[int]
    CAN_SWITCH_TO_PARENT_MEETING_FIELD_NUMBER: _ClassVar[int]
    CAN_SWITCH_CONNECTED_MEETINGS_FIELD_NUMBER: _ClassVar[int]
    can_alter_connected_meetings: bool
    can_switch_to_parent_meeting: bool
    can_switch_connected_meetings: bool
    def __init__(self, can_alter_connected_meetings: _Optional[bool] = ..., can_switch_to_parent_meeting: _Optional[bool] = ..., can_switch_connected_meetings: _Optional[bool] = ...) -> None: ...

class StreamPermission(_message.Message):
    __slots__ = ("can_produce", "can_consume")
    CAN_PRODUCE_FIELD_NUMBER: _ClassVar[int]
    CAN_CONSUME_FIELD_NUMBER: _ClassVar[int]
    can_produce: StreamPermissionType
    can_consume: StreamPermissionType
    def __init__(self, can_produce: _Optional[_Union[StreamPermissionType, str]] = ..., can_consume: _Optional[_Union[StreamPermissionType, str]] = ...) -> None: ...

class MediaPermissionUpdate(_message.Message):
    __slots__ = ("video", "audio", "screenshare")
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    SCREENSHARE_FIELD_NUMBER: _ClassVar[int]
    video: StreamPermission
    audio: StreamPermission
    screenshare: StreamPermission
    def __init__(self, video: _Optional[_Union[StreamPermission, _Mapping]] = ..., audio: _Optional[_Union[StreamPermission, _Mapping]] = ..., screenshare: _Optional[_Union[StreamPermission, _Mapping]] = ...) -> None: ...

class PresetUpdates(_message.Message):
    __slots__ = ("polls", "plugins", "chat", "accept_waiting_requests", "can_accept_production_requests", "can_edit_display_name", "can_record", "can_livestream", "can_spotlight", "disable_participant_audio", "disable_participant_screensharing", "disable_participant_video", "kick_participant", "pin_participant", "transcription_enabled", "waiting_room_type", "is_recorder", "recorder_type", "hidden_participant", "show_participant_list", "can_change_participant_permissions", "connected_meetings", "media")
    POLLS_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    CHAT_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_WAITING_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CAN_ACCEPT_PRODUCTION_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CAN_EDIT_DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CAN_RECORD_FIELD_NUMBER: _ClassVar[int]
    CAN_LIVESTREAM_FIELD_NUMBER: _ClassVar[int]
    CAN_SPOTLIGHT_FIELD_NUMBER: _ClassVar[int]
    DISABLE_PARTICIPANT_AUDIO_FIELD_NUMBER: _ClassVar[int]
    DISABLE_PARTICIPANT_SCREENSHARING_FIELD_NUMBER: _ClassVar[int]
    DISABLE_PARTICIPANT_VIDEO_FIELD_NUMBER: _ClassVar[int]
    KICK_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    PIN_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPTION_ENABLED_FIELD_NUMBER: _ClassVar[int]
    WAITING_ROOM_TYPE_FIELD_NUMBER: _ClassVar[int]
    IS_RECORDER_FIELD_NUMBER: _ClassVar[int]
    RECORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_PARTICIPANT_FIELD_NUMBER: _ClassVar[int]
    SHOW_PARTICIPANT_LIST_FIELD_NUMBER: _ClassVar[int]
    CAN_CHANGE_PARTICIPANT_PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_MEETINGS_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    polls: PollsPermissionUpdate
    plugins: PluginsPermissionsUpdate
    chat: ChatPermissionUpdate
    accept_waiting_requests: bool
    can_accept_production_requests: bool
    can_edit_display_name: bool
    can_record: bool
    can_livestream: bool
    can_spotlight: bool
    disable_participant_audio: bool
    disable_participant_screensharing: bool
    disable_participant_video: bool
    kick_participant: bool
    pin_participant: bool
    transcription_enabled: bool
    waiting_room_type: WaitingRoomType
    is_recorder: bool
    recorder_type: RecorderType
    hidden_participant: bool
    show_participant_list: bool
    can_change_participant_permissions: bool
    connected_meetings: ConnectedMeetingPermissionUpdate
    media: MediaPermissionUpdate
    def __init__(self, polls: _Optional[_Union[PollsPermissionUpdate, _Mapping]] = ..., plugins: _Optional[_Union[PluginsPermissionsUpdate, _Mapping]] = ..., chat: _Optional[_Union[ChatPermissionUpdate, _Mapping]] = ..., accept_waiting_requests: _Optional[bool] = ..., can_accept_production_requests: _Optional[bool] = ..., can_edit_display_name: _Optional[bool] = ..., can_record: _Optional[bool] = ..., can_livestream: _Optional[bool] = ..., can_spotlight: _Optional[bool] = ..., disable_participant_audio: _Optional[bool] = ..., disable_participant_screensharing: _Optional[bool] = ..., disable_participant_video: _Optional[bool] = ..., kick_participant: _Optional[bool] = ..., pin_participant: _Optional[bool] = ..., transcription_enabled: _Optional[bool] = ..., waiting_room_type: _Optional[_Union[WaitingRoomType, str]] = ..., is_recorder: _Optional[bool] = ..., recorder_type: _Optional[_Union[RecorderType, str]] = ..., hidden_participant: _Optional[bool] = ..., show_participant_list: _Optional[bool] = ..., can_change_participant_permissions: _Optional[bool] = ..., connected_meetings: _Optional[_Union[ConnectedMeetingPermissionUpdate, _Mapping]] = ..., media: _Optional[_Union[MediaPermissionUpdate, _Mapping]] = ...) -> None: ...

class ReadPeersPresetRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class PeerPreset(_message.Message):
    __slots__ = ("user_id", "peer_id", "preset")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    peer_id: str
    preset: bytes
    def __init__(self, user_id: _Optional[str] = ..., peer_id: _Optional[str] = ..., preset: _Optional[bytes] = ...) -> None: ...

class ReadPeersPresetResponse(_message.Message):
    __slots__ = ("peer_presets",)
    PEER_PRESETS_FIELD_NUMBER: _ClassVar[int]
    peer_presets: _containers.RepeatedCompositeFieldContainer[PeerPreset]
    def __init__(self, peer_presets: _Optional[_Iterable[_Union[PeerPreset, _Mapping]]] = ...) -> None: ...

class UpdatePeerPreset(_message.Message):
    __slots__ = ("user_ids", "patch")
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    user_ids: str
    patch: PresetUpdates
    def __init__(self, user_ids: _Optional[str] = ..., patch: _Optional[_Union[PresetUpdates, _Mapping]] = ...) -> None: ...

class UpdatePeersPresetRequest(_message.Message):
    __slots__ = ("update_peers_presets",)
    UPDATE_PEERS_PRESETS_FIELD_NUMBER: _ClassVar[int]
    update_peers_presets: _containers.RepeatedCompositeFieldContainer[UpdatePeerPreset]
    def __init__(self, update_peers_presets: _Optional[_Iterable[_Union[UpdatePeerPreset, _Mapping]]] = ...) -> None: ...

class UpdatePeersPresetResponse(_message.Message):
    __slots__ = ("update_peers_presets",)
    UPDATE_PEERS_PRESETS_FIELD_NUMBER: _ClassVar[int]
    update_peers_presets: _containers.RepeatedCompositeFieldContainer[UpdatePeerPreset]
    def __init__(self, update_peers_presets: _Optional[_Iterable[_Union[UpdatePeerPreset, _Mapping]]] = ...) -> None: ...

class PeerUserIDMap(_message.Message):
    __slots__ = ("peer_id", "user_id")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    peer_id: str
    user_id: str
    def __init__(self, peer_id: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class BulkUpdatePeerPresetRequest(_message.Message):
    __slots__ = ("peers", "patch")
    PEERS_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    peers: _containers.RepeatedCompositeFieldContainer[PeerUserIDMap]
    patch: PresetUpdates
    def __init__(self, peers: _Optional[_Iterable[_Union[PeerUserIDMap, _Mapping]]] = ..., patch: _Optional[_Union[PresetUpdates, _Mapping]] = ...) -> None: ...

class BulkUpdatePeerPresetResponse(_message.Message):
    __slots__ = ("patch",)
    PATCH_FIELD_NUMBER: _ClassVar[int]
    patch: PresetUpdates
    def __init__(self, patch: _Optional[_Union[PresetUpdates, _Mapping]] = ...) -> None: ...

class ChatMessage(_message.Message):
    __slots__ = ("chat_id", "peer_id", "user_id", "display_name", "pinned", "is_edited", "payload_type", "payload", "target_user_ids", "created_at", "created_at_ms", "channel_id", "channel_index")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    IS_EDITED_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_INDEX_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    peer_id: str
    user_id: str
    display_name: str
    pinned: bool
    is_edited: bool
    payload_type: int
    payload: str
    target_user_ids: _containers.RepeatedScalarFieldContainer[str]
    created_at: int
    created_at_ms: int
    channel_id: str
    channel_index: str
    def __init__(self, chat_id: _Optional[str] = ..., peer_id: _Optional[str] = ..., user_id: _Optional[str] = ..., display_name: _Optional[str] = ..., pinned: _Optional[bool] = ..., is_edited: _Optional[bool] = ..., payload_type: _Optional[int] = ..., payload: _Optional[str] = ..., target_user_ids: _Optional[_Iterable[str]] = ..., created_at: _Optional[int] = ..., created_at_ms: _Optional[int] = ..., channel_id: _Optional[str] = ..., channel_index: _Optional[str] = ...) -> None: ...

class GetPaginatedChatMessageFilters(_message.Message):
    __slots__ = ("pinned", "user_id")
    PINNED_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    pinned: bool
    user_id: str
    def __init__(self, pinned: _Optional[bool] = ..., user_id: _Optional[str] = ...) -> None: ...

class GetPaginatedChatMessageRoomRequest(_message.Message):
    __slots__ = ("time_stamp", "size", "reversed", "channel_id", "filters")
    TIME_STAMP_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    REVERSED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    time_stamp: int
    size: int
    reversed: bool
    channel_id: str
    filters: GetPaginatedChatMessageFilters
    def __init__(self, time_stamp: _Optional[int] = ..., size: _Optional[int] = ..., reversed: _Optional[bool] = ..., channel_id: _Optional[str] = ..., filters: _Optional[_Union[GetPaginatedChatMessageFilters, _Mapping]] = ..., **kwargs) -> None: ...

class GetPaginatedChatMessageRoomResponse(_message.Message):
    __slots__ = ("messages", "next")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[ChatMessage]
    next: bool
    def __init__(self, messages: _Optional[_Iterable[_Union[ChatMessage, _Mapping]]] = ..., next: _Optional[bool] = ...) -> None: ...

class GetChatMessagesResponse(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[ChatMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[ChatMessage, _Mapping]]] = ...) -> None: ...

class SendChatMessageToRoomRequest(_message.Message):
    __slots__ = ("payload_type", "payload")
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    payload_type: int
    payload: str
    def __init__(self, payload_type: _Optional[int] = ..., payload: _Optional[str] = ...) -> None: ...

class SendChatMessageToRoomResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: ChatMessage
    def __init__(self, message: _Optional[_Union[ChatMessage, _Mapping]] = ...) -> None: ...

class SendChatMessageToPeersRequest(_message.Message):
    __slots__ = ("peer_ids", "payload_type", "payload")
    PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    peer_ids: _containers.RepeatedScalarFieldContainer[str]
    payload_type: int
    payload: str
    def __init__(self, peer_ids: _Optional[_Iterable[str]] = ..., payload_type: _Optional[int] = ..., payload: _Optional[str] = ...) -> None: ...

class SendChatMessageToPeersResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: ChatMessage
    def __init__(self, message: _Optional[_Union[ChatMessage, _Mapping]] = ...) -> None: ...

class SendChatMessageToChannelRequest(_message.Message):
    __slots__ = ("channel_id", "payload_type", "payload")
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    channel_id: str
    payload_type: int
    payload: str
    def __init__(self, channel_id: _Optional[str] = ..., payload_type: _Optional[int] = ..., payload: _Optional[str] = ...) -> None: ...

class SendChatMessageToChannelResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: ChatMessage
    def __init__(self, message: _Optional[_Union[ChatMessage, _Mapping]] = ...) -> None: ...

class EditChatMessageRequest(_message.Message):
    __slots__ = ("chat_id", "payload_type", "payload", "pinned", "channel_id")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    payload_type: int
    payload: str
    pinned: bool
    channel_id: str
    def __init__(self, chat_id: _Optional[str] = ..., payload_type: _Optional[int] = ..., payload: _Optional[str] = ..., pinned: _Optional[bool] = ..., channel_id: _Optional[str] = ...) -> None: ...

class PinChatMessageRequest(_message.Message):
    __slots__ = ("chat_id", "pinned", "channel_id")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    pinned: bool
    channel_id: str
    def __init__(self, chat_id: _Optional[str] = ..., pinned: _Optional[bool] = ..., channel_id: _Optional[str] = ...) -> None: ...

class PinChatMessageResponse(_message.Message):
    __slots__ = ("chat_id", "pinned", "channel_id", "message")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    pinned: bool
    channel_id: str
    message: ChatMessage
    def __init__(self, chat_id: _Optional[str] = ..., pinned: _Optional[bool] = ..., channel_id: _Optional[str] = ..., message: _Optional[_Union[ChatMessage, _Mapping]] = ...) -> None: ...

class EditChatMessageResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: ChatMessage
    def __init__(self, message: _Optional[_Union[ChatMessage, _Mapping]] = ...) -> None: ...

class DeleteChatMessageRequest(_message.Message):
    __slots__ = ("chat_id", "channel_id")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    channel_id: str
    def __init__(self, chat_id: _Optional[str] = ..., channel_id: _Optional[str] = ...) -> None: ...

class DeleteChatMessageResponse(_message.Message):
    __slots__ = ("chat_id", "channel_id")
    CHAT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_id: str
    channel_id: str
    def __init__(self, chat_id: _Optional[str] = ..., channel_id: _Optional[str] = ...) -> None: ...

class SearchChatMessagesRequest(_message.Message):
    __slots__ = ("time_stamp", "size", "reversed", "channel_id", "search_term")
    TIME_STAMP_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    REVERSED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    SEARCH_TERM_FIELD_NUMBER: _ClassVar[int]
    time_stamp: int
    size: int
    reversed: bool
    channel_id: str
    search_term: str
    def __init__(self, time_stamp: _Optional[int] = ..., size: _Optional[int] = ..., reversed: _Optional[bool] = ..., channel_id: _Optional[str] = ..., search_term: _Optional[str] = ..., **kwargs) -> None: ...

class MarkChannelIndexAsReadRequest(_message.Message):
    __slots__ = ("channel_id", "user_id", "channel_index")
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_INDEX_FIELD_NUMBER: _ClassVar[int]
    channel_id: str
    user_id: str
    channel_index: str
    def __init__(self, channel_id: _Optional[str] = ..., user_id: _Optional[str] = ..., channel_index: _Optional[str] = ...) -> None: ...

class MarkChannelIndexAsReadResponse(_message.Message):
    __slots__ = ("channel_index",)
    CHANNEL_INDEX_FIELD_NUMBER: _ClassVar[int]
    channel_index: str
    def __init__(self, channel_index: _Optional[str] = ...) -> None: ...

class CreateChatChannelRequest(_message.Message):
    __slots__ = ("display_name", "target_user_ids", "display_picture_url", "visibility", "is_direct_message")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_PICTURE_URL_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    IS_DIRECT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    target_user_ids: _containers.RepeatedScalarFieldContainer[str]
    display_picture_url: str
    visibility: str
    is_direct_message: bool
    def __init__(self, display_name: _Optional[str] = ..., target_user_ids: _Optional[_Iterable[str]] = ..., display_picture_url: _Optional[str] = ..., visibility: _Optional[str] = ..., is_direct_message: _Optional[bool] = ...) -> None: ...

class UpdateChatChannelRequest(_message.Message):
    __slots__ = ("chat_channel_id", "display_name", "target_user_ids", "display_picture_url", "visibility", "is_direct_message")
    CHAT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_PICTURE_URL_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    IS_DIRECT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    chat_channel_id: str
    display_name: str
    target_user_ids: _containers.RepeatedScalarFieldContainer[str]
    display_picture_url: str
    visibility: str
    is_direct_message: bool
    def __init__(self, chat_channel_id: _Optional[str] = ..., display_name: _Optional[str] = ..., target_user_ids: _Optional[_Iterable[str]] = ..., display_picture_url: _Optional[str] = ..., visibility: _Optional[str] = ..., is_direct_message: _Optional[bool] = ...) -> None: ...

class CreateChatChannelResponse(_message.Message):
    __slots__ = ("chat_channel_id",)
    CHAT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_channel_id: str
    def __init__(self, chat_channel_id: _Optional[str] = ...) -> None: ...

class GetChatChannelRequest(_message.Message):
    __slots__ = ("chat_channel_id",)
    CHAT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    chat_channel_id: str
    def __init__(self, chat_channel_id: _Optional[str] = ...) -> None: ...

class LatestMessageAndUnreadCount(_message.Message):
    __slots__ = ("message", "unread_count")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UNREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    message: ChatMessage
    unread_count: int
    def __init__(self, message: _Optional[_Union[ChatMessage, _Mapping]] = ..., unread_count: _Optional[int] = ...) -> None: ...

class ChatChannel(_message.Message):
    __slots__ = ("chat_channel_id", "display_name", "display_picture_url", "visibility", "is_direct_message", "latest_message_and_unread_count", "target_user_ids")
    CHAT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_PICTURE_URL_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    IS_DIRECT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LATEST_MESSAGE_AND_UNREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_IDS_FIELD_NUMBER: _ClassVar[int]
    chat_channel_id: str
    display_name: str
    display_picture_url: str
    visibility: str
    is_direct_message: bool
    latest_message_and_unread_count: LatestMessageAndUnreadCount
    target_user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, chat_channel_id: _Optional[str] = ..., display_name: _Optional[str] = ..., display_picture_url: _Optional[str] = ..., visibility: _Optional[str] = ..., is_direct_message: _Optional[bool] = ..., latest_message_and_unread_count: _Optional[_Union[LatestMessageAndUnreadCount, _Mapping]] = ..., target_user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetChatChannelResponse(_message.Message):
    __slots__ = ("chat_channels",)
    CHAT_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    chat_channels: _containers.RepeatedCompositeFieldContainer[ChatChannel]
    def __init__(self, chat_channels: _Optional[_Iterable[_Union[ChatChannel, _Mapping]]] = ...) -> None: ...

class ChannelMember(_message.Message):
    __slots__ = ("id", "name", "picture", "custom_participant_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_PARTICIPANT_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    picture: str
    custom_participant_id: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., picture: _Optional[str] = ..., custom_participant_id: _Optional[str] = ...) -> None: ...

class GetChatChannelMembersResponse(_message.Message):
    __slots__ = ("channel_members",)
    CHANNEL_MEMBERS_FIELD_NUMBER: _ClassVar[int]
    channel_members: _containers.RepeatedCompositeFieldContainer[ChannelMember]
    def __init__(self, channel_members: _Optional[_Iterable[_Union[ChannelMember, _Mapping]]] = ...) -> None: ...

class AddPluginRequest(_message.Message):
    __slots__ = ("plugin_id", "staggered")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STAGGERED_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    staggered: bool
    def __init__(self, plugin_id: _Optional[str] = ..., staggered: _Optional[bool] = ...) -> None: ...

class RemovePluginRequest(_message.Message):
    __slots__ = ("plugin_id", "staggered")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STAGGERED_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    staggered: bool
    def __init__(self, plugin_id: _Optional[str] = ..., staggered: _Optional[bool] = ...) -> None: ...

class EnablePluginForRoomRequest(_message.Message):
    __slots__ = ("plugin_id",)
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    def __init__(self, plugin_id: _Optional[str] = ...) -> None: ...

class DisablePluginForRoomRequest(_message.Message):
    __slots__ = ("plugin_id",)
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    def __init__(self, plugin_id: _Optional[str] = ...) -> None: ...

class EnablePluginForPeersRequest(_message.Message):
    __slots__ = ("plugin_id", "peer_ids")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    peer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, plugin_id: _Optional[str] = ..., peer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DisablePluginForPeersRequest(_message.Message):
    __slots__ = ("plugin_id", "peer_ids")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    peer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, plugin_id: _Optional[str] = ..., peer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class PluginEventToRoomRequest(_message.Message):
    __slots__ = ("plugin_id", "plugin_data")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_DATA_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    plugin_data: bytes
    def __init__(self, plugin_id: _Optional[str] = ..., plugin_data: _Optional[bytes] = ...) -> None: ...

class PluginEventToPeersRequest(_message.Message):
    __slots__ = ("plugin_id", "peer_ids", "plugin_data")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_IDS_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_DATA_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    peer_ids: _containers.RepeatedScalarFieldContainer[str]
    plugin_data: bytes
    def __init__(self, plugin_id: _Optional[str] = ..., peer_ids: _Optional[_Iterable[str]] = ..., plugin_data: _Optional[bytes] = ...) -> None: ...

class StoreKeys(_message.Message):
    __slots__ = ("store_key", "payload")
    STORE_KEY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    store_key: str
    payload: bytes
    def __init__(self, store_key: _Optional[str] = ..., payload: _Optional[bytes] = ...) -> None: ...

class PluginStoreInsertKeysRequest(_message.Message):
    __slots__ = ("plugin_id", "store_name", "insert_keys")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NAME_FIELD_NUMBER: _ClassVar[int]
    INSERT_KEYS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    store_name: str
    insert_keys: _containers.RepeatedCompositeFieldContainer[StoreKeys]
    def __init__(self, plugin_id: _Optional[str] = ..., store_name: _Optional[str] = ..., insert_keys: _Optional[_Iterable[_Union[StoreKeys, _Mapping]]] = ...) -> None: ...

class PluginStoreGetKeysRequest(_message.Message):
    __slots__ = ("plugin_id", "store_name", "get_keys")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NAME_FIELD_NUMBER: _ClassVar[int]
    GET_KEYS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    store_name: str
    get_keys: _containers.RepeatedCompositeFieldContainer[StoreKeys]
    def __init__(self, plugin_id: _Optional[str] = ..., store_name: _Optional[str] = ..., get_keys: _Optional[_Iterable[_Union[StoreKeys, _Mapping]]] = ...) -> None: ...

class PluginStoreDeleteKeysRequest(_message.Message):
    __slots__ = ("plugin_id", "store_name", "delete_keys")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NAME_FIELD_NUMBER: _ClassVar[int]
    DELETE_KEYS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    store_name: str
    delete_keys: _containers.RepeatedCompositeFieldContainer[StoreKeys]
    def __init__(self, plugin_id: _Optional[str] = ..., store_name: _Optional[str] = ..., delete_keys: _Optional[_Iterable[_Union[StoreKeys, _Mapping]]] = ...) -> None: ...

class PluginStoreDeleteRequest(_message.Message):
    __slots__ = ("plugin_id", "store_name")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NAME_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    store_name: str
    def __init__(self, plugin_id: _Optional[str] = ..., store_name: _Optional[str] = ...) -> None: ...

class EnablePluginResponse(_message.Message):
    __slots__ = ("plugin_id", "enabled_by")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    ENABLED_BY_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    enabled_by: str
    def __init__(self, plugin_id: _Optional[str] = ..., enabled_by: _Optional[str] = ...) -> None: ...

class EnablePluginsResponse(_message.Message):
    __slots__ = ("plugins",)
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    plugins: _containers.RepeatedCompositeFieldContainer[EnablePluginResponse]
    def __init__(self, plugins: _Optional[_Iterable[_Union[EnablePluginResponse, _Mapping]]] = ...) -> None: ...

class DisablePluginResponse(_message.Message):
    __slots__ = ("plugin_id", "disabled_by")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    DISABLED_BY_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    disabled_by: str
    def __init__(self, plugin_id: _Optional[str] = ..., disabled_by: _Optional[str] = ...) -> None: ...

class PluginStoreItem(_message.Message):
    __slots__ = ("timestamp", "peer_id", "store_key", "payload")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_KEY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    timestamp: str
    peer_id: str
    store_key: str
    payload: bytes
    def __init__(self, timestamp: _Optional[str] = ..., peer_id: _Optional[str] = ..., store_key: _Optional[str] = ..., payload: _Optional[bytes] = ...) -> None: ...

class PluginStoreResponse(_message.Message):
    __slots__ = ("plugin_id", "store_name", "store_items")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NAME_FIELD_NUMBER: _ClassVar[int]
    STORE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    store_name: str
    store_items: _containers.RepeatedCompositeFieldContainer[PluginStoreItem]
    def __init__(self, plugin_id: _Optional[str] = ..., store_name: _Optional[str] = ..., store_items: _Optional[_Iterable[_Union[PluginStoreItem, _Mapping]]] = ...) -> None: ...

class PluginEventResponse(_message.Message):
    __slots__ = ("plugin_id", "plugin_data")
    PLUGIN_ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_DATA_FIELD_NUMBER: _ClassVar[int]
    plugin_id: str
    plugin_data: bytes
    def __init__(self, plugin_id: _Optional[str] = ..., plugin_data: _Optional[bytes] = ...) -> None: ...

class LiveStreamingEvent(_message.Message):
    __slots__ = ("livestream_id", "err_message", "name", "meeting_id", "playback_url", "org_id", "room_name", "room_uuid", "status", "manual_ingest")
    LIVESTREAM_ID_FIELD_NUMBER: _ClassVar[int]
    ERR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_URL_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    ROOM_NAME_FIELD_NUMBER: _ClassVar[int]
    ROOM_UUID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MANUAL_INGEST_FIELD_NUMBER: _ClassVar[int]
    livestream_id: str
    err_message: str
    name: str
    meeting_id: str
    playback_url: str
    org_id: str
    room_name: str
    room_uuid: str
    status: str
    manual_ingest: bool
    def __init__(self, livestream_id: _Optional[str] = ..., err_message: _Optional[str] = ..., name: _Optional[str] = ..., meeting_id: _Optional[str] = ..., playback_url: _Optional[str] = ..., org_id: _Optional[str] = ..., room_name: _Optional[str] = ..., room_uuid: _Optional[str] = ..., status: _Optional[str] = ..., manual_ingest: _Optional[bool] = ...) -> None: ...

class GetStagePeersResponse(_message.Message):
    __slots__ = ("stage_peers",)
    STAGE_PEERS_FIELD_NUMBER: _ClassVar[int]
    stage_peers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stage_peers: _Optional[_Iterable[str]] = ...) -> None: ...

class StageRequest(_message.Message):
    __slots__ = ("display_name", "user_id", "peer_id")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    user_id: str
    peer_id: str
    def __init__(self, display_name: _Optional[str] = ..., user_id: _Optional[str] = ..., peer_id: _Optional[str] = ...) -> None: ...

class GetStageRequestsResponse(_message.Message):
    __slots__ = ("stage_requests",)
    STAGE_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    stage_requests: _containers.RepeatedCompositeFieldContainer[StageRequest]
    def __init__(self, stage_requests: _Optional[_Iterable[_Union[StageRequest, _Mapping]]] = ...) -> None: ...

class GrantStageAccessRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DenyStageAccessRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class LeaveStageRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class Poll(_message.Message):
    __slots__ = ("poll_id", "created_by", "created_by_user_id", "question", "options", "hide_votes", "anonymous", "votes")
    POLL_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_USER_ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    HIDE_VOTES_FIELD_NUMBER: _ClassVar[int]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    poll_id: str
    created_by: str
    created_by_user_id: str
    question: str
    options: _containers.RepeatedCompositeFieldContainer[PollOption]
    hide_votes: bool
    anonymous: bool
    votes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, poll_id: _Optional[str] = ..., created_by: _Optional[str] = ..., created_by_user_id: _Optional[str] = ..., question: _Optional[str] = ..., options: _Optional[_Iterable[_Union[PollOption, _Mapping]]] = ..., hide_votes: _Optional[bool] = ..., anonymous: _Optional[bool] = ..., votes: _Optional[_Iterable[str]] = ...) -> None: ...

class PollOption(_message.Message):
    __slots__ = ("text", "count", "votes")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    text: str
    count: int
    votes: _containers.RepeatedCompositeFieldContainer[PollVote]
    def __init__(self, text: _Optional[str] = ..., count: _Optional[int] = ..., votes: _Optional[_Iterable[_Union[PollVote, _Mapping]]] = ...) -> None: ...

class PollVote(_message.Message):
    __slots__ = ("user_id", "name")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    name: str
    def __init__(self, user_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class NewPollRequest(_message.Message):
    __slots__ = ("question", "options", "anonymous", "hide_votes", "created_by", "created_by_user_id")
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    HIDE_VOTES_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_USER_ID_FIELD_NUMBER: _ClassVar[int]
    question: str
    options: _containers.RepeatedScalarFieldContainer[str]
    anonymous: bool
    hide_votes: bool
    created_by: str
    created_by_user_id: str
    def __init__(self, question: _Optional[str] = ..., options: _Optional[_Iterable[str]] = ..., anonymous: _Optional[bool] = ..., hide_votes: _Optional[bool] = ..., created_by: _Optional[str] = ..., created_by_user_id: _Optional[str] = ...) -> None: ...

class VotePollRequest(_message.Message):
    __slots__ = ("poll_id", "index")
    POLL_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    poll_id: str
    index: int
    def __init__(self, poll_id: _Optional[str] = ..., index: _Optional[int] = ...) -> None: ...

class UpdatePollResponse(_message.Message):
    __slots__ = ("poll",)
    POLL_FIELD_NUMBER: _ClassVar[int]
    poll: Poll
    def __init__(self, poll: _Optional[_Union[Poll, _Mapping]] = ...) -> None: ...

class GetPollsResponse(_message.Message):
    __slots__ = ("polls",)
    POLLS_FIELD_NUMBER: _ClassVar[int]
    polls: _containers.RepeatedCompositeFieldContainer[Poll]
    def __init__(self, polls: _Optional[_Iterable[_Union[Poll, _Mapping]]] = ...) -> None: ...

class RecordingEvent(_message.Message):
    __slots__ = ("recording_id", "err_message", "recording_type")
    RECORDING_ID_FIELD_NUMBER: _ClassVar[int]
    ERR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RECORDING_TYPE_FIELD_NUMBER: _ClassVar[int]
    recording_id: str
    err_message: str
    recording_type: RecordingType
    def __init__(self, recording_id: _Optional[str] = ..., err_message: _Optional[str] = ..., recording_type: _Optional[_Union[RecordingType, str]] = ...) -> None: ...

class BaseHubMessage(_message.Message):
    __slots__ = ("event", "id", "peer_id", "room_id", "user_id", "payload", "error", "sid", "room_object_id", "preset", "use_start_session")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SID_FIELD_NUMBER: _ClassVar[int]
    ROOM_OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    USE_START_SESSION_FIELD_NUMBER: _ClassVar[int]
    event: int
    id: str
    peer_id: str
    room_id: str
    user_id: str
    payload: bytes
    error: bool
    sid: str
    room_object_id: str
    preset: str
    use_start_session: bool
    def __init__(self, event: _Optional[int] = ..., id: _Optional[str] = ..., peer_id: _Optional[str] = ..., room_id: _Optional[str] = ..., user_id: _Optional[str] = ..., payload: _Optional[bytes] = ..., error: _Optional[bool] = ..., sid: _Optional[str] = ..., room_object_id: _Optional[str] = ..., preset: _Optional[str] = ..., use_start_session: _Optional[bool] = ...) -> None: ...

class BulkedHubMessage(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[BaseHubMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[BaseHubMessage, _Mapping]]] = ...) -> None: ...

class CFWorkersResponse(_message.Message):
    __slots__ = ("responses", "broadcast_responses")
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    BROADCAST_RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[BaseHubMessage]
    broadcast_responses: _containers.RepeatedCompositeFieldContainer[BaseHubMessage]
    def __init__(self, responses: _Optional[_Iterable[_Union[BaseHubMessage, _Mapping]]] = ..., broadcast_responses: _Optional[_Iterable[_Union[BaseHubMessage, _Mapping]]] = ...) -> None: ...

class SocketMessage(_message.Message):
    __slots__ = ("event", "id", "payload", "metadata")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    event: int
    id: str
    payload: bytes
    metadata: bytes
    def __init__(self, event: _Optional[int] = ..., id: _Optional[str] = ..., payload: _Optional[bytes] = ..., metadata: _Optional[bytes] = ...) -> None: ...
