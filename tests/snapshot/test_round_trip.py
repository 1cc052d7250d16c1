"""An audit of the simulated cloud, and the replay of its snapshot, are the same."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Never

import pytest
from backup_auditor import compose
from backup_auditor.model import Audit
from backup_auditor.recording import recording, replaying
from backup_auditor.report.build import build
from backup_auditor.report.contract import to_document
from backup_auditor.run import audit
from backup_auditor.selection import selector_of
from backup_auditor.snapshot.reading import opened
from backup_auditor.speech import LANGUAGES

from tests.builders import NOW
from tests.cloud import POLICY, keys
from tests.contract import assert_valid
from tests.fakes import FakeWatcher, outside, stepping
from tests.simulator.account import make_account
from tests.simulator.faults import TRANSIENT, Faults
from tests.simulator.server import Simulator

ACCOUNT = make_account(NOW)
STRICT = POLICY.replace("26h", "12h")
PARTS = Faults(refused_regions=frozenset({"hk"}), refused_projects=frozenset({"org-data"}))
GROUPS = frozenset({"DescribeUMem", "DescribeURedisBackup"})
FAULTS = {
    "none": Faults(),
    "everything": Faults.everything(),
    "parts refused": PARTS,
    "groups unread": Faults(actions=frozenset({"DescribeURedisBackup"}), http_500=0.9),
    "backups refused": Faults(refused_actions=frozenset({"DescribeURedisBackup"})),
    "pages lost": Faults(silent_cap=7, lying_total=True, shifting_pages=True),
    "regions refused": Faults(refused_actions=frozenset({"GetRegion"})),
    "projects refused": Faults(refused_actions=frozenset({"GetProjectList"})),
    "inventory not supported": Faults(unsupported_actions=frozenset({"DescribeUMem"})),
    **{f"all {name}": Faults(**{name: 1.0}) for name in TRANSIENT},  # type: ignore[arg-type]  # rates
    **{f"groups {name}": Faults(actions=GROUPS, **{name: 1.0}) for name in TRANSIENT},  # type: ignore[arg-type]  # rates
}


def in_language(language: str) -> str:
    """Return the policy in a language."""
    return POLICY.replace("version: 1", f"version: 1\nlanguage: {language}")


def saved(file: Path, cloud: Simulator, policy: str = POLICY, **world: Any) -> Audit:
    """Audit ``cloud`` and keep a snapshot."""
    beyond = outside({**keys(cloud), "UCLOUD_PROJECT_ID": ""}, **world)
    live = compose.plan(compose.load_policies(policy, beyond), beyond)
    with recording(live, str(file), beyond) as recorded:
        return audit(recorded, beyond, FakeWatcher())


def replay(
    file: Path, policy: str = POLICY, select: Mapping[str, object] | None = None, **fields: Any
) -> Audit:
    """Audit the snapshot, without keys, and with AWS out of reach."""

    def closed(_: float) -> Never:
        raise AssertionError("a replay waits for nobody")

    nowhere = outside({}, sleep=closed, **fields)
    selector = selector_of(select) if select is not None else None
    plan = compose.plan(compose.load_policies(policy, nowhere), nowhere, selector)
    with opened(str(file)) as snapshot:
        return audit(replaying(plan, snapshot), nowhere, FakeWatcher())


def document(audit: Audit) -> dict[str, Any]:
    """Return the contract of ``audit``, valid."""
    found = to_document(build(audit))
    assert_valid(found)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_replay_says_what_the_audit_said(faults: Faults, language: str, tmp_path: Path) -> None:
    policy = in_language(language)
    with Simulator(ACCOUNT, faults=faults) as cloud:
        live = saved(tmp_path / "x", cloud, policy)
    again = replay(tmp_path / "x", policy)
    assert document(again) == document(live)
    assert again == live


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_reached_is_not_reached_again(language: str, tmp_path: Path) -> None:
    policy = in_language(language)
    with Simulator(ACCOUNT) as cloud:
        clock = stepping(*([0.0] * 60), 11.0)
        live = saved(tmp_path / "x", cloud, policy, deadline=10.0, monotonic=clock)
    again = replay(tmp_path / "x", policy)
    assert live.gaps
    assert again == live
    assert document(again) == document(live)


def test_what_was_collected_in_one_language_is_said_in_another(tmp_path: Path) -> None:
    with Simulator(ACCOUNT, faults=PARTS) as cloud:
        saved(tmp_path / "x", cloud)
        live = saved(tmp_path / "y", cloud, in_language("zh-CN"))
    again = document(replay(tmp_path / "x", in_language("zh-CN")))
    said = [gap["detail"].partition("，请求 ") for gap in again["gaps"]]
    assert [one[0] for one in said] == [
        gap["detail"].partition("，请求 ")[0] for gap in document(live)["gaps"]
    ]
    assert all(one[1] for one in said)


def test_another_policy_is_judged_as_if_it_had_been_there(tmp_path: Path) -> None:
    with Simulator(ACCOUNT, faults=PARTS) as cloud:
        live = saved(tmp_path / "x", cloud)
        strict = saved(tmp_path / "y", cloud, STRICT)
    again = replay(tmp_path / "x", STRICT)
    assert again.assessments == strict.assessments
    assert again.run.policy_digest == strict.run.policy_digest
    assert again.assessments != live.assessments


def test_a_part_is_audited_as_a_part(tmp_path: Path) -> None:
    with Simulator(ACCOUNT) as cloud:
        saved(tmp_path / "x", cloud)
    found = replay(tmp_path / "x", select={"name": "prod-checkout"})
    assert [a.resource.name for a in found.assessments] == ["prod-checkout"]
    assert (found.gaps, found.orphans, found.notices) == ((), (), ())


def test_no_key_and_no_canary_goes_in(tmp_path: Path) -> None:
    policy = POLICY + "channels: [{slack: {url: 'env:CANARY'}}]\n"
    with Simulator(ACCOUNT, faults=Faults.everything(), security_token="TOK3NCANARY") as cloud:
        world = outside(
            {
                **keys(cloud),
                "CANARY": "https://hooks.example.com/C4NARY",
                "UCLOUD_SECURITY_TOKEN": "TOK3NCANARY",
            }
        )
        live = compose.plan(compose.load_policies(policy, world), world)
        with recording(live, str(tmp_path / "x"), world) as recorded:
            assert audit(recorded, world, FakeWatcher()).assessments
        broken = outside({**world.environ, "UCLOUD_SECURITY_TOKEN": "0LDCANARY"})
        live = compose.plan(compose.load_policies(policy, broken), broken)
        with recording(live, str(tmp_path / "y"), broken) as recorded:
            assert audit(recorded, broken, FakeWatcher()).gaps
    for name in ("x", "y"):
        text = gzip.decompress((tmp_path / name).read_bytes()).decode()
        for secret in (cloud.public_key, cloud.private_key, "CANARY", "C4NARY", cloud.url):
            assert secret not in text
