"""AWS over HTTP on loopback: moto, a proxy before it that can fail, and audits of what is there.

A test of a source takes the fixture ``ground`` and has a function ``populate(url)``, which makes at
``url`` in HOME what its source lists: at least one resource that POLICY lets pass, and one that it
does not. That is all that ``test_every_source.py`` needs to put the source to its tests. What the
source may tell, and that ground does not show, ``tell_more(url)`` adds.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import boto3
import botocore.session
import requests
from backup_auditor import compose
from backup_auditor.aws import botocore_session
from backup_auditor.model import Audit, History, Orphan, Outcome
from backup_auditor.outside import Outside
from backup_auditor.run import Plan, audit
from backup_auditor.sources import Collected, Source, Unplanned, load_sources
from botocore.config import Config
from moto.backends import get_backend

from tests.builders import before
from tests.fakes import FakeWatcher, outside
from tests.sources.aws_faults import Answer, Asked, Proxy, edited
from tests.sources.backup_server import BackupFirst, forget, held
from tests.sources.telling import assert_declared
from tests.store.bucket import moto_server
from tests.store.keys import KEYS

HOME, OTHER = "eu-central-1", "us-east-1"
ACCOUNT = "123456789012"
MEMBERS = ("111122223333", "444455556666")
POLICY = """
version: 1
sources:
  - {source}: {{{options}}}
policies:
  - name: everything
    match: {{}}
    rules:
      last_success_age: {{max: 26h}}
      error_state: {{}}
      backup_count: {{min: 1}}
"""
SPOKEN = """\
      auto_backup: {}
"""
"""For sources that say whether backups are automatic: those whose test is not SILENT."""


@contextmanager
def aws_server() -> Iterator[str]:
    """Serve all of AWS that moto knows until the block ends; return its address."""
    with moto_server(before=BackupFirst) as url:
        requests.post(f"{url}/moto-api/reset", timeout=10)
        yield url


@dataclass(frozen=True)
class Ground:
    """AWS for one test, and what is asked of it."""

    url: str
    """Where moto is: what a test makes, it makes here."""
    proxy: Proxy
    """What the sources ask."""
    environ: Mapping[str, str]
    calls: set[tuple[str, str]] = field(default_factory=set)
    """Service and operation of every call of the sources."""

    def outside(self, **changes: Any) -> Outside:
        """Return the world that the sources see: its clock stands at NOW."""
        return outside(self.environ, **changes)

    def source(self, kind: str, **options: Any) -> Source:
        """Return the source ``kind``, by default in HOME alone."""
        made = load_sources()[kind]
        given = made.options.model_validate({"regions": [HOME], **options})
        return made.build(given, self.outside())

    def collected(self, kind: str, *, region: str = "", **options: Any) -> list[Collected]:
        """Return all that the source gives, with what it cannot plan raised; of all its scopes."""
        source = self.source(kind, **options)
        found: list[Collected] = []
        for scope in source.scopes():
            if isinstance(scope, Unplanned):
                raise scope.error
            if region in {"", scope.region}:
                found += source.collect(scope, lambda _: True, orphans=True)
        assert_declared(kind, found)
        return found

    def histories(self, kind: str, **options: Any) -> dict[str, History]:
        """Return the histories by the id of their resource; anything but orphans is refused."""
        found = self.collected(kind, **options)
        assert all(isinstance(one, History | Orphan) for one in found), found
        return {one.resource.id: one for one in found if isinstance(one, History)}

    def orphans(self, kind: str, **options: Any) -> dict[str, Orphan]:
        """Return the orphans by id."""
        found = self.collected(kind, **options)
        return {one.resource_id: one for one in found if isinstance(one, Orphan)}

    def plan(self, kind: str, options: str = f"regions: [{HOME}]") -> Plan:
        """Return the plan to audit what ``kind`` lists; its clients serve many audits."""
        text = POLICY.format(source=kind, options=options)
        if not getattr(own_test(kind), "SILENT", False):
            text += SPOKEN
        beyond = self.outside()
        return compose.plan(compose.load_policies(text, beyond), beyond)

    def audit(self, plan: Plan) -> Audit:
        """Audit as of NOW."""
        return audit(plan, self.outside(), FakeWatcher())


def own_test(kind: str) -> Any:
    """Return the module that tests a source."""
    return importlib.import_module(f"tests.sources.{kind.replace('.', '.test_')}")


def client(url: str, service: str, region: str = HOME, account: str = ACCOUNT) -> Any:
    """Return a client that makes or lists things as ``account``; none of its calls is noted."""
    session = _session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])
    config = Config(retries={"total_max_attempts": 1})
    given: dict[str, Any] = {"endpoint_url": url, "region_name": region, "config": config}
    if account == ACCOUNT:
        return session.client(service, **given)
    role = f"arn:aws:iam::{account}:role/Maker"
    got = session.client("sts", **given).assume_role(RoleArn=role, RoleSessionName="maker")
    keys = got["Credentials"]
    session = _session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.client(service, **given)


@cache
def _models() -> Any:
    """Return what reads botocore's models; they are large, and the same for every test."""
    return botocore.session.get_session().get_component("data_loader")


def _session(*keys: str) -> boto3.Session:
    session = botocore_session()
    session.register_component("data_loader", _models())
    return boto3.Session(*keys, botocore_session=session)


def moto(service: str, region: str = HOME, account: str = ACCOUNT) -> Any:
    """Return what moto keeps; it runs in this process. Here times can be set to the past."""
    backends: Any = get_backend
    return backends(service)[account][region]


def ago(age: str) -> datetime:
    """Return the instant ``age`` before NOW as moto keeps it: in UTC, without saying so."""
    return before(age).replace(tzinfo=None)


def passing(found: Audit) -> set[str]:
    """Return the ids of the resources that pass."""
    return {a.resource.id for a in found.assessments if a.outcome is Outcome.PASS}


def assert_no_better(sick: Audit, sound: Audit) -> None:
    """Hold an audit of an AWS that fails against one of the same AWS that does not."""
    before_it = {a.resource.id for a in sound.assessments}
    now = {a.resource.id for a in sick.assessments}
    better = (passing(sick) & before_it) - passing(sound)
    assert not better, f"better than they are: {better}"
    assert sick.verdict != "pass"
    lost = before_it - now
    assert len(lost) <= len(now - before_it) or sick.gaps, f"{lost} went without a word"


def as_of_now(asked: Asked, answer: Answer) -> Answer:
    """Let recovery reach to shortly before NOW: moto says to the present of the clock on the wall.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoveryDescription.html
    """
    until, since = before("5m"), before("7d")
    if asked.operation == "DescribeContinuousBackups":
        both_ends = edited("EarliestRestorableDateTime", since.timestamp())(asked, answer)
        return edited("LatestRestorableDateTime", until.timestamp())(asked, both_ends)
    if asked.operation == "DescribeDBClusters":
        return edited("LatestRestorableTime", until.isoformat())(asked, answer)
    return answer


@contextmanager
def ground(url: str, before_it: Proxy, monkeypatch: Any) -> Iterator[Ground]:
    """Empty moto at ``url``, and give a test a ground on it."""
    requests.post(f"{url}/moto-api/reset", timeout=10)
    forget()
    held(HOME).vault()
    before_it.reset()
    before_it.truth = as_of_now
    environ = {**KEYS, "AWS_ENDPOINT_URL": before_it.url, "AWS_MAX_ATTEMPTS": "1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = Ground(url, before_it, environ)
    session = _session()
    session.events.register("before-call", lambda model, **_: _note(made.calls, model))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    yield made


def _note(calls: set[tuple[str, str]], model: Any) -> None:
    calls.add((model.service_model.signing_name, model.name))
