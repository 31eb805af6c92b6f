"""The SDK's messages and events are read from its bundle as they are written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import sdkschema

BUNDLE = """
class A extends v {
  constructor() {
    super("media.edge.Empty", []);
  }
}
class B extends v {
  constructor() {
    super("media.Codec", [
      {
        no: 1,
        name: "channels",
        kind: "scalar",
        opt: !0,
        T: 5
        /*ScalarType.INT32*/
      },
      { no: 2, name: "target", kind: "enum", T: () => ["media.Target", ir] },
      { no: 4, name: "peers", kind: "message", repeat: 1, T: () => Cp },
      { no: 5, name: "map", kind: "map", K: 9, V: { kind: "message", T: () => mw } }
    ]);
  }
}
const xI = 0, FI = {
  getPeerInfo: 0,
  // twice: 2
  joinRoom: 3
}, qI = {
  getMessages: 0
};
"""


def bundle(folder: Path, text: str) -> Path:
    file = folder / "index.es.js"
    file.write_text(text)
    return file


def test_messages_with_their_fields_and_messages_without(tmp_path: Path) -> None:
    assert sdkschema.messages(bundle(tmp_path, BUNDLE)) == {
        "Empty": {},
        "Codec": {
            1: ("channels", "int32", False),
            2: ("target", "enum", False),
            4: ("peers", "message", True),
            5: ("map", "map", False),
        },
    }


def test_events_of_each_service(tmp_path: Path) -> None:
    assert sdkschema.tables(bundle(tmp_path, BUNDLE)) == [{"getPeerInfo": 0, "joinRoom": 3}, {"getMessages": 0}]


def test_a_bundle_that_is_written_in_another_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="describes no messages"):
        sdkschema.messages(bundle(tmp_path, 'new Message("media.Codec")'))
