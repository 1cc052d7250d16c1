"""Models as schemas: what a word more makes of each form, and what pydantic adds and we do not."""

from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

import pytest
from backup_auditor.policy.json_shapes import allows, or_word, shape_of
from backup_auditor.shape import Shape
from backup_auditor.values import Duration, Percentage, Size
from jsonschema import Draft7Validator
from pydantic import Field


class Colour(StrEnum):
    """Colours."""

    RED = "red"


class Inner(Shape):
    """A mapping in a mapping."""

    span: Duration = Field(default=timedelta(hours=24), description="How long.")


class Outer(Shape):
    """Every form that an option may have."""

    colour: Colour = Field(default=Colour.RED, description="Which.")
    number: int | None = Field(default=None, description="How many.")
    words: Literal["all"] | list[str] = Field(description="What.", examples=["all", ["a"]])
    share: Percentage = Field(default=0.5, description="How much.")
    size: Size = Field(default=1024, description="How large.")
    inner: Inner = Field(default=Inner(), description="More.")
    text: str = Field(description="Anything.")


SHAPE = shape_of(Outer, {})["properties"]


def is_valid(schema: dict[str, Any], value: object) -> bool:
    """Return whether ``schema`` accepts ``value``."""
    return bool(Draft7Validator(schema).is_valid(value))


def test_defaults_are_written_as_people_write_them_also_inside_others() -> None:
    defaults = {name: one["default"] for name, one in SHAPE.items() if "default" in one}
    assert defaults == {
        "colour": "red",
        "share": "50%",
        "size": "1KiB",
        "inner": {"span": "24h"},
    }
    assert SHAPE["inner"]["properties"]["span"]["default"] == "24h"


def test_an_enum_says_what_its_key_is_for_and_not_what_its_class_is() -> None:
    assert SHAPE["colour"] == {
        "description": "Which.",
        "default": "red",
        "type": "string",
        "enum": ["red"],
    }


def test_a_word_of_a_choice_is_not_shown_as_an_example_as_well() -> None:
    assert SHAPE["words"]["examples"] == [["a"]]


@pytest.mark.parametrize("name", SHAPE)
def test_one_word_more_is_accepted_and_nothing_else(name: str) -> None:
    before, after = SHAPE[name], or_word(SHAPE[name], "off")
    assert is_valid(after, "off")
    for value in ("offf", "on", "red", "1d", "50%", "1KiB", 7, ["a"], {"span": "1d"}, None, True):
        assert is_valid(before, value) == is_valid(after, value)


def test_a_word_that_is_named_already_is_not_added() -> None:
    assert allows(SHAPE["words"], "all")
    assert or_word(SHAPE["words"], "all") is SHAPE["words"]
