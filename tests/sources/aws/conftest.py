"""The ground of all tests of AWS sources: moto and the proxy run once, emptied for each test."""

from collections.abc import Iterator

import pytest

from tests.sources import cloud_aws
from tests.sources.aws_faults import Proxy, proxy


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """Serve AWS; return its address."""
    with cloud_aws.aws_server() as url:
        yield url


@pytest.fixture(scope="session")
def before_aws(aws: str) -> Iterator[Proxy]:
    """Serve the proxy before it."""
    with proxy(aws) as made:
        yield made


@pytest.fixture
def ground(
    aws: str, before_aws: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[cloud_aws.Ground]:
    """Return an empty AWS that the environment leads to."""
    with cloud_aws.ground(aws, before_aws, monkeypatch) as made:
        yield made
