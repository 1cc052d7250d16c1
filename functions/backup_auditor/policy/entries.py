"""Values of a policy file checked by their models; entries that name a plug-in among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backup_auditor.policy.document import Document
from backup_auditor.policy.extent import Extent
from backup_auditor.policy.model import Kinds, SourceOptions, SourceRequest
from backup_auditor.policy.sentences import Spot, explain

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], value: Any, spot: Spot) -> M | None:
    """Return ``value`` as ``model``, else report what is wrong with it and return None."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        explain(error, model, spot)
        return None


def plugin_options(
    what: str, kind: str, options: Any, spot: Spot, kinds: Mapping[str, type[M]]
) -> M | None:
    """Return the options of the plug-in ``kind``, else report what is wrong and return None."""
    model = kinds.get(kind)
    if model is None:
        spot.report_unknown(what, kind, kinds)
        return None
    return checked(model, {} if options is None else options, spot)


def entries_of(documents: Iterable[Document], section: str) -> Iterator[tuple[Any, Spot]]:
    """Yield the entries of one section of all files, in order, with where they stand."""
    for document in documents:
        value = document.value.get(section) if isinstance(document.value, dict) else None
        for index, entry in enumerate(value if isinstance(value, list) else ()):
            yield entry, Spot(document, (section, index))


def source_requests(documents: Sequence[Document], kinds: Kinds) -> Iterator[SourceRequest]:
    """Yield the sources that are sound; one that several files name alike once, from the first."""
    known: dict[tuple[str, Extent], list[SourceOptions]] = {}
    for kind, options, spot in named_entries(
        documents, "source", kinds.sources, kinds.unverifiable
    ):
        if options is None:
            continue
        alike = known.setdefault((kind, options.extent()), [])
        if options not in alike:
            alike.append(options)
            yield SourceRequest(kind, options, spot.place)


def named_entries(
    documents: Sequence[Document],
    what: str,
    kinds: Mapping[str, type[M]],
    unverifiable: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, M | None, Spot]]:
    """Yield kind, options (None for wrong ones) and spot of each ``kind: options`` or bare kind.

    ``unverifiable`` says of kinds that there cannot be why that is so.
    """
    section = f"{what}s"
    for entry, spot in entries_of(documents, section):
        pairs = {entry: None} if isinstance(entry, str) else entry
        if not isinstance(pairs, dict) or len(pairs) != 1:
            spot.report(f"an entry of {section} is one name with options, such as `- name: {{}}`")
            continue
        kind, options = next(iter(pairs.items()))
        if kind in unverifiable:
            message = f"{kind} cannot be verified through the API: {unverifiable[kind]}"
            spot.document.report(spot.at(kind).key, message)
            continue
        yield kind, plugin_options(what, kind, options, spot.at(kind), kinds), spot
