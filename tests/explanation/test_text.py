"""What people read, as a whole in ``explained.txt``, and machines; every place is the right one."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.explanation.build import explain, explain_unread
from backup_auditor.explanation.document import explanations_json
from backup_auditor.explanation.model import Explanation
from backup_auditor.explanation.text import explanations_text
from backup_auditor.model import Gap, GapReason, History, Restorable, Schedule
from backup_auditor.policy.model import PolicySet
from backup_auditor.speech import ENGLISH, Language

from tests.builders import NOW, before, failed, moment, resource, succeeded
from tests.explanation.samples import DAILY, FILES, POLICIES, RULES, explained, policies
from tests.report.samples import HOSTILE

GOLDEN = Path(__file__).parent / "explained.txt"
GAP = Gap("ucloud.uredis", "org-a", "hk", GapReason.REFUSED, "may not look")
PLACE = re.compile(r"([\w/]+\.yaml):(\d+):(\d+)")


def text_of(
    *found: Explanation,
    width: int = 120,
    gaps: tuple[Gap, ...] = (),
    more: int = 0,
    language: Language = ENGLISH,
) -> str:
    """Render for a wide terminal."""
    return explanations_text(found, gaps, language, more_of_them=more, width=width)


def sample(policies: PolicySet = POLICIES) -> Explanation:
    """Explain a resource with a failed backup, a large one, and many as usual."""
    newest = replace(DAILY[0], state_raw="Success", kind_raw="Auto")
    return explained(
        failed("1h", id="b-21", state_raw="Error"),
        newest,
        *DAILY[1:],
        policies=policies,
        tags={"Tag": "shop"},
    )


def json_document(found: Explanation) -> dict[str, Any]:
    """Return an explanation in JSON."""
    document = json.loads(explanations_json([found], [], ENGLISH, more=0))
    return dict(document["explanations"][0])


def test_the_whole_is_as_the_golden_file_shows_it() -> None:
    assert text_of(sample(), width=80) == GOLDEN.read_text("utf-8")


def standing_at(place: re.Match[str]) -> str:
    """Return what the policy says from ``place`` on."""
    lines = FILES[place[1]].splitlines()
    return lines[int(place[2]) - 1][int(place[3]) - 1 :]


def test_every_place_in_the_text_is_where_that_stands() -> None:
    """``what: value (place)``; a rule, its option, or the value of a setting stands there."""
    found = 0
    for line in text_of(sample()).splitlines():
        for place in PLACE.finditer(line):
            before, there = line[: place.start()].rstrip(" ("), standing_at(place)
            words = re.sub(
                r"^ *[✓✕?~·] | (passes|fails.*|is unknown)$|extends ", "", before
            ).strip()
            key, _, value = words.partition(": ")
            exemption = f"{{match: {{}}, .*owner: {key.partition(' ')[0]}"
            starts = (f"name: {key}", f"{key}:", value.partition(",")[0] or key)
            right = there.startswith(starts) or re.match(exemption, there)
            assert right or (value and there.startswith(f"[{value}]")), (line, there)
            found += 1
    assert found > 25


def pairs_in(value: Any) -> list[tuple[dict[str, Any], str]]:
    """Return every object of a document that has a place, with what stands there."""
    if isinstance(value, list):
        return [pair for item in value for pair in pairs_in(item)]
    if not isinstance(value, dict):
        return []
    place = PLACE.fullmatch(value.get("place", ""))
    own = [(value, standing_at(place))] if place else []
    return own + [pair for item in value.values() for pair in pairs_in(item)]


def test_every_place_in_the_json_is_where_that_stands() -> None:
    document = json.loads(explanations_json([sample()], [], ENGLISH, more=0))["explanations"][0]
    for one in document["rules"]:
        assert standing_at(PLACE.fullmatch(one["place"])).startswith(f"{one['rule']}:")  # type: ignore[arg-type]  # else it fails
        for option in one["options"]:
            for _, there in pairs_in(option["origin"]):
                assert there.startswith(f"{option['name']}: ")
    for key, origin in document["policy"]["origins"].items():
        ((_, there),) = pairs_in(origin)
        line = FILES[origin["place"].partition(":")[0]].splitlines()
        assert f"{key}: {there}" in "\n".join(line)
    owners = [there for one, there in pairs_in(document["exemptions"]) if one["owner"] in there]
    assert len(owners) == 2
    assert len(pairs_in(document)) > 25


def test_json_has_every_key_whatever_is_known() -> None:
    """What does not apply is an empty list or null, never a missing key."""
    several = [
        sample(),
        explained(name="staging-x", created_at=None),
        explain_unread(resource(), "refused", POLICIES, moment()),
    ]
    document = json.loads(explanations_json(several, [GAP], ENGLISH, more=3))
    assert (document["schema_version"], document["more"]) == (1, 3)
    assert document["gaps"][0]["reason"] == "refused"
    first, second, third = document["explanations"]
    assert first.keys() == second.keys() == third.keys()
    assert first["rules"][0].keys() == third["rules"][0].keys()
    assert (second["policy"], second["rules"], second["next_breach"]) == (None, [], None)
    assert (third["outcome"], third["unread"], third["rules"][0]["outcome"]) == (
        "unknown",
        "refused",
        None,
    )
    assert first["next_breach"] == {
        "rule": "last_success_age",
        "at": "2026-11-24T09:27:00Z",
        "in_seconds": 12000,
        "outcome": "fail",
        "message": "last success is 26 h old",
        "exemption": None,
    }
    assert first["rules"][0]["depends_on"] == ["b-20"]
    assert [one["exempt"] for one in first["rules"]] == [False, True, False, False]
    assert [one["covers"] for one in first["exemptions"]] == [["size_drift"], []]
    assert len(first["backups"]) == 13


@pytest.mark.parametrize("width", [1, 40, 57, 80, 120, 1000])
def test_no_line_is_wider_than_the_terminal_within_reason(width: int) -> None:
    long = explained(*DAILY, name="prod-" + "x" * 300, tags={"y" * 300: "z" * 300})
    lines = text_of(long, gaps=(replace(GAP, detail="w" * 900),), width=width).splitlines()
    assert max(map(len, lines)) <= min(120, max(40, width))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_on_their_line_and_move_nothing(name: str) -> None:
    hostile = succeeded("2h", id=name, state_raw=name, kind_raw=name)
    text = text_of(explained(hostile, name=name, zone=name, tags={name: name}))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u202e\ud800]", text)
    usual = text_of(explained(succeeded("2h"), name="x"))
    assert len(text.splitlines()) <= len(usual.splitlines()) + 8  # wider, so wrapped


def test_what_is_left_out_is_counted() -> None:
    many = explained(*(succeeded(f"{hour}h", id=f"n{hour}") for hour in range(1, 100)))
    text = text_of(many)
    assert "  ... and 89 more\n" in text
    assert "  What answers depend on was tried with 60 of them, newest and oldest.\n" in text


def test_an_exemption_of_old_faults_only_says_so() -> None:
    exempt = "{match: {}, owner: a, reason: b, until: 2026-12-31, began_before: 2026-11-20}"
    found = explained(*DAILY, policies=policies("size_drift: {}", f"exemptions: [{exempt}]"))
    assert (
        "      For all rules; now it covers nothing.\n"
        "      Only for what began before 2026-11-20 00:00 CST.\n"
        "      It ends in 37 d 9 h, at 2027-01-01 00:00 CST.\n"
    ) in text_of(found)


def test_of_many_backups_that_an_answer_depends_on_some_are_named() -> None:
    text = text_of(explained(*DAILY, policies=policies("backup_count: {min: 2}")))
    newest = ", ".join(f"b-{number}" for number in range(20, 10, -1))
    assert f"      Depends on {newest} and 2 more.\n" in text


def test_what_is_not_told_and_who_answers_are_said() -> None:
    odd = explained(succeeded(None, None, id="odd"), created_at=None)
    text = text_of(odd)
    assert "creation not told" in text
    assert "● odd: succeeded, automatic, no size, no time" in text
    assert text_of(explained()).endswith("BACKUPS, NEWEST FIRST\n  None is listed.\n")


def test_what_only_some_sources_tell_is_said() -> None:
    one = succeeded("1h", id="b", encrypted=True, locked_until=before("-30d"), is_clean=True)
    other = succeeded("2h", id="c", encrypted=False, locked_until=NOW, is_clean=False)
    copy = succeeded("3h", id="d", region="hk", account="vault", encrypted=True)
    found = History.of(
        resource(schedule=Schedule("0 3 * * *", "Asia/Shanghai")),
        [one, other],
        copies=[copy],
        restorable=Restorable(before("7d"), before("5m")),
    )
    text = text_of(explain(found, POLICIES, RULES, moment())).replace("\n    ", " ")
    assert ", due by its own schedule 0 3 * * * (Asia/Shanghai)" in text
    assert "  Every moment can be restored from Tue 2026-11-17 14:07 CST (7 d ago) until" in text
    assert ", encrypted, locked until 2026-12-24 14:07 CST\n" in text
    assert ", not encrypted, not locked, completed with issues\n" in text
    assert "\n\nCOPIES ELSEWHERE, NEWEST FIRST\n  ● d: succeeded, automatic, 10 MiB, Tue" in text
    assert ", in region hk, in account vault, encrypted\n" in text


def test_that_there_are_no_copies_is_said_and_that_nobody_tells_is_not() -> None:
    none = History.of(resource(), [succeeded()], copies=[])
    text = text_of(explain(none, POLICIES, RULES, moment()))
    assert "\n\nCOPIES ELSEWHERE, NEWEST FIRST\n  None is listed.\n" in text
    assert "COPIES" not in text_of(explained(succeeded()))


def test_the_json_has_what_only_some_sources_tell() -> None:
    copy = succeeded("3h", id="d", region="hk", encrypted=True, locked_until=NOW, is_clean=False)
    window = Restorable(before("7d"), before("5m"))
    of = resource(schedule=Schedule("0 3 * * *", "Asia/Shanghai"))
    told = History.of(of, [succeeded()], copies=[copy], restorable=window)
    one = json_document(explain(told, POLICIES, RULES, moment()))
    assert one["schedule"] == {"cron": "0 3 * * *", "timezone": "Asia/Shanghai"}
    ends = {"since": "2026-11-17T06:07:00Z", "until": "2026-11-24T06:02:00Z"}
    assert one["restorable"] == ends
    (row,) = one["copies"]
    assert (row["id"], row["region"], row["account"]) == ("d", "hk", None)
    assert (row["encrypted"], row["is_clean"]) == (True, False)
    assert row["locked_until"] == "2026-11-24T06:07:00Z"
    nothing = json_document(explained(succeeded()))
    assert (nothing["copies"], nothing["restorable"], nothing["schedule"]) == (None, None, None)


def test_a_resource_that_could_not_be_read_lists_its_rules_and_no_backups() -> None:
    text = text_of(explain_unread(resource(), "refused", POLICIES, moment()))
    assert text.startswith("UNKNOWN: prod-uredis-1 (uredis-1, org-test, cn-bj2), as of ")
    assert "  Governed by top, but no rule could be asked.\n" in text
    assert "  Its backups could not be read: refused.\n" in text
    assert "  ? size_drift not asked (team/b.yaml:11:7)\n" in text
    assert "BACKUPS" not in text
    assert "breach" not in text


def test_an_ungoverned_resource_is_told_with_every_refusal() -> None:
    text = text_of(explained(*DAILY, name="other"))
    assert "\n  No policy governs it.\n" in text
    assert "  Why none of them:\n  · staging (team/a.yaml:11:5): region is" in text
    assert "  · top (team/b.yaml:5:5): name is 'other', not 'prod-*'\n" in text


def test_several_are_told_one_after_the_other_then_what_is_missing() -> None:
    text = text_of(explained(*DAILY), explained(*DAILY, name="x"), gaps=(GAP,), more=2)
    assert text.count("\n\nPOLICY\n") == 2
    assert "\n\n2 more resources are called so and not explained here; ask for an id.\n" in text
    assert text.endswith(
        "\n\nCOULD NOT BE SEEN; ANOTHER ONE MAY BE THERE\n"
        "  ! ucloud.uredis org-a hk: may not look (refused)\n"
    )


def test_nothing_found_where_not_everything_was_seen_is_unknown() -> None:
    text = text_of(gaps=(replace(GAP, source="", account="", region=""),))
    assert text == (
        "UNKNOWN: no such resource was found, and not everything could be seen\n"
        "\nCOULD NOT BE SEEN\n  ! All: may not look (refused)\n"
    )


def test_where_no_rule_passes_none_can_breach() -> None:
    text = text_of(explained(name="prod-x", auto_backup=False))
    assert "  Next: no rule passes, so none can breach.\n" in text
