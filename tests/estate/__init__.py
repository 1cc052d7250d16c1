"""A whole estate on loopback: UCloud, AWS accounts and regions, files in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from tests.estate import aws
from tests.simulator.account import make_account
from tests.simulator.server import Simulator
from tests.sources.cloud_aws import HOME, aws_server
from tests.store.keys import KEYS


@contextmanager
def estate(now: datetime) -> Iterator[dict[str, str]]:
    """Serve everything as of ``now`` until the block ends; yield the environment that reaches it.

    boto3 reads the environment of the process, so that it must hold this as well.
    """
    with Simulator(make_account(now)) as cloud, aws_server() as url:
        aws.populate(url, now)
        yield {
            **KEYS,
            "AWS_REGION": HOME,
            "AWS_DEFAULT_REGION": HOME,
            "AWS_ENDPOINT_URL": url,
            "UCLOUD_API_BASE_URL": cloud.url,
            "UCLOUD_PUBLIC_KEY": cloud.public_key,
            "UCLOUD_PRIVATE_KEY": cloud.private_key,
        }
