"""The worst policies of at most a megabyte that we can think of: ``python -m tests.bench.hostile``.

Each must be refused, or accepted, within a second of CPU. A Lambda function loads what its caller
sends, so a policy must not be a way to keep it busy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.load import load
from backup_auditor.policy.quoting import told
from backup_auditor.rules import load_rules
from backup_auditor.sources import load_sources

from tests.builders import NOW

_LONGEST = 1_048_576
_LIMIT_SECONDS = 1.0
_HEAD = "version: 1\nsources: [ucloud.uredis]\n"
_SOUND = "rules: {last_success_age: {max: 1d}}"


def _list(key: str, items: Iterator[str]) -> str:
    """Return as many items as fit into a file."""
    parts, size = [f"{_HEAD}{key}:\n"], 0
    for item in items:
        size += len(item)
        if size > _LONGEST - 200:
            break
        parts.append(item)
    return "".join(parts)


def _policies(entry: str, most: int = 20_000) -> str:
    return _list("policies", (f"- {entry}\n".replace("#", str(n)) for n in range(most)))


def _one(match: str = "{}", rest: str = "") -> str:
    return f"{_HEAD}policies:\n- {{name: a, match: {match}, {_SOUND}}}\n{rest}"


def hostile() -> dict[str, str]:
    """Return the policies by what is bad about them."""
    aliases = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 7))
    return {
        "empty lists": _HEAD + "policies: [" + "[]," * 90_000 + "]",
        "policies that are numbers": _HEAD + "policies: [" + "1," * 19_000 + "]",
        "keys at the top": "".join(f"key{n}: 1\n" for n in range(49_000)),
        "keys of one policy": _HEAD
        + "policies:\n- "
        + "".join(f"  k{n}: 1\n" for n in range(40_000)),
        "the same key": "".join("version: 1\n" for _ in range(49_000)),
        "aliases of aliases": "a0: &a0 [x]\n" + aliases,
        "aliases in depth": "a: &a {not: {not: {not: {}}}}\npolicies: [" + "*a," * 12_000 + "]",
        "nested lists": "[" * 500_000,
        "nested mappings": "{a: " * 250_000,
        "a long line": _HEAD + "policies: [" + "{name: a}," * 24_000 + "]",
        "a long word": _HEAD + "x" * 1_000_000 + ": 1\n",
        "a long value": _one(rest=f"ungoverned: {'x' * 1_000_000}\n"),
        "long durations": _policies(f"{{name: a#, match: {{}}, grace: {'1d' * 200}}}"),
        "a long duration": _one(rest=f"defaults: {{grace: {'1d' * 500_000}}}\n"),
        "a long size": _one().replace("max: 1d", f"max: {'9' * 900_000}"),
        "empty lines": "\n" * 1_000_000,
        "odd lines": "\u2028" * 340_000,
        "comments": "#\n" * 520_000 + "x",
        "lines before a problem": _HEAD + "\n" * 900_000 + "policies: [1, 2, 3]\n",
        "misspelt rules": _policies("{name: a#, match: {}, rules: {last_sucess_agf#: {}}}"),
        "misspelt bases": _policies("{name: some-policy-#, match: {}, extends: some-polcy-#}"),
        "misspelt long bases": _policies(
            f"{{name: {'some-policy-' * 7}#, match: {{}}, extends: {'some-polcy-' * 7}#}}"
        ),
        "misspelt keys": _policies("{name: a#, mach: {}, ruls: {}, sevrity: low}"),
        "misspelt rules of exemptions": _list(
            "exemptions", (f"- {{rules: [siz_drift{n}]}}\n" for n in range(20_000))
        ),
        "bases in a chain": _HEAD
        + "policies:\n- {name: a0, match: {}, rules: {auto_backup: {}}}\n"
        + "".join(f"- {{name: a{n}, match: {{}}, extends: a{n - 1}}}\n" for n in range(1, 15_000)),
        "bases in a circle": _HEAD
        + "policies:\n"
        + "".join(
            f"- {{name: a{n}, match: {{}}, extends: a{(n + 1) % 15_000}}}\n" for n in range(15_000)
        ),
        "the same name": _policies(f"{{name: a, match: {{}}, {_SOUND}}}"),
        "policies": _policies(f"{{name: a#, match: {{name: b#}}, {_SOUND}}}"),
        "policies with stars": _policies(f"{{name: a#, match: {{name: '*b#*'}}, {_SOUND}}}"),
        "policies with not": _policies(f"{{name: a#, match: {{not: {{name: b#}}}}, {_SOUND}}}"),
        "policies of one region": _policies(f"{{name: a#, match: {{region: [hk, sg]}}, {_SOUND}}}"),
        "globs": _one("{name: [" + ",".join(f"a*{n}" for n in range(1000)) + "]}"),
        "too many globs": _one("{name: [" + "a," * 95_000 + "]}"),
        "lists of globs": _policies(
            "{name: a#, match: {name: ["
            + ",".join(f"'*a#{n}*'" for n in range(1000))
            + f"]}}}}, {_SOUND}}}"
        ),
        "stars in a glob": _policies(f"{{name: a#, match: {{name: '{'*a' * 249}'}}, {_SOUND}}}"),
        "open brackets": _policies(f"{{name: a#, match: {{name: '{'[' * 499}'}}, {_SOUND}}}"),
        "brackets": _policies(f"{{name: a#, match: {{name: '{'[a]' * 160}#'}}, {_SOUND}}}"),
        "tags": _policies(
            "{name: a#, match: {tags: {"
            + ",".join(f"t{n}: a" for n in range(50))
            + f"}}}}, {_SOUND}}}"
        ),
        "too many tags": _one("{tags: {" + ",".join(f"t{n}: a" for n in range(45_000)) + "}}"),
        "wrong tags": _one("{tags: {" + ",".join(f"t{n}: true" for n in range(50)) + "}}"),
        "schedules": _policies(
            "{name: a#, match: {}, rules: {last_success_age: {schedule: '0 0 29 2 #'}}}"
        ),
        "schedules of lists": _policies(
            "{name: a#, match: {name: b#}, rules: {last_success_age: {schedule: '"
            + ",".join(map(str, range(60)))
            + " * * * *'}}}"
        ),
        "schedules of no day": _policies(
            "{name: a#, match: {name: b#}, rules: {last_success_age: {schedule: '0 0 31 2 *'}}}"
        ),
        "variables": _one(rest=f"defaults: {{owner: '{'${A} ' * 200_000}'}}\n"),
        "many variables": _HEAD + "policies: [" + "'${A}'," * 40_000 + "]",
        "python tags": _HEAD + "policies: [" + "!!python/x 1," * 40_000 + "]",
        "time zones": _one(rest=f"timezone: {'Asia/Shangai' * 80_000}\n"),
        "channels": _list(
            "channels", (f"- slack: {{url: x{n}, send: y}}\n" for n in range(20_000))
        ),
        "one channel of much": _one(rest=f"channels: [{{slack: {{url: [{'Tk9x,' * 90_000}]}}}}]\n"),
        "anchors": _HEAD + "policies: [" + ",".join(f"&a{n} x" for n in range(60_000)) + "]",
        "a block of text": _HEAD + "policies: |\n" + "  text\n" * 140_000,
        "quotes": _HEAD + 'policies: ["' + '\\"' * 500_000 + '"]',
        "what never ends": _HEAD + 'policies: ["' + "x\n" * 500_000,
        "combining characters": _HEAD + f"policies: [{'e' + chr(0x301) * 340_000}, 1]\n",
    }


def main() -> None:
    """Time them all, worst last."""
    all_kinds, rules = kinds(), load_rules()
    tells = {name: kind.tells for name, kind in load_sources().items()}
    load(_one(), "warm.yaml", all_kinds)
    spent: dict[str, float] = {}
    for name, text in hostile().items():
        data = text.encode()
        if len(data) > _LONGEST:
            raise SystemExit(f"{name}: {len(data)} bytes are refused for their number")
        started = time.process_time()
        try:
            problems = doubts(load(data, "p.yaml", all_kinds), rules, NOW, tells)
        except PolicyError as error:
            problems = error.problems
        for problem in problems:
            told(problem, 80)
        spent[name] = time.process_time() - started
    for name, seconds in sorted(spent.items(), key=lambda one: one[1]):
        print(f"{seconds:6.2f} s  {name}{'  TOO LONG' if seconds > _LIMIT_SECONDS else ''}")
    raise SystemExit(max(spent.values()) > _LIMIT_SECONDS)


if __name__ == "__main__":
    main()
