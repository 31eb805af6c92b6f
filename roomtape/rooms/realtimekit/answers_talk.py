"""Owns the answers to what clients ask of chat, polls and stores."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from roomtape.errors import InvalidRequest, NotOffered
from roomtape.rooms.realtimekit import chat as chats
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.actions import Action, Send
from roomtape.rooms.realtimekit.ask import Ask
from roomtape.rooms.realtimekit.member import Member
from roomtape.rooms.realtimekit.polls import Poll
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

MOST_TARGETS = 500
MOST_KEYS = 1000
PLUGINS_STORE = "__rtk_plugins__"
"""Every client reads this store when it starts; it stays empty, for there are no plugins."""


# -- chat


def messages(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    found = ask.room.chat.readable(ask.member.user_id) if ask.member.joined else []
    return ask.reply(pb.GetChatMessagesResponse(messages=_latest(found)))


def _latest(found: list[pb.ChatMessage]) -> list[pb.ChatMessage]:
    """The newest messages that fit into an answer; older ones are read page by page."""
    left, kept = codec.LARGEST_FRAME * 4, len(found)
    while kept and (left := left - found[kept - 1].ByteSize()) > 0:
        kept -= 1
    return found[kept:]


def page(ask: Ask[pb.GetPaginatedChatMessageRoomRequest]) -> list[Action]:
    found, more = ask.room.chat.page(ask.member.user_id, ask.message) if ask.member.joined else ([], False)
    return ask.reply(pb.GetPaginatedChatMessageRoomResponse(messages=found, next=more))


def search(ask: Ask[pb.SearchChatMessagesRequest]) -> list[Action]:
    found = ask.room.chat.search(ask.member.user_id, ask.message.search_term, ask.message.size)
    return ask.reply(pb.GetChatMessagesResponse(messages=found))


def send_to_room(ask: Ask[pb.SendChatMessageToRoomRequest]) -> list[Action]:
    chats.check(ask.member.permissions.public_chat, ask.message.payload_type, ask.message.payload)
    message = _new(ask, [])
    return _tell_readers(ask, message, pb.SendChatMessageToRoomResponse(message=message))


def send_to_peers(ask: Ask[pb.SendChatMessageToPeersRequest]) -> list[Action]:
    """To peers whose presets let them receive; the sender is one of those it goes to."""
    request, room = ask.message, ask.room
    chats.check(ask.member.permissions.private_chat, request.payload_type, request.payload)
    if len(request.peer_ids) > MOST_TARGETS:
        raise InvalidRequest(f"a private message has {MOST_TARGETS} receivers at most")
    others = (room.known(p) for p in dict.fromkeys(request.peer_ids) if p != ask.member.peer_id)
    receivers = [m for m in others if m is not None and m.permissions.private_chat.receive]
    if not receivers:
        raise InvalidRequest("nobody you named is here and may receive private messages")
    message = _new(ask, [*receivers, ask.member])
    return _tell_readers(ask, message, pb.SendChatMessageToPeersResponse(message=message))


def edit(ask: Ask[pb.EditChatMessageRequest]) -> list[Action]:
    request = ask.message
    message = ask.room.chat.own(request.chat_id, ask.member.user_id)
    kind = request.payload_type if request.HasField("payload_type") else message.payload_type
    payload = request.payload if request.HasField("payload") else message.payload
    permissions = ask.member.permissions
    chats.check(permissions.private_chat if message.target_user_ids else permissions.public_chat, kind, payload)
    ask.room.chat.change(message, kind, payload)
    return _tell_readers(ask, message, pb.EditChatMessageResponse(message=message))


def delete(ask: Ask[pb.DeleteChatMessageRequest]) -> list[Action]:
    message = ask.room.chat.own(ask.message.chat_id, ask.member.user_id)
    ask.room.chat.remove(message.chat_id)
    return _tell_readers(ask, message, pb.DeleteChatMessageResponse(chat_id=message.chat_id))


def pin(ask: Ask[pb.PinChatMessageRequest]) -> list[Action]:
    message = ask.room.chat.of(ask.message.chat_id, ask.member.user_id)
    ask.check(ask.member.permissions.public_chat.send, "pin chat messages")
    message.pinned = ask.message.pinned
    answer = pb.PinChatMessageResponse(chat_id=message.chat_id, pinned=message.pinned, message=message)
    return _tell_readers(ask, message, answer)


def _new(
    ask: Ask[pb.SendChatMessageToRoomRequest] | Ask[pb.SendChatMessageToPeersRequest], targets: list[Member]
) -> pb.ChatMessage:
    """Keep and return a message to `targets`, to everybody when there are none."""
    me, request = ask.member, ask.message
    message = chats.new_message(me.peer_id, me.user_id, me.name, request.payload_type, request.payload, ask.now_ms)
    message.target_user_ids.extend(dict.fromkeys(m.user_id for m in targets))
    ask.room.chat.add(message)
    return message


def _tell_readers(ask: Ask[Any], message: pb.ChatMessage, told: Message) -> list[Action]:
    """Tell everybody who may read the message, the sender with the answer to its request."""
    others = ask.room.cast(ask.event, told, skip=ask.member.peer_id, only=lambda m: chats.may_read(message, m.user_id))
    return ask.reply(told) + others


# -- polls


def polls(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    may = ask.member.joined and ask.member.permissions.view_polls
    found = [p.seen_by(ask.member.user_id) for p in ask.room.polls.polls.values()] if may else []
    return ask.reply(pb.GetPollsResponse(polls=found))


def create_poll(ask: Ask[pb.NewPollRequest]) -> list[Action]:
    ask.check(ask.member.permissions.create_polls, "create polls")
    return _tell_poll(ask, ask.room.polls.create(ask.message, ask.member.name, ask.member.user_id))


def vote(ask: Ask[pb.VotePollRequest]) -> list[Action]:
    ask.check(ask.member.permissions.vote, "vote in polls")
    me = ask.member
    return _tell_poll(ask, ask.room.polls.vote(ask.message.poll_id, ask.message.index, me.user_id, me.name))


def _tell_poll(ask: Ask[pb.NewPollRequest] | Ask[pb.VotePollRequest], poll: Poll) -> list[Action]:
    """Each is told what they may see of the poll."""
    told: list[Action] = []
    for m in ask.room.members.values():
        if m.connected and m.joined and m.permissions.view_polls:
            answer = pb.UpdatePollResponse(poll=poll.seen_by(m.user_id))
            own = ask.id if m is ask.member else ""
            told.append(Send(m.peer_id, codec.encode(ask.event, answer, own)))
    return told


# -- stores


def store_get(ask: Ask[pb.PluginStoreGetKeysRequest]) -> list[Action]:
    request = ask.message
    _check_store(ask, request.plugin_id)
    keys = [k.store_key for k in request.get_keys]
    found = ask.room.stores.get(request.store_name, keys) if ask.room.admitted(ask.member) else []
    return ask.reply(_stored(ask, request.store_name, found))


def store_insert(ask: Ask[pb.PluginStoreInsertKeysRequest]) -> list[Action]:
    request = ask.message
    _check_writable(ask, request.plugin_id, request.store_name, len(request.insert_keys))
    values = ((k.store_key, k.payload) for k in request.insert_keys)
    items = ask.room.stores.insert(request.store_name, values, ask.member.peer_id, ask.now_ms)
    return _tell_stored(ask, _stored(ask, request.store_name, items))


def store_delete(ask: Ask[pb.PluginStoreDeleteKeysRequest]) -> list[Action]:
    request = ask.message
    _check_writable(ask, request.plugin_id, request.store_name, len(request.delete_keys))
    keys = (k.store_key for k in request.delete_keys)
    gone = ask.room.stores.delete(request.store_name, keys, ask.member.peer_id)
    return _tell_stored(ask, _stored(ask, request.store_name, gone))


Storing = (
    Ask[pb.PluginStoreGetKeysRequest] | Ask[pb.PluginStoreInsertKeysRequest] | Ask[pb.PluginStoreDeleteKeysRequest]
)


def _check_store(ask: Storing, plugin_id: str) -> None:
    if plugin_id != ask.room.meeting_id:
        raise NotOffered("plugins are not offered here, so they have no stores")


def _check_writable(ask: Storing, plugin_id: str, store: str, keys: int) -> None:
    _check_store(ask, plugin_id)
    if store == PLUGINS_STORE:
        raise NotOffered("plugins are not offered here")
    if not ask.room.admitted(ask.member):
        ask.check(False, "change stores before you are let in")
    if keys > MOST_KEYS:
        raise InvalidRequest(f"a request changes {MOST_KEYS} keys at most")


def _stored(ask: Storing, store: str, items: list[pb.PluginStoreItem]) -> pb.PluginStoreResponse:
    return pb.PluginStoreResponse(plugin_id=ask.room.meeting_id, store_name=store, store_items=items)


def _tell_stored(ask: Storing, told: pb.PluginStoreResponse) -> list[Action]:
    """Also to those who are about to join: they have read the store, and would miss the change."""
    return ask.reply(told) + ask.room.cast(ask.event, told, skip=ask.member.peer_id, lobby=True)
