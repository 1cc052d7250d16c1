"""A comparison for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from backup_auditor.comparison.changes import Change, Comparison, Direction
from backup_auditor.model import Assessment, Gap
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.words import counted, printable, sentence, where
from backup_auditor.speech import ENGLISH


def comparison_text(found: Comparison, first: str, second: str) -> str:
    """Say what changes, one line a resource, worst first; the answer comes last.

    ``first`` and ``second`` are the addresses of the policies.
    """
    names = printable(first), printable(second)
    lines = [_line(change, *names) for change in found.changes]
    lines += [f"only with {names[1]} not audited: {_gap(gap)}" for gap in found.new_gaps]
    lines += [f"only with {names[0]} not audited: {_gap(gap)}" for gap in found.closed_gaps]
    verdicts = [VERDICT_WORDS[audit.verdict] for audit in (found.first, found.second)]
    lines.append(f"{verdicts[0]} -> {verdicts[1]}: {_answer(found, *names)}")
    return "\n".join(lines) + "\n"


def comparison_json(found: Comparison) -> str:
    """Return the same as JSON text."""
    audits = found.first, found.second
    document = {
        "compared": [audit.run.policy_digest for audit in audits],
        "verdicts": [audit.verdict for audit in audits],
        "changes": [_document(change) for change in found.changes],
        "unchanged": found.unchanged,
        "gaps": [[asdict(gap) for gap in gaps] for gaps in (found.closed_gaps, found.new_gaps)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _line(change: Change, first: str, second: str) -> str:
    resource = f"{printable(change.known.resource.name)} ({where(change.known)})"
    why = " ".join(sentence(check, ENGLISH) for check in change.reasons)
    if change.direction is Direction.BETTER:
        why = f"no longer: {why}"
    return f"{resource}: {_what(change, first, second)}{f': {why}' if why else ''}"


def _what(change: Change, first: str, second: str) -> str:
    old, new = change.first, change.second
    if old is None or new is None:
        only = second if old is None else first
        return f"only audited with {only}, {change.known.outcome}, {_policy(change.known)}"
    policies = _policy(old) if old.policy == new.policy else f"{_policy(old)} -> {_policy(new)}"
    return f"{old.outcome} -> {new.outcome}, {policies}"


def _policy(assessment: Assessment) -> str:
    return f"policy {printable(assessment.policy)}" if assessment.policy else "no policy"


def _gap(gap: Gap) -> str:
    places = [printable(place) for place in (gap.source, gap.account, gap.region) if place]
    return f"{', '.join(places)}: {printable(gap.detail, 400)}"


def _answer(found: Comparison, first: str, second: str) -> str:
    total = counted(found.unchanged + len(found.changes), "resource")
    worse, better = found.count(Direction.WORSE), found.count(Direction.BETTER)
    if worse or better:
        parts = [f"{worse + better} of {total} would change: {worse} worse, {better} better"]
    else:
        parts = [f"none of {total} would change"]
    parts += _only(found.count(Direction.ONLY_FIRST), first)
    parts += _only(found.count(Direction.ONLY_SECOND), second)
    return f"{'; '.join(parts)}."


def _only(number: int, policy: str) -> Iterator[str]:
    if number:
        yield f"{counted(number, 'resource')} only audited with {policy}"


def _document(change: Change) -> dict[str, Any]:
    resource, old, new = change.known.resource, change.first, change.second
    return {
        "id": resource.id,
        "name": resource.name,
        "source": resource.source,
        "account": resource.account,
        "region": resource.region,
        "from": old.outcome if old else None,
        "to": new.outcome if new else None,
        "policy_from": old.policy if old else None,
        "policy_to": new.policy if new else None,
        "why": [sentence(check, ENGLISH) for check in change.reasons],
    }
