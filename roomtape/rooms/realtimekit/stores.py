"""Owns the key-value stores that the SDK's applications share in a room."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from roomtape.errors import InvalidRequest
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

LARGEST_VALUE = 64 * 1024
LARGEST_ROOM = 4 * 1024 * 1024
"""Bytes of all keys and values in the stores of one room."""
MOST_KEYS = 1000
"""In one store."""
MOST_STORES = 100
LONGEST_NAME = 256

Item = pb.PluginStoreItem


@dataclass
class Stores:
    """All stores of a room by name. `size` is in bytes, of keys and values."""

    stores: dict[str, dict[str, pb.PluginStoreItem]] = field(default_factory=dict)
    size: int = 0

    def get(self, store: str, keys: Iterable[str]) -> list[pb.PluginStoreItem]:
        """Return the items under `keys`, all items when `keys` is empty."""
        found = self.stores.get(store, {})
        wanted = set(keys)
        return [item for key, item in found.items() if not wanted or key in wanted]

    def insert(
        self, store: str, values: Iterable[tuple[str, bytes]], peer_id: str, now_ms: int
    ) -> list[pb.PluginStoreItem]:
        """Set keys; return the new items.

        Raises InvalidRequest for what is too large or is no JSON, and then nothing was set: clients parse every value
        of a store when they come in, and one that is no JSON would keep them all out.
        """
        items = [_item(key, payload, peer_id, now_ms) for key, payload in values]
        present = self.stores.get(store, {})
        if not present and (len(store) > LONGEST_NAME or len(self.stores) >= MOST_STORES):
            raise InvalidRequest(f"a room has {MOST_STORES} stores at most, with names of {LONGEST_NAME} characters")
        if len(present.keys() | {i.store_key for i in items}) > MOST_KEYS:
            raise InvalidRequest(f"a store has {MOST_KEYS} keys at most; delete some first")
        after = {i.store_key: i for i in items}
        grown = sum(_size(i) for i in after.values()) - sum(_size(present[k]) for k in after if k in present)
        if self.size + grown > LARGEST_ROOM:
            raise InvalidRequest(f"the stores of a room have {LARGEST_ROOM} bytes at most; delete some keys first")
        if items:
            self.stores.setdefault(store, {}).update(after)
            self.size += grown
        return items

    def delete(self, store: str, keys: Iterable[str], peer_id: str) -> list[pb.PluginStoreItem]:
        """Forget keys; return those that were there, as items of `peer_id`, who deleted them."""
        found = self.stores.get(store, {})
        gone = []
        for key in dict.fromkeys(keys):
            item = found.pop(key, None)
            if item is not None:
                self.size -= _size(item)
                gone.append(Item(store_key=key, peer_id=peer_id, timestamp=item.timestamp))
        if not found:
            self.stores.pop(store, None)
        return gone

    def put_back(self, stores: dict[str, list[pb.PluginStoreItem]]) -> None:
        """Take over what was remembered of all stores."""
        self.stores = {name: {i.store_key: i for i in items} for name, items in stores.items()}
        self.size = sum(_size(i) for items in self.stores.values() for i in items.values())


def _item(key: str, payload: bytes, peer_id: str, now_ms: int) -> pb.PluginStoreItem:
    if not key or len(key) > LONGEST_NAME:
        raise InvalidRequest(f"a key has 1 to {LONGEST_NAME} characters")
    if len(payload) > LARGEST_VALUE:
        raise InvalidRequest(f"the value of {key!r} has {len(payload)} bytes; {LARGEST_VALUE} are possible")
    check_json(payload or b"{}", f"the value of {key!r}")
    return Item(timestamp=str(now_ms), peer_id=peer_id, store_key=key, payload=payload)


def _size(item: pb.PluginStoreItem) -> int:
    return len(item.store_key) + len(item.payload)


def check_json(payload: bytes, what: str) -> None:
    """Raises InvalidRequest unless `payload` is JSON in UTF-8, as the SDK's `JSON.parse` takes it."""
    try:
        json.loads(payload.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{what} is no JSON") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
