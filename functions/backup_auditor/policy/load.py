"""Policy files in, a ``PolicySet`` out; everything that is wrong is told at once.

Several files are one set: lists are put together in the order of the files, ``version`` stands in
each, and the other keys in one file only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backup_auditor.errors import PolicyError
from backup_auditor.model import Problem
from backup_auditor.policy.channels import channel_requests
from backup_auditor.policy.document import Document
from backup_auditor.policy.entries import checked, entries_of, source_requests
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.model import ChannelRequest, Kinds, PolicySet, TemplateFolder
from backup_auditor.policy.policies import PolicyReader
from backup_auditor.policy.reader import read
from backup_auditor.policy.schema import ExemptionEntry, PolicyFile
from backup_auditor.policy.sentences import Spot, unknown
from backup_auditor.speech import LANGUAGES

Files = Sequence[tuple[str, bytes | str]]
"""(name, content) of each file; the name stands before line and column in problems."""

_ONCE = (
    "name",
    "timezone",
    "language",
    "audit_every",
    "defaults",
    "heartbeat",
    "templates",
    "ungoverned",
)
_NEEDED = ("sources", "policies")
_DEFAULT_EVERY: timedelta = PolicyFile.model_fields["audit_every"].default
_DEFAULT_LANGUAGE: str = PolicyFile.model_fields["language"].default


def load(content: bytes | str, name: str, kinds: Kinds) -> PolicySet:
    """Read and check one policy file; see ``load_files``."""
    return load_files([(name, content)], kinds)


def load_files(files: Files, kinds: Kinds) -> PolicySet:
    """Read and check a policy; raises PolicyError with every problem, and with what is sound.

    Pure: nothing is looked up anywhere.
    """
    loader = _Loader(kinds)
    try:
        loaded = loader.load(files)
    except PolicyError as error:  # too many problems to go on
        raise loader.broken(error.problems) from None
    if loaded is None or loader.problems:
        raise loader.broken(loader.problems)
    return loaded


def digest(files: Files) -> str:
    """Return the digest of a policy: that of the file, or of the digests of all files."""
    each = [(name, _sha256(content)) for name, content in files]
    if len(each) == 1:
        return f"sha256:{each[0][1]}"
    listed = "".join(f"{one}  {_last(name)}\n" for name, one in each)
    return f"sha256:{_sha256(listed)}"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _texts(files: Files) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_last(name), content if isinstance(content, str) else content.decode(errors="replace"))
        for name, content in files
    )


def _sha256(content: bytes | str) -> str:
    data = content.encode(errors="surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    def by_place(problem: Problem) -> tuple[str, int, int]:
        return (problem.place.file, problem.place.line, problem.place.column)

    return sorted(dict.fromkeys(problems), key=by_place)


class _Loader:
    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._documents: list[Document] = []
        self._unread: list[Problem] = []
        self.channels: tuple[ChannelRequest, ...] = ()
        self.heartbeat: Heartbeat | None = None

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, so far."""
        return [*self._unread, *(p for document in self._documents for p in document.problems)]

    def broken(self, problems: Iterable[Problem]) -> PolicyError:
        """Return the error that tells ``problems``, with what is sound."""
        language = self._language()
        return PolicyError(_in_order(problems), self.channels, self.heartbeat, language=language)

    def load(self, files: Files) -> PolicySet | None:
        """Return the set; what is not sound is in ``problems``."""
        for name, content in files:
            try:
                self._documents.append(read(content, name))
            except PolicyError as error:
                self._unread += error.problems
        documents = self._documents
        # Parts are checked even when the whole is not sound: all problems are told at once. The
        # channels come first, because they are needed to tell.
        self.heartbeat = self._heartbeat()
        channels = channel_requests(documents, self._kinds.channels, whole=not self._unread)
        self.channels = tuple(channels)
        sources = tuple(source_requests(documents, self._kinds))
        tops = [(checked(PolicyFile, d.value, Spot(d, ())), d) for d in documents]
        sound = [(top, document) for top, document in tops if top is not None]
        self._check_whole()
        defaults = [
            (top.defaults, Spot(d, ("defaults",))) for top, d in sound if _has(d, "defaults")
        ]
        reader = PolicyReader(documents, self._kinds.rules, whole=not self._unread)
        policies, bases = reader.read(defaults)
        zone = _only(sound, "timezone") or ZoneInfo("UTC")
        return PolicySet(
            digest=digest(files),
            name=_only(sound, "name") or "",
            timezone=zone,
            audit_every=_only(sound, "audit_every") or _DEFAULT_EVERY,
            language=_only(sound, "language") or _DEFAULT_LANGUAGE,
            sources=sources,
            policies=policies,
            channels=self.channels,
            templates=_folder(sound),
            ungoverned=_only(sound, "ungoverned") or PolicyFile.model_fields["ungoverned"].default,
            heartbeat=self.heartbeat,
            exemptions=tuple(self._exemptions(zone)),
            bases=bases,
            warnings=tuple(w for document in documents for w in document.warnings),
            pages={name: page for document in documents for name, page in document.pages.items()},
            texts=_texts(files),
        )

    def _language(self) -> str:
        """Return the language that a broken policy names, where that at least is sound."""
        given = [d.value["language"] for d in self._documents if _has(d, "language")]
        known = [code for code in given if isinstance(code, str) and code in LANGUAGES]
        return next(iter(known), _DEFAULT_LANGUAGE)

    def _heartbeat(self) -> Heartbeat | None:
        having = [d for d in self._documents if _has(d, "heartbeat")]
        given = [(d.value["heartbeat"], Spot(d, ("heartbeat",))) for d in having]
        found = [checked(Heartbeat, value, at) for value, at in given if value is not None]
        return next((one for one in found if one is not None), None)

    def _check_whole(self) -> None:
        """Report what stands in two files and may not, and what stands in none and must."""
        for key in _ONCE:
            having = [d for d in self._documents if _has(d, key)]
            for other in having[1:]:
                message = f"{key} stands already in {having[0].keys[key,]}"
                other.report(other.keys[key,], message)
        first = next(iter(self._documents), None)
        for key in _NEEDED if first is not None and not self._unread else ():
            having = [d for d in self._documents if _has(d, key)]
            if first is not None and not having and isinstance(first.value, dict):
                first.report(first.place_of(()), f"the key {key!r} is missing")
            elif having and all(d.value[key] == [] for d in having):
                message = f"{key}: found []; at least one entry is needed"
                having[0].report(having[0].place_of((key,)), message)

    def _exemptions(self, zone: ZoneInfo) -> Iterator[Exemption]:
        for value, spot in entries_of(self._documents, "exemptions"):
            entry = checked(ExemptionEntry, value, spot)
            rules = value.get("rules") if isinstance(value, dict) else None
            self._check_rule_names(rules, spot)
            if entry is not None:
                yield Exemption(
                    selector=entry.match.selector(),
                    rules=tuple(str(rule) for rule in entry.rules or ()),
                    owner=entry.owner,
                    reason=entry.reason,
                    until=entry.until,
                    ends_at=_start_of(entry.until + timedelta(days=1), zone),
                    began_before=_start_of(entry.began_before, zone)
                    if entry.began_before
                    else None,
                    place=spot.place,
                )

    def _check_rule_names(self, rules: Any, spot: Spot) -> None:
        for index, rule in enumerate(rules if isinstance(rules, list) else ()):
            if not isinstance(rule, str) or rule not in self._kinds.rules:
                spot.at("rules", index).report(unknown("rule", str(rule), self._kinds.rules))


def _has(document: Document, key: str) -> bool:
    return isinstance(document.value, dict) and key in document.value


def _only(tops: Sequence[tuple[PolicyFile, Document]], key: str) -> Any:
    return next((getattr(top, key) for top, document in tops if _has(document, key)), None)


def _folder(tops: Sequence[tuple[PolicyFile, Document]]) -> TemplateFolder | None:
    found = (
        TemplateFolder(top.templates, document.place_of(("templates",)))
        for top, document in tops
        if top.templates is not None
    )
    return next(found, None)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
