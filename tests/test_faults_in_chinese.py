"""What could not be collected is said in the language of the policy, whatever the fault was."""

import ast
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import compose
from backup_auditor.aws import clients
from backup_auditor.errors import PolicyError
from backup_auditor.model import Audit, Scope
from backup_auditor.policy.load import load
from backup_auditor.references import resolver
from backup_auditor.report.build import build
from backup_auditor.report.spoken import spoken
from backup_auditor.run import audit, failed_audit
from backup_auditor.speech import Phrase

from tests.builders import NOW
from tests.chinese import english_words
from tests.cloud import POLICY, keys, run
from tests.fakes import FakeSource, FakeWatcher, outside, stepping
from tests.simulator.account import make_account
from tests.simulator.faults import TRANSIENT, Faults
from tests.simulator.server import Simulator
from tests.snapshot.data import plan

ACCOUNT = make_account(NOW)
CHINESE = POLICY.replace("version: 1", "version: 1\nlanguage: zh-CN")
IDLE = CHINESE + (
    "  - {name: idle, match: {region: la}, rules: {auto_backup: {}}}\n"
    "channels: [{file: {folder: /tmp/x, match: {region: la}}}]\n"
)
ACTIONS = ("GetProjectList", "GetRegion", "DescribeUMem", "DescribeURedisBackup")
DATA = (
    # The provider's own words.
    *("IAM permission error", "No permission for this region", "Params [Region] not available"),
    *(
        "throttled",
        "backend_timeout",
        "Project not exist",
        "Signature VerifyAC Error",
        "User Not Exists",
        "Token Not Exists",
    ),
    *(f"Action [{action}] not found" for action in ACTIONS),
    # Names of actions, fields and exceptions.
    *ACTIONS,
    *("ProjectId", "ConnectionError", "FileNotFoundError", "KeyError", "select"),
)
KINDS: dict[str, Any] = {
    **{name: Faults(**{name: 1.0}) for name in TRANSIENT},  # type: ignore[arg-type]  # rates
    "backups": Faults(actions=frozenset({"DescribeURedisBackup"}), http_500=1.0),
    "inventory": Faults(actions=frozenset({"DescribeUMem"}), missing_retcode=1.0),
    "lost": Faults(actions=frozenset({"DescribeUMem"}), silent_cap=1, lying_total=True),
    "region": Faults(refused_regions=frozenset({"hk"})),
    "project": Faults(refused_projects=frozenset({"org-data"})),
    **{f"no {a}": Faults(refused_actions=frozenset({a})) for a in ACTIONS},
    **{f"old {a}": Faults(unsupported_actions=frozenset({a})) for a in ACTIONS},
}


def said(found: Audit) -> list[str]:
    """Return all gaps and notices as a report says them."""
    for gap in found.gaps:
        assert isinstance(gap.detail, Phrase), gap
    told = spoken(found)
    return [*(gap.detail for gap in told.gaps), *(notice.detail for notice in told.notices)]


def assert_chinese(texts: list[str], *data: str) -> None:
    """Nothing is left in English, and something is said."""
    assert texts
    for text in texts:
        assert english_words(text, [*DATA, *data]) == [], text


@pytest.mark.parametrize("faults", KINDS.values(), ids=KINDS)
def test_a_fault_is_said_in_chinese(faults: Faults) -> None:
    """Whatever the provider does."""
    with Simulator(ACCOUNT, faults=faults) as cloud:
        assert_chinese(said(run(cloud, policy=IDLE)), "everything", "idle", "file")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"UCLOUD_PRIVATE_KEY": "wrong"},
            "GetProjectList：Signature VerifyAC Error（RetCode 171，",
        ),
        ({"UCLOUD_PUBLIC_KEY": ""}, "没有 UCloud 密钥：请设置 UCLOUD_PUBLIC_KEY"),
        ({"UCLOUD_API_BASE_URL": "ftp://x"}, "UCloud 的 API 地址必须是 http(s)://host"),
        ({"UCLOUD_CREDENTIALS": "env:NO_KEYS"}, "UCLOUD_CREDENTIALS：env:NO_KEYS 未设置或为空"),
        (
            {"UCLOUD_CREDENTIALS": "file:/nowhere"},
            "UCLOUD_CREDENTIALS：file:/nowhere 无法读取（FileNotFoundError）",
        ),
        ({"UCLOUD_CREDENTIALS": "env:ODD", "ODD": "{}"}, "必须是 JSON：{"),
    ],
)
def test_what_is_wrong_with_the_keys_is_said_in_chinese(
    changes: dict[str, str], sentence: str
) -> None:
    """And what to set."""
    with Simulator(ACCOUNT) as cloud:
        environ = {**keys(cloud), **changes}
        world = outside(environ, resolve=resolver(environ, clients({})))
        texts = said(run(cloud, policy=CHINESE, world=world))
    assert_chinese(texts, "everything", "public_key", "private_key", "http(s)://host")
    assert sentence in texts[0]


def test_what_was_not_reached_is_said_in_chinese() -> None:
    """Scopes, and resources within a scope."""
    with Simulator(ACCOUNT) as cloud:
        clock = stepping(*([0.0] * 60), 11.0)
        world = outside(keys(cloud), deadline=10.0, monotonic=clock)
        texts = said(run(cloud, policy=CHINESE, world=world))
    assert_chinese(texts)
    assert any(text.endswith("在时限之前未能采集") for text in texts)


def test_places_that_are_not_there_are_said_in_chinese() -> None:
    """The provider's answer is quoted."""
    places = "{regions: [hk, atlantis], projects: [org-shop, org-nobody]}"
    policy = CHINESE.replace("{concurrency: 4}", places)
    with Simulator(ACCOUNT) as cloud:
        texts = said(run(cloud, policy=policy))
    assert_chinese(texts)
    assert len(texts) == 3


def test_too_few_resources_and_none_are_said_in_chinese() -> None:
    """Of a whole audit and of a part."""
    policy = CHINESE.replace("{concurrency: 4}", "{expect: {min_resources: 99}}")
    with Simulator(make_account(NOW)) as cloud:
        (few,) = said(run(cloud, policy=policy))
        (none,) = said(run(cloud, policy=CHINESE, select={"name": "nobody"}))
    assert few == "发现 60 个资源，而策略要求至少 99 个"
    assert none == "select 没有匹配到任何资源"


def test_an_inventory_that_cannot_be_told_apart_is_said_in_chinese() -> None:
    """An unknown type, and no id."""
    account = make_account(NOW)
    odd, nameless = account.groups[0], account.groups[6]
    odd.row = {**odd.row, "ResourceType": "quantum", "ResourceId": "q-1"}
    nameless.row = {**nameless.row, "ResourceId": None}
    with Simulator(account) as cloud:
        texts = said(run(cloud, policy=CHINESE))
    assert_chinese(texts, "'q-1'", "'quantum'")
    assert "实例 'q-1' 的类型 'quantum' 未知：未审计" in texts
    assert "实例清单中有一个实例没有 ID" in texts


def test_a_fault_of_this_program_is_said_in_chinese() -> None:
    """Its kind and its place in the code, and no text of it."""
    hk = Scope("ucloud.uredis", "org-test", "hk")
    policies = compose.load_policies(CHINESE, outside())
    live = plan(FakeSource({hk: [KeyError("x")]}), policies=policies)
    texts = said(audit(live, outside(), FakeWatcher()))
    assert_chinese(texts, "everything")
    assert texts[0].startswith("本程序内部故障：KeyError，位于 fakes.py:")


@pytest.mark.parametrize(
    ("language", "begin"),
    [
        ("zh-CN", "策略文件有误，未审计任何内容：policy.yaml:"),
        ("en", "the policy is broken, nothing was audited: policy.yaml:"),
        ("[zh-CN]", "the policy is broken"),
        ("tlh", "the policy is broken"),
    ],
)
def test_a_broken_policy_is_told_in_its_own_language(language: str, begin: str) -> None:
    """As far as that language is sound; what is wrong is quoted in English."""
    policy = CHINESE.replace("zh-CN", language).replace("26h", "26")
    with pytest.raises(PolicyError) as caught:
        load(policy, "policy.yaml", compose.kinds())
    (gap,) = build(failed_audit(caught.value, "", outside())).audit.gaps
    assert gap.detail.startswith(begin)


ROOT = Path(compose.__file__).parent
MADE = {"SourceError", "ApiError", "SecretError", "Gap", "Notice"}


SPEAKERS = sorted(
    path
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[0] not in {"report", "channels"}  # they know the language
)


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda p: str(p.name))
def test_no_detail_is_put_together_by_hand(path: Path) -> None:
    """An f-string is a plain text: it would stay English in every report."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in MADE:
                texts = args
            case ast.Assign(targets=[ast.Name(id="detail")], value=value):
                texts = [value]
            case _:
                continue
        for text in texts:
            is_plain = isinstance(text, ast.JoinedStr) or (
                isinstance(text, ast.Constant) and " " in str(text.value)
            )
            assert not is_plain, f"{path.name}:{text.lineno}"
