"""What every AWS source must stand: found by listing the sources, on what their tests populate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import AuditVerdict, Scope
from backup_auditor.sources import Unplanned, load_sources

from tests.sources.aws_faults import (
    FAILURES,
    Answer,
    Asked,
    Fault,
    edited,
    error,
    fields_of,
    only,
    refused,
    without,
)
from tests.sources.cloud_aws import (
    ACCOUNT,
    HOME,
    MEMBERS,
    OTHER,
    Ground,
    assert_no_better,
    client,
    own_test,
    passing,
)
from tests.sources.telling import told

KINDS = [kind for kind in load_sources() if kind.startswith("aws.")]
# Where the name of a permission is not the name that requests are signed for, or of the operation.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
PREFIXES = {"monitoring": "cloudwatch"}
NAMES = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
WORLD = {"GetCallerIdentity", "DescribeRegions", "AssumeRole", "ListAccounts"}


def populate(kind: str, url: str) -> None:
    """Make what ``kind`` lists, as its own test does."""
    made: Callable[[str], None] = own_test(kind).populate
    made(url)


def permission(call: tuple[str, str]) -> str:
    """Return what must be allowed for a call."""
    service, operation = call
    name = f"{PREFIXES.get(service, service)}:{operation}"
    return NAMES.get(name, name)


@pytest.mark.parametrize("kind", KINDS)
def test_its_actions_are_those_that_it_calls(ground: Ground, kind: str) -> None:
    """No permission is missing, and none is asked for in vain."""
    organization = client(ground.url, "organizations")
    organization.create_organization()
    organization.create_account(Email="a@example.com", AccountName="a")
    populate(kind, ground.url)
    ground.collected(kind, region=HOME, organizations=True, regions="all")
    declared = set(load_sources()[kind].actions)
    assert {permission(call) for call in ground.calls} == declared


@pytest.mark.parametrize("kind", KINDS)
def test_it_tells_what_it_declares(ground: Ground, kind: str) -> None:
    """That it tells no more, every test sees; see ``Ground.collected``."""
    populate(kind, ground.url)
    getattr(own_test(kind), "tell_more", lambda _: None)(ground.url)
    assert told(ground.collected(kind)) == load_sources()[kind].tells


@pytest.mark.parametrize("kind", KINDS)
def test_its_ground_has_good_and_bad(ground: Ground, kind: str) -> None:
    """Else the tests below could not fail."""
    populate(kind, ground.url)
    found = ground.audit(ground.plan(kind))
    assert found.gaps == ()
    assert passing(found)
    assert len(found.assessments) > len(passing(found))


@pytest.mark.parametrize("kind", KINDS)
def test_every_account_and_region_is_asked(ground: Ground, kind: str) -> None:
    accounts = [ACCOUNT, *MEMBERS]
    found = list(ground.source(kind, accounts=accounts, regions=[HOME, OTHER]).scopes())
    assert found == [Scope(kind, a, r) for a in accounts for r in (HOME, OTHER)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_that_refuses_is_a_gap_and_the_others_go_on(ground: Ground, kind: str) -> None:
    populate(kind, ground.url)
    role = f"arn:aws:iam::{MEMBERS[0]}:role/BackupAuditor"
    ground.proxy.fault = only(refused, operation="AssumeRole", RoleArn=role)
    options = f"regions: [{HOME}], accounts: ['{ACCOUNT}', '{MEMBERS[0]}', '{MEMBERS[1]}']"
    found = ground.audit(ground.plan(kind, options))
    (gap,) = found.gaps
    assert (gap.account, gap.region, gap.reason) == (MEMBERS[0], "", "refused")
    assert [r.scope.account for r in found.results] == sorted({ACCOUNT, MEMBERS[1]})
    assert passing(found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_that_refuses_is_a_gap_and_the_others_go_on(ground: Ground, kind: str) -> None:
    populate(kind, ground.url)

    def elsewhere(asked: Asked, answer: Answer) -> Answer:
        known = asked.operation in WORLD
        return answer if known or asked.region != OTHER else refused(asked, answer)

    ground.proxy.fault = elsewhere
    found = ground.audit(ground.plan(kind, f"regions: [{HOME}, {OTHER}]"))
    assert OTHER in {gap.region for gap in found.gaps}
    told = {(gap.reason, gap.region == OTHER or OTHER in gap.detail) for gap in found.gaps}
    assert told == {("refused", True)}  # of another region only that copies there are not seen
    assert passing(found)


@pytest.mark.parametrize("kind", KINDS)
def test_without_credentials_nothing_is_asked(ground: Ground, kind: str) -> None:
    ground.proxy.fault = error("InvalidClientTokenId", 403)
    found = ground.audit(ground.plan(kind))
    assert [gap.reason for gap in found.gaps] == ["credentials"]
    assert found.verdict is AuditVerdict.INCOMPLETE


def recorded(ground: Ground, kind: str) -> Iterator[tuple[Asked, Answer]]:
    """Audit once, and yield each different call to the service itself with its answer."""
    seen: dict[tuple[str, str], tuple[Asked, Answer]] = {}

    def note(asked: Asked, answer: Answer) -> Answer:
        key = (asked.operation, str(sorted(asked.params.items())))
        seen.setdefault(key, (asked, answer))
        return answer

    ground.proxy.fault = note
    ground.audit(ground.plan(kind))
    yield from ((a, answer) for a, answer in seen.values() if a.operation not in WORLD)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_cannot_be_read_is_a_gap(ground: Ground, kind: str) -> None:
    populate(kind, ground.url)
    ground.proxy.freeze()
    plan = ground.plan(kind)
    sound = ground.audit(plan)
    for asked, _ in list(recorded(ground, kind)):
        for name, fault in FAILURES.items():
            ground.proxy.fault = once_asked(asked, fault)
            sick = ground.audit(plan)
            assert_no_better(sick, sound)
            assert sick.gaps, (name, asked)


def once_asked(like: Asked, fault: Fault) -> Fault:
    """Return ``fault`` for requests like one that was recorded."""

    def changed(asked: Asked, answer: Answer) -> Answer:
        alike = (asked.operation, asked.params) == (like.operation, like.params)
        return fault(asked, answer) if alike else answer

    return changed


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_that_is_missing_or_odd_makes_anything_better(ground: Ground, kind: str) -> None:
    populate(kind, ground.url)
    ground.proxy.freeze()
    plan = ground.plan(kind)
    sound = ground.audit(plan)
    for operation, name in fields(ground, kind):
        for fault in (without(name), *(edited(name, value) for value in ODD)):
            ground.proxy.fault = only(fault, operation=operation)
            sick = ground.audit(plan)
            try:
                assert_no_better(sick, sound)
            except AssertionError as why:
                raise AssertionError(f"{operation} {name}: {why}") from why


ODD = ("surprise", "")


def fields(ground: Ground, kind: str) -> list[tuple[str, str]]:
    """Return the fields of all answers of the service, with the operation that they come from."""
    found: dict[tuple[str, str], None] = {}
    for asked, answer in recorded(ground, kind):
        found.update(dict.fromkeys((asked.operation, name) for name in fields_of(answer)))
    return list(found)


def test_an_answer_without_an_account_is_refused(ground: Ground) -> None:
    ground.proxy.fault = only(without("Account"), operation="GetCallerIdentity")
    with pytest.raises(SourceError, match="no Account"):
        list(ground.source(KINDS[0]).scopes())


def test_a_role_without_keys_is_an_account_that_is_not_planned(ground: Ground) -> None:
    ground.proxy.fault = only(without("Credentials"), operation="AssumeRole")
    (found,) = ground.source(KINDS[0], accounts=[MEMBERS[0]]).scopes()
    assert isinstance(found, Unplanned)
    assert (found.account, found.error.reason) == (MEMBERS[0], "malformed")


@pytest.mark.parametrize(("told", "tries"), [("1", 1), ("2", 2)])
def test_a_call_is_tried_as_often_as_the_environment_says(
    ground: Ground, told: str, tries: int
) -> None:
    ground.proxy.fault = only(FAILURES["broken"], operation="GetCallerIdentity")
    source = replace(ground, environ={**ground.environ, "AWS_MAX_ATTEMPTS": told}).source(KINDS[0])
    with pytest.raises(SourceError):
        list(source.scopes())
    assert [asked.operation for asked in ground.proxy.asked] == ["GetCallerIdentity"] * tries
