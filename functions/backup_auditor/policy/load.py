"""Policy text in, ``PolicySet`` out; everything that is wrong is told at once.

pydantic checks the shape. This file knows which model checks which part, and where that stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backup_auditor.errors import PolicyError
from backup_auditor.policy.document import Document, Path, read
from backup_auditor.policy.model import (
    ChannelOptions,
    ChannelRequest,
    Kinds,
    Policy,
    PolicySet,
    RuleUse,
    SourceOptions,
    SourceRequest,
)
from backup_auditor.policy.schema import DEFAULT_GRACE, Defaults, PolicyEntry, PolicyFile
from backup_auditor.policy.sentences import explain, unknown
from backup_auditor.rules import RuleOptions

M = TypeVar("M", bound=BaseModel)


def load(text: str, name: str, kinds: Kinds) -> PolicySet:
    """Read and check a policy; raises PolicyError with every problem and the sound channels.

    ``name`` stands before line and column in problems. Pure: nothing is looked up anywhere.
    """
    document = read(text, name)
    loaded = _Loader(document, kinds)
    result = loaded.load(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
    if document.problems or result is None:
        problems = sorted(
            dict.fromkeys(document.problems), key=lambda p: (p.place.line, p.place.column)
        )
        raise PolicyError(problems, loaded.channels)
    return result


class _Loader:
    def __init__(self, document: Document, kinds: Kinds) -> None:
        self._document = document
        self._kinds = kinds
        self.channels: tuple[ChannelRequest, ...] = ()

    def load(self, digest: str) -> PolicySet | None:
        value = self._document.value
        top = self._checked(PolicyFile, value, ())
        given = value if isinstance(value, dict) else {}
        # Parts are checked even when the whole is not sound: all problems are told at once.
        self.channels = self._channel_requests(given.get("channels"))
        sources = self._source_requests(given.get("sources"))
        defaults = top.defaults if top else Defaults()
        policies = self._policies(given.get("policies"), defaults)
        if top is None:
            return None
        return PolicySet(
            digest=digest,
            timezone=top.timezone,
            sources=sources,
            policies=policies,
            channels=self.channels,
            ungoverned=top.ungoverned,
        )

    def _checked(self, model: type[M], value: Any, path: Path) -> M | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            explain(error, model, self._document, path)
            return None

    def _source_requests(self, entries: Any) -> tuple[SourceRequest, ...]:
        found: list[SourceRequest] = []
        for path, kind, options in self._plugins("sources", entries, self._kinds.sources):
            if isinstance(options, SourceOptions):
                found.append(SourceRequest(kind, options, self._document.place_of(path)))
        return tuple(found)

    def _channel_requests(self, entries: Any) -> tuple[ChannelRequest, ...]:
        found: list[ChannelRequest] = []
        for path, kind, options in self._plugins("channels", entries, self._kinds.channels):
            if isinstance(options, ChannelOptions):
                number = sum(channel.kind == kind for channel in found) + 1
                name = kind if number == 1 else f"{kind}-{number}"
                found.append(ChannelRequest(kind, name, options, self._document.place_of(path)))
        return tuple(found)

    def _plugins(
        self, section: str, entries: Any, kinds: Mapping[str, type[BaseModel]]
    ) -> Sequence[tuple[Path, str, BaseModel | None]]:
        """Check a list of one-key mappings ``kind: options``, or bare kinds."""
        found: list[tuple[Path, str, BaseModel | None]] = []
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            path: Path = (section, index)
            if isinstance(entry, str):
                entry = {entry: None}  # noqa: PLW2901 - the short form means the long one
            if not isinstance(entry, dict) or len(entry) != 1:
                message = f"an entry of {section} is one name with options, such as `- name: {{}}`"
                self._document.report(self._document.place_of(path), message)
                continue
            kind, options = next(iter(entry.items()))
            found.append((path, kind, self._options(kind, options, (*path, kind), kinds)))
        return found

    def _options(
        self, kind: str, options: Any, path: Path, kinds: Mapping[str, type[M]]
    ) -> M | None:
        model = kinds.get(kind)
        if model is None:
            what = {"rules": "rule", "sources": "source", "channels": "channel"}
            section = next(part for part in reversed(path) if part in what)
            place = self._document.keys.get(path) or self._document.place_of(path)
            self._document.report(place, unknown(what[str(section)], kind, kinds))
            return None
        return self._checked(model, {} if options is None else options, path)

    def _policies(self, entries: Any, defaults: Defaults) -> tuple[Policy, ...]:
        found: list[Policy] = []
        names: dict[str, int] = {}
        for index, value in enumerate(entries if isinstance(entries, list) else ()):
            path: Path = ("policies", index)
            entry = self._checked(PolicyEntry, value, path)
            rules = value.get("rules") if isinstance(value, dict) else None
            uses = self._rules(rules, (*path, "rules"))
            if entry is None:
                continue
            place = self._document.place_of((*path, "name"))
            if entry.name in names:
                message = f"policy {entry.name!r} stands already in line {names[entry.name]}"
                self._document.report(place, message)
            names.setdefault(entry.name, place.line)
            found.append(self._policy(entry, uses, defaults, path))
        return tuple(found)

    def _rules(self, rules: Any, path: Path) -> dict[str, RuleOptions]:
        checked = {
            rule: self._options(rule, options, (*path, rule), self._kinds.rules)
            for rule, options in (rules.items() if isinstance(rules, dict) else ())
        }
        return {rule: options for rule, options in checked.items() if options is not None}

    def _policy(
        self, entry: PolicyEntry, rules: Mapping[str, RuleOptions], defaults: Defaults, path: Path
    ) -> Policy:
        severity = entry.severity or defaults.severity
        return Policy(
            name=entry.name,
            selector=entry.match.selector(),
            owner=entry.owner or defaults.owner,
            runbook=entry.runbook or defaults.runbook,
            grace=entry.grace or defaults.grace or _grace(rules),
            rules=tuple(
                RuleUse(rule, options, options.severity or severity)
                for rule, options in rules.items()
            ),
            place=self._document.place_of(path),
        )


def _grace(rules: Mapping[str, RuleOptions]) -> timedelta:
    """Take the longest age that the policy allows, else a day."""
    longest = getattr(rules.get("last_success_age"), "max", None)
    return longest if isinstance(longest, timedelta) else DEFAULT_GRACE
