"""Owns the polls of a session: their making, the votes, and what each participant sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomtape.domain.ids import new_id
from roomtape.errors import Conflict, InvalidRequest, NotFound
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

MOST_POLLS = 200
MOST_OPTIONS = 20
LONGEST_TEXT = 500


@dataclass
class Poll:
    """`votes` is {user id: (option's index, the voter's name)}."""

    id: str
    question: str
    options: list[str]
    anonymous: bool
    hide_votes: bool
    creator_name: str
    creator_id: str
    votes: dict[str, tuple[int, str]] = field(default_factory=dict)

    def seen_by(self, user_id: str) -> pb.Poll:
        """Return the poll as the user sees it: an anonymous one names no voter but themselves."""
        open_votes = not self.anonymous
        options = []
        for index, text in enumerate(self.options):
            voters = [(user, name) for user, (choice, name) in self.votes.items() if choice == index]
            named = [pb.PollVote(user_id=user, name=name) for user, name in voters] if open_votes else []
            options.append(pb.PollOption(text=text, count=len(voters), votes=named))
        return pb.Poll(
            poll_id=self.id,
            created_by=self.creator_name,
            created_by_user_id=self.creator_id,
            question=self.question,
            options=options,
            hide_votes=self.hide_votes,
            anonymous=self.anonymous,
            votes=[user for user in self.votes if open_votes or user == user_id],
        )


@dataclass
class Polls:
    """All polls of a session by id, the oldest first."""

    polls: dict[str, Poll] = field(default_factory=dict)

    def create(self, request: pb.NewPollRequest, creator_name: str, creator_id: str) -> Poll:
        """Return a new poll. Raises InvalidRequest for one that cannot be voted on or is too large."""
        texts = [request.question, *request.options]
        if not request.question.strip() or len(request.options) < 2 or len(request.options) > MOST_OPTIONS:
            raise InvalidRequest(f"a poll has a question and 2 to {MOST_OPTIONS} options")
        if any(len(text) > LONGEST_TEXT for text in texts):
            raise InvalidRequest(f"a poll's question and options have {LONGEST_TEXT} characters at most")
        if len(self.polls) >= MOST_POLLS:
            raise InvalidRequest(f"a session has {MOST_POLLS} polls at most")
        poll = Poll(
            new_id(),
            request.question,
            list(request.options),
            request.anonymous,
            request.hide_votes,
            creator_name,
            creator_id,
        )
        self.polls[poll.id] = poll
        return poll

    def vote(self, poll_id: str, index: int, user_id: str, name: str) -> Poll:
        """Count a vote; return the poll. Raises NotFound, InvalidRequest, and Conflict for a second vote."""
        poll = self.polls.get(poll_id)
        if poll is None:
            raise NotFound(f"there is no poll {poll_id[:64]!r}")
        if index >= len(poll.options):
            raise InvalidRequest(f"this poll has {len(poll.options)} options, numbered from 0")
        if user_id in poll.votes:
            raise Conflict("you have voted in this poll already")
        poll.votes[user_id] = (index, name)
        return poll
