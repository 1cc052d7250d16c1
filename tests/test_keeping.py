"""One audit and the store: comparison, who is told what, and a run that is repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.errors import DeliveryError, StoreError
from backup_auditor.model import AuditVerdict, Delivery, DeliveryOutcome, GapReason
from backup_auditor.outcome import ExitCode, exit_code
from backup_auditor.policy.model import SendWhen
from backup_auditor.record import Occasion, Receipt, Record
from backup_auditor.record.coding import decoded, encoded
from backup_auditor.record.names import receipt_key, record_key
from backup_auditor.report.contract import to_document
from backup_auditor.run import Manner, tell
from backup_auditor.store import ANY, Replaces, Stored, Tag
from backup_auditor.store.folder import Folder

from tests.fakes import NOW, FakeChannel, outside
from tests.keeper import SET, Keeper, kinds, names, outcomes, target
from tests.memory.days import at, audit, gap

SENT, FAILED, SKIPPED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED, DeliveryOutcome.SKIPPED
CHANGED, FALLBACK = SendWhen.CHANGED, SendWhen.FALLBACK
GONE = DeliveryError("gone", permanent=True)
FAIL, FINE = {"a": "fail"}, {"a": "pass"}
OURS = "another invocation of this run is sending it, and has not finished"


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    """Return a keeper with an empty store."""
    return Keeper(tmp_path)


class TestComparison:
    def test_the_first_audit_is_compared_with_nothing(self, keeper: Keeper) -> None:
        changes = keeper.day(0, FAIL).audit.changes
        assert (changes.compared_with, changes.new) == (None, ())

    def test_the_next_one_with_the_last(self, keeper: Keeper) -> None:
        keeper.day(0, {"a": "fail", "b": "pass"})
        report = keeper.day(1, {"a": "fail", "b": "fail"})
        changes = report.audit.changes
        assert changes.compared_with == "run-0"
        assert names(changes.new, report) == ["b"]
        assert names(changes.ongoing, report) == ["a"]
        assert kinds(report) == []

    def test_a_partial_audit_is_compared_and_kept_and_nothing_is_compared_with_it(
        self, keeper: Keeper
    ) -> None:
        keeper.day(0, {"a": "fail", "b": "fail"})
        part = keeper.day(1, {"a": "pass"}, partial=True)
        assert names(part.audit.changes.resolved, part) == ["a"]
        assert part.audit.changes.vanished == ()
        after = keeper.day(2, {"a": "fail", "b": "fail"})
        assert after.audit.changes.compared_with == "run-0"
        assert names(after.audit.changes.ongoing, after) == ["a", "b"]
        days = list(keeper.records.between(at(0).date(), at(2).date()))
        assert [one.is_partial for one in days if isinstance(one, Record)] == [False, True, False]

    def test_a_shrunk_inventory_is_a_gap_until_somebody_vouches_for_it(
        self, keeper: Keeper
    ) -> None:
        keeper.day(0, dict.fromkeys("abcde", "pass"))
        for number in (1, 2):
            report = keeper.day(number, {"a": "pass"})
            assert report.audit.verdict is AuditVerdict.INCOMPLETE
            assert [one.reason for one in report.gaps] == [GapReason.SHRUNK]
            assert report.audit.changes.vanished == ()
        report = keeper.day(3, {"a": "pass"}, accept_shrink=True)
        assert report.audit.verdict is AuditVerdict.PASS
        assert [one.id for one in report.audit.changes.vanished] == list("bcde")
        assert keeper.day(4, {"a": "pass"}).audit.verdict is AuditVerdict.PASS

    @pytest.mark.parametrize(("number", "said"), [(1, []), (2, ["2026-11-25"])])
    def test_a_day_without_an_audit_is_told(
        self, keeper: Keeper, number: int, said: list[str]
    ) -> None:
        keeper.day(0, FINE)
        notices = keeper.day(number, FINE).audit.notices
        assert kinds(keeper.day(number, FINE)) == ["audits-missing"] * len(said)
        assert [notice.detail for notice in notices] == [
            f"no audit was recorded on {day}" for day in said
        ]

    def test_a_partial_audit_does_not_ask_for_missing_days(self, keeper: Keeper) -> None:
        keeper.day(0, FINE)
        assert kinds(keeper.day(5, FINE, partial=True)) == []


def newer(data: bytes) -> bytes:
    """Return a record as a later version would write it."""
    return encoded({**decoded(data), "format": 99})


def without_memory(data: bytes) -> bytes:
    """Return a whole record with no memory in it."""
    return encoded({**decoded(data), "memory": {}})


def hostile(data: bytes) -> bytes:
    """Return a record whose memory holds nonsense deep inside."""
    envelope = decoded(data)
    envelope["memory"]["told"] = {"slack": {"at": "\x1b[31m", "findings": {}, "gaps": []}}
    return encoded(envelope)


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "damaged": (lambda _: b"spoilt", "it is neither xz nor gzip, or its checksum is wrong"),
    "cut": (lambda data: data[:-9], "it is cut off"),
    "newer": (newer, "it was written by a newer version of backup-auditor (format 99; this one"),
    "forgetful": (without_memory, "its memory cannot be used: run is not a text"),
    "hostile": (hostile, "its memory cannot be used: an instant has a time zone"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_record_that_cannot_be_used_is_a_notice_and_nothing_is_new(
    keeper: Keeper, how: str
) -> None:
    keeper.day(0, FINE)
    spoil, said = SPOILT[how]
    key = record_key(SET, Occasion("run-0", at(0)))
    found = keeper.store.read(key)
    assert found
    keeper.store.write(key, spoil(found.data), replaces=ANY)
    report = keeper.day(1, FAIL)
    assert kinds(report) == ["no-comparison"]
    assert said in report.audit.notices[0].detail
    document = to_document(report)["changes"]
    assert document["compared_with"] is None
    assert document["new"] == document["resolved"] == []
    assert report.audit.deliveries == (), "what is today's could be kept"
    assert kinds(keeper.day(2, FAIL)) == [], "and the next audit has something to compare with"


class Refusing:
    """A store that says no to everything, or only to writers."""

    address = "s3://b/"

    def __init__(self, folder: Path, *, reads: bool) -> None:
        self._inner = Folder(folder, outside())
        self._reads = reads

    def read(self, key: str) -> Stored | None:
        """Read, if that is allowed."""
        if not self._reads:
            raise StoreError(f"store s3://b/: {key}: refused")
        return self._inner.read(key)

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Refuse."""
        raise StoreError(f"store s3://b/: {key}: refused")

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """List, if that is allowed."""
        if not self._reads:
            raise StoreError("store s3://b/: refused")
        yield from self._inner.keys(prefix, after=after)


@pytest.mark.parametrize(("reads", "said"), [(True, []), (False, ["no-comparison"])])
def test_a_store_that_refuses_stops_no_message_and_is_a_failed_delivery(
    tmp_path: Path, reads: bool, said: list[str]
) -> None:
    keeper = Keeper(tmp_path, Refusing(tmp_path, reads=reads))
    channel = FakeChannel()
    report = keeper.day(0, FINE, [target(channel)])
    assert len(channel.reports) == 1
    assert kinds(report) == said
    slack, store = report.audit.deliveries
    assert (slack.channel, slack.outcome) == ("slack", SENT)
    assert (store.channel, store.outcome) == ("store", FAILED)
    assert "record.json.xz: refused" in store.reason
    assert exit_code(report) is ExitCode.DELIVERY


def test_a_record_of_the_same_run_that_is_damaged_is_a_failed_delivery(keeper: Keeper) -> None:
    keeper.day(0, FINE)
    keeper.store.write(record_key(SET, Occasion("run-0", at(0))), b"spoilt", replaces=ANY)
    report = keeper.day(0, FINE)
    assert outcomes(report)["store"][0] is FAILED


class TestSendChanged:
    DAYS: tuple[tuple[dict[str, str], bool, str], ...] = (
        ({"a": "fail"}, True, "nothing is known: as with failing"),
        ({"a": "fail"}, False, "it goes on"),
        ({"a": "fail", "b": "fail"}, True, "b is new"),
        ({"a": "pass", "b": "fail"}, True, "a is resolved"),
        ({"a": "pass", "b": "fail"}, False, "it goes on"),
        ({"a": "pass", "b": "fail critical"}, True, "b is worse"),
        ({"a": "pass", "b": "fail"}, False, "b is better, and not resolved"),
        ({"a": "pass", "b": "pass"}, True, "all is well again"),
        ({"a": "pass", "b": "pass"}, False, "and stays so"),
    )

    def test_a_channel_is_told_what_it_was_not_told_before(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=99))
        for number, (resources, told, why) in enumerate(self.DAYS):
            before = len(channel.reports)
            report = keeper.day(number, resources, [slack])
            assert len(channel.reports) - before == told, why
            if not told:
                assert outcomes(report) == {"slack": (SKIPPED, "nothing has changed")}, why

    @pytest.mark.parametrize(
        ("remind", "told"), [(1, [0, 1, 2, 3]), (2, [0, 2]), (3, [0, 3]), (9, [0])]
    )
    def test_what_goes_on_is_told_again_after_the_time_to_remind(
        self, keeper: Keeper, remind: int, told: list[int]
    ) -> None:
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=remind))
        for number in range(4):
            keeper.day(number, FAIL, [slack])
        assert [report.audit.run.id for report in channel.reports] == [f"run-{n}" for n in told]

    def test_what_is_well_is_not_told_again(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        for number in range(4):
            keeper.day(number, FINE, [target(channel, when=CHANGED)])
        assert channel.reports == []

    def test_a_new_gap_is_told_and_an_old_one_is_not(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=99))
        keeper.day(0, FAIL, [slack])
        for number in (1, 2):
            keeper.day(number, FAIL, [slack], gaps=[gap()])
        assert len(channel.reports) == 2

    def test_a_message_that_failed_is_told_by_the_next_audit(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=99))
        keeper.day(0, FAIL, [slack])
        channel.failure = GONE
        keeper.day(1, {"a": "fail", "b": "fail"}, [slack])
        channel.failure = None
        keeper.day(2, {"a": "fail", "b": "fail"}, [slack])
        assert [report.audit.run.id for report in channel.reports] == ["run-0", "run-2"]

    def test_an_audit_that_is_not_sent_swallows_nothing(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=99))
        keeper.day(0, FAIL, [slack])
        keeper.day(1, {"a": "fail", "b": "fail"})
        keeper.day(2, {"a": "fail", "b": "fail"}, [slack])
        assert len(channel.reports) == 2

    def test_each_channel_is_told_what_it_has_not_been_told(self, keeper: Keeper) -> None:
        one, two = FakeChannel(), FakeChannel(GONE)
        both = [target(one, "one", CHANGED), target(two, "two", CHANGED)]
        both = [replace(each, remind=timedelta(days=99)) for each in both]
        keeper.day(0, FAIL, both)
        two.failure = None
        report = keeper.day(1, FAIL, both)
        assert outcomes(report) == {"one": (SKIPPED, "nothing has changed"), "two": (SENT, "")}

    def test_without_a_store_it_is_as_failing(self) -> None:
        for resources, told in ((FAIL, 1), (FINE, 0)):
            channel = FakeChannel()
            for number in range(2):
                tell(audit(number, resources), [target(channel, when=CHANGED)], outside())
            assert len(channel.reports) == 2 * told


class TestARepeatedRun:
    def test_sends_nothing_twice_and_completes_what_failed(self, keeper: Keeper) -> None:
        good, bad = FakeChannel(), FakeChannel(GONE)
        both = [target(good, "good"), target(bad, "bad")]
        first = keeper.day(0, FAIL, both)
        assert outcomes(first) == {"good": (SENT, ""), "bad": (FAILED, "gone")}
        bad.failure = None
        second = keeper.day(0, FAIL, both)
        when = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
        assert outcomes(second) == {
            "good": (SENT, f"sent by an earlier invocation of this run, {when}"),
            "bad": (SENT, ""),
        }
        keeper.day(0, FAIL, both)
        assert (len(good.reports), len(bad.reports)) == (1, 1)
        assert keeper.clock.slept == [], "whoever failed has given up its turn"

    def test_leaves_the_record_of_the_first(self, keeper: Keeper) -> None:
        keeper.day(0, FAIL)
        keeper.day(0, FINE)
        (record,) = keeper.records.between(at(0).date(), at(0).date())
        assert isinstance(record, Record)
        assert record.document["verdict"] == "fail"

    def test_is_compared_with_the_audit_before_and_not_with_itself(self, keeper: Keeper) -> None:
        keeper.day(0, FINE)
        reports = [keeper.day(1, FAIL) for _ in range(2)]
        assert [names(one.audit.changes.new, one) for one in reports] == [["a"], ["a"]]

    def test_messages_in_place_of_others_have_receipts_of_their_own(self, keeper: Keeper) -> None:
        mail = FakeChannel()
        instead = target(mail, "mail", FALLBACK)
        others = [target(FakeChannel(GONE), name, fallback=instead) for name in ("a", "b")]
        for _ in range(2):
            keeper.day(0, FAIL, [*others, instead])
        assert len(mail.reports) == 2
        found = keeper.records.receipts(Occasion("run-0", at(0)))
        assert sorted(
            (one.delivery.channel, str(one.delivery.outcome))
            for one in found
            if isinstance(one, Receipt)
        ) == [("a", "failed"), ("b", "failed"), ("mail for a", "sent"), ("mail for b", "sent")]

    def test_does_not_take_for_told_what_another_invocation_told(self, keeper: Keeper) -> None:
        """It may have seen less: the next audit tells once too often rather than never."""
        channel = FakeChannel()
        slack = target(channel, when=CHANGED, remind=timedelta(days=99))
        keeper.day(0, FAIL, [slack])
        kept = keeper.kept(audit(1, {"a": "fail", "b": "fail"}))
        receipt = tell(kept.audit, [slack], keeper.clock.world(), Manner(kept=_unsaved(kept)))
        assert receipt.audit.deliveries[0].outcome is SENT
        more = {"a": "fail", "b": "fail", "c": "fail"}
        repeat = keeper.day(1, more, [slack])
        assert outcomes(repeat)["slack"][1].startswith("sent by an earlier invocation")
        keeper.day(2, more, [slack])
        assert [report.counts.failed for report in channel.reports] == [1, 2, 3]

    def test_a_damaged_receipt_is_told_and_the_message_is_sent_again(self, keeper: Keeper) -> None:
        channel = FakeChannel()
        keeper.day(0, FAIL, [target(channel)])
        key = receipt_key(SET, Occasion("run-0", at(0)), "slack")
        keeper.store.write(key, b"spoilt", replaces=ANY)
        keeper.clock.at += timedelta(minutes=5)
        report = keeper.day(0, FAIL, [target(channel)])
        assert len(channel.reports) == 2
        assert f"{key}: it is not JSON" in outcomes(report)["store"][1]
        assert set(outcomes(keeper.day(0, FAIL, [target(channel)]))) == {"slack"}


def _unsaved(kept: Any) -> Any:
    """Return a ledger that ends before the record is saved."""
    kept.save = lambda _report: None
    return kept


class TestTheTurnOfAnotherInvocation:
    def claim(self, keeper: Keeper, seconds: float) -> None:
        """Have another invocation begin to send."""
        until = keeper.clock.at + timedelta(seconds=seconds)
        taken = keeper.records.claim(
            Occasion("run-0", at(0)), "slack", now=keeper.clock.at, until=until
        )
        assert taken

    def sent(self, keeper: Keeper, channel: FakeChannel, end: float | None = None) -> Any:
        """Return what becomes of our own message."""
        report = keeper.day(0, FAIL, [target(channel)], end=end)
        return outcomes(report)["slack"]

    def test_is_waited_for_and_taken_over_when_it_ends(self, keeper: Keeper) -> None:
        self.claim(keeper, 60)
        channel = FakeChannel()
        assert self.sent(keeper, channel) == (SENT, "")
        assert sum(keeper.clock.slept) == 60
        assert len(channel.reports) == 1

    def test_is_waited_for_until_it_has_sent(self, keeper: Keeper) -> None:
        self.claim(keeper, 60)
        other = FakeChannel()

        def finish() -> None:
            if len(keeper.clock.slept) == 3:
                kept = keeper.kept(audit(0, FAIL))
                kept.keep("slack", Delivery("slack", SENT, 1))

        keeper.clock.meanwhile = finish
        outcome, reason = self.sent(keeper, other)
        assert outcome is SENT
        assert reason.startswith("sent by an earlier invocation of this run")
        assert (other.reports, sum(keeper.clock.slept)) == ([], 15)

    def test_is_not_waited_for_longer_than_there_is_time(self, keeper: Keeper) -> None:
        self.claim(keeper, 60)
        channel = FakeChannel()
        assert self.sent(keeper, channel, end=40) == (FAILED, OURS)
        assert channel.reports == []
        found = keeper.records.receipt(Occasion("run-0", at(0)), "slack")
        assert found is None, "the other one is to write it"

    def test_a_receipt_that_comes_between_question_and_claim_is_seen(self, tmp_path: Path) -> None:
        """We ask, stop for minutes, and then find the turn free: because it is done."""
        late = Late(tmp_path)
        keeper = Keeper(tmp_path, late)
        channel, other = FakeChannel(), FakeChannel()

        def run_another() -> None:
            late.meanwhile = lambda: None
            Keeper(tmp_path).day(0, FAIL, [target(other)])
            keeper.clock.at += timedelta(minutes=10)

        late.meanwhile = run_another
        outcome, _ = self.sent(keeper, channel)
        assert (outcome, len(other.reports), len(channel.reports)) == (SENT, 1, 0)

    def test_a_claim_that_no_invocation_can_have_made_is_none(self, keeper: Keeper) -> None:
        self.claim(keeper, 3600)
        assert self.sent(keeper, FakeChannel()) == (SENT, "")
        assert keeper.clock.slept == []

    def test_only_ones_own_turn_is_given_up(self, keeper: Keeper) -> None:
        occasion, now = Occasion("run-0", at(0)), keeper.clock.at
        records = keeper.records
        own = records.claim(occasion, "c", now=now, until=now + timedelta(minutes=1))
        assert own
        later = now + timedelta(minutes=2)
        until = later + timedelta(minutes=1)
        assert records.claim(occasion, "c", now=later, until=until)
        records.give_up(occasion, "c", own, now=later)
        assert records.claim(occasion, "c", now=later, until=until) is None


class Late(Folder):
    """A folder in which something happens after the first receipt was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, outside())
        self.meanwhile: Any = lambda: None

    def read(self, key: str) -> Stored | None:
        """Read, and then let it happen."""
        found = super().read(key)
        if "/receipts/" in key:
            self.meanwhile()
        return found
