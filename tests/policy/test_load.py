"""Text becomes a policy or an error with places; ``test_files`` has a file for every mistake."""

import contextlib
from collections.abc import Mapping

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.model import Resource, Severity
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Origin, PolicySet
from hypothesis import given
from hypothesis import strategies as st

KINDS = kinds()
GOOD = """version: 1
timezone: Asia/Shanghai
sources:
  - ucloud.uredis: {regions: [hk], projects: all, expect: {min_resources: 2}}
defaults: {severity: low, owner: ops@example.com, grace: 3h}
policies:
  - name: first
    match: {name: [prod-*, 生产], account: 123, tags: {Tag: shop}, not: {region: sg}}
    severity: critical
    runbook: https://example.com/r
    rules:
      last_success_age: {max: 1d12h, severity: high}
      auto_backup:
  - {name: second, match: {}, owner: x, grace: 5h, rules: {error_state: {}}}
channels:
  - slack: {url: "env:A", send: failing}
  - slack: {url: "http://127.0.0.1:1/x"}
  - webhook: {url: "secretsmanager:a/b#url", secret: "ssm:/x"}
ungoverned: report
"""


def loaded(text: str) -> PolicySet:
    """Load with the real kinds."""
    return load(text, "p.yaml", KINDS)


def problems(text: str) -> list[str]:
    """Return what is wrong, one line each."""
    with pytest.raises(PolicyError) as caught:
        loaded(text)
    return str(caught.value).splitlines()


def test_a_set_of_policies_may_have_a_name() -> None:
    assert loaded(GOOD).name == ""
    assert loaded(f"name: eu_prod-2\n{GOOD}").name == "eu_prod-2"


def test_a_policy_says_what_it_says() -> None:
    found = loaded(GOOD)
    first, second = found.policies
    assert found.timezone.key == "Asia/Shanghai"
    assert [use.severity for use in first.rules] == [Severity.HIGH, Severity.CRITICAL]
    assert (first.owner, second.owner) == ("ops@example.com", "x")
    assert (first.grace.total_seconds(), second.grace.total_seconds()) == (3 * 3600, 5 * 3600)
    assert [channel.name for channel in found.channels] == ["slack", "slack-2", "webhook"]
    assert str(first.place) == "p.yaml:7:5"
    shop = Resource("i", "prod-x", "s", "123", "hk", tags={"Tag": "shop"})
    assert first.selector.matches(shop)
    assert not first.selector.matches(Resource("i", "prod-x", "s", "123", "sg", tags=shop.tags))
    assert not first.selector.matches(Resource("i", "prod-x", "s", "123", "hk"))


@pytest.mark.parametrize(
    ("rules", "hours"), [("last_success_age: {max: 8d}", 192), ("error_state: {}", 24)]
)
def test_grace_is_the_greatest_age_that_is_allowed_else_a_day(rules: str, hours: int) -> None:
    text = (
        "version: 1\nsources: [ucloud.uredis]\n"
        f"policies: [{{name: a, match: {{}}, rules: {{{rules}}}}}]\n"
    )
    assert loaded(text).policies[0].grace.total_seconds() == hours * 3600


def test_the_digest_is_that_of_the_text() -> None:
    assert loaded(GOOD).digest == loaded(GOOD).digest
    assert loaded(GOOD).digest != loaded(GOOD + "\n").digest


def test_the_channels_that_are_sound_are_kept_for_telling() -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(GOOD.replace("version: 1", "version: 2").replace('"ssm:/x"', "plain"))
    assert [getattr(c, "name", "") for c in caught.value.channels] == ["slack", "slack-2"]


def test_the_heartbeat_that_is_sound_is_kept_for_telling() -> None:
    for heartbeat, url in (("{url: env:H}", "env:H"), ("{url: plain}", None)):
        with pytest.raises(PolicyError) as caught:
            loaded(GOOD.replace("version: 1", "version: 2") + f"heartbeat: {heartbeat}\n")
        assert getattr(caught.value.heartbeat, "url", None) == url


def test_a_fallback_that_leads_nowhere_is_no_fallback_of_a_channel_that_is_sound() -> None:
    circle = "- slack: {url: env:A, fallback: slack-2}\n  - slack: {url: env:B, fallback: slack}"
    for channels in ("- slack: {url: env:A, fallback: x}", circle):
        with pytest.raises(PolicyError) as caught:
            loaded(GOOD.partition("channels:")[0] + f"channels:\n  {channels}\n")
        assert {getattr(c, "fallback", "?") for c in caught.value.channels} == {""}


def test_a_secret_in_a_policy_is_refused_and_never_repeated() -> None:
    for value in ('"https://hooks.example.com/T0PSECRET"', "{T0PSECRET: 1}", "[T0PSECRET]"):
        found = problems(GOOD.replace('"env:A"', value))
        assert "a secret does not belong in a policy" in found[0]
        assert "T0PSECRET" not in "".join(found)
    assert "T0PSECRET" not in "".join(problems(GOOD + "# x\n  - slack: T0PSECRET\n"))


def test_size_and_aliases_are_bounded() -> None:
    assert "longer than" in problems("x" * 1_048_577)[0]
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    assert "too many or too deeply nested" in problems(bomb)[-1]
    assert "too many or too deeply nested" in problems("[" * 40 + "]" * 40)[-1]
    assert "too many or too deeply nested" in problems("[" * 5000)[0]
    assert "the alias *a stands inside itself" in problems("a: &a [*a]")[-1]


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_an_error_with_places(text: str) -> None:
    for problem in problems(text):
        assert problem


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=4), st.integers(0, 12))
def test_any_change_of_a_good_policy_is_loaded_or_refused(at: int, new: str, cut: int) -> None:
    with contextlib.suppress(PolicyError):
        assert loaded(GOOD[:at] + new + GOOD[at + cut :]).policies


LAYERED = """version: 1
sources: [ucloud.uredis]
defaults: {severity: low, owner: ops}
policies:
  - name: base
    abstract: true
    controls: [A.8.13]
    rules:
      last_success_age: {max: 26h}
      size_drift: {shrink: 20%}
  - name: middle
    abstract: true
    extends: base
    rules:
      size_drift: {growth: 50%}
  - name: top
    match: {}
    extends: middle
    runbook: https://example.com/r
    rules:
      size_drift: {shrink: 30%}
"""


def test_every_option_knows_which_policy_says_it() -> None:
    (policy,) = loaded(LAYERED).policies
    uses = {use.rule: use for use in policy.rules}

    def told(origins: Mapping[str, Origin]) -> dict[str, tuple[str, str]]:
        return {key: (str(one.place), one.policy) for key, one in origins.items()}

    assert (uses["last_success_age"].policy, uses["size_drift"].policy) == ("base", "top")
    assert told(uses["size_drift"].origins) == {
        "severity": ("p.yaml:3:22", ""),
        "controls": ("p.yaml:7:15", "base"),
        "shrink": ("p.yaml:21:20", "top"),
        "growth": ("p.yaml:15:20", "middle"),
    }
    assert told(policy.origins) == {
        "severity": ("p.yaml:3:22", ""),
        "owner": ("p.yaml:3:34", ""),
        "controls": ("p.yaml:7:15", "base"),
        "runbook": ("p.yaml:19:14", "top"),
    }


@pytest.mark.parametrize(
    "source",
    [f"ucloud.{name}" for name in ("uclickhouse", "uddb", "udts", "ues", "ufs", "uhadoop")]
    + [f"ucloud.{name}" for name in ("uk8s", "ukafka", "upfs", "utsdb")],
)
def test_a_service_that_lists_no_backups_is_refused_with_the_reason(source: str) -> None:
    (line,) = problems(GOOD.replace("ucloud.uredis: {", f"{source}: {{"))
    assert f"{source} cannot be verified through the API: it " in line
    assert "unknown source" not in line


def test_no_source_is_called_unverifiable() -> None:
    assert KINDS.unverifiable
    assert not KINDS.unverifiable.keys() & KINDS.sources.keys()
