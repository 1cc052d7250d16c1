import html
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels._mail import HEADERS
from backup_auditor.channels.smtp import Options, build
from backup_auditor.delivery import Target, deliver
from backup_auditor.errors import DeliveryError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.report.narrow import Remark, remarked
from pydantic import ValidationError

from tests.channels.contract import ACCEPTS, BUSY, REFUSES, ChannelContract, Far
from tests.channels.mail_target import NAME, PASSWORD, MailTarget, mail_target
from tests.channels.target import TlsFiles, certificate
from tests.contract import assert_valid
from tests.fakes import outside, stepping
from tests.report import samples

HOST = "smtp.example.com"
ENVIRON = {"NAME": NAME, "PASSWORD": PASSWORD, "WRONG": "T0PSECRETWRONG", "ODD": "T0PSECRÉT"}
LOGIN: dict[str, Any] = {"username": "env:NAME", "password": "env:PASSWORD"}
PLAIN: dict[str, Any] = {"security": "none", "allow_plain": True}


def options(**fields: Any) -> Options:
    """Return options with a server, a sender and a recipient."""
    given = {"host": HOST, "from": "a@example.com", "to": "b@example.com", "allow_private": True}
    return Options.model_validate(given | fields)


def smtp(end: MailTarget, world: dict[str, Any] | None = None, **fields: Any) -> Channel:
    """Return the channel that sends to ``end``, which lies behind the name of a server."""
    found = {"lookup": lambda _host, _port: ["127.0.0.1"], **(world or {})}
    return build(options(port=end.port, **fields), outside(ENVIRON, **found))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """Make a certificate."""
    return certificate(HOST, tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine trust the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))


@pytest.fixture(scope="module")
def secure(files: TlsFiles) -> Iterator[MailTarget]:
    """Serve with STARTTLS and logins."""
    with mail_target(starttls=files) as end:
        yield end


@pytest.fixture(scope="module")
def plain_end() -> Iterator[MailTarget]:
    """Serve in plain text."""
    with mail_target() as end:
        yield end


@pytest.fixture
def end(plain_end: MailTarget) -> MailTarget:
    """Return the plain server as new."""
    plain_end.answers.clear()
    plain_end.got.clear()
    return plain_end


class TestSmtp(ChannelContract):
    secrets = (NAME, PASSWORD)
    server: MailTarget

    @pytest.fixture(autouse=True)
    def _server(self, secure: MailTarget, trusted: None) -> None:
        self.server = secure
        secure.got.clear()

    @contextmanager
    def channel(self, far: Far) -> Iterator[Channel]:
        said = {ACCEPTS: "250 OK", REFUSES: "554 T0PSECRETNAME", BUSY: "451 T0PSECRETNAME"}
        self.server.answers = {"DATA": said.get(far, "")}
        yield smtp(self.server, **LOGIN)

    def read(self) -> str:
        return html.unescape(re.sub("<[^>]*>", " ", part(self.server, "html")))

    def check_size(self) -> None:
        _, raw = self.server.got[-1]
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert len(raw) < 10_000_000
        assert len(part(self.server, "html").encode()) <= 76_000
        assert len(part(self.server, "plain").encode()) <= 76_000

    def check_escaping(self) -> None:
        message = self.server.last()
        markup = part(self.server, "html")
        assert not any(word in markup for word in ("<script>", "<at>", "evil.example'>", "<b>b"))
        assert "\x1b" not in part(self.server, "plain")
        assert {*message.keys()} <= KNOWN_HEADERS
        *_, attached = message.iter_attachments()
        table = attached.get_content().removeprefix("\ufeff")
        assert '"=' not in table


KNOWN_HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("Content-Transfer-Encoding", *HEADERS),
}


def part(end: MailTarget, kind: str) -> str:
    """Return the text or the HTML of the last mail."""
    found = end.last().get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_the_mail_has_text_then_html_and_both_attachments(end: MailTarget) -> None:
    smtp(end, **PLAIN, reply_to="c@example.com").send(samples.failing())
    message = end.last()
    both, *attached = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert both.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in both.iter_parts()] == ["text/plain", "text/html"]
    names = [one.get_filename() for one in attached]
    assert names == ["backup-audit-2026-11-24.json", "backup-audit-2026-11-24.csv"]
    assert_valid(json.loads(attached[0].get_content()))
    assert message["Subject"] == "[backup-audit] FAIL 4/5 2026-11-24"
    assert message["Reply-To"] == "c@example.com"
    assert message["Date"] == "Tue, 24 Nov 2026 06:07:00 +0000"
    assert all(message[name] == value for name, value in HEADERS.items())


def test_text_beyond_ascii_arrives_as_it_is_over_seven_bits(end: MailTarget) -> None:
    smtp(end, **PLAIN).send(samples.named("备份-Ä-🙂"))
    assert end.got[-1][1].isascii()
    assert all("备份-Ä-🙂" in part(end, kind) for kind in ("plain", "html"))


def test_the_message_id_tells_repeats_of_a_run_to_the_same_people(end: MailTarget) -> None:
    for to in ("b@example.com", "b@example.com", "c@example.com"):
        smtp(end, **PLAIN, to=to).send(samples.failing())
    ids = [message_from_bytes(raw)["Message-ID"] for _, raw in end.got]
    assert ids[0] == ids[1] != ids[2]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", ids[0])


def test_another_message_of_the_same_run_has_another_message_id(end: MailTarget) -> None:
    instead = remarked(samples.failing(), Remark.FALLBACK, "Sent here in place of channel x.")
    for report in (samples.failing(), instead):
        smtp(end, **PLAIN).send(report)
    assert len({message_from_bytes(raw)["Message-ID"] for _, raw in end.got}) == 2


def test_names_of_people_arrive_whole_and_no_address_is_lost(end: MailTarget) -> None:
    names = ["备份审计" * 20, 'a, b "c" \\ <d@e>;:', "Ärger, Müller", "x" * 100, "", "(c) é"]
    to = [f"{quoted(names[n % 6])} <u{n}@example.com>" for n in range(50)]
    smtp(end, **PLAIN, to=to).send(samples.fine())
    recipients, raw = end.got[-1]
    addresses = [f"u{n}@example.com" for n in range(50)]
    assert recipients == addresses
    assert [one.addr_spec for one in end.last()["To"].addresses] == addresses
    read = getaddresses([message_from_bytes(raw)["To"]])
    assert [found for _, found in read] == addresses
    assert [str(make_header(decode_header(name))) for name, _ in read[:6]] == names


def quoted(name: str) -> str:
    """Return a name as it is written before an address."""
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"' if name else ""


@pytest.mark.parametrize(
    "text",
    ["a <b@example.com>\r\nBcc: x@example.com", "a\x1b <b@example.com>", "x" * 101 + " <b@x.org>"],
)
def test_a_name_that_no_header_should_hold_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        options(to=text)


def test_the_server_learns_an_address_and_not_the_name_of_this_machine(end: MailTarget) -> None:
    smtp(end, **PLAIN).send(samples.fine())
    assert end.hellos[-1] == "[127.0.0.1]"


@pytest.mark.parametrize(
    ("command", "said", "permanent", "sentence"),
    [
        ("MAIL", "550 no", True, "answered 550 to the sender"),
        ("MAIL", "421 later", False, "answered 421 to the sender"),
        ("RCPT", "550 no", True, "refused 1 of 1 recipients"),
        ("RCPT", "450 later", False, "refused 1 of 1 recipients"),
        ("RCPT", "421 later", False, "refused 1 of 1 recipients"),
        ("DATA", "552 too large", True, "answered 552 to the message"),
        ("DATA", "452 full", False, "answered 452 to the message"),
        ("DATA", "", False, "broke off"),
    ],
)
def test_what_the_server_says_decides(
    command: str, said: str, permanent: bool, sentence: str, end: MailTarget
) -> None:
    end.answers = {command: said}
    with pytest.raises(DeliveryError, match=sentence) as caught:
        smtp(end, **PLAIN).send(samples.fine())
    assert caught.value.permanent is permanent
    assert not end.got


@pytest.mark.parametrize(
    ("answers", "number", "permanent"),
    [
        ({"b@x.org": "550 no"}, 1, True),
        ({"b@x.org": "550 no", "c@x.org": "551 no"}, 2, True),
        ({"b@x.org": "450 later"}, 1, False),
        ({"b@x.org": "550 no", "c@x.org": "450 later"}, 2, False),
    ],
)
def test_a_mail_that_only_some_get_is_a_failure_that_says_how_many_do_not(
    answers: dict[str, str], number: int, permanent: bool, end: MailTarget
) -> None:
    end.answers = answers
    people = ["a@x.org", "b@x.org", "c@x.org"]
    sentence = f"{HOST} refused {number} of 3 recipients"
    with pytest.raises(DeliveryError, match=sentence) as caught:
        smtp(end, **PLAIN, to=people).send(samples.fine())
    assert caught.value.permanent is permanent
    assert end.got[-1][0] == [one for one in people if one not in answers]


def test_a_repeat_goes_to_those_only_who_do_not_have_the_mail(end: MailTarget) -> None:
    end.answers = {"b@x.org": "450 later"}
    channel = smtp(end, **PLAIN, to=["a@x.org", "b@x.org"])
    world = outside(sleep=lambda _: end.answers.clear())
    (receipt,) = deliver(samples.fine(), [Target("c", channel)], world)
    assert (receipt.outcome, receipt.attempts) == (DeliveryOutcome.SENT, 2)
    channel.send(samples.fine())
    assert [to for to, _ in end.got] == [["a@x.org"], ["b@x.org"], ["a@x.org", "b@x.org"]]


def test_a_server_that_says_odd_things_after_the_mail_has_it(end: MailTarget) -> None:
    for said in ("500 what", ""):
        end.answers = {"QUIT": said}
        smtp(end, **PLAIN).send(samples.fine())
    assert len(end.got) == 2


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_both_kinds_of_tls_carry_a_password(kind: str, files: TlsFiles, trusted: None) -> None:
    with mail_target(**{kind: files}) as end:  # type: ignore[arg-type]
        smtp(end, security=kind, **LOGIN).send(samples.fine())
        assert end.logins == [True]
        assert len(end.got) == 1


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted_gets_nothing(kind: str, files: TlsFiles) -> None:
    with mail_target(**{kind: files}) as end:  # type: ignore[arg-type]
        with pytest.raises(DeliveryError, match="is not trusted") as caught:
            smtp(end, security=kind, **LOGIN).send(samples.fine())
        assert caught.value.permanent
        assert not end.got
        assert not end.logins


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_certificate_for_another_name_gets_nothing(
    kind: str, files: TlsFiles, trusted: None
) -> None:
    with mail_target(**{kind: files}) as end:  # type: ignore[arg-type]
        with pytest.raises(DeliveryError, match=r"certificate of other\.example is not trusted"):
            smtp(end, security=kind, host="other.example").send(samples.fine())
        assert not end.got


def test_a_server_without_starttls_gets_neither_password_nor_mail(end: MailTarget) -> None:
    with pytest.raises(DeliveryError, match="does not offer STARTTLS") as caught:
        smtp(end, **LOGIN).send(samples.fine())
    assert caught.value.permanent
    assert not end.got
    assert not end.logins


@pytest.mark.parametrize(
    ("password", "sentence"),
    [("env:WRONG", "answered 535 to the login"), ("env:ODD", "is not in ASCII")],
)
def test_a_wrong_password_is_permanent_and_not_told(
    password: str, sentence: str, secure: MailTarget, trusted: None
) -> None:
    secure.answers.clear()
    with pytest.raises(DeliveryError, match=sentence) as caught:
        smtp(secure, username="env:NAME", password=password).send(samples.fine())
    assert caught.value.permanent
    assert "T0PSECR" not in repr(caught.value)


def test_a_server_without_a_login_gets_no_mail(files: TlsFiles, trusted: None) -> None:
    with mail_target(starttls=files, takes_logins=False) as end:
        with pytest.raises(DeliveryError, match="no login that is known") as caught:
            smtp(end, **LOGIN).send(samples.fine())
        assert caught.value.permanent
        assert not end.got


@pytest.mark.parametrize(
    ("found", "host"),
    [(["10.0.0.1"], HOST), (["1.1.1.1", "127.0.0.1"], HOST), ([], "127.0.0.1"), ([], "::1")],
)
def test_a_private_address_is_refused_unless_it_is_permitted(
    found: Sequence[str], host: str, end: MailTarget
) -> None:
    world = {"lookup": lambda _host, _port: found}
    with pytest.raises(DeliveryError, match="allow_private: true permits it") as caught:
        smtp(end, world, **PLAIN, host=host, allow_private=False).send(samples.fine())
    assert caught.value.permanent
    assert not end.got


def test_a_name_is_resolved_once_and_its_next_address_is_tried(end: MailTarget) -> None:
    answers = [["127.0.0.9", "127.0.0.1"]]
    smtp(end, {"lookup": lambda _host, _port: answers.pop()}, **PLAIN).send(samples.fine())
    assert len(end.got) == 1


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_each_kind_of_security_has_its_port(security: str, port: int) -> None:
    asked: list[int] = []

    def lookup(_host: str, port: int) -> list[str]:
        asked.append(port)
        return []

    channel = build(options(security=security, allow_plain=True), outside(lookup=lookup))
    with pytest.raises(DeliveryError, match="no address is known") as caught:
        channel.send(samples.fine())
    assert asked == [port]
    assert not caught.value.permanent


@contextmanager
def speaking(*lines: bytes) -> Iterator[int]:
    """Serve one connection that says ``lines`` and then nothing; yield the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # who has read enough hangs up
                connection.sendall(b"".join(lines))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass

        thread = threading.Thread(target=speak)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("lines", "sentence", "permanent"),
    [
        ([], "broke off", False),
        ([b"SSH-2.0-OpenSSH_9.9\r\n"], "answered -1 to the connection", False),
        ([b"554 go away\r\n"], "answered 554 to the connection", True),
        ([b"421 later\r\n"], "answered 421 to the connection", False),
        ([b"220 hello\r\n"], "broke off", False),
        ([b"220 hello\r\n", b"250-more and more\r\n" * 100_000], "broke off", False),
    ],
    ids=["silence", "another protocol", "refusal", "busy", "half", "endless"],
)
def test_what_is_no_mail_server_gets_nothing(
    lines: list[bytes], sentence: str, permanent: bool
) -> None:
    with speaking(*lines) as port:
        with pytest.raises(DeliveryError, match=sentence) as caught:
            smtp(MailTarget(port), **PLAIN).send(samples.fine())
        assert caught.value.permanent is permanent


def test_a_dialogue_ends_when_its_time_is_up(end: MailTarget) -> None:
    with pytest.raises(DeliveryError, match="broke off") as caught:
        smtp(end, {"monotonic": stepping(0.0, 1.0, 51.0)}, **PLAIN).send(samples.fine())
    assert not caught.value.permanent
    assert not end.got


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"security": "none"}, "needs allow_plain: true"),
        ({**PLAIN, **LOGIN}, "a password needs security"),
        ({"username": "env:NAME"}, "need each other"),
        ({"password": "env:PASSWORD"}, "need each other"),
        ({"host": "https://smtp.example.com"}, "host"),
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"username": "me", "password": "env:PASSWORD"}, "a secret does not belong in a policy"),
    ],
)
def test_options_that_are_not_safe_are_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        options(**fields)
