import json

import pytest

from roomtape.domain.recording_config import (
    AudioConfig,
    Layer,
    RecordingConfig,
    Selection,
    VideoConfig,
    Watermark,
    destinations,
    from_api,
    inherit,
    merge,
)
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import InvalidRequest


def test_json_and_back() -> None:
    config = RecordingConfig(
        video=VideoConfig(width=640, height=360, layout="grid", watermark=Watermark("https://a/b.png", width=10)),
        audio=AudioConfig(channel="mono"),
        layers=(Layer(), Layer("two", "two", "video")),
        user_ids=("a", "b"),
        file_name_prefix="p",
        max_seconds=60,
        rtmp_url="rtmp://a/b",
    )
    assert RecordingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert RecordingConfig.from_json(RecordingConfig().to_json()) == RecordingConfig()


def test_the_more_specific_level_wins_field_by_field() -> None:
    app = {"video_config": {"width": 640, "height": 360}, "max_seconds": 100}
    meeting = {"video_config": {"width": 320, "codec": None}, "file_name_prefix": "m"}
    request = {"file_name_prefix": "r", "max_seconds": None}
    assert merge(app, meeting, request) == {
        "video_config": {"width": 320, "height": 360},
        "max_seconds": 100,
        "file_name_prefix": "r",
    }
    assert merge(None, {}) == {}


def test_a_level_is_not_changed_by_merging() -> None:
    app = {"video_config": {"width": 640}}
    merge(app, {"video_config": {"width": 1}})
    assert app == {"video_config": {"width": 640}}


VP8 = {"video_config": {"codec": "VP8"}}
MP3 = {"audio_config": {"codec": "MP3", "channel": "mono"}}


def test_a_picture_leaves_out_an_inherited_sound_that_does_not_go_with_it() -> None:
    assert inherit(MP3, VP8) == VP8 | {"audio_config": {"channel": "mono"}}
    assert inherit(MP3, None, VP8) == inherit(MP3, VP8, {})
    assert inherit(MP3, VP8, {"video_config": {"codec": "H264"}})["audio_config"] == MP3["audio_config"]
    assert inherit(VP8 | MP3)["audio_config"] == MP3["audio_config"]  # said together: a mistake that is to be seen
    assert inherit(VP8, MP3)["audio_config"] == MP3["audio_config"]
    assert inherit({"audio_config": {"codec": "AAC"}}, VP8)["audio_config"] == {}


def test_a_codec_of_null_takes_an_inherited_one_back() -> None:
    assert inherit(VP8, {"video_config": {"codec": None}} | MP3) == {"video_config": {}} | MP3
    assert inherit(MP3, {"audio_config": {"codec": None}}) == {"audio_config": {"channel": "mono"}}
    assert inherit(None, {"audio_config": {"codec": None}}) == {"audio_config": {}}
    assert inherit(MP3, {"audio_config": {"codec": None}}, {"audio_config": {"codec": "AAC"}}) == {
        "audio_config": {"codec": "AAC", "channel": "mono"}
    }


def test_an_interactive_recording_leaves_out_an_inherited_picture_that_does_not_go_with_it() -> None:
    interactive = {"interactive_config": {"type": "ID3"}}
    assert from_api(inherit(VP8, interactive)).video == VideoConfig()
    sound_only = {"video_config": {"export_file": False, "width": 640}, "audio_config": {}}
    assert from_api(inherit(sound_only, interactive)).video == VideoConfig(width=640)
    with pytest.raises(InvalidRequest, match="codec"):
        from_api(inherit(interactive | VP8))


def test_files_go_where_they_were_meant_to_also_when_something_is_missing() -> None:
    aws = {"type": "aws", "bucket": "b", "access_key": "k"}
    off = {"realtimekit_bucket_config": {"enabled": False}}
    with pytest.raises(InvalidRequest, match="secret"):
        destinations({"storage_config": aws} | off)
    meant = StorageConfig("aws", "b", access_key="k")
    assert destinations({"storage_config": aws} | off, as_meant=True) == (meant, False)
    with pytest.raises(InvalidRequest, match="realtimekit_bucket_config"):
        destinations(off)
    assert destinations(off, as_meant=True) == (None, True)


def test_selection_takes_either_id() -> None:
    assert Selection().includes("p1", None, False)
    only = Selection(frozenset({"p1", "custom-2"}))
    assert only.includes("p1", "custom-1", False)
    assert only.includes("p2", "custom-2", False)
    assert not only.includes("p3", "custom-3", False)
    assert not only.includes("p3", None, False)
    assert not Selection(frozenset()).includes("p1", None, False)
    assert not Selection().includes("p1", None, True)


def test_of_a_page_only_who_brings_it_is_chosen() -> None:
    page = Selection(page="rec-1")
    assert page.includes("rec-1", None, True)
    assert not page.includes("p1", None, False)


def test_an_interactive_recording_is_an_hls_package() -> None:
    config = from_api({"interactive_config": {"type": "ID3"}, "url": "https://a.example/"})
    assert config.interactive
    assert config.extension == "tar"
    assert config.page_url == "https://a.example/"
    assert RecordingConfig.from_json(config.to_json()) == config
    for video, field in (({"codec": "VP8"}, "codec"), ({"export_file": False}, "export_file")):
        with pytest.raises(InvalidRequest, match=field):
            from_api({"interactive_config": {"type": "ID3"}, "audio_config": {}, "video_config": video})


def test_the_public_shape_becomes_a_config() -> None:
    assert from_api({}) == RecordingConfig()
    given = {
        "video_config": {"codec": "H264", "width": 640, "height": 360, "export_file": True},
        "audio_config": {"codec": "MP3", "channel": "mono"},
        "file_name_prefix": "p",
        "max_seconds": 61,
        "storage_config": {"type": "aws", "bucket": "b", "access_key": "k", "secret": "s", "region": ""},
        "realtimekit_bucket_config": {"enabled": False},
    }
    assert from_api(given) == RecordingConfig(
        VideoConfig(width=640, height=360),
        AudioConfig("MP3", "mono", True),
        file_name_prefix="p",
        max_seconds=61,
        storage=StorageConfig("aws", "b", access_key="k", secret="s"),
        own_bucket=False,
    )
    assert RecordingConfig.from_json(from_api(given).to_json()) == from_api(given)


@pytest.mark.parametrize(
    ("audio", "exported"), [(None, False), ({}, True), ({"export_file": False}, False), ({"export_file": True}, True)]
)
def test_an_audio_file_is_made_when_sound_is_spoken_of(audio: dict[str, bool] | None, exported: bool) -> None:
    given = {} if audio is None else {"audio_config": audio}
    assert from_api(given).audio.export_file is exported
    if exported:
        assert from_api(given | {"video_config": {"export_file": False}}).video.export_file is False
    else:
        with pytest.raises(InvalidRequest, match="nothing would be made"):
            from_api(given | {"video_config": {"export_file": False}})


def test_vp8_and_vp9_bring_their_own_sound() -> None:
    assert from_api({"video_config": {"codec": "VP9"}}).video.codec == "VP9"
    with pytest.raises(InvalidRequest, match="Vorbis"):
        from_api({"video_config": {"codec": "VP9"}, "audio_config": {"codec": "AAC"}})


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (160, 160), (3840, 2160), (2160, 3840), (2880, 2880)])
def test_sizes_that_can_be_had(size: tuple[int, int]) -> None:
    video = from_api({"video_config": {"width": size[0], "height": size[1]}}).video
    assert (video.width, video.height) == size


@pytest.mark.parametrize("size", [(158, 90), (100, 100), (3840, 2162), (2882, 2880)])
def test_sizes_that_only_their_sum_forbids(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        from_api({"video_config": {"width": size[0], "height": size[1]}})
    assert refused.value.field == "video_config.width"


def test_a_watermark_needs_its_picture() -> None:
    mark = {"url": "https://a/b.png", "position": "right bottom", "size": {"width": 100}}
    assert from_api({"video_config": {"watermark": mark}}).video.watermark == Watermark(
        "https://a/b.png", "right bottom", 100
    )
    with pytest.raises(InvalidRequest) as refused:
        from_api({"video_config": {"watermark": {"position": "left top"}}})
    assert refused.value.field == "video_config.watermark.url"


def test_the_ending_of_the_main_file() -> None:
    assert RecordingConfig().extension == "mp4"
    assert RecordingConfig(VideoConfig("VP8"), AudioConfig(export_file=True)).extension == "webm"
    sound = AudioConfig(export_file=True)
    assert RecordingConfig(VideoConfig("VP9", export_file=False), sound).extension == "ogg"
    assert RecordingConfig(VideoConfig(export_file=False), sound).extension == "m4a"
    assert RecordingConfig(VideoConfig(export_file=False), AudioConfig("MP3", export_file=True)).extension == "mp3"
