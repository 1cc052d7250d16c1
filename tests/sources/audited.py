"""One source as an audit sees it: built from options as a policy writes them, collected to the end.

What an audit would make of it (a pass, a fail, a gap) is asked of the real run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backup_auditor.compose import kinds, plan
from backup_auditor.errors import SourceError
from backup_auditor.model import Audit, History, Orphan, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.load import load
from backup_auditor.run import audit
from backup_auditor.sources import Collected, Unread, load_sources
from backup_auditor.speech import Phrase

from tests.fakes import FakeWatcher
from tests.sources.telling import assert_declared

Options = Mapping[str, Any]


@dataclass
class Found:
    """What a source has given, by resource."""

    histories: dict[str, History] = field(default_factory=dict)
    unread: dict[str, SourceError] = field(default_factory=dict)
    errors: list[SourceError] = field(default_factory=list)
    order: list[Collected] = field(default_factory=list)

    def take(self, item: Collected) -> None:
        """Keep ``item``; nothing may come twice."""
        self.order.append(item)
        match item:
            case History():
                assert item.resource.id not in {*self.histories, *self.unread}
                self.histories[item.resource.id] = item
            case Unread():
                assert item.resource.id not in {*self.histories, *self.unread}
                self.unread[item.resource.id] = item.error
            case SourceError():
                self.errors.append(item)
            case Orphan():
                raise AssertionError("these sources know no orphans")

    @property
    def reasons(self) -> list[str]:
        """Why something is missing, in order."""
        return [str(error.reason) for error in self.errors]


def everything(_: Resource) -> bool:
    """Want every resource."""
    return True


def collected(kind: str, options: Options, outside: Outside, wanted: Any = everything) -> Found:
    """Return what the one scope of a source gives; an error that ends it comes last."""
    source_kind = load_sources()[kind]
    source = source_kind.build(source_kind.options.model_validate(options), outside)
    (scope,) = source.scopes()
    assert isinstance(scope, Scope)
    found = Found()
    try:
        for item in source.collect(scope, wanted, orphans=True):
            found.take(item)
    except SourceError as error:
        found.errors.append(error)
    assert_declared(kind, found.order)
    for told in (*found.errors, *found.unread.values()):
        assert isinstance(told.detail, Phrase), f"{told.detail!r} is said in English alone"
    return found


RULES = """
policies:
  - name: all
    match: {source: "*"}
    rules: {last_success_age: {max: 26h}, minimum_size: {min: 1B}}
"""


def audited(sources: str, outside: Outside, name: str = "policy.yaml") -> Audit:
    """Audit ``sources``, YAML of one line, with a policy file called ``name``."""
    text = f"version: 1\nsources: {sources}{RULES}"
    return audit(plan(load(text, name, kinds()), outside), outside, FakeWatcher())
