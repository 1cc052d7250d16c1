"""What the rules say is said in Chinese as well: each answer of each rule, through the judge."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.judge import judge, unread
from backup_auditor.model import Backup, BackupKind, Check, Schedule, Verdict
from backup_auditor.policy.load import load
from backup_auditor.policy.model import PolicySet
from backup_auditor.report.spoken import said
from backup_auditor.rules import Rule
from backup_auditor.speech import Phrase, language, phrase
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    before,
    expired,
    failed,
    history,
    moment,
    resource,
    running,
    succeeded,
    unclear,
    window,
)
from tests.rules.test_every_rule import HISTORIES, ONCE, RULES, example

CHINESE = language("zh-CN")
NEUTRAL = re.compile(r"\d+|[\d.]+ (?:[KMGTP]i)?B|[\d.]+ %|")
"""A number, a size, a percentage, or nothing."""
ENGLISH_WORD = re.compile(r"\b(?!CST|[KMGTP]iB)[A-Za-z]{2,}")

NO = False
Case = tuple[str, list[Backup], str, str, str]
NO_TIME = "可用备份均无时间信息，无法得知距今多久"
ROBUST = "100 B 至 400 B，或与通常大小相差不超过 5.0 个稳健偏差"


def sized(*sizes: int | None) -> list[Backup]:
    """Return hourly backups of these sizes, the newest first."""
    return [succeeded(f"{age + 1}h", size) for age, size in enumerate(sizes)]


def policies(rule: str = "auto_backup: {}", entry: str = "") -> PolicySet:
    """Return a set with one policy that has one rule."""
    text = (
        f"version: 1\nlanguage: zh-CN\ntimezone: Asia/Shanghai\nsources: [ucloud.uredis]\n{entry}\n"
    )
    text += f"policies:\n  - {{name: all, match: {{region: cn-bj2}}, rules: {{{rule}}}}}\n"
    return load(text, "p.yaml", kinds())


def spoken(rule: str, backups: list[Backup], **fields: Any) -> Check:
    """Judge, and say the only check in Chinese."""
    found = judge(history(*backups, of=resource(**fields)), policies(rule), RULES, moment())
    return said(found.checks[0], CHINESE.of)


AGE, GAP = "last_success_age: {max: 26h}", "backup_gap: {max: 50h}"
KEPT, RPO = "retention: {min: 30d, max: 365d}", "rpo: {target: 26h}"
CASES: list[Case] = [
    (AGE, [succeeded("2h")], "最近一次成功备份距今 2 小时", "2 小时", "不超过 26 小时"),
    (AGE, [succeeded("3d4h")], "最近一次成功备份距今 3 天 4 小时", "3 天 4 小时", "不超过 26 小时"),
    (AGE, [], "从未备份", "无", "不超过 26 小时"),
    (
        AGE,
        [failed("1h"), failed("2h"), expired("3h"), running("4h"), unclear("5h")],
        "已没有可用备份：2 个失败、1 个已过期、1 个进行中、1 个状态未知",
        "无",
        "不超过 26 小时",
    ),
    (AGE, [succeeded(None)], NO_TIME, "无时间信息", "不超过 26 小时"),
    (
        AGE,
        [succeeded("50h"), succeeded(None)],
        "最近一次成功备份距今 2 天 2 小时，但可能有更新的备份，只是没有时间信息",
        "2 天 2 小时",
        "不超过 26 小时",
    ),
    (
        "last_success_age: {schedule: 0 3 * * *}",
        [succeeded("2h")],
        "最近一次成功备份距今 2 小时",
        "2 小时",
        "晚于 2026-11-24 03:00 CST",
    ),
    (
        "last_success_age: {max: 26h, kinds: [automatic]}",
        [succeeded("2h"), succeeded("1h", kind=BackupKind.MANUAL)],
        "最近一次成功备份距今 2 小时（只计自动备份）",
        "2 小时",
        "不超过 26 小时",
    ),
    (
        "last_success_age: {max: 26h, kinds: [automatic, manual]}",
        [failed("1h", kind=BackupKind.UNKNOWN)],
        "从未备份（只计自动和手动备份）",
        "无",
        "不超过 26 小时",
    ),
    ("backup_count: {min: 1}", [succeeded("2h")], "1 个可用备份", "1", "至少 1 个"),
    (
        "backup_count: {min: 3, within: 7d}",
        [succeeded("2h"), succeeded(None)],
        "最近 7 天内有 1 个可用备份，没有时间信息的不计在内",
        "1",
        "最近 7 天内至少 3 个",
    ),
    (
        GAP,
        [succeeded("2h"), succeeded("26h")],
        "最长有 24 小时没有可用备份，截至 2026-11-24 12:07 CST；14 天中仅最近 26 小时可判断",
        "24 小时",
        "不超过 2 天 2 小时",
    ),
    (
        GAP,
        [succeeded("80h"), failed("20d")],
        "最长有 10 天 16 小时没有可用备份，截至 2026-11-21 06:07 CST；最近 14 天均可判断",
        "10 天 16 小时",
        "不超过 2 天 2 小时",
    ),
    (
        GAP,
        [succeeded("80h"), succeeded(None)],
        (
            "最长有 3 天 8 小时没有可用备份，持续至今；14 天中仅最近 3 天 8 小时可判断，"
            "但其间可能有备份，只是没有时间信息"
        ),
        "3 天 8 小时",
        "不超过 2 天 2 小时",
    ),
    (
        KEPT,
        [succeeded("40d")],
        "最早的可用备份距今 40 天",
        "40 天",
        "不少于 30 天，不超过 365 天",
    ),
    (
        "retention: {max: 3d}",
        [succeeded("4d"), succeeded(None)],
        "最早的可用备份距今 4 天，但可能有更早的备份，只是没有时间信息",
        "4 天",
        "不超过 3 天",
    ),
    (
        "retention: {min: 200d}",
        [succeeded("90d")],
        "最早的可用备份距今 90 天，而资源创建至今也不超过 200 天",
        "90 天",
        "不少于 200 天",
    ),
    (
        RPO,
        [succeeded("2h"), succeeded("50h"), expired("60d")],
        "3.8 % 的时间有距当时不超过 26 小时的备份；最近 30 天均可判断",
        "3.8 %",
        "至少 99 % 的时间有距当时不超过 26 小时的备份",
    ),
    (
        RPO,
        [succeeded("0h")],
        "100 % 的时间有距当时不超过 26 小时的备份；30 天中仅当前时刻可判断",
        "100 %",
        "至少 99 % 的时间有距当时不超过 26 小时的备份",
    ),
    (
        RPO,
        [succeeded("52h"), succeeded(None)],
        (
            "50 % 的时间有距当时不超过 26 小时的备份；30 天中仅最近 2 天 4 小时可判断，"
            "但没有时间信息的备份可能覆盖更多时间"
        ),
        "50 %",
        "至少 99 % 的时间有距当时不超过 26 小时的备份",
    ),
    (
        RPO,
        [succeeded("2h"), succeeded("-10m")],
        "最新备份的时间在 10 分钟之后：时钟不一致",
        "10 分钟后",
        "至少 99 % 的时间有距当时不超过 26 小时的备份",
    ),
    ("error_state: {}", [succeeded("2h")], "最近一次备份没有失败", "没有失败", "最多连续失败 0 次"),
    ("error_state: {}", [failed("2h")], "最近 1 次备份失败", "1 个失败", "最多连续失败 0 次"),
    (
        "error_state: {tolerate: 1}",
        [failed("2h"), failed("3h")],
        "最近 2 次备份失败",
        "2 个失败",
        "最多连续失败 1 次",
    ),
    ("error_state: {}", [], "没有备份，无从得知其状态", "无", ""),
    ("error_state: {}", [running("30h")], "有备份已运行 30 小时", "30 小时", "应在 24 小时内完成"),
    (
        "error_state: {}",
        [running(None)],
        "有备份正在进行，但开始时间不明",
        "无时间信息",
        "应在 24 小时内完成",
    ),
    ("error_state: {}", [unclear("2h")], "最新备份的状态未知：未说明", "无", "最多连续失败 0 次"),
    (
        "error_state: {}",
        [unclear("2h", state_raw="Odd")],
        "最新备份的状态未知：'Odd'",
        "Odd",
        "最多连续失败 0 次",
    ),
    ("minimum_size: {min: 1KiB}", sized(2048), "最新的备份为 2 KiB", "2 KiB", "至少 1 KiB"),
    ("minimum_size: {min: 1KiB}", [], "没有可用备份，无从衡量大小", "无", "至少 1 KiB"),
    (
        "minimum_size: {min: 1KiB}",
        sized(None),
        "最新的备份没有大小信息",
        "无大小信息",
        "至少 1 KiB",
    ),
    ("size_drift: {}", sized(1, 100, 100), "样本积累中（2/3）", "1 B", ""),
    ("size_drift: {}", sized(0), "最新的备份是空的", "0 B", "大于 0 B"),
    (
        "size_drift: {frozen: 2}",
        sized(7, 7),
        "最近 2 个备份大小相同，均为 7 B",
        "7 B",
        "大小应有变化",
    ),
    (
        "size_drift: {}",
        sized(90, 100, 100, 100),
        "最新的备份为 90 B，与往常相当",
        "90 B",
        "50 B 至 200 B",
    ),
    (
        "size_drift: {}",
        sized(49, 100, 100, 100),
        "最新的备份为 49 B，比通常的 100 B 小 51 %",
        "49 B",
        "50 B 至 200 B",
    ),
    (
        "size_drift: {}",
        sized(201, 100, 100, 100),
        "最新的备份为 201 B，比通常的 100 B 大 101 %",
        "201 B",
        "50 B 至 200 B",
    ),
    (
        "size_drift: {sensitivity: 5}",
        sized(80, 200, 180, 220),
        "最新的备份为 80 B，比通常的 200 B 小 60 %，但仅相差 4.0 个稳健偏差",
        "80 B",
        ROBUST,
    ),
    (
        "size_drift: {sensitivity: 5}",
        sized(20, 200, 180, 220),
        "最新的备份为 20 B，比通常的 200 B 小 90 %，相差 6.1 个稳健偏差",
        "20 B",
        ROBUST,
    ),
    ("auto_backup: {}", [], "自动备份已开启", "开启", "应为开启"),
    ("encrypted: {}", [succeeded(encrypted=True)], "最新的备份已加密", "已加密", "应已加密"),
    ("encrypted: {}", [succeeded()], "数据来源未说明最新的备份是否加密", "未说明", "应已加密"),
    (
        "completed_cleanly: {}",
        [succeeded(is_clean=NO)],
        "最新的备份完成时有问题",
        "有问题",
        "应无问题地完成",
    ),
    (
        "immutable: {min: 30d}",
        [succeeded("2d", locked_until=before("-5d"))],
        "最新的备份锁定 7 天",
        "7 天",
        "至少锁定 30 天",
    ),
    (
        "immutable: {min: 30d}",
        [succeeded("2d", locked_until=before("1d"))],
        "最新备份的锁定已于 24 小时前结束",
        "24 小时",
        "至少锁定 30 天",
    ),
    (
        "duration: {max: 4h, growth: 100%}",
        [succeeded("2d", finished_at=before("43h"))],
        "最新的备份耗时 5 小时",
        "5 小时",
        "不超过 4 小时",
    ),
    (
        "duration: {growth: 100%}",
        [succeeded("2d", finished_at=before("43h"))],
        "最新的备份耗时 5 小时；样本积累中（0/3）",
        "5 小时",
        "",
    ),
    (
        "copy_elsewhere: {max_age: 26h}",
        [succeeded("2h")],
        "数据来源未说明有哪些副本",
        "未说明",
        "异地副本距今不超过 26 小时",
    ),
]


@pytest.mark.parametrize(("rule", "backups", "message", "observed", "expected"), CASES)
def test_an_answer_is_said_in_chinese(
    rule: str, backups: list[Backup], message: str, observed: str, expected: str
) -> None:
    check = spoken(rule, backups)
    assert (check.message, check.observed, check.expected) == (message, observed, expected)


@pytest.mark.parametrize(
    ("auto_backup", "message", "observed"),
    [(False, "自动备份已关闭", "关闭"), (None, "数据来源未说明自动备份是否开启", "未说明")],
)
def test_a_setting_is_said_in_chinese(
    auto_backup: bool | None,
    message: str,
    observed: str,
) -> None:
    check = spoken("auto_backup: {}", [], auto_backup=auto_backup)
    assert (check.message, check.observed, check.expected) == (message, observed, "应为开启")
    assert check.advice == "请在控制台开启自动备份。"


@pytest.mark.parametrize(
    ("rule", "due"), [(AGE, "2026-11-25 14:07"), ("error_state: {}", "2026-11-25 12:07")]
)
def test_a_new_resource_is_said_to_be_new(rule: str, due: str) -> None:
    check = spoken(rule, [], created_at=before("2h"))
    assert check.message == f"新资源，首次备份应在 {due} CST 之前完成"


def test_what_nobody_governs_and_what_could_not_be_read_are_said_in_chinese() -> None:
    other = resource(region="hk")
    ungoverned = said(judge(history(of=other), policies(), RULES, moment()).checks[0], CHINESE.of)
    assert ungoverned.message == "没有策略适用于此资源"
    assert ungoverned.advice == "请添加一条与其匹配的策略，或设置 `ungoverned: report`。"
    why = phrase("never backed up")
    not_read = said(unread(resource(), why, policies()).checks[0], CHINESE.of)
    assert not_read.message == "无法读取其备份：从未备份"


def test_who_answers_for_a_finding_is_said_in_chinese() -> None:
    entry = "exemptions: [{match: {}, owner: jane, reason: 迁移中, until: 2026-12-31}]"
    found = judge(history(), policies(AGE, entry), RULES, moment())
    assert said(found.checks[0], CHINESE.of).exemption == "jane（至 2026-12-31）：迁移中"


@pytest.mark.parametrize(
    ("rule", "until", "message"),
    [
        (AGE, "5m", "时间点恢复可至 2026-11-24 14:02 CST，距今 5 分钟"),
        (AGE, "-9m", "时间点恢复可至 9 分钟之后：时钟不一致"),
        (KEPT, "5m", "时间点恢复可至 2026-11-24 14:02 CST，最早可回溯 40 天"),
        (
            GAP,
            "5m",
            (
                "最长有 5 分钟没有可用备份，持续至今；最近 14 天均可判断，"
                "其中时间点恢复可至 2026-11-24 14:02 CST"
            ),
        ),
    ],
)
def test_point_in_time_recovery_is_said_in_chinese(rule: str, until: str, message: str) -> None:
    covered = history(restorable=window("40d", until))
    found = judge(covered, policies(rule), RULES, moment())
    assert said(found.checks[0], CHINESE.of).message == message


def test_that_a_source_tells_no_schedule_is_said_in_chinese() -> None:
    rule = "last_success_age: {schedule: source}"
    check = spoken(rule, [succeeded("2h")])
    assert check.message == "数据来源未说明何时应有备份"
    assert (check.observed, check.expected) == ("未说明", "晚于数据来源所示最近一次应有的备份")
    check = spoken(rule, [succeeded("2h")], schedule=Schedule("often", "UTC"))
    assert check.message == "无法理解数据来源给出的计划：'often'（时区 'UTC'）"


@ONCE
def test_what_to_do_is_said_in_chinese(rule: Rule) -> None:
    advice = CHINESE.of(rule.advice)
    assert advice.endswith("。")
    assert not ENGLISH_WORD.search(advice)


def texts(verdict: Verdict) -> list[str]:
    """Return what people read of a verdict."""
    return [verdict.message, verdict.observed, verdict.expected]


@ONCE
@given(
    HISTORIES,
    st.booleans(),
    st.none() | st.timedeltas(timedelta(-1), timedelta(50)),
    st.none() | HISTORIES,
)
def test_nothing_that_a_rule_says_stays_english(
    rule: Rule,
    backups: list[Backup],
    auto_backup: bool,
    age: timedelta | None,
    copies: list[Backup] | None,
) -> None:
    """A text is a phrase that the catalogue knows, or means the same in every language."""
    created = None if age is None else moment().now - age
    of = resource(created_at=created, auto_backup=auto_backup)
    options = rule.options.model_validate(example(rule))
    others = copies and [replace(copy, region="hk", account="vault") for copy in copies]
    within = window("35d", "5m") if auto_backup else None
    found = history(*backups, of=of, copies=others, restorable=within)
    due = moment(due=before("-3h")) if rule.judges_new else moment()
    for when in (moment(), due):
        for text in texts(rule.check(found, options, when)):
            assert isinstance(text, Phrase) or NEUTRAL.fullmatch(text), text
            assert not ENGLISH_WORD.search(CHINESE.of(text)), text
