from __future__ import annotations

import pytest

from roomtape.errors import Conflict, InvalidRequest, NotFound
from roomtape.rooms.realtimekit import polls
from roomtape.rooms.realtimekit.polls import Polls
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb


def request(**more: object) -> pb.NewPollRequest:
    made = pb.NewPollRequest(question="Tea?", options=["yes", "no"])
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_votes_are_counted_once_each() -> None:
    room = Polls()
    poll = room.create(request(), "Ann", "u1")
    room.vote(poll.id, 1, "u2", "Ben")
    with pytest.raises(Conflict):
        room.vote(poll.id, 0, "u2", "Ben")
    seen = poll.seen_by("u3")
    assert (seen.question, seen.created_by, seen.created_by_user_id) == ("Tea?", "Ann", "u1")
    assert [(o.text, o.count) for o in seen.options] == [("yes", 0), ("no", 1)]
    assert [(v.user_id, v.name) for v in seen.options[1].votes] == [("u2", "Ben")]
    assert list(seen.votes) == ["u2"]
    assert seen.options[0].HasField("count")


def test_an_anonymous_poll_names_no_voter_but_oneself() -> None:
    room = Polls()
    poll = room.create(request(anonymous=True), "Ann", "u1")
    room.vote(poll.id, 0, "u2", "Ben")
    room.vote(poll.id, 0, "u3", "Cat")
    seen = poll.seen_by("u2")
    assert seen.options[0].count == 2
    assert not seen.options[0].votes
    assert list(seen.votes) == ["u2"]
    assert "u3" not in str(seen)
    assert not poll.seen_by("u1").votes


def test_what_cannot_be_voted_on_is_refused() -> None:
    room = Polls()
    for bad in (
        pb.NewPollRequest(question="?", options=["one"]),
        pb.NewPollRequest(question=" ", options=["a", "b"]),
        pb.NewPollRequest(question="?", options=["a"] * (polls.MOST_OPTIONS + 1)),
        pb.NewPollRequest(question="?" * (polls.LONGEST_TEXT + 1), options=["a", "b"]),
    ):
        with pytest.raises(InvalidRequest):
            room.create(bad, "Ann", "u1")
    assert room.polls == {}
    poll = room.create(request(), "Ann", "u1")
    with pytest.raises(InvalidRequest):
        room.vote(poll.id, 2, "u1", "Ann")
    with pytest.raises(NotFound):
        room.vote("nothing", 0, "u1", "Ann")


def test_there_are_not_endless_polls() -> None:
    room = Polls()
    for _ in range(polls.MOST_POLLS):
        room.create(request(), "Ann", "u1")
    with pytest.raises(InvalidRequest, match="at most"):
        room.create(request(), "Ann", "u1")
