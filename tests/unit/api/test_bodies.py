from __future__ import annotations

import pytest
from pydantic import ValidationError

from roomtape.api.bodies import Body, ExactPart, Part, Whole, check_text


class Inner(ExactPart):
    name: str


class Outer(Body):
    count: Whole = 0
    flag: bool = False
    inner: Inner | None = None


def test_types_are_strict_but_whole_floats_are_whole() -> None:
    assert Outer.model_validate({"count": 60.0}).count == 60
    for bad in ({"count": "60"}, {"count": 60.5}, {"count": True}, {"flag": 1}, {"flag": "true"}, {"count": 1e400}):
        with pytest.raises(ValidationError):
            Outer.model_validate(bad)


def test_unknown_fields_are_passed_over_or_refused() -> None:
    assert Outer.model_validate({"other": 1}) == Outer()
    with pytest.raises(ValidationError, match="other"):
        Outer.model_validate({"inner": {"name": "x", "other": 1}})
    assert issubclass(ExactPart, Part)


@pytest.mark.parametrize("bad", ["\0", "a\ud800", "\udfff"])
def test_text_that_no_database_keeps_is_refused_wherever_it_is(bad: str) -> None:
    for value, path in (
        (bad, "the text"),
        ({"a": [{"b": bad}]}, r"a\.0\.b"),
        ({bad: 1}, "a name in the body"),
    ):
        with pytest.raises(ValueError, match=path):
            check_text(value)
    check_text({"a": ["📼", 1, None, True]})
