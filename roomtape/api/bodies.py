"""Owns what all request bodies have in common: strict types, and text that every database can keep."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

LONGEST_TEXT = 2048


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, also when a client writes it as 60.0 (some languages know no other numbers)."""


class Part(BaseModel):
    """An object inside a body. Fields that the public API does not know are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore")


class ExactPart(Part):
    """An object in which a misspelt field must not go unnoticed, because it decides what is recorded."""

    model_config = ConfigDict(extra="forbid")


class Body(Part):
    """A whole body."""

    @model_validator(mode="before")
    @classmethod
    def _has_only_real_text(cls, data: Any) -> Any:
        check_text(data)
        return data


def check_text(value: Any, path: str = "") -> None:
    """Raise ValueError, naming the place, for text that is no Unicode or holds a NUL: PostgreSQL keeps neither."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(f"{path or 'the text'} has a NUL character or half a surrogate pair in it; remove it")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(key, f"a name in {path or 'the body'}")
            check_text(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_text(inner, f"{path}.{index}")
