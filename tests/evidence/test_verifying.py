"""What ``evidence verify`` finds, each named in a sentence; and that it finds nothing else."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from backup_auditor.errors import DeliveryError
from backup_auditor.evidence import MOST_BASES
from backup_auditor.record import Pointer
from backup_auditor.record.coding import decoded
from backup_auditor.record.names import set_prefix
from backup_auditor.record.reading import read_pointer
from backup_auditor.record.writing import digest, write_pointer
from backup_auditor.store import Replaces, Tag
from backup_auditor.store.verifying import Verified, verify
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import tampering
from tests.evidence.past import DAY, POLICY, SET, START, Past, calendar, days, fine, pieces
from tests.store.memory import MemoryStore

WHOLE = days(10)
Pieces = dict[str, bytes]


def found(past: Past, last_day: float = 9, head: str = "") -> Verified:
    """Verify all of ``past``."""
    return verify(past.store, SET, calendar(last_day), head)


def after(change: Callable[[Pieces], object]) -> list[str]:
    """Return what is found wrong once ``change`` was made to ten days."""
    store = MemoryStore(pieces(WHOLE))
    change(store.pieces)
    return verify(store, SET, calendar(9)).problems


def key(day: int, file: str = "record.json.xz") -> str:
    """Return the key of a file of one of the ten days."""
    at = START + day * DAY
    (name,) = [k for k in pieces(WHOLE) if f"{at:/%Y/%m/%d/}" in k and k.endswith(file)]
    return name


def without_day(stored: Pieces, day: int) -> None:
    """Take away all that a day left, and its link."""
    at = START + day * DAY
    for name in [k for k in stored if f"{at:/%Y/%m/%d/}" in k]:
        del stored[name]
    del stored[f"chain/shop/{day + 1:08}.json"]


def swap(stored: Pieces, one: str, other: str) -> None:
    """Swap what lies under two keys."""
    stored[one], stored[other] = stored[other], stored[one]


def as_before(stored: Pieces) -> None:
    """Make of the only day in a store what an older version would have left of it."""
    (record,) = [name for name in stored if name.endswith("record.json.xz")]
    (link,) = [name for name in stored if name.startswith("chain/")]
    old = gzip.compress(json.dumps(decoded(stored.pop(record)) | {"format": 1}).encode())
    name = record.replace(".xz", ".gz")
    known = json.loads(stored[link])["files"]["record.json.xz"]
    sealed = tampering.resealed(stored[link], b"record.json.xz", b"record.json.gz")
    stored[name] = old
    stored[link] = tampering.resealed(sealed, known.encode(), digest(old).encode())
    pointer = read_pointer(stored["latest/shop.json"], "")
    assert isinstance(pointer, Pointer)
    stored["latest/shop.json"] = write_pointer(replace(pointer, key=name, digest=digest(old)))


def test_what_an_older_version_wrote_is_verified_and_followed_by_what_is_new() -> None:
    past = days(1)
    as_before(pieces(past))
    assert found(past, 0).problems == []
    past.audit(1)
    past.audit(2)
    verified = found(past, 2)
    assert (verified.problems, verified.runs) == ([], 3)
    (old,) = [name for name in pieces(past) if name.endswith("record.json.gz")]
    pieces(past)[old] += b"x"
    assert found(past, 2).problems == [
        f"2026-11-01: {old} is not what was written: its digest is another"
    ]


def test_what_was_written_is_verified() -> None:
    verified = found(WHOLE)
    assert verified.problems == []
    assert (verified.runs, verified.links) == (10, 10)
    assert verified.files == 40  # record, evidence, a receipt and a claim of each day
    assert found(WHOLE, head=verified.head).problems == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda s: s.update({key(3): s[key(3)][:-9] + b"x" + s[key(3)][-8:]}),
            ["2026-11-04: audits/shop/2026/11/04/20261104T060000Z-", "is not what was written"],
        ),
        (
            lambda s: s.pop(key(3)),
            ["2026-11-04: audits/shop/2026/11/04/", "record.json.xz is gone"],
        ),
        (
            lambda s: s.pop(key(3, "receipts/slack.json")),
            ["2026-11-04: ", "receipts/slack.json is gone"],
        ),
        (
            lambda s: without_day(s, 3),
            ["the chain has a hole: link 4 is gone", "2026-11-04: no audit was recorded"],
        ),
        (
            lambda s: [without_day(s, day) for day in (3, 4)],  # type: ignore[func-returns-value]
            ["links 4 to 5 are gone", "2026-11-04 to 2026-11-05: no audit was recorded"],
        ),
        (lambda s: without_day(s, 0), ["the chain begins with link 2"]),
        (lambda s: without_day(s, 9), ["latest/shop.json does not point to 20261109T"]),
        (
            lambda s: swap(s, key(3), key(4)),
            ["2026-11-04: ", "its digest is another", "2026-11-05: "],
        ),
        (
            lambda s: swap(s, "chain/shop/00000004.json", "chain/shop/00000005.json"),
            ["chain/shop/00000004.json: it is another link than the one that belongs here"],
        ),
        (
            lambda s: s.update({"audits/shop/2026/11/04/forged/record.json.xz": s[key(3)]}),
            ["audits/shop/2026/11/04/forged is in no link of the chain: it was added"],
        ),
        (
            lambda s: s.update({key(3).replace("record.json.xz", "note.json"): b"{}"}),
            ["note.json is in no link of the chain: it was added"],
        ),
        (
            lambda s: s.update({"chain/shop/note.json": b"{}"}),
            ["chain/shop/note.json is no link of the chain"],
        ),
        (lambda s: s.pop("latest/shop.json"), ["latest/shop.json is gone"]),
        (
            lambda s: s.update(
                {n: s[n].replace(b"0.1.0", b"0.1.1") for n in ["chain/shop/00000010.json"]}
            ),
            ["chain/shop/00000010.json: it is not what was written: its seal is another"],
        ),
        (lambda s: s.clear(), ["chain/shop/: there is no link", "there is no whole audit"]),
    ],
    ids=range(15),
)
def test_every_tampering_is_named(change: Callable[[Pieces], object], expected: list[str]) -> None:
    problems = "\n".join(after(change))
    for part in expected:
        assert part in problems


def test_a_link_that_was_sealed_anew_breaks_the_chain_after_it() -> None:
    def forge(stored: Pieces) -> None:
        stored["chain/shop/00000004.json"] = tampering.resealed(
            stored["chain/shop/00000004.json"], b"0.1.0", b"6.6.6"
        )

    assert after(forge) == ["link 5 does not follow link 4 as that is now"]


def test_a_chain_that_was_cut_back_is_found_by_a_digest_that_was_noted() -> None:
    noted = found(WHOLE).head
    shorter = days(9)
    assert found(shorter, 8).problems == []
    (problem,) = found(shorter, 8, noted).problems
    assert problem.startswith(f"chain/shop/: no link has the digest {noted}: the chain was cut")


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_random_tampering_goes_unseen(random: tampering.Random) -> None:
    store = MemoryStore(pieces(WHOLE))
    said = tampering.tamper(store.pieces, random)
    assert verify(store, SET, calendar(9)).problems, said


def test_of_a_range_only_its_days_are_read() -> None:
    store = MemoryStore(pieces(WHOLE))
    del store.pieces[key(3)]
    assert verify(store, SET, calendar(9, date(2026, 11, 6))).problems == []
    assert verify(store, SET, calendar(9, None, date(2026, 11, 3))).problems == []
    assert verify(store, SET, calendar(9, date(2026, 11, 4), date(2026, 11, 4))).problems


def test_what_the_evidence_of_a_range_rests_on_is_read_as_well() -> None:
    store = MemoryStore(pieces(WHOLE))
    del store.pieces[key(3, "evidence.jsonl.bz2")]
    (problem,) = verify(store, SET, calendar(9, date(2026, 11, 6), date(2026, 11, 6))).problems
    assert "2026/11/04/" in problem
    assert problem.endswith("evidence.jsonl.bz2 is gone")


def test_a_store_whose_beginning_was_removed_is_verified_from_the_first_day_that_is_kept() -> None:
    past = days(MOST_BASES + 4)
    store = MemoryStore(pieces(past))
    first = MOST_BASES + 1
    for day in range(first):
        without_day(store.pieces, day)
    assert verify(store, SET, calendar(16, date(2026, 11, 15))).problems == []
    assert verify(store, SET, calendar(16, date(2026, 11, 14))).problems == [
        "2026-11-14: no audit was recorded"
    ]
    without_day(store.pieces, first)
    (problem,) = verify(store, SET, calendar(16, date(2026, 11, 16), date(2026, 11, 16))).problems
    assert problem.startswith("2026-11-16: audits/shop/2026/11/15/")
    assert problem.endswith("evidence.jsonl.bz2, which the evidence rests on, is in no link")


def test_a_day_that_was_never_audited_is_named_and_so_is_a_late_one() -> None:
    past = days(3)
    past.audit(5)
    assert found(past, 5).problems == ["2026-11-04 to 2026-11-05: no audit was recorded"]
    assert found(past, 6.4).problems == ["2026-11-04 to 2026-11-05: no audit was recorded"]
    assert found(past, 6.6).problems == [
        "2026-11-04 to 2026-11-05: no audit was recorded",
        "2026-11-07: no audit was recorded",
    ]


def test_a_partial_audit_is_a_link_and_makes_no_day() -> None:
    past = days(2)
    past.audit(1.5, partial=True)
    past.audit(2.2, partial=True)
    past.audit(3)
    verified = found(past, 3)
    assert verified.problems == ["2026-11-03: no audit was recorded"]
    assert verified.links == 5


def test_a_repeated_run_that_sends_what_was_not_sent_adds_a_link() -> None:
    past = days(1)
    past.send.failure = DeliveryError("HTTP 500", permanent=True)
    past.audit(1, due=START + DAY)
    past.send.failure = None
    past.audit(1.01, due=START + DAY)
    past.audit(1.02, due=START + DAY)  # finds everything done
    verified = found(past, 1)
    assert verified.problems == []
    assert (verified.runs, verified.links) == (2, 3)


def test_a_record_that_was_changed_before_its_run_was_repeated_is_named() -> None:
    past = days(2)
    stored = pieces(past)
    (name,) = [k for k in stored if "/2026/11/02/" in k and k.endswith("evidence.jsonl.bz2")]
    stored[name] = stored[
        name.replace("/02/2026", "/01/2026").replace("1102T", "1101T").replace("/11/02/", "/11/01/")
    ]
    past.audit(1.01, due=START + DAY)
    (problem,) = found(past, 1).problems
    assert "is another in link 3 than in link 2: it was changed in between" in problem


def test_runs_that_end_at_once_stand_one_after_the_other() -> None:
    class Racing(MemoryStore):
        """Lets another run end whenever one is about to add its link."""

        others = 3

        def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
            if key.startswith("chain/") and self.others:
                self.others -= 1
                Past(self).audit(1.1 + self.others / 100, partial=True)
            return super().write(key, data, replaces=replaces)

    past = Past(Racing())
    past.audit(0)
    past.audit(1)
    verified = found(past, 1)
    assert verified.problems == []
    assert (verified.runs, verified.links) == (5, 5)


def test_a_run_that_was_stopped_before_its_link_is_named_until_it_is_repeated() -> None:
    past = days(2)
    stored = pieces(past)
    link = stored.pop("chain/shop/00000002.json")
    (stray, *rest) = found(past, 1).problems
    assert stray.startswith(f"{set_prefix(SET)}2026/11/02/20261102T060000Z-")
    assert "left by a run that was stopped before its end" in stray
    assert rest
    past.audit(1, due=START + DAY)
    assert stored["chain/shop/00000002.json"] == link
    assert found(past, 1).problems == []


def test_another_policy_is_found_in_evidence_that_the_chain_agrees_with() -> None:
    past = days(1)
    past.policy = POLICY.replace("26h", "48h")
    past.audit(1, lambda now: fine(now, "a"))
    assert found(past, 1).problems == []
