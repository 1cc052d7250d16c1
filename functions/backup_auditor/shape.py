"""What all mappings of a policy file have in common, from its top to the options of a plug-in.

An unknown key is an error. So is a key with nothing behind it: an ``id:`` that was never filled in
would select every resource, and the default of an option would weaken a check without a word.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator


class Shape(BaseModel):
    """The base of everything that a part of a policy file is checked against."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("nothing stands here; write a value, or leave the key out")
        return value
