"""Say why a resource comes out as it does, and when it breaches next."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from backup_auditor import compose
from backup_auditor.collect import as_source_error
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_now, add_output, add_policy, check_output, emit
from backup_auditor.commands._snapshots import add_replay, prepared
from backup_auditor.errors import UsageError
from backup_auditor.explanation.build import explain, explain_unread
from backup_auditor.explanation.document import explanations_json
from backup_auditor.explanation.model import Explanation
from backup_auditor.explanation.text import explanations_text
from backup_auditor.gather import Gathered, called, gather
from backup_auditor.model import Gap, GapReason, History, Outcome, Resource
from backup_auditor.outcome import ExitCode
from backup_auditor.report.words import counted, printable
from backup_auditor.rules import Moment
from backup_auditor.run import Plan
from backup_auditor.sources import Unread
from backup_auditor.speech import Language, language, phrase

FORMATS = ("text", "json")
_MOST = 20
_MOST_NEAR, _LONGEST = 5, 200


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("resource", metavar="RESOURCE", help="id or name of a resource")
    add_policy(parser)
    add_output(parser, FORMATS)
    add_now(parser)
    add_replay(parser)
    parser.set_defaults(save_snapshot=None, select=[])  # what else an audit can be asked for


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Find the resource, explain it, and leave as an audit of it alone would."""
    if not given.resource:
        raise UsageError("RESOURCE is empty; write the id or the name of a resource")
    check_output(given.output)
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    known: set[str] = set()
    with prepared(given, policies, outside, streams.err) as (plan, world):
        moment = Moment(world.now(), policies.timezone)
        found = gather(plan, world, _Wanted(given.resource, known))
    items: list[History | Unread] = [*found.unread, *found.histories]
    if not items:
        _say_nothing_found(given.resource, known, found, plan, streams)
    explained = [_explained(item, plan, moment) for item in items[:_MOST]]
    tongue = language(policies.language)
    said = _said(given.format, explained, found.gaps, tongue, more=len(items) - len(explained))
    told = f"{counted(len(explained), 'resource')} explained. "
    emit(given.output, said, streams, told)
    outcomes = {one.assessment.outcome for one in explained}
    if Outcome.FAIL in outcomes:
        return ExitCode.FAIL
    seen_all = len(items) == len(explained) and not found.gaps
    return ExitCode.PASS if outcomes == {Outcome.PASS} and seen_all else ExitCode.INCOMPLETE


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Wants what is called ``word``, and keeps how everything is called."""

    word: str
    known: set[str]

    def __call__(self, resource: Resource) -> bool:
        self.known.update((resource.id[:_LONGEST], resource.name[:_LONGEST]))
        return called(self.word)(resource)


def _explained(item: History | Unread, plan: Plan, moment: Moment) -> Explanation:
    if isinstance(item, History):
        try:
            return explain(item, plan.policies, plan.rules, moment)
        except Exception as error:  # noqa: BLE001 - a faulty rule must not look like a pass
            item = Unread(item.resource, as_source_error(error))
    return explain_unread(item.resource, item.error.detail, plan.policies, moment)


def _say_nothing_found(
    word: str, known: set[str], found: Gathered, plan: Plan, streams: Streams
) -> None:
    """Say which names are near; raises UsageError where there is nothing that was not seen."""
    if plan.select is not None:
        detail = phrase("the snapshot holds some of the resources only")
        found.gaps.append(Gap("", "", "", GapReason.INCOMPLETE, detail))
    near = [name for name in sorted(known) if word.lower() in name.lower()]
    near += get_close_matches(word[:_LONGEST], sorted(known - {*near}), n=_MOST_NEAR)
    names = ", ".join(printable(name) for name in near[:_MOST_NEAR])
    hint = f"; near: {names}" if names else ""
    called_so = f"has the id or the name {printable(word)!r}{hint}"
    if not found.gaps:
        raise UsageError(f"no resource {called_so}")
    print(f"backup-auditor: no resource that could be seen {called_so}", file=streams.err)


def _said(
    form: str,
    explained: Sequence[Explanation],
    gaps: Sequence[Gap],
    tongue: Language,
    *,
    more: int,
) -> str:
    if form == "json":
        return explanations_json(explained, gaps, tongue, more=more)
    width = shutil.get_terminal_size().columns
    return explanations_text(explained, gaps, tongue, more_of_them=more, width=width)
