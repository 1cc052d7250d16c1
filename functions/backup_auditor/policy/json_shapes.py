"""A pydantic model as JSON Schema that reads well in an editor.

What pydantic gives is right, but it is not how people write a policy: defaults are ISO 8601, every
name has a title, and what may be left out may also be null, which ``Shape`` refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Schema = dict[str, Any]

_SAID = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_OF_THE_KEY = {"title", "description"}


def shape_of(model: type[BaseModel], known: Mapping[str, Schema]) -> Schema:
    """Return the schema of ``model``, with nothing outside it but the ``known`` references.

    ``known`` maps the names of models that stand elsewhere to what refers to them.
    """
    raw = model.model_json_schema(ref_template="{model}", schema_generator=_Generator)
    definitions = raw.pop("$defs", {})
    if "$ref" in raw:  # a model that holds itself
        raw = definitions[raw["$ref"]]
    shape: Schema = _inlined(raw, definitions, known)
    return shape


def allows(schema: Schema, word: object) -> bool:
    """Return whether ``schema`` names ``word`` as a value."""
    if schema.get("const") == word or word in schema.get("enum", ()):
        return True
    return any(allows(branch, word) for branch in schema.get("anyOf", ()))


def or_word(schema: Schema, word: str) -> Schema:
    """Return ``schema``, and ``word`` is a value as well."""
    if allows(schema, word):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"const": word}]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], word]}
    types = _types(schema)
    if "string" not in types:
        said = " or ".join(_SAID[one] for one in types)
        return {
            **schema,
            "type": [*types, "string"],
            "pattern": f"^{word}$",
            "errorMessage": f"write {said}; or {word}",
        }
    pattern = schema.get("pattern")
    return {**schema, "pattern": f"{pattern}|^{word}$"} if pattern else schema


def _types(schema: Schema) -> list[str]:
    types = schema["type"]
    return list(types) if isinstance(types, list) else [types]


def _inlined(node: Any, definitions: Schema, known: Mapping[str, Schema]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions, known) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _inlined(value, definitions, known) for key, value in node.items()}
    name = node.pop("$ref", None)
    if name is None:
        return node
    target = known.get(name) or _inlined(definitions[name], definitions, known)
    return {**node, **{key: value for key, value in target.items() if key not in _OF_THE_KEY}}


class _Generator(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's form
        return False

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's form
        return value  # in the order of the fields, which says what matters most

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        made.pop("description", None)
        defaults = schema["cls"].model_construct()
        written = defaults.model_dump(mode="json", by_alias=True, exclude_none=True)
        properties = made.pop("properties", {})
        made.pop("type")
        return {
            "type": "object",
            "properties": {k: _property(v, written.get(k)) for k, v in properties.items()},
            **made,
        }


def _property(schema: Schema, default: Any) -> Schema:
    said: Schema = {"description": schema.get("description", "")}
    if default not in (None, [], {}):
        said["default"] = default
    rest = {key: value for key, value in schema.items() if key not in {"description", "default"}}
    if "anyOf" in rest and "examples" in rest:
        # An editor offers the words of a choice anyway, and spoils one that it has twice.
        rest["examples"] = [one for one in rest["examples"] if not allows(rest, one)]
    return {**said, **rest}
