"""Entries of ``channels``: their options, their names, and which of them stands in for which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backup_auditor.policy.document import Document
from backup_auditor.policy.entries import named_entries
from backup_auditor.policy.model import ChannelOptions, ChannelRequest, SendWhen
from backup_auditor.policy.page import is_harmless
from backup_auditor.policy.sentences import Spot, unknown

ChannelKinds = Mapping[str, type[ChannelOptions]]


@dataclass(frozen=True, slots=True)
class _Written:
    """One entry with a name, sound or not: others may mean it."""

    kind: str
    name: str
    is_named: bool
    options: ChannelOptions | None
    """None for what is not sound."""
    fallback: str
    spot: Spot
    """Of the entry."""

    def at(self, option: str) -> Spot:
        """Return the spot of an option."""
        return self.spot.at(self.kind, option)


def channel_requests(
    documents: Sequence[Document], kinds: ChannelKinds, *, whole: bool
) -> Iterator[ChannelRequest]:
    """Yield the channels that are sound.

    A name that two have, a fallback that is not there, one that leads back, and one that nobody
    uses are reported. Where the set is not ``whole``, names may be missing in it.
    """
    written = list(_written(documents, kinds))
    _check_names(written)
    names = list(dict.fromkeys(one.name for one in written))
    wrong = set(_unknown_fallbacks(written, names, whole=whole)) | set(_circles(written))
    if whole:
        _check_use(written)
    for one in written:
        if one.options is not None:
            fallback = "" if one.name in wrong else one.fallback
            yield ChannelRequest(one.kind, one.name, one.options, one.spot.place, fallback)


def _written(documents: Sequence[Document], kinds: ChannelKinds) -> Iterator[_Written]:
    counts: dict[str, int] = {}
    for kind, options, spot in named_entries(documents, "channel", kinds):
        counts[kind] = counts.get(kind, 0) + 1
        numbered = kind if counts[kind] == 1 else f"{kind}-{counts[kind]}"
        given = _value_at(spot)
        name = _text(given, "name")
        fallback = _text(given, "fallback")
        yield _Written(kind, name or numbered, bool(name), options, fallback, spot)


def _value_at(spot: Spot) -> Any:
    """Return the options of an entry as they were written."""
    section, index = spot.path
    entry = spot.document.value[section][index]
    return next(iter(entry.values())) if isinstance(entry, dict) else None


def _text(given: Any, option: str) -> str:
    value = given.get(option) if isinstance(given, dict) else None
    return value if isinstance(value, str) else ""


def _check_names(written: Sequence[_Written]) -> None:
    first: dict[str, _Written] = {}
    for one in written:
        other = first.setdefault(one.name, one)
        if other is one:
            continue
        where = f"the channel in {_place(other, one)}"
        if one.is_named:
            one.at("name").report(f"name: {where} is called so already")
        else:
            message = f"give it a name; without one it is called as {where} is"
            one.spot.report(message)


def _place(of: _Written, seen_from: _Written) -> str:
    place = of.spot.place
    same = of.spot.document.name == seen_from.spot.document.name
    return f"line {place.line}" if same else str(place)


def _unknown_fallbacks(
    written: Sequence[_Written], names: list[str], *, whole: bool
) -> Iterator[str]:
    """Report fallbacks that are not there; yield the names of the channels that name them."""
    known = frozenset(names)
    shown = [one for one in names if _is_shown(one)]
    for one in written:
        if one.fallback and one.fallback not in known:
            if whole:
                is_shown = _is_shown(one.fallback)
                said = unknown("channel", one.fallback, shown, is_shown=is_shown, but=one.name)
                one.at("fallback").report(said)
            yield one.name


def _circles(written: Sequence[_Written]) -> Iterator[str]:
    """Report each circle of fallbacks once; yield the names of all channels in one."""
    by_name = {one.name: one for one in reversed(written)}
    done: set[str] = set()
    for start in written:
        path: list[str] = []
        name = start.name
        while name in by_name and name not in done:
            done.add(name)
            path.append(name)
            name = by_name[name].fallback
        if name in path:
            circle = path[path.index(name) :]
            last = by_name[circle[-1]]
            last.at("fallback").report(_circle_sentence(circle))
            yield from circle


def _circle_sentence(circle: Sequence[str]) -> str:
    if len(circle) == 1:
        return "fallback: a channel cannot stand in for itself"
    names = [one if _is_shown(one) else "…" for one in (*circle, circle[0])]
    return f"fallback goes in a circle: {' -> '.join(names)}"


def _is_shown(name: str) -> bool:
    """Return whether a name is a mere word: what else stands in this section may be a secret."""
    return is_harmless(name.rstrip("0123456789"))


def _check_use(written: Sequence[_Written]) -> None:
    """Report channels that would never be used."""
    meant = {one.fallback for one in written}
    for one in written:
        is_only_fallback = one.options is not None and one.options.send is SendWhen.FALLBACK
        if is_only_fallback and one.name not in meant:
            message = "send: no channel names it as its fallback, so it would never be used"
            one.at("send").report(message)
