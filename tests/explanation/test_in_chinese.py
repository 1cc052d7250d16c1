"""An explanation in the language of its policy: as a whole in ``explained.zh-CN.txt``."""

import json
import re
from pathlib import Path

import pytest
from backup_auditor.explanation.build import explain_unread
from backup_auditor.explanation.document import explanations_json
from backup_auditor.explanation.model import Explanation
from backup_auditor.explanation.text import explanations_text
from backup_auditor.model import Gap, GapReason
from backup_auditor.speech import language, phrase

from tests.builders import moment, resource, succeeded
from tests.explanation.samples import CHINESE, DAILY, explained
from tests.explanation.test_text import sample

GOLDEN = Path(__file__).parent / "explained.zh-CN.txt"
TONGUE = language("zh-CN")
GAP = Gap("", "", "", GapReason.REFUSED, phrase("never backed up"))
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")


def text_of(*found: Explanation, gaps: tuple[Gap, ...] = (), more: int = 0) -> str:
    """Render for a wide terminal."""
    return explanations_text(found, gaps, TONGUE, more_of_them=more, width=120)


def test_the_whole_is_as_the_golden_file_shows_it() -> None:
    text = text_of(sample(CHINESE))
    assert text == GOLDEN.read_text("utf-8")
    assert not ENGLISH_SENTENCE.search(text)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (explained(policies=CHINESE, name="x"), "没有策略适用于此资源。"),
        (explained(policies=CHINESE, name="x"), "各策略为何均不适用："),
        (explained(policies=CHINESE, created_at=None), "创建时间未说明"),
        (explained(policies=CHINESE), "没有列出任何备份。"),
        (
            explained(policies=CHINESE, auto_backup=False),
            "接下来：目前没有规则通过，因此没有规则会变为不通过。",
        ),
        (explained(succeeded(None), policies=CHINESE), "无时间信息"),
        (
            explained(*(succeeded(f"{hour}h") for hour in range(1, 100)), policies=CHINESE),
            "仅用其中最新和最旧的 60 个备份检验了结果取决于什么。",
        ),
        (
            explain_unread(resource(), phrase("never backed up"), CHINESE, moment()),
            "无法读取其备份：从未备份。",
        ),
        (
            explain_unread(resource(), "refused", CHINESE, moment()),
            "适用策略 top，但无法检查任何规则。",
        ),
        (explain_unread(resource(), "refused", CHINESE, moment()), "? size_drift 未检查（"),
    ],
)
def test_what_is_rarely_said_is_said_in_chinese(found: Explanation, line: str) -> None:
    text = text_of(found)
    assert line in text
    assert not ENGLISH_SENTENCE.search(text)


def test_what_is_not_explained_is_counted_and_what_was_not_seen_is_told() -> None:
    text = text_of(explained(*DAILY, policies=CHINESE), gaps=(GAP,), more=2)
    assert "\n另有 2 个同名资源，此处未作说明；请按 ID 查询。\n" in text
    assert "\n未能查看的部分，其中可能还有同名资源\n  ! 全部：从未备份（被拒绝）\n" in text
    assert text_of(gaps=(GAP,)).startswith("未知：没有找到此资源，且有部分内容未能查看\n")


def test_the_json_says_its_texts_in_chinese_and_its_words_as_ever() -> None:
    text = explanations_json([sample(CHINESE)], [GAP], TONGUE, more=0)
    document = json.loads(text)
    (found,) = document["explanations"]
    assert found["refusals"][0]["why"] == "region 是 'cn-bj2'，不是 'hk' 或 'sg'"
    assert (found["outcome"], found["rules"][0]["outcome"]) == ("pass", "pass")
    assert found["rules"][0]["message"] == "最近一次成功备份距今 22 小时 40 分钟"
    assert found["next_breach"]["message"] == "最近一次成功备份距今 26 小时"
    assert (document["gaps"][0]["detail"], document["gaps"][0]["reason"]) == ("从未备份", "refused")
