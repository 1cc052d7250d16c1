"""What a user's template may use: the interface that stays as it is.

``policies/TEMPLATES.md`` is made of this file, and the sandbox lets a template see nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from backup_auditor.model import (
    Assessment,
    Check,
    Day,
    Gap,
    Notice,
    Orphan,
    Resource,
    Run,
)
from backup_auditor.report.model import (
    Counts,
    CoverageRow,
    ExemptFinding,
    ExemptionLine,
    Finding,
    Report,
)
from backup_auditor.speech import Language

Names = Mapping[str, str]
"""Name -> what it is."""

VARIABLES: Names = {
    "report": "The report, a `Report`.",
    "run": "The run, a `Run`.",
    "verdict": "`PASS`, `FAIL` or `INCOMPLETE`, in any language; for colours and classes.",
    "verdict_word": "The same in the language of the report.",
    "started": "When the run began, as people read it.",
    "when(instant)": "An instant in the policy's time zone, and how long ago; `none` for none.",
    "duration": "How long the run took, such as `42 s`.",
    "most": "How many rows of a list to show; it falls until the whole is short enough.",
    "symbols": "Outcome, `exempt` or `ungoverned` -> its sign, such as `✕`.",
    "glyphs": "State of a day -> its sign, such as `●`.",
    "legend": "What the signs of a day strip mean.",
    "standing_words": "Outcome, `exempt` or `ungoverned` -> its word in the report's language.",
    "language": "The `Language` of the report.",
    "say(message, name=value)": "A message of ours in that language, its `{name}` filled in.",
    "count(one, many, n)": "The same for a number: `count('{n} backup', '{n} backups', 3)`.",
}
OF_THE_PAGE: Names = {
    "rows": "Every `Assessment`, worst first: what the script of the page shows.",
    "number(assessment)": "Its position in `rows`, for `data-row`, which opens its panel.",
    "data": 'What the script shows, as JSON for `<script type="application/json" id="data">`.',
    "script": "The script.",
    "script_hash": "Its SHA-256 in base64, for the Content-Security-Policy.",
    "style": "The style sheet.",
}
"""Of ``page.html.j2`` alone."""

NAMES = frozenset(name.partition("(")[0] for name in (*VARIABLES, *OF_THE_PAGE))
"""All of them, without their arguments."""

FILTERS: Names = {
    "printable": "On one line, at most 80 characters or as many as it is told: `printable(120)`.",
    "size": "Bytes in binary units: `1.5 GiB`.",
    "strip": "Days as signs, oldest first.",
    "strip_in_words": "Days as words: `backups on 12 of the last 14 days`.",
    "sparkline": "Sizes as bars.",
    "trend": "The first and the last of some sizes: `1.2 GiB → 310 MiB`.",
    "where": "Id, account and region of an `Assessment`.",
    "wrong": "All that is wrong with an `Assessment`, what is exempt too.",
    "in_numbers": "`Counts` as a sentence: `5 resources fine, 2 failing, 0 unknown; …`.",
    "in_line": "Texts as a list in one line: `a, b, c`.",
    "paragraph": "Sentences one after the other.",
    "listed": "A few labels on one line.",
    "severity": "A severity in the language of the report, such as `CRITICAL`.",
    "reason": "The `reason` of a `Gap` in the language of the report.",
    "standing": "`pass`, `fail`, `unknown`, `exempt` or `ungoverned`, of an `Assessment`.",
    "web_address": "The text where it may become a link, else nothing; for every `href`.",
    "bold": "A text in bold; for `.md.j2`.",
    "code": "A name as Markdown code; for `.md.j2`.",
    "link": "A link in Markdown: `address | web_address | link('Runbook')`; for `.md.j2`.",
}

TYPES: Mapping[type, Names] = {
    Report: {
        "subject": "Subject of a mail, in ASCII.",
        "headline": "The answer as one sentence with numbers.",
        "counts": "`Counts`.",
        "gaps": "What could not be audited: list of `Gap`.",
        "findings": "Worst first: list of `Finding`.",
        "exempt": "Findings that somebody answers for, worst first: list of `ExemptFinding`.",
        "exemptions": "Those that need attention first: list of `ExemptionLine`.",
        "exemptions_summary": "All exemptions by state in one sentence; empty for fewer than two.",
        "healthy": "Resources that pass: list of `Assessment`.",
        "worst_first": "All resources: `Assessment`, to loop over once.",
        "orphans": "Backups without a resource: list of `Orphan`.",
        "notices": "What is worth knowing about the audit itself: list of `Notice`.",
        "coverage": "What was asked and what answered: list of `CoverageRow`.",
        "policies": "(policy, number of resources); an empty name for those without one.",
    },
    Counts: {
        "resources": "All; `passed` + `failed` + `unknown`.",
        "fine": "Judged, and without any finding.",
        "passed": "Those whose outcome is pass.",
        "failed": "Those that fail.",
        "unknown": "Those that cannot be judged.",
        "exempt": "Those with exempt findings, whatever else they have.",
        "only_exempt": "Those that pass because all their findings are exempt.",
        "ungoverned": "Those that no policy governs.",
        "only_ungoverned": "Those that pass because no policy judges them.",
        "backups": "Backups seen.",
        "gaps": "Parts that could not be audited.",
    },
    Run: {
        "id": "Its id.",
        "started_at": "When it began: an instant.",
        "finished_at": "When all was judged: an instant.",
        "policy_digest": "`sha256:` and a digest.",
        "version": "Of backup-auditor.",
    },
    Gap: {
        "source": "The source; empty or `*` for all.",
        "account": "The account; empty or `*` for all.",
        "region": "The region; empty or `*` for all.",
        "reason": "Such as `refused` or `deadline`.",
        "detail": "What happened.",
    },
    Finding: {
        "severity": "`low`, `medium`, `high` or `critical`.",
        "outcome": "`fail` or `unknown`.",
        "title": "Name of the resource, or `12 resources in hk`.",
        "sentences": "What is wrong, worst first: list of texts.",
        "advice": "What to do; empty where nothing general can be said.",
        "since": "An instant, or none.",
        "members": "The resources concerned: list of `Assessment`.",
        "sole": "The `Assessment` where there is exactly one, else none.",
        "owner": "Who mends it.",
        "runbook": "An address.",
        "console": "Address of the provider's console; empty where it is not known.",
        "controls": "Labels of the controls that it concerns.",
        "missed": "Days before today without a good backup, where the newest one is too old.",
    },
    ExemptFinding: {
        "severity": "As of a `Finding`.",
        "outcome": "As of a `Finding`.",
        "assessment": "The resource: an `Assessment`.",
        "sentences": "What is wrong, worst first: list of texts.",
        "exemption": "Who answers for it, until when and why.",
        "controls": "Labels of the controls that it concerns.",
    },
    ExemptionLine: {
        "needs_attention": "True where it has ended, ends soon or matches nothing.",
        "mark": "`!` for what needs attention, else `·`.",
        "state": "Such as `active until 2026-12-31`.",
        "owner": "Who answers for it.",
        "reason": "Why.",
        "covers": "Such as `2 resources, 3 findings`.",
    },
    Assessment: {
        "resource": "A `Resource`.",
        "policy": "Name of its policy, or none.",
        "is_governed": "Whether some policy governs it.",
        "outcome": "`pass`, `fail` or `unknown`.",
        "checks": "What each rule answers: list of `Check`.",
        "findings": "Those that are wrong and not exempt, worst first.",
        "last_success_at": "When its newest usable backup was taken: an instant, or none.",
        "last_success_size_bytes": "How large that is, or none.",
        "backups": "How many were seen.",
        "days": "Its last days, oldest first: list of `Day`.",
        "sizes": "Up to 14 sizes of usable backups in bytes, oldest first.",
        "remembered": "How many usable backups of earlier audits are no longer listed.",
        "owner": "Who mends it.",
        "runbook": "An address.",
        "unread": "Why its backups could not be read; empty when they were.",
    },
    Resource: {
        "id": "Its id.",
        "name": "Its name.",
        "source": "Such as `ucloud.uredis`.",
        "provider": "Such as `ucloud`.",
        "account": "Its account or project.",
        "region": "Its region.",
        "zone": "Its zone.",
        "kind": "The provider's word for its kind.",
        "state": "The provider's word for its state.",
        "created_at": "An instant, or none.",
    },
    Check: {
        "rule": "The rule.",
        "outcome": "`pass`, `fail` or `unknown`.",
        "severity": "As of a `Finding`.",
        "message": "What the rule says.",
        "observed": "What was found.",
        "expected": "What is allowed.",
        "since": "An instant, or none.",
        "exempt": "Whether somebody answers for it.",
        "exemption": "Who, until when and why.",
        "advice": "What to do.",
        "controls": "Labels of the controls that the rule serves.",
    },
    Day: {
        "date": "The day.",
        "state": "Such as `succeeded` or `missing`; a key of `glyphs`.",
    },
    Orphan: {
        "source": "Its source.",
        "account": "Its account.",
        "region": "Its region.",
        "resource_id": "Id of the resource that is gone.",
        "name": "Its name.",
        "backups": "How many are left.",
        "newest_at": "An instant, or none.",
    },
    Language: {"code": "Such as `en` or `zh-CN`, for `lang` in HTML."},
    Notice: {"kind": "A word for machines.", "detail": "A sentence."},
    CoverageRow: {
        "source": "The source.",
        "account": "The account.",
        "region": "The region.",
        "resources": "How many were found.",
        "backups": "How many were seen.",
        "problem": "What did not answer; empty when everything did.",
    },
}
"""Type -> its attributes."""
