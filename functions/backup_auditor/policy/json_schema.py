"""The JSON Schema of a policy file (draft-07), for editors and for other people's validators.

It is made from the models that the loader checks with, and accepts what the loader accepts, as far
as one file and its shape can show. What lies in another file, in another policy or in the meaning
of a value (a time zone that does not exist, a base that brings no such rule) it cannot see.

``errorMessage`` is no word of JSON Schema; editors show it instead of a regular expression. There
is no title, because editors would put it above the description of every key.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from pydantic import BaseModel

from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.inherit import OFF
from backup_auditor.policy.json_shapes import Schema, allows, or_word, shape_of
from backup_auditor.policy.match import Match
from backup_auditor.policy.model import Kinds
from backup_auditor.policy.reader import read
from backup_auditor.policy.schema import ExemptionEntry, PolicyEntry, PolicyFile
from backup_auditor.rules import RuleOptions

Plugins = Mapping[str, type[BaseModel]]

_KNOWN = {"Match": {"$ref": "#/definitions/match"}}
_EXAMPLE = re.compile(r"^Example::\n\n((?: {4}.*\n)+)", re.MULTILINE)
_DESCRIBING = {"type", "properties", "additionalProperties"}
_GIVES_EXTENDS: Schema = {"required": ["extends"]}
_IS_ABSTRACT: Schema = {"properties": {"abstract": {"const": True}}, "required": ["abstract"]}


def policy_schema(kinds: Kinds) -> Schema:
    """Return the schema of a policy file that may name these plug-ins."""
    top = shape_of(PolicyFile, _KNOWN)
    parts = top["properties"]
    parts["sources"]["items"] = _entries("source", kinds.sources)
    parts["policies"]["items"] = _policies()
    parts["exemptions"]["items"] = _exemptions(kinds.rules)
    parts["channels"]["items"] = _entries("channel", kinds.channels)
    parts["heartbeat"] |= shape_of(Heartbeat, _KNOWN)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": "What must be backed up, what a good backup is, and who is told.",
        **top,
        "definitions": {
            "match": shape_of(Match, _KNOWN),
            "rules": _rules(kinds.rules),
            "complete_rules": _complete_rules(kinds.rules),
        },
    }


def _entries(what: str, plugins: Plugins) -> Schema:
    """Describe the entries of a list: one plug-in with its options, or only its name."""
    shapes = {name: _plugin(options) for name, options in plugins.items()}
    bare = [name for name, shape in shapes.items() if "null" in shape["type"]]
    described: Schema = {
        "description": f"One {what} with its options, such as `- name: {{}}`.",
        "type": "object",
        "properties": shapes,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    if not bare:
        return described
    return {
        **described,
        "type": ["object", "string"],
        "pattern": f"^({'|'.join(re.escape(name) for name in bare)})$",
        "patternErrorMessage": f"write one {what} with its options, such as `- name: {{}}`",
    }


def _plugin(options: type[BaseModel]) -> Schema:
    shape = shape_of(options, _KNOWN)
    types = ["object"] if _needs(shape) else ["object", "null"]
    return {**_head(options, shape), **shape, "type": types}


def _head(options: type[BaseModel], shape: Schema) -> Schema:
    """Return what an editor says of a plug-in."""
    manual = sys.modules[options.__module__].__doc__ or ""
    example = _example(manual) or _least(options, shape)
    return {"description": manual.partition("\n")[0], "examples": [example]}


def _example(manual: str) -> Any:
    """Return the options in the example of a rule's manual; None where it has none."""
    found = _EXAMPLE.search(manual)
    return next(iter(read(dedent(found[1]), "manual").value.values())) if found else None


def _least(options: type[BaseModel], shape: Schema) -> Schema:
    names = shape.get("required") or list(options.__annotations__)[:1]
    return {name: shape["properties"][name]["examples"][0] for name in names}


def _needs(shape: Schema) -> Schema:
    """Return what ``shape`` asks for beyond the form of each option."""
    return {key: value for key, value in shape.items() if key not in _DESCRIBING}


def _policies() -> Schema:
    shape = shape_of(PolicyEntry, _KNOWN)
    given = shape["properties"]["rules"]
    del given["additionalProperties"]
    shape["properties"]["rules"] = {**given, "$ref": "#/definitions/rules"}
    is_part: Schema = {"anyOf": [_GIVES_EXTENDS, _IS_ABSTRACT]}
    complete = {"$ref": "#/definitions/complete_rules"}
    return {
        "description": "One policy: which resources it governs, and what they must satisfy.",
        **shape,
        "allOf": [
            {
                "if": _IS_ABSTRACT,
                "then": {"patternProperties": {"^match$": False}},
                "else": {"required": ["match"]},
            },
            {
                "if": _GIVES_EXTENDS,
                "else": {"required": ["rules"], **_about("rules", {"minProperties": 1})},
            },
            {"if": is_part, "else": _about("rules", complete)},
        ],
    }


def _about(key: str, schema: Schema) -> Schema:
    """Ask something of a key; editors would offer it once more if it were a property."""
    return {"patternProperties": {f"^{key}$": schema}}


def _rules(rules: Mapping[str, type[RuleOptions]]) -> Schema:
    """Describe all rules as a policy may name them that takes the rest from another one."""
    return {
        "type": "object",
        "properties": {name: _rule(options) for name, options in rules.items()},
        "additionalProperties": False,
    }


def _rule(options: type[RuleOptions]) -> Schema:
    shape = shape_of(options, _KNOWN)
    for name in shape.get("dependencies", ()):  # editors write defaults, and it cannot stand alone
        shape["properties"][name].pop("default", None)
    return {
        **_head(options, shape),
        "type": ["object", "null", "string"],
        "pattern": f"^{OFF}$",
        "patternErrorMessage": "write options, or off to remove what extends brings",
        "properties": {name: or_word(one, OFF) for name, one in shape["properties"].items()},
        "additionalProperties": False,
    }


def _complete_rules(rules: Mapping[str, type[RuleOptions]]) -> Schema:
    """Ask for what a policy must say that takes nothing from another one."""
    return {
        "patternProperties": {f"^{name}$": _complete_rule(one) for name, one in rules.items()},
        # At least one that is not off.
        "not": {"additionalProperties": {"const": OFF}},
    }


def _complete_rule(options: type[RuleOptions]) -> Schema:
    shape = shape_of(options, _KNOWN)
    needs = _needs(shape)
    own = {name: True for name, one in shape["properties"].items() if allows(one, OFF)}
    no_off = {"pattern": f"^(?!{OFF}$)", "patternErrorMessage": "nothing is there to remove"}
    return {
        **({"type": ["object", "string"]} if needs else {}),
        **needs,
        "properties": own,
        "additionalProperties": no_off,
    }


def _exemptions(rules: Mapping[str, type[RuleOptions]]) -> Schema:
    shape = shape_of(ExemptionEntry, _KNOWN)
    shape["properties"]["rules"]["items"] = {"enum": list(rules)}
    return {"description": "One exemption: findings that somebody answers for.", **shape}
