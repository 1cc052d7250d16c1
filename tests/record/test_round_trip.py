import gzip
import json
import lzma
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from backup_auditor.memory.fields import from_fields, to_fields
from backup_auditor.model import BackupKind, DeliveryOutcome, Remembered
from backup_auditor.model.past import LISTED
from backup_auditor.record import Damaged, Link, Occasion, Pointer, Record
from backup_auditor.record.coding import LONGEST_TEXT, decoded
from backup_auditor.record.columns import MOST_CELLS
from backup_auditor.record.names import link_key, receipt_key, record_key, record_keys
from backup_auditor.record.reading import (
    read_link,
    read_pointer,
    read_receipt,
    read_record,
)
from backup_auditor.record.upgrades import UPGRADES
from backup_auditor.record.writing import (
    digest,
    write_link,
    write_pointer,
    write_receipt,
    write_record,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.contract import assert_valid
from tests.record.documents import DUE, SET, document, receipt, record
from tests.report import samples

KEY = record_key(SET, record().occasion)
LINK = Link(
    number=7,
    previous=digest(b"before"),
    occasion=record().occasion,
    started_at=DUE,
    written_at=DUE,
    is_partial=False,
    policy_digest="sha256:abc",
    version="0.1.0",
    files={"record.json.xz": digest(b""), "receipts/slack.json": digest(b"x")},
)
FOLDER = Path(__file__).parent
OLD = FOLDER / "format-0.json"


def packed(value: object) -> bytes:
    """Return JSON as a record of any kind may lie in a store."""
    return lzma.compress(json.dumps(value).encode())


def envelope(**changes: Any) -> dict[str, Any]:
    """Return a sound envelope as plain values, with changes."""
    found: dict[str, Any] = decoded(write_record(record(), SET))
    return {**found, **changes}


def damage(data: bytes) -> str:
    """Return what is wrong with a record; it must be something, and told of the right key."""
    found = read_record(data, KEY, SET)
    assert isinstance(found, Damaged)
    assert found.key == KEY
    assert str(found) == f"{KEY}: {found.what}"
    return found.what


@pytest.mark.parametrize("make", [samples.failing, samples.hostile, samples.everything])
def test_a_record_is_read_as_it_was_written(make: Any) -> None:
    given = Record(document(report=make()), DUE, is_partial=True)
    found = read_record(write_record(given, SET), KEY, SET)
    assert isinstance(found, Record)
    # A half of a character cannot be written, in no encoding: a question mark stands for it.
    text = json.dumps(given.document, ensure_ascii=False).encode(errors="replace")
    assert found == replace(given, document=json.loads(text))
    assert_valid(dict(found.document))
    assert found.started_at == DUE
    assert found.occasion == given.occasion


def test_the_same_audit_is_the_same_bytes() -> None:
    assert write_record(record(), SET) == write_record(record(), SET)


def test_an_envelope_says_what_it_holds() -> None:
    found = envelope()
    document = found.pop("document")
    assert found == {
        "format": 2,
        "kind": "audit-record",
        "set": "default",
        "run": "20261125T060700Z-abc",
        "scheduled_at": "2026-11-25T06:07:00Z",
        "partial": False,
        "memory": None,
    }
    assert_valid(document)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 3}, "it was written by a newer version of backup-auditor (format 3; this one"),
        ({"format": 10**50}, "it was written by a newer version of backup-auditor (format 999999;"),
        ({"format": 0}, "its format 0 is not known"),
        ({"format": -(10**50)}, "its format -999999 is not known"),
        ({"format": True}, "it does not say its format"),
        ({"format": "1"}, "it does not say its format"),
        ({"kind": "receipt"}, "kind: Input should be 'audit-record'"),
        ({"run": 5}, "run: Input should be a valid string"),
        ({"partial": "no"}, "partial: Input should be a valid boolean"),
        ({"partial": 0}, "partial: Input should be a valid boolean"),
        ({"scheduled_at": "yesterday"}, "scheduled_at: write an instant such as 2026-11-24T06:00"),
        ({"scheduled_at": "2026-11-25T06:07:00"}, "scheduled_at: write an instant in UTC, of the"),
        ({"scheduled_at": "2026-11-25T06:07:00+08:00"}, "scheduled_at: write an instant in UTC"),
        ({"scheduled_at": "0001-01-01T00:00:00Z"}, "scheduled_at: write an instant in UTC, of the"),
        ({"scheduled_at": 20261125}, "scheduled_at: write an instant in UTC"),
        ({"document": []}, "document: Input should be a valid dictionary"),
        ({"document": {}}, "document.run: Field required"),
        ({"document": {"run": {"id": "x"}}}, "document.run.started_at: Field required"),
        ({"set": "other"}, "it is the record of another run"),
        ({"run": "another"}, "it is the record of another run"),
        ({"run": "../../x"}, "it is the record of another run"),
        ({"scheduled_at": "2026-11-24T06:07:00Z"}, "it is the record of another run"),
        ({"document": document(id="another")}, "it is the record of another run"),
    ],
    ids=str,
)
def test_a_record_that_is_not_what_it_should_be_is_damaged(
    changes: dict[str, Any], sentence: str
) -> None:
    assert damage(packed(envelope(**changes))).startswith(sentence)


@pytest.mark.parametrize("key", sorted(envelope()))
def test_a_record_without_one_of_its_keys_is_damaged(key: str) -> None:
    found = envelope()
    del found[key]
    assert key in damage(packed(found))


def test_a_key_that_a_later_version_adds_is_passed_over() -> None:
    assert read_record(packed(envelope(later=1)), KEY, SET) == record()


SOUND = write_record(record(), SET)
TEXT = lzma.decompress(SOUND)
PLAIN = gzip.compress(json.dumps(envelope()).encode(), mtime=0)
"""As records were written before."""
NO_XZ = "it is not xz, or its checksum is wrong"
NEITHER = "it is neither xz nor gzip, or its checksum is wrong"
WIDE = [{"id": lzma.FILTER_LZMA2, "dict_size": 256 << 20}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it is cut off"),
        (b"{}", NEITHER),
        (SOUND[:3], "it is cut off"),
        (SOUND[:-1], "it is cut off"),
        (SOUND[: len(SOUND) // 2], "it is cut off"),
        (SOUND[:-8] + bytes(8), NO_XZ),
        (SOUND + b"x", "something follows after its end"),
        (SOUND + bytes(4), "something follows after its end"),
        (SOUND + SOUND, "something follows after its end"),
        (lzma.compress(TEXT, format=lzma.FORMAT_XZ, filters=WIDE), NO_XZ),
        (lzma.compress(bytes(LONGEST_TEXT + 1), preset=0), "it holds more than 268,435,456 bytes"),
        (PLAIN[:-1], "it is cut off"),
        (PLAIN[: len(PLAIN) // 2], "it is cut off"),
        (PLAIN[:-8] + bytes(8), NEITHER),
        (PLAIN + b"x", "something follows after its end"),
        (PLAIN + PLAIN, "something follows after its end"),
        (gzip.compress(bytes(LONGEST_TEXT + 1)), "it holds more than 268,435,456 bytes"),
        (zlib.compress(TEXT), NEITHER),
        (lzma.compress(TEXT, format=lzma.FORMAT_ALONE), NEITHER),
    ],
    ids=[
        *("empty", "text", "three bytes", "a byte short", "half", "wrong checksum", "a byte long"),
        *("padded", "twice", "wide", "bomb", "gzip a byte short", "half of gzip"),
        *("wrong checksum of gzip", "gzip a byte long", "gzip twice", "bomb of gzip", "zlib"),
        "lzma",
    ],
)
def test_bytes_that_are_no_record_are_damaged(data: bytes, sentence: str) -> None:
    assert damage(data) == sentence


@pytest.mark.parametrize("compress", [lzma.compress, gzip.compress])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "it is not JSON"),
        (b"[1]", "it is not a JSON object"),
        (TEXT[:-1], "it is not JSON"),
        (TEXT + b"{}", "it is not JSON"),
        (b'{"format": NaN}', "it is not JSON"),
        (b'{"format": 1, "format": 1}', "it is not JSON"),
        (b'{"a": ' * 100_000, "it is not JSON"),
        (b'{"format": ' + b"9" * 5000 + b"}", "it is not JSON"),
        (b'{"a": "\xff"}', "it is not UTF-8"),
        (b'{"a": "\\ud800"}', "it is not UTF-8"),
    ],
    ids=[
        *("nothing", "list", "cut JSON", "two values", "NaN", "double", "deep", "long int"),
        *("no UTF-8", "half a character"),
    ],
)
def test_texts_that_are_no_record_are_damaged(
    compress: Callable[[bytes], bytes], text: bytes, sentence: str
) -> None:
    assert damage(compress(text)) == sentence


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"rows": 1, "column": 5}, "a column is neither a list nor an object"),
        (
            {"rows": MOST_CELLS, "column": {"places": [{"all": 1}] * 2}},
            "it holds more than 40,000,000 values",
        ),
        ({"rows": 1, "column": [[1]]}, "document: Input should be a valid dictionary"),
    ],
)
def test_a_record_whose_columns_are_wrong_is_damaged(document: object, sentence: str) -> None:
    assert damage(packed(envelope(document=document))) == sentence


def test_columns_alone_are_no_record() -> None:
    assert damage(packed({"rows": 1, "column": [{}]})) == "it is not a JSON object"


def test_a_record_of_very_many_resources_is_read_as_it_was_written() -> None:
    """It is not compressed as hard as a smaller one."""
    random = Random(1)  # noqa: S311 - it only must not repeat
    rows = [{"id": f"{random.getrandbits(512):x}"} for _ in range(60_000)]
    given = replace(record(), document={**document(), "resources": rows})
    assert read_record(write_record(given, SET), KEY, SET) == given


@given(st.sampled_from([SOUND, PLAIN]), st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed_or_escapes(sound: bytes, place: int, by: int) -> None:
    """But for the bytes of the header of gzip that say nothing about the data."""
    data = bytearray(sound)
    place %= len(data)
    data[place] ^= by
    found = read_record(bytes(data), KEY, SET)
    assert isinstance(found, Damaged) or found == record()
    assert isinstance(found, Damaged) or (sound is PLAIN and place < 10)


@given(st.binary(max_size=200))
def test_whatever_lies_there_is_a_value(data: bytes) -> None:
    assert isinstance(read_record(data, KEY, SET), Damaged)
    assert isinstance(read_record(gzip.compress(data), KEY, SET), Damaged)
    assert isinstance(read_record(lzma.compress(data), KEY, SET), Damaged)
    assert isinstance(read_pointer(data, "latest/x.json"), Damaged)
    assert isinstance(read_receipt(data, "r", SET, record().occasion), Damaged)


def upgrade(old: dict[str, Any]) -> dict[str, Any]:
    """Lead from the made-up format 0, which had no set and counted seconds, to format 1."""
    due = datetime.fromtimestamp(old.pop("due"), DUE.tzinfo)
    text = due.isoformat().replace("+00:00", "Z")
    return {
        **old,
        "kind": "audit-record",
        "set": "default",
        "scheduled_at": text,
        "partial": False,
        "memory": None,
    }


def test_an_older_record_is_read_through_the_steps_to_the_present_format() -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    found = read_record(packed(old), KEY, SET, upgrades={0: upgrade, **UPGRADES})
    assert isinstance(found, Record)
    assert found.scheduled_at == DUE
    assert found.document["verdict"] == "pass"
    assert damage(packed(old)) == "its format 0 is not known"


PASTS = "pasts"
BEFORE = Occasion("20261109T060700Z-5e02fae6fb7f", datetime(2026, 11, 9, 6, 7, tzinfo=UTC))
FORMAT_1 = (FOLDER / "format-1.json.gz").read_bytes()
"""Of the sixth audit of two resources; of one the newest backup has no size."""


@pytest.mark.parametrize("key", record_keys(PASTS, BEFORE))
def test_a_record_of_format_1_is_read_under_either_name(key: str) -> None:
    found = read_record(FORMAT_1, key, PASTS)
    assert isinstance(found, Record)
    assert found.occasion == BEFORE
    assert_valid(dict(found.document))
    assert found.document == json.loads(gzip.decompress(FORMAT_1))["document"]


def test_the_memory_of_format_1_is_that_of_today() -> None:
    found = read_record(FORMAT_1, record_key(PASTS, BEFORE), PASTS)
    assert isinstance(found, Record)
    memory = from_fields(found.memory)
    assert (memory.run_id, len(memory.findings)) == (BEFORE.run, 6)
    assert [list(ids) for ids in memory.inventory.values()] == [["other", "r"]]
    other, same = memory.past.values()
    hours = [6, 54, 78, 102, 126]
    sizes = [None, *[10 << 20] * 4]
    assert list(other) == [
        Remembered(BEFORE.scheduled_at - timedelta(hours=hour), size, BackupKind.AUTOMATIC, mark)
        for hour, size, mark in zip(hours, sizes, ["_myO", LISTED, "", "", ""], strict=True)
    ]
    assert [one.size_bytes for one in same] == [10 << 20] * 5
    assert other.since == BEFORE.scheduled_at - timedelta(hours=126)
    assert read_record(
        write_record(replace(found, memory=to_fields(memory)), PASTS),
        record_key(PASTS, BEFORE),
        PASTS,
    ) == replace(found, memory=to_fields(memory))


@pytest.mark.parametrize(
    "changes",
    [
        {"past": 5},
        {"past": [{}]},
        {"past": [{"counts": [1], "sizes": [], "kinds": "", "marks": ""}]},
        {"past": [{"counts": [1], "sizes": [-1], "kinds": "a", "marks": "abcd"}]},
        {"past": [{"counts": [1], "sizes": [55_297], "kinds": "a", "marks": "abcd"}]},
        {"past": [{"counts": [1], "sizes": ["1"], "kinds": "a", "marks": "abcd"}]},
        {"past": [{"counts": [1], "sizes": [None], "kinds": "x", "marks": ""}]},
        {"past": [{"counts": ["1"], "sizes": [1], "kinds": "a", "marks": "abcd"}]},
    ],
    ids=str,
)
def test_a_memory_of_format_1_that_is_broken_is_damaged(changes: dict[str, Any]) -> None:
    assert damage(packed(envelope(format=1, memory=changes))) == (
        "it is not what format 1 looks like"
    )


def test_sizes_of_format_1_are_steps_of_a_scale() -> None:
    """Of a two-thousandth; the smallest are exact."""
    steps = [0, 1, 2047, 2048, 14_592, 54 << 10]
    for step in steps:
        past = {"counts": [1], "sizes": [step], "kinds": "A", "marks": ""}
        old = envelope(format=1, memory={"past": [past]})
        found = read_record(packed(old), KEY, SET)
        assert isinstance(found, Record)
        assert found.memory
        ((size,),) = found.memory["past"][0]["sizes"]
        assert size == (step if step < 2048 else (1024 + step % 1024) << (step // 1024 - 1))


@pytest.mark.parametrize("memory", [None, {}])
def test_of_format_1_nothing_need_be_remembered(memory: object) -> None:
    found = read_record(packed(envelope(format=1, memory=memory)), KEY, SET)
    assert isinstance(found, Record)
    assert found.memory == memory


def test_an_older_record_that_is_broken_is_damaged() -> None:
    found = read_record(packed({"format": 0}), KEY, SET, upgrades={0: upgrade, **UPGRADES})
    assert found == Damaged(KEY, "it is not what format 0 looks like")


POINTER = Pointer("r", KEY, DUE, digest(SOUND))


def test_a_pointer_is_read_as_it_was_written() -> None:
    assert read_pointer(write_pointer(POINTER), "latest/default.json") == POINTER


@pytest.mark.parametrize("outcome", DeliveryOutcome)
@pytest.mark.parametrize("channel", ["slack", "值班", "Ops"])
def test_a_receipt_is_read_as_it_was_written(outcome: DeliveryOutcome, channel: str) -> None:
    given = receipt(outcome, channel)
    key = receipt_key(SET, record().occasion, channel)
    assert read_receipt(write_receipt(given), key, SET, record().occasion) == given


def changed(data: bytes, **changes: Any) -> bytes:
    """Return JSON with changes."""
    return json.dumps({**json.loads(data), **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "it was written by a newer version"),
        ({"format": 0}, "its format 0 is not known"),
        ({"digest": "md5:x"}, "digest: String should match pattern"),
        ({"started_at": None}, "started_at: write an instant"),
        ({"run": "x" * 70_000}, "it has more than 65,536 bytes"),
    ],
)
def test_a_pointer_that_is_not_what_it_should_be_is_damaged(
    changes: dict[str, Any], sentence: str
) -> None:
    found = read_pointer(changed(write_pointer(POINTER), **changes), "latest/default.json")
    assert isinstance(found, Damaged)
    assert found.what.startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "it was written by a newer version"),
        ({"outcome": "lost"}, "outcome: Input should be 'sent', 'failed' or 'skipped'"),
        ({"attempts": -1}, "attempts: Input should be greater than or equal to 0"),
        ({"attempts": True}, "attempts: Input should be a valid integer"),
        ({"channel": "mail"}, "it is the receipt of another channel"),
    ],
)
def test_a_receipt_that_is_not_what_it_should_be_is_damaged(
    changes: dict[str, Any], sentence: str
) -> None:
    occasion = record().occasion
    key = receipt_key(SET, occasion, "slack")
    found = read_receipt(changed(write_receipt(receipt()), **changes), key, SET, occasion)
    assert isinstance(found, Damaged)
    assert found.what.startswith(sentence)


def test_a_link_is_read_as_it_was_written() -> None:
    assert read_link(write_link(LINK, SET), link_key(SET, 7), SET) == LINK


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (write_link(LINK, SET).replace(b"0.1.0", b"0.1.1"), "its seal is another"),
        (write_link(LINK, SET) + b" ", "its seal is another"),
        (write_link(LINK, SET)[:-3], "its seal is another"),
        (b"", "its seal is another"),
        (write_link(replace(LINK, number=8), SET), "another link than the one that belongs"),
        (write_link(LINK, "other"), "another link than the one that belongs here"),
        (write_link(replace(LINK, files={"a": "md5:1"}), SET), "files.a: "),
        (write_link(replace(LINK, number=0), SET), "number: "),
        (write_link(replace(LINK, version="x" * (1 << 20)), SET), "it has more than"),
    ],
)
def test_a_link_that_is_not_what_was_written_is_damaged(data: bytes, wrong: str) -> None:
    found = read_link(data, link_key(SET, 7), SET)
    assert isinstance(found, Damaged)
    assert wrong in found.what
