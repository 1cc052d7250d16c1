"""From settings to parts: the only place that knows all kinds of sources, channels and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from backup_auditor.aws import clients
from backup_auditor.channels import load_channels
from backup_auditor.delivery import Target, Targets
from backup_auditor.errors import PolicyError, UsageError
from backup_auditor.keeping import Keeping
from backup_auditor.outside import Outside
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.load import digest, load_files
from backup_auditor.policy.model import (
    ChannelRequest,
    Kinds,
    PolicySet,
    SendWhen,
    SourceRequest,
)
from backup_auditor.policy.selector import Selector
from backup_auditor.policy_file import read_policy
from backup_auditor.record.names import set_name
from backup_auditor.references import resolver
from backup_auditor.report.overrides import Overrides
from backup_auditor.report.parts import parts_of
from backup_auditor.rules import load_rules
from backup_auditor.run import Plan
from backup_auditor.sealing import Sealing
from backup_auditor.sources import Source, load_sources, load_unverifiable
from backup_auditor.store.address import open_store
from backup_auditor.store.chain import Chain
from backup_auditor.store.evidence import EvidenceStore
from backup_auditor.store.records import Records
from backup_auditor.template_files import beside, read_templates

POLICY_VARIABLE = "BACKUP_AUDITOR_POLICY"
STORE_VARIABLE = "BACKUP_AUDITOR_STORE"
DEFAULT_POLICY = "policies/default.yaml"


def world(environ: Mapping[str, str]) -> Outside:
    """Return the real outside world; secrets and AWS clients are made only when used."""
    aws = clients(environ)
    return Outside(environ=environ, resolve=resolver(environ, aws), aws=aws)


def kinds() -> Kinds:
    """Return everything that a policy file may name."""
    return Kinds(
        rules={name: rule.options for name, rule in load_rules().items()},
        sources={name: kind.options for name, kind in load_sources().items()},
        channels={name: kind.options for name, kind in load_channels().items()},
        unverifiable=load_unverifiable(),
    )


def load_policies(address: str | None, outside: Outside) -> PolicySet:
    """Read and check the policy at ``address``, else the one that the environment names.

    Raises UsageError where no policy can be read, and PolicyError for one that is broken.
    """
    return load_files(read_policy(address_of(address, outside), outside), kinds())


def digest_of(address: str | None, outside: Outside) -> str:
    """Return the digest of a policy that cannot be used; empty where it cannot even be read."""
    try:
        return digest(read_policy(address_of(address, outside), outside))
    except UsageError:
        return ""


def address_of(address: str | None, outside: Outside) -> str:
    """Return the address that was asked for, else that of the environment, else the default."""
    return address or outside.environ.get(POLICY_VARIABLE) or DEFAULT_POLICY


def plan(policies: PolicySet, outside: Outside, select: Selector | None = None) -> Plan:
    """Build the sources that ``policies`` name; makes no network call."""
    sources = load_sources()

    def built(request: SourceRequest) -> Source:
        options = request.options.seen_from(request.place.file)
        return sources[request.kind].build(options, outside)

    return Plan(
        policies=policies,
        sources=[(request, built(request)) for request in policies.sources],
        rules=load_rules(),
        select=select,
    )


def keeping(
    policies: PolicySet, outside: Outside, *, address: str, store: str, accept_shrink: bool = False
) -> Keeping:
    """Build what compares audits with the last one and keeps them; asks the store for nothing.

    ``address`` is that of the policy, ``store`` that of the store. Raises UsageError.
    """
    opened, name = open_store(store, outside), set_name(policies.name, address)
    sealing = Sealing(Chain(opened, name), EvidenceStore(opened, name), outside, policies.texts)
    return Keeping(Records(opened, name), outside, policies.audit_every, accept_shrink, sealing)


def keeping_of_broken(outside: Outside, *, address: str, store: str) -> Keeping:
    """Build what knows whom it was told that the policy at ``address`` is broken.

    It lies apart from audits: what a broken policy calls itself nobody knows. Raises UsageError.
    """
    records = Records(open_store(store, outside), f"{set_name('', address)}-broken")
    return Keeping(records, outside, timedelta(days=1))


def overrides(policies: PolicySet, outside: Outside, address: str | None = None) -> Overrides:
    """Read the user's templates at ``address``, else where the policy says; none by default."""
    if address is None and policies.templates is not None:
        address = beside(policies.templates.address, policies.templates.place.file)
    return Overrides() if address is None else read_templates(address, outside)


def targets(
    requests: Sequence[ChannelRequest], outside: Outside, only: Sequence[str] | None = None
) -> Targets:
    """Build the channels, all or ``only`` the named ones with what stands in for them.

    Raises UsageError for unknown names.
    """
    names = [request.name for request in requests]
    unknown = sorted(set(only or ()) - set(names))
    if unknown:
        known = ", ".join(names) or "none"
        raise UsageError(f"the policy has no channel {unknown[0][:60]!r}; it has: {known}")
    builder = _Targets(requests, outside)
    return [builder.target(r) for r in requests if only is None or r.name in only]


class _Targets:
    """Builds a channel anew for each use: one may remember what has arrived of a report."""

    def __init__(self, requests: Sequence[ChannelRequest], outside: Outside) -> None:
        self._outside = outside
        self._kinds = load_channels()
        self._parts = parts_of(requests)
        self._requests = {request.name: request for request in requests}

    def target(self, request: ChannelRequest) -> Target:
        """Return the channel, with what stands in for it."""
        chain = [request]
        while fallback := self._requests.get(chain[-1].fallback):  # it never leads back
            chain.append(fallback)
        built: Target | None = None
        for one in reversed(chain[1:]):
            built = self._target(one, built)
        return self._target(request, built)

    def _target(self, request: ChannelRequest, fallback: Target | None) -> Target:
        channel = self._kinds[request.kind].build(request.options, self._outside)
        part = self._parts[request.name]
        options = request.options
        return Target(request.name, channel, options.send, part, fallback, options.remind)


def sound_targets(error: PolicyError, outside: Outside) -> Targets:
    """Build the channels of a broken policy that are sound, to tell that it is broken.

    A mere fallback is used where the channel that needs it is not sound.
    """
    requests = [request for request in error.channels if isinstance(request, ChannelRequest)]
    needed = {request.fallback for request in requests}
    return [
        replace(target, when=SendWhen.ALWAYS)
        if target.when is SendWhen.FALLBACK and target.name not in needed
        else target
        for target in targets(requests, outside)
    ]


def sound_heartbeat(error: PolicyError) -> Heartbeat | None:
    """Return the heartbeat of a broken policy, where that at least is sound."""
    return error.heartbeat if isinstance(error.heartbeat, Heartbeat) else None
