from roomtape.domain.ids import is_id, new_account_id, new_id


def test_new_ids_are_ids_and_differ() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert is_id(new_id())
    assert is_id(new_account_id())
    assert len(new_account_id()) == 32


def test_what_is_no_id() -> None:
    for text in ("", "..", "a/b", "a b", "a\n", "x" * 65, "ä"):
        assert not is_id(text)
