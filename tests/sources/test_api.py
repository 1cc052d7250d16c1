from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.secret import Secret
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.api import ApiError, Client, Retries
from backup_auditor.sources.ucloud.client.credentials import Credentials, load_credentials

from tests.builders import NOW
from tests.fakes import outside
from tests.simulator.account import make_account
from tests.simulator.faults import Faults
from tests.simulator.server import PRIVATE_KEY, PUBLIC_KEY, Simulator

ACCOUNT = make_account(NOW)
KEYS = Credentials(Secret(PUBLIC_KEY), Secret(PRIVATE_KEY))


def call(faults: Faults, pauses: list[float] | None = None) -> int:
    """Call once; return how many requests that took; raises ApiError."""
    waited = pauses if pauses is not None else []
    with Simulator(ACCOUNT, faults=faults) as cloud:
        client = Client(KEYS, outside(sleep=waited.append), base_url=cloud.url)
        try:
            client.call("GetRegion", {})
        finally:
            assert len(waited) == cloud.requests - 1
        return cloud.requests


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("dropped", GapReason.UNREACHABLE),
        ("http_500", GapReason.PROVIDER_ERROR),
        ("http_429", GapReason.THROTTLED),
        ("throttled", GapReason.THROTTLED),
        ("backend_timeout", GapReason.PROVIDER_ERROR),
        ("truncated", GapReason.MALFORMED),
        ("html", GapReason.MALFORMED),
        ("empty_body", GapReason.MALFORMED),
        ("missing_retcode", GapReason.MALFORMED),
    ],
)
def test_what_may_pass_is_tried_six_times(fault: str, reason: GapReason) -> None:
    pauses: list[float] = []
    faults = Faults(**{fault: 1.0})  # type: ignore[arg-type]  # a rate by name
    with pytest.raises(ApiError) as caught:
        call(faults, pauses)
    assert caught.value.reason is reason
    assert len(pauses) == 5
    assert all(0 <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))
    assert "GetRegion" in str(caught.value)
    assert not any(word in str(caught.value) for word in (PUBLIC_KEY, PRIVATE_KEY, "Signature="))


def test_what_is_final_is_tried_once() -> None:
    pauses: list[float] = []
    with pytest.raises(ApiError) as caught:
        call(Faults(refused_actions=frozenset({"GetRegion"})), pauses)
    assert (caught.value.ret_code, pauses) == (299, [])
    assert "RetCode 299, request " in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (171, "", GapReason.CREDENTIALS),
        (230, "Params [Region] not available", GapReason.NOT_FOUND),
        (230, "Params [Limit] not available", GapReason.PROVIDER_ERROR),
        (292, "", GapReason.NOT_FOUND),
        (293, "", GapReason.REFUSED),
        (299, "", GapReason.REFUSED),
        (161, "", GapReason.UNSUPPORTED),
        (153, "", GapReason.THROTTLED),
        (4711, "", GapReason.PROVIDER_ERROR),
    ],
)
def test_every_code_has_its_reason(code: int, message: str, reason: GapReason) -> None:
    assert codes.reason_of(code, message) is reason


def test_permanent_codes_are_never_retried() -> None:
    assert not codes.RETRYABLE & (codes.FATAL | {160, 161, 170, 220, 230, 292, 293, 299, 20004})
    assert {110, 130, 150, 153, 20003, 20016} <= codes.RETRYABLE


def test_a_refused_key_stops_all_further_calls() -> None:
    wrong = Credentials(Secret(PUBLIC_KEY), Secret("wrong"))
    with Simulator(ACCOUNT) as cloud:
        client = Client(wrong, outside(), base_url=cloud.url)
        for _ in range(3):
            with pytest.raises(ApiError, match="RetCode 171"):
                client.call("GetRegion", {})
        assert cloud.requests == 1


def test_other_http_errors_are_final() -> None:
    client = Client(KEYS, outside(), base_url="http://127.0.0.1:9", retries=Retries(attempts=1))
    with pytest.raises(ApiError, match="HTTP 404") as caught:
        client._answer("X", 404, b"", "")
    assert not caught.value.retry


def test_an_endless_body_is_not_read_to_its_end() -> None:
    client = Client(KEYS, outside(), base_url="http://127.0.0.1:9")
    with pytest.raises(ApiError, match="is not a document with a RetCode"):
        client._answer("X", 200, b" " * (32 * 1024 * 1024 + 1), "")


def test_a_server_that_repeats_the_key_is_scrubbed() -> None:
    client = Client(KEYS, outside(), base_url="http://127.0.0.1:9")
    body = f'{{"RetCode": 172, "Message": "no user {PUBLIC_KEY}"}}'.encode()
    with pytest.raises(ApiError, match=r"no user \*\*\* \(RetCode 172\)"):
        client._answer("X", 200, body, "")


def test_after_the_deadline_nothing_is_asked() -> None:
    with Simulator(ACCOUNT) as cloud:
        client = Client(KEYS, outside(deadline=0.0), base_url=cloud.url)
        with pytest.raises(SourceError) as caught:
            client.call("GetRegion", {})
        assert cloud.requests == 0
    assert caught.value.reason is GapReason.DEADLINE


def test_connections_are_kept() -> None:
    with Simulator(ACCOUNT) as cloud:
        client = Client(KEYS, outside(), base_url=cloud.url)
        for _ in range(20):
            client.call("GetRegion", {})
        adapter: Any = client._session.get_adapter(cloud.url)
        pools = adapter.poolmanager.pools
        assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - no dict


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY"),
        ({"UCLOUD_PUBLIC_KEY": "a"}, "set UCLOUD_PUBLIC_KEY"),
        ({"UCLOUD_CREDENTIALS": "env:NONE"}, "UCLOUD_CREDENTIALS: env:NONE is not set"),
        ({"UCLOUD_CREDENTIALS": "env:K", "K": "T0PSECRET"}, "must be JSON"),
        ({"UCLOUD_CREDENTIALS": "env:K", "K": '{"public_key": "a"}'}, "must be JSON"),
    ],
)
def test_missing_keys_say_what_to_set(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        load_credentials(outside(environ))
    assert caught.value.reason is GapReason.CREDENTIALS
    assert "T0PSECRET" not in str(caught.value)


def test_keys_may_lie_in_a_secret() -> None:
    text = '{"PublicKey": "a", "private_key": "b", "security_token": "c"}'
    found = load_credentials(outside({"UCLOUD_CREDENTIALS": "env:K", "K": text}))
    assert found == Credentials(Secret("a"), Secret("b"), Secret("c"))
