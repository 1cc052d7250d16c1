"""Check policy files."""

from __future__ import annotations

import argparse

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_now, add_policy
from backup_auditor.commands._problems import print_problems
from backup_auditor.commands._templates import faults, idle_ones
from backup_auditor.errors import PolicyError, UsageError
from backup_auditor.model import Fact
from backup_auditor.outcome import ExitCode
from backup_auditor.outside import Outside
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.model import PolicySet
from backup_auditor.policy_file import CASES_SUFFIX
from backup_auditor.report.words import counted
from backup_auditor.rules import load_rules
from backup_auditor.sources import load_sources


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "addresses",
        nargs="*",
        metavar="ADDRESS",
        help="policies to check, one by one: files, folders or s3:// addresses",
    )
    add_policy(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit 2 also for warnings: what is allowed, and probably not meant",
    )
    add_now(parser)


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Tell everything that is wrong with each policy, and what a sound one holds."""
    outside = compose.world(streams.environ)
    named = [*([given.policy] if given.policy else []), *given.addresses]
    checked = [_check(address, given, streams, outside) for address in named or [None]]
    return ExitCode.PASS if all(checked) else ExitCode.USAGE


def _check(
    address: str | None, given: argparse.Namespace, streams: Streams, outside: Outside
) -> bool:
    """Tell about one policy; return whether it may be used."""
    where = compose.address_of(address, outside)
    where = "inline policy" if "\n" in where else where
    try:
        policies = compose.load_policies(address, outside)
    except PolicyError as error:
        return _is_only_cases(where, error, streams)
    except UsageError as error:
        print(f"backup-auditor: {error}", file=streams.err)
        return False
    overrides = compose.overrides(policies, outside)
    broken = list(faults(policies, overrides))
    if broken:
        print_problems(broken, streams)
        print(f"{where}: {counted(len(broken), 'problem')} in its templates", file=streams.err)
        return False
    warnings = [
        *doubts(policies, load_rules(), given.now or outside.now(), _told()),
        *idle_ones(policies, overrides),
    ]
    print_problems(warnings, streams, "warning")
    if given.strict and warnings:
        said = f"{counted(len(warnings), 'warning')}; --strict asks for none"
        print(f"{where}: {said}", file=streams.err)
        return False
    print(f"{where}: sound; {_contents(policies)}", file=streams.out)
    return True


def _is_only_cases(where: str, error: PolicyError, streams: Streams) -> bool:
    """Return whether it holds cases, as some of ``policies/*.yaml`` do; else tell the problems."""
    if where.endswith(CASES_SUFFIX):
        print(f"{where}: no policy; `backup-auditor test` runs its cases", file=streams.out)
        return True
    print_problems(error.problems, streams)
    print(f"{where}: {counted(len(error.problems), 'problem')} in the policy", file=streams.err)
    return False


def _told() -> dict[str, frozenset[Fact]]:
    return {name: kind.tells for name, kind in load_sources().items()}


def _contents(policies: PolicySet) -> str:
    parts = (
        counted(len(policies.policies), "policy", "policies"),
        counted(len(policies.sources), "source"),
        counted(len(policies.channels), "channel"),
    )
    return ", ".join(parts)
