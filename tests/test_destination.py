"""Where a message may go: tables of hosts and addresses, and what a name means when it changes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from backup_auditor.destination import Lookup, destination, is_public
from backup_auditor.errors import DeliveryError
from backup_auditor.policy.model import HttpOptions
from backup_auditor.posting import Post, Reply, post
from backup_auditor.secret import Secret
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.answers import Answer
from tests.channels.target import Target, certificate, target
from tests.fakes import outside

STRICT = HttpOptions()
NEAR = HttpOptions(allow_http=True, allow_private=True)
PLAIN = HttpOptions(allow_http=True)

NOT_PUBLIC = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo", "fec0::1", "fc00::1"),
    *("fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001::1", "100::1", "", "example.com"),
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_one_is_no_better_than_itself(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@pytest.fixture
def end() -> Iterator[Target]:
    """Serve on loopback."""
    with target() as running:
        yield running


def leading_to(*addresses: str) -> Lookup:
    """Return a lookup that finds ``addresses`` for every name."""
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize("address", NOT_PUBLIC[:-2])
def test_a_name_that_leads_to_such_an_address_is_refused(address: str) -> None:
    """Also when another of its addresses is public: which one is taken is not ours to say."""
    url = "https://hooks.example.com/x"
    for found in ([address], ["1.1.1.1", address]):
        with pytest.raises(DeliveryError, match="allow_private: true permits it") as caught:
            destination(url, STRICT, leading_to(*found))
        assert caught.value.permanent
    goal = destination(url, HttpOptions(allow_private=True), leading_to(address))
    assert goal.addresses == (address,)


def never(_host: str, _port: int) -> Sequence[str]:
    """Fail where a name is looked up."""
    raise AssertionError("nothing is to be looked up")


SPELLINGS = [
    *("127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
    *("127.0.0.01", "0x7F.0.0.1", "1.1.1.1.", "8.8", "134744072", "256.1.1.1", "a.0x"),
]


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("options", [STRICT, NEAR], ids=["strict", "near"])
def test_odd_spellings_of_an_address_are_refused(host: str, options: HttpOptions) -> None:
    with pytest.raises(DeliveryError, match="no plain IP address") as caught:
        destination(f"https://{host}/x", options, never)
    assert caught.value.permanent


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"],
)
def test_a_loopback_address_needs_both_options(url: str) -> None:
    for options, sentence in [(STRICT, "allow_http"), (PLAIN, "allow_private")]:
        with pytest.raises(DeliveryError, match=sentence):
            post(Post(Secret(url), b""), options, outside(lookup=never))


@pytest.mark.parametrize(
    "host", ["\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "①27.0.0.1"]
)
def test_digits_and_dots_of_other_scripts_are_refused(host: str) -> None:
    with pytest.raises(DeliveryError, match=r"is not a URL|allow_private"):
        post(Post(Secret(f"http://{host}/"), b""), PLAIN, outside(lookup=never))


@pytest.mark.parametrize(
    ("host", "is_refused"),
    [
        *(("localhost", True), ("a.localhost", True), ("localhost.", True), ("10.0.0.1", True)),
        *(("hooks.example.com", False), ("1.1.1.1", False)),
    ],
)
def test_behind_a_proxy_names_are_left_to_it(host: str, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(DeliveryError, match="allow_private"):
            destination(f"https://{host}/", STRICT, never, is_proxied=True)
    else:
        assert not destination(f"https://{host}/", STRICT, never, is_proxied=True).addresses


def test_a_proxy_of_the_environment_is_used(end: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", end.url)
    monkeypatch.delenv("no_proxy", raising=False)
    url = Secret("http://hooks.example.com/x")
    assert post(Post(url, b"{}"), PLAIN, outside(lookup=never)).status == 200
    path, headers, _ = end.got[0]
    assert path == url.reveal()
    assert headers["host"] == "hooks.example.com"


@pytest.mark.parametrize("error", [OSError("T0PSECRET"), UnicodeError("T0PSECRET")])
def test_a_name_without_an_address_may_have_one_later(error: Exception) -> None:
    def fails(_host: str, _port: int) -> Sequence[str]:
        raise error

    for lookup in (fails, leading_to()):
        with pytest.raises(DeliveryError, match=r"no address is known for a\.example") as caught:
            destination("https://a.example/T0PSECRET", STRICT, lookup)
        assert not caught.value.permanent
        assert "T0PSECRET" not in repr(caught.value)


def test_a_name_is_resolved_once_and_the_message_goes_to_what_was_found(end: Target) -> None:
    """A name that means something else a moment later (rebinding) is never asked again."""
    answers = [["127.0.0.1"], ["10.255.255.1"]]
    world = outside(lookup=lambda _host, _port: answers.pop(0))
    port = end.url.rpartition(":")[2]
    reply = post(Post(Secret(f"http://hooks.example.com:{port}/x"), b"{}"), NEAR, world)
    assert reply.status == 200
    assert len(answers) == 1
    assert end.got[0][1]["host"] == f"hooks.example.com:{port}"


def test_the_next_address_is_tried_when_nothing_listens_at_the_first(end: Target) -> None:
    world = outside(lookup=leading_to("127.0.0.9", "127.0.0.1"))
    port = end.url.rpartition(":")[2]
    assert post(Post(Secret(f"http://a.example:{port}/"), b""), NEAR, world).status == 200
    assert len(end.got) == 1


def test_the_next_address_is_not_tried_once_something_was_sent(end: Target) -> None:
    end.answer = Answer(raw=b"")
    world = outside(lookup=leading_to("127.0.0.1", "localhost"))
    port = end.url.rpartition(":")[2]
    with pytest.raises(DeliveryError, match=r"no answer from a\.example"):
        post(Post(Secret(f"http://a.example:{port}/"), b""), NEAR, world)
    assert len(end.got) == 1


@pytest.mark.parametrize(
    ("name", "is_delivered"),
    [("hooks.example.com", True), ("other.example.com", False), ("127.0.0.1", False)],
)
def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    name: str, is_delivered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificate("hooks.example.com", tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.certificate))
    world = outside(lookup=leading_to("127.0.0.1"))
    with target(files) as end:
        url = Secret(f"https://{name}:{end.url.rpartition(':')[2]}/x")
        if is_delivered:
            assert post(Post(url, b"{}"), NEAR, world) == Reply(200, "ok")
            assert end.named == ["hooks.example.com"]
        else:
            with pytest.raises(DeliveryError, match="SSLError"):
                post(Post(url, b"{}"), NEAR, world)
            assert not end.got
