from __future__ import annotations

import json

from roomtape.rooms.realtimekit.events import Chat, Plugin, Polls
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import GUEST, HOST, World

MUTE = GUEST | {"chat": {}, "polls": {}}
TO_ROOM, TO_PEERS = Chat.SEND_MESSAGE_TO_ROOM, Chat.SEND_MESSAGE_TO_PEERS


def test_chat_goes_to_all_also_back_and_is_kept_for_late_joiners() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    sent = pb.SendChatMessageToRoomRequest(payload_type=0, payload="hello")
    own = ann.answer(TO_ROOM, sent, pb.SendChatMessageToRoomResponse).message
    [got] = ben.pushed(TO_ROOM, pb.SendChatMessageToRoomResponse)
    assert got.message == own
    assert (own.peer_id, own.user_id, own.display_name, own.payload) == ("ann", "user-ann", "Ann", "hello")
    assert own.created_at == world.now_ms // 1000
    cat = world.client("cat")
    cat.join()
    assert list(cat.answer(Chat.GET_MESSAGES, None, pb.GetChatMessagesResponse).messages) == [own]
    page = pb.GetPaginatedChatMessageRoomRequest(size=10)
    assert list(cat.answer(Chat.GET_PAGINATED_MESSAGES, page, pb.GetPaginatedChatMessageRoomResponse).messages) == [own]
    search = pb.SearchChatMessagesRequest(search_term="ELL", size=5)
    assert list(cat.answer(Chat.SEARCH_CHANNEL_MESSAGES, search, pb.GetChatMessagesResponse).messages) == [own]


def test_private_chat_reaches_its_people_only() -> None:
    world = World()
    ann, ben, cat = world.joined("ann"), world.joined("ben"), world.joined("cat")
    sent = pb.SendChatMessageToPeersRequest(peer_ids=["ben", "ann"], payload="psst")
    own = ann.answer(TO_PEERS, sent, pb.SendChatMessageToPeersResponse).message
    assert set(own.target_user_ids) == {"user-ann", "user-ben"}
    assert len(ben.pushed(TO_PEERS, pb.SendChatMessageToPeersResponse)) == 1
    assert cat.got == []
    assert not cat.answer(Chat.GET_MESSAGES, None, pb.GetChatMessagesResponse).messages
    world.joined("deaf", MUTE)
    nobody = pb.SendChatMessageToPeersRequest(peer_ids=["deaf", "gone", "ann"], payload="psst")
    assert "nobody you named" in ann.refused(TO_PEERS, nobody)


def test_file_messages_reach_the_others() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    file = json.dumps({"link": "https://rtk.test/files/a", "name": "a.pdf", "size": 5})
    ann.answer(TO_ROOM, pb.SendChatMessageToRoomRequest(payload_type=2, payload=file), pb.SendChatMessageToRoomResponse)
    assert ben.pushed(TO_ROOM, pb.SendChatMessageToRoomResponse)[0].message.payload == file


def test_who_may_not_chat_vote_or_make_polls() -> None:
    mute = World().joined("mute", MUTE)
    assert "your preset" in mute.refused(TO_ROOM, pb.SendChatMessageToRoomRequest(payload="hi"))
    assert "your preset" in mute.refused(TO_PEERS, pb.SendChatMessageToPeersRequest(payload="hi", peer_ids=["x"]))
    assert "your preset" in mute.refused(Polls.CREATE_POLL, pb.NewPollRequest(question="?", options=["a", "b"]))
    assert "your preset" in mute.refused(Polls.VOTE_POLL, pb.VotePollRequest(poll_id="x"))


def test_messages_are_edited_pinned_and_deleted() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    sent = pb.SendChatMessageToRoomRequest(payload="helo")
    chat_id = ann.answer(TO_ROOM, sent, pb.SendChatMessageToRoomResponse).message.chat_id
    edit = pb.EditChatMessageRequest(chat_id=chat_id, payload_type=0, payload="hello")
    assert ann.answer(Chat.EDIT_MESSAGE, edit, pb.EditChatMessageResponse).message.is_edited
    assert ben.pushed(Chat.EDIT_MESSAGE, pb.EditChatMessageResponse)[0].message.payload == "hello"
    assert "only who wrote" in ben.refused(Chat.EDIT_MESSAGE, edit)
    pin = pb.PinChatMessageRequest(chat_id=chat_id, pinned=True)
    assert ben.answer(Chat.PIN_MESSAGE, pin, pb.PinChatMessageResponse).message.pinned
    delete = pb.DeleteChatMessageRequest(chat_id=chat_id)
    assert "only who wrote" in ben.refused(Chat.DELETE_MESSAGE, delete)
    assert ann.answer(Chat.DELETE_MESSAGE, delete, pb.DeleteChatMessageResponse).chat_id == chat_id
    assert ben.pushed(Chat.DELETE_MESSAGE, pb.DeleteChatMessageResponse)[0].chat_id == chat_id
    assert not ben.answer(Chat.GET_MESSAGES, None, pb.GetChatMessagesResponse).messages
    assert "no chat message" in ann.refused(Chat.PIN_MESSAGE, pin)


def test_polls_are_made_voted_on_and_listed() -> None:
    world = World()
    host, ben, blind = world.joined("host", HOST), world.joined("ben"), world.joined("blind", MUTE)
    request = pb.NewPollRequest(question="Tea?", options=["yes", "no"], anonymous=True)
    poll = host.answer(Polls.CREATE_POLL, request, pb.UpdatePollResponse).poll
    assert ben.pushed(Polls.CREATE_POLL, pb.UpdatePollResponse)[0].poll.question == "Tea?"
    vote = pb.VotePollRequest(poll_id=poll.poll_id, index=1)
    assert list(ben.answer(Polls.VOTE_POLL, vote, pb.UpdatePollResponse).poll.votes) == ["user-ben"]
    [seen] = host.pushed(Polls.VOTE_POLL, pb.UpdatePollResponse)
    assert seen.poll.options[1].count == 1
    assert not seen.poll.votes, "it is anonymous"
    assert blind.got == []
    assert "voted in this poll already" in ben.refused(Polls.VOTE_POLL, vote)
    late = world.client("late")
    late.join()
    [listed] = late.answer(Polls.GET_POLLS, None, pb.GetPollsResponse).polls
    assert listed.options[1].count == 1
    assert not blind.answer(Polls.GET_POLLS, None, pb.GetPollsResponse).polls


def insert(store: str, plugin: str = "meeting") -> pb.PluginStoreInsertKeysRequest:
    keys = [pb.StoreKeys(store_key="k", payload=b"[1]")]
    return pb.PluginStoreInsertKeysRequest(plugin_id=plugin, store_name=store, insert_keys=keys)


def test_stores_are_shared_by_all_also_with_who_is_about_to_join() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    lobby = world.client("lobby")
    waits = world.client("waits", GUEST | {"waiting_room_type": "SKIP_ON_ACCEPT"})
    ann.answer(Plugin.STORE_INSERT_KEYS, insert("game"), pb.PluginStoreResponse)
    for client in (ben, lobby):
        [told] = client.pushed(Plugin.STORE_INSERT_KEYS, pb.PluginStoreResponse)
        assert (told.plugin_id, told.store_name) == ("meeting", "game")
        assert [(i.store_key, i.payload, i.peer_id) for i in told.store_items] == [("k", b"[1]", "ann")]
    assert waits.got == []
    read = pb.PluginStoreGetKeysRequest(plugin_id="meeting", store_name="game")
    assert len(lobby.answer(Plugin.STORE_GET_KEYS, read, pb.PluginStoreResponse).store_items) == 1
    assert not waits.answer(Plugin.STORE_GET_KEYS, read, pb.PluginStoreResponse).store_items
    assert "let in" in waits.refused(Plugin.STORE_INSERT_KEYS, insert("game"))
    delete = pb.PluginStoreDeleteKeysRequest(
        plugin_id="meeting", store_name="game", delete_keys=[pb.StoreKeys(store_key="k")]
    )
    ben.answer(Plugin.STORE_DELETE_KEYS, delete, pb.PluginStoreResponse)
    assert ann.pushed(Plugin.STORE_DELETE_KEYS, pb.PluginStoreResponse)[0].store_items[0].store_key == "k"


def test_plugins_have_no_stores() -> None:
    ann = World().joined("ann", HOST)
    assert "plugins" in ann.refused(Plugin.STORE_INSERT_KEYS, insert("__rtk_plugins__"))
    assert "plugins" in ann.refused(Plugin.STORE_INSERT_KEYS, insert("game", plugin="some-plugin"))
