"""From a policy to channels that are ready: names, parts, and what stands in for what."""

import pytest
from backup_auditor import compose
from backup_auditor.delivery import Target
from backup_auditor.errors import UsageError
from backup_auditor.policy.load import load
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.parts import Claim

from tests.fakes import outside

POLICY = """
version: 1
sources: [ucloud.uredis]
policies: [{name: all, match: {}, rules: {auto_backup: {}}}]
channels:
  - file: {folder: a, fallback: b}
  - file: {folder: b, name: b, owner: shop, fallback: c}
  - file: {folder: c, name: c, send: fallback}
  - file: {folder: d, send: failing, fallback: c}
"""


def built(*only: str) -> list[Target]:
    """Build channels, all or some."""
    requests = load(POLICY, "p.yaml", compose.kinds()).channels
    return list(compose.targets(requests, outside(), only or None))


def chain(target: Target) -> list[str]:
    """Return the names of a channel and of what stands in for it."""
    return [target.name, *(chain(target.fallback) if target.fallback else [])]


def test_channels_come_with_what_stands_in_for_them() -> None:
    assert [chain(one) for one in built()] == [
        ["file", "b", "c"],
        ["b", "c"],
        ["c"],
        ["file-4", "c"],
    ]
    assert [chain(one) for one in built("file-4", "file")] == [["file", "b", "c"], ["file-4", "c"]]


def test_each_has_its_part_and_its_time() -> None:
    first, second, third, fourth = built()
    assert [one.when for one in (first, third, fourth)] == [
        SendWhen.ALWAYS,
        SendWhen.FALLBACK,
        SendWhen.FAILING,
    ]
    assert first.part.is_everything
    assert second.part.own == Claim(owners=("shop",))


def test_a_channel_is_another_one_for_each_use_since_it_may_remember_what_has_arrived() -> None:
    first, second, third, fourth = built()
    assert first.fallback is not None
    assert fourth.fallback is not None
    uses = [first.fallback.channel, second.channel, third.channel, fourth.fallback.channel]
    assert len({id(channel) for channel in uses}) == len(uses)


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no channel 'x'; it has: file, b, c, file-4"):
        built("x")
