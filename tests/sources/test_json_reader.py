"""An inventory from anybody: read strictly, each mistake told with its place, and never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.sources.json._form import inventory_schema
from backup_auditor.sources.json._reader import LONGEST, parsed, resource_of
from backup_auditor.speech import Phrase
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.inventory_schema import COMMAND, SCHEMA, render
from tests.sources.inventories import BACKUP, FULL, RESOURCE, inventory, without, written

VALIDATOR = Draft7Validator(inventory_schema())
WRONG = "the inventory is wrong: "


def refusal(data: bytes) -> str:
    """Return what is said of an inventory, or else of its first resource; empty for a sound one."""
    try:
        for number, value in enumerate(parsed(data).resources):
            resource_of(value, number)
    except SourceError as caught:
        refused = caught
    else:
        return ""
    assert refused.reason is GapReason.MALFORMED
    assert isinstance(refused.detail, Phrase)
    assert refused.detail.isprintable()
    assert refused.detail.startswith(WRONG)
    return refused.detail.removeprefix(WRONG)


@pytest.mark.parametrize("value", [RESOURCE, FULL, {**RESOURCE, "backups": []}], ids=len)
def test_a_sound_inventory_is_taken_by_both(value: Any) -> None:
    assert refusal(written(value)) == ""
    assert not list(VALIDATOR.iter_errors(inventory(value)))
    assert refusal(b"\xef\xbb\xbf" + written(value)) == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON: line 1, column 1"),
        (b'{\n"a": }', "not JSON: line 2, column 6"),
        (b"{" * 5, "not JSON: line 1, column 2"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a": "\xff"}', "not UTF-8, from byte 7 on"),
        ("{}".encode("utf-16"), "not UTF-8, from byte 0 on"),
        (b" " * (LONGEST + 1), "longer than 8,388,608 bytes"),
        (b"[]", "/: found a list; allowed: an object, each key once"),
        (b"null", "/: found null; allowed: an object, each key once"),
        (b"NaN", "/: found NaN; allowed: an object, each key once"),
        (b'{"a": 1, "a": 1}', '/: found an object that has the key "a" twice; allowed: an object'),
        (b"{}", "/schema_version: this key is missing, /generated_at: this key is missing, /res"),
        (written(schema_version=2), "/schema_version: found 2; allowed: the number 1"),
        (written(schema_version=True), "/schema_version: found true; allowed: the number 1"),
        (written(schema_version="1"), '/schema_version: found "1"; allowed: the number 1'),
        (written(resource=[]), "/resource: this key is not known; allowed: schema_version, gene"),
        (written(resources={}), "/resources: found an object; allowed: a list of at most 10,000"),
        (written(resources=[1] * 10_001), "/resources: found a list; allowed: a list of at most"),
        (written(generated_at=1795500000), "/generated_at: found 1795500000; allowed: an instant"),
        (written(errors=[""]), '/errors/0: found ""; allowed: a text of 1 to 1,000 printable'),
        (written(**{"a/b~\u202e": 1}), "/a~1b~0\\u202e: this key is not known"),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_document_that_is_none_is_refused_as_a_whole(data: bytes, said: str) -> None:
    assert refusal(data).startswith(said)


def short(value: object) -> str:
    """Return an id of a row of a table."""
    return value[:40] if isinstance(value, str) else ""


def changed(**changes: Any) -> Any:
    """Return a resource with something else in it."""
    return {**RESOURCE, **changes}


def with_backup(**changes: Any) -> Any:
    """Return a resource whose second backup has something else in it."""
    return {**RESOURCE, "backups": [{**BACKUP, "id": "b-0"}, {**BACKUP, **changes}]}


def with_copy(**changes: Any) -> Any:
    """Return a resource with one copy."""
    return with_backup(copies=[{"region": "r", "state": "succeeded", **changes}])


WORDS = "one of succeeded, running, failed, expired"
AT = "an instant with its offset, such as 2026-11-24T06:00:00Z"
MISTAKES: list[tuple[Any, str]] = [
    (7, ": found 7; allowed: an object, each key once"),
    ({}, "/id: this key is missing, /resources/0/name: this key is missing"),
    (without(RESOURCE, "backups"), ": found an object; allowed: either backups or error"),
    (changed(error="x"), ": found an object; allowed: either backups or error"),
    (changed(id=""), '/id: found ""; allowed: a text of 1 to 300 printable characters'),
    (changed(id=" "), '/id: found " "; allowed: a text of 1 to 300 printable characters'),
    (changed(id=7), "/id: found 7; allowed: a text of 1 to 300 printable characters"),
    (changed(id="x" * 301), f'/id: found "{"x" * 60}"…; allowed: a text of 1 to 300'),
    (changed(name="a\nb"), '/name: found "a\\nb"; allowed: a text of 1 to 300'),
    (changed(name="\u202ea"), '/name: found "\\u202ea"; allowed: a text of 1 to 300'),
    (changed(kind=None), "/kind: found null; allowed: a value; leave the key out where nothing"),
    (changed(auto_backup="no"), '/auto_backup: found "no"; allowed: true or false'),
    (changed(auto_backup=0), "/auto_backup: found 0; allowed: true or false"),
    (changed(tags=[]), "/tags: found a list; allowed: an object of at most 50 printable texts"),
    (changed(tags={"a": 1}), "/tags: found an object; allowed: an object of at most 50"),
    (changed(tags={str(n): "" for n in range(51)}), "/tags: found an object; allowed: an object"),
    (changed(schedule="0 3 * * *"), '/schedule: found "0 3 * * *"; allowed: an object, each'),
    (
        changed(schedule={"cron": "0 25 * * *", "timezone": "UTC"}),
        '/schedule/cron: found "0 25 * * *"; allowed: five cron fields, such as 0 3 * * *',
    ),
    (
        changed(schedule={"cron": "0 3 * * *", "timezone": "Shanghai"}),
        '/schedule/timezone: found "Shanghai"; allowed: a time zone, such as Asia/Shanghai',
    ),
    (changed(schedule={"cron": "0 3 * * *"}), "/schedule/timezone: this key is missing"),
    (
        changed(restorable={"since": "2026-11-24T06:00:00Z", "until": "2026-11-24T05:00:00Z"}),
        "/restorable: found an object; allowed: until no earlier than since",
    ),
    (changed(backups={}), "/backups: found an object; allowed: a list"),
    (changed(backups=[BACKUP] * 10_001), "/backups: found a list; allowed: a list of at most 10"),
    (changed(backups=[[]]), "/backups/0: found a list; allowed: an object, each key once"),
    (
        changed(backups=[BACKUP, BACKUP]),
        "/backups/1/id: a backup before it has this id too",
    ),
    (with_backup(size=1), "/backups/1/size: this key is not known; allowed: id, state, taken_at"),
    (with_backup(state="ok"), f'/backups/1/state: found "ok"; allowed: {WORDS}'),
    (with_backup(state="unknown"), f'/backups/1/state: found "unknown"; allowed: {WORDS}'),
    (with_backup(state=[]), f"/backups/1/state: found a list; allowed: {WORDS}"),
    (with_backup(kind="cron"), '/backups/1/kind: found "cron"; allowed: one of automatic, manual'),
    (with_backup(size_bytes=-1), "/backups/1/size_bytes: found -1; allowed: a whole number from 0"),
    (with_backup(size_bytes=1.0), "/backups/1/size_bytes: found 1.0; allowed: a whole number"),
    (with_backup(size_bytes=True), "/backups/1/size_bytes: found true; allowed: a whole number"),
    (with_backup(size_bytes="7"), '/backups/1/size_bytes: found "7"; allowed: a whole number'),
    (with_backup(size_bytes=2**63), "/backups/1/size_bytes: found 9223372036854775808; allowed"),
    (with_backup(size_bytes=10**30), "/backups/1/size_bytes: found 10000000000000000000…; all"),
    (with_backup(taken_at=None), "/backups/1/taken_at: found null; allowed: a value; leave the"),
    (
        with_backup(finished_at="2026-11-24T02:59:59+08:00"),
        "/backups/1: found an object; allowed: finished_at no earlier than taken_at",
    ),
    (with_copy(region=None), "/backups/1/copies/0/region: found null; allowed: a value"),
    (with_copy(taken_at="x"), "/backups/1/copies/0/taken_at: this key is not known; allowed: st"),
    (
        with_backup(copies=[{"state": "succeeded"}]),
        "/backups/1/copies/0: found an object; allowed: a copy with region, account or both",
    ),
    (with_backup(copies=[{"region": "r"}]), "/backups/1/copies/0/state: this key is missing"),
    (with_backup(copies=[{}] * 21), "/backups/1/copies: found a list; allowed: a list of at most"),
    *(
        (with_backup(taken_at=text), f'/backups/1/taken_at: found "{text}"; allowed: {AT}')
        for text in (
            *("2026-11-24", "2026-11-24T06:00:00", "2026-11-24 06:00:00Z", "20261124T060000Z"),
            *("2026-02-30T06:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T06:00:60Z", "yesterday"),
            *("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2026-11-24T06:00Z"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said"), MISTAKES, ids=short)
def test_a_mistake_is_told_with_its_place_what_was_found_and_what_is_allowed(
    value: Any, said: str
) -> None:
    assert refusal(written(value)).startswith(f"/resources/0{said}")


NOT_OF_THE_SHAPE = ("no earlier than", "id too", "such as Asia", "five cron", AT, "1.0", "\\u")
"""What a schema cannot tell, and instants of which it knows the form only."""


@pytest.mark.parametrize(
    ("value", "said"),
    [(value, said) for value, said in MISTAKES if not any(w in said for w in NOT_OF_THE_SHAPE)],
    ids=short,
)
def test_the_schema_refuses_it_too(value: Any, said: str) -> None:
    assert list(VALIDATOR.iter_errors(inventory(value)))


def test_many_mistakes_are_counted() -> None:
    wrong = {**RESOURCE, "backups": [{**BACKUP, "size_bytes": -1}] * 10}
    assert refusal(written(wrong)).endswith("and 7 more")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"size_bytes": NaN', "/backups/0/size_bytes: found NaN; allowed: a whole number from 0"),
        ('"size_bytes": -Infinity', "/backups/0/size_bytes: found -Infinity; allowed: a whole"),
        ('"size_bytes": 1e999', "/backups/0/size_bytes: found Infinity; allowed: a whole number"),
        ('"size_bytes": ' + "9" * 5000, "/backups/0/size_bytes: found 99999999999999999999…"),
        ('"id": "b-2"', '/backups/0: found an object that has the key "id" twice; allowed: an obj'),
        ('"name": "\\ud800"', '/backups/0/name: found "\\ud800"; allowed: a text of 1 to 300'),
        ('"copies": [{"state": "failed", "state": "succeeded", "region": "r"}]',
         '/backups/0/copies/0: found an object that has the key "state" twice'),
    ],
)  # fmt: skip
def test_what_json_leaves_open_is_told_with_its_place(text: str, said: str) -> None:
    data = written(RESOURCE).replace(b'"id": "b-1"', b'"id": "b-1", ' + text.encode())
    assert refusal(data).startswith(f"/resources/0{said}")


def test_the_schema_that_ships_is_that_of_the_form() -> None:
    assert SCHEMA.read_text("utf-8") == render(), f"{SCHEMA.name} is old; run `{COMMAND}`"
    Draft7Validator.check_schema(inventory_schema())


def examples(schema: Any) -> Any:
    """Yield every key of a schema with its examples."""
    for name, one in schema.get("properties", {}).items():
        yield name, one
        yield from examples(one.get("items", one))


def test_every_key_is_described_and_its_examples_are_sound() -> None:
    for name, one in examples(inventory_schema()):
        assert one["description"].endswith("."), name
        for example in one["examples"]:
            assert not list(Draft7Validator(one).iter_errors(example)), name


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["succeeded", "2026-11-24T03:00:00Z", "shop", "automatic"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8) | st.sampled_from([*FULL, *BACKUP]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_it(data: bytes) -> None:
    refusal(data)


@given(ANYTHING)
def test_no_document_breaks_it(value: Any) -> None:
    refusal(json.dumps(value).encode())
    refusal(json.dumps(inventory(value)).encode())


def spots(value: Any) -> list[Callable[[Any], None]]:
    """Return for each part of ``value`` what puts something else in its place."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[Callable[[Any], None]] = []
    for key, part in inner:
        found.append(lambda new, key=key: value.__setitem__(key, new))  # type: ignore[misc]
        if isinstance(part, dict | list):
            found += spots(part)
    return found


@given(st.data())
def test_whatever_stands_in_a_place_both_agree_on_it(data: st.DataObject) -> None:
    document = copy.deepcopy(inventory(FULL))
    data.draw(st.sampled_from(spots(document)))(data.draw(ANYTHING))
    said = refusal(json.dumps(document).encode())
    if not said:
        assert not list(VALIDATOR.iter_errors(document))
