"""``render``, and templates of a user at the doors: audit, send-test, validate, Lambda."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams
from backup_auditor.commands.render import LARGEST
from backup_auditor.errors import DeliveryError
from backup_auditor.handler import respond
from backup_auditor.report.contract import to_json
from backup_auditor.report.html import email_html
from backup_auditor.report.text import terminal_text

from tests.builders import NOW
from tests.cloud import POLICY, keys
from tests.contract import assert_valid
from tests.fakes import outside
from tests.report import samples
from tests.simulator.account import make_account
from tests.simulator.server import Simulator

JINJA = "Expected an expression, got 'end of statement block'"
AT = ["--now", "2026-11-24T06:07:00Z"]


class Run:
    """One run of the command line, with its streams."""

    def __init__(
        self, *arguments: str, environ: dict[str, str] | None = None, stdin: bytes = b""
    ) -> None:
        """Run it."""
        out, err = io.StringIO(), io.StringIO()
        streams = Streams(out, err, environ or {}, lambda: io.BytesIO(stdin))
        self.code = cli.command(arguments, streams)
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(make_account(NOW)) as simulator:
        yield simulator


@pytest.fixture
def audited(tmp_path: Path) -> str:
    """Write the document of a failing audit."""
    file = tmp_path / "audit.json"
    file.write_text(to_json(samples.failing()), "utf-8")
    return str(file)


def folder(tmp_path: Path, **texts: str) -> str:
    """Write templates; ``__`` in a name stands for a dot."""
    where = tmp_path / "templates"
    where.mkdir()
    for name, text in texts.items():
        (where / f"{name.replace('__', '.')}.j2").write_text(text, "utf-8")
    return str(where)


def test_a_finished_audit_is_shown_again(audited: str) -> None:
    run = Run("render", "--from", audited)
    assert run.out == terminal_text(samples.failing(), width=80, color=False)
    assert (run.code, run.err) == (0, "")


@pytest.mark.parametrize("form", ["html", "email", "md", "csv", "junit", "openmetrics", "json"])
def test_every_format_is_there_also_from_stdin(form: str, audited: str) -> None:
    data = Path(audited).read_bytes()
    run = Run("render", "--from", "-", "--format", form, stdin=data)
    assert run.code == 0
    assert run.out == Run("render", "--from", audited, "--format", form).out
    if form == "json":
        assert run.out == f"{data.decode()}\n"
    if form == "email":
        assert run.out == email_html(samples.failing())


def test_stdin_is_that_of_the_program() -> None:
    assert Streams(io.StringIO(), io.StringIO(), {}).stdin() is sys.stdin.buffer


def test_a_template_is_tried_without_auditing(audited: str, tmp_path: Path) -> None:
    mine = folder(tmp_path, report__txt="{{ verdict }} for {{ report.findings | length }}\n")
    run = Run("render", "--from", audited, "--template", mine)
    assert (run.out, run.err, run.code) == ("FAIL for 4\n", "", 0)


def test_a_broken_template_is_told_and_ours_is_shown(audited: str, tmp_path: Path) -> None:
    mine = folder(tmp_path, report__txt="\n{{ nothing }}", _idle__txt="")
    file = str(tmp_path / "out.txt")
    run = Run("render", "--from", audited, "--template", mine, "--output", file)
    assert run.code == 4
    said = "template report.txt.j2, line 2: 'nothing' is undefined"
    assert run.err.splitlines()[-1] == said
    assert f"Written to {file}." in run.err
    text = " ".join(Path(file).read_text("utf-8").split())
    assert text.startswith("FAIL: 4 of 5 resources")
    assert f"{said}; ours is used instead (template-broken)" in text
    assert "template _idle.txt.j2: it replaces none of ours" in text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the document is not JSON"),
        (b"\xff", "the document is not UTF-8"),
        (b"[1]", "an object is expected, found list"),
        (b'{"schema_version": 2}', "schema_version 2 is not known; known is 1"),
        (b'{"schema_version": 1}', "the field 'run' is missing"),
    ],
)
def test_what_is_no_audit_is_a_sentence(data: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(data)
    run = Run("render", "--from", str(file))
    assert (run.code, run.out) == (2, "")
    assert run.err == f"backup-auditor: --from {file}: {sentence}\n"
    assert sentence in Run("render", "--from", "-", stdin=data).err


def test_files_and_folders_that_are_not_there_are_sentences(audited: str, tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    assert Run("render", "--from", none).err.endswith("none: No such file or directory\n")
    assert "Is a directory" in Run("render", "--from", str(tmp_path)).err
    assert "there is no such folder" in Run("render", "--from", audited, "--template", none).err
    assert "there is no such folder" in Run("audit", "--template", none).err
    assert "cannot be written" in Run("render", "--from", audited, "--output", f"{none}/x").err


def test_a_document_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST + 1)
    run = Run("render", "--from", str(file))
    assert run.code == 2
    assert "it has more than 1,073,741,824 bytes" in run.err


def policy(tmp_path: Path, **texts: str) -> Path:
    """Write a policy with templates beside it, and a folder as its channel."""
    folder(tmp_path, **texts)
    file = tmp_path / "policy.yaml"
    channels = f"channels:\n  - file: {{folder: {tmp_path / 'out'}}}\n"
    file.write_text(f"{POLICY}templates: templates\n{channels}", "utf-8")
    return file


def test_an_audit_uses_the_templates_beside_its_policy(cloud: Simulator, tmp_path: Path) -> None:
    file = policy(tmp_path, report__txt="MINE {{ report.counts.resources }}\n")
    run = Run("audit", "--policy", str(file), "--deliver", *AT, environ=keys(cloud))
    assert run.out == "MINE 60\n"
    assert run.code == 1
    assert (tmp_path / "out" / "report.txt").read_text("utf-8") == "MINE 60\n"


def test_another_folder_can_be_asked_for(cloud: Simulator, tmp_path: Path) -> None:
    file = policy(tmp_path, report__txt="MINE")
    (tmp_path / "other").mkdir()
    other = folder(tmp_path / "other", report__txt="OTHER")
    run = Run("audit", "--policy", str(file), "--template", other, *AT, environ=keys(cloud))
    assert run.out == "OTHER\n"


def test_an_audit_with_a_broken_template_is_sent_by_ours_and_fails(
    cloud: Simulator, tmp_path: Path
) -> None:
    file = policy(tmp_path, page__html="{% if %}", report__md="{{ nothing }}")
    run = Run("audit", "--policy", str(file), "--deliver", *AT, environ=keys(cloud))
    assert run.code == 4
    assert "file: sent" in run.err
    said = "template page.html.j2, line 1: Expected an expression"
    assert said in run.err
    assert said in (tmp_path / "out" / "report.html").read_text("utf-8").replace("&#39;", "'")
    assert "report.md.j2, line 1" in (tmp_path / "out" / "report.txt").read_text("utf-8")
    document = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))
    assert_valid(document)
    assert [n["kind"] for n in document["notices"]] == ["template-broken"] * 2


def test_an_audit_without_its_folder_of_templates_is_made_and_fails(
    cloud: Simulator, tmp_path: Path
) -> None:
    file = policy(tmp_path)
    run = Run("audit", "--policy", str(file), *AT, environ=keys(cloud))
    assert run.code == 4
    assert "FAIL: 14 of 60 resources" in run.out
    assert f"template {tmp_path / 'templates'}: the folder holds no *.j2" in run.err


def test_send_test_tries_the_templates(tmp_path: Path) -> None:
    file = policy(tmp_path, report__txt="{{ report.findings[9].title }}")
    run = Run("send-test", "--policy", str(file))
    assert run.code == 4
    assert run.err.startswith("file: sent\ntemplate report.txt.j2, line 1:")


def test_validate_tells_of_each_template_that_is_no_jinja(tmp_path: Path) -> None:
    file = policy(tmp_path, report__txt="\n{% if %}", email__html="{{ 1 | sise }}", page__html="x")
    run = Run("validate", "--policy", str(file))
    assert run.code == 2
    where = tmp_path / "templates"
    assert run.err.splitlines() == [
        f"{where}/email.html.j2:1:1: template: No filter named 'sise'.",
        f"{where}/report.txt.j2:2:1: template: {JINJA}",
        f"{file}: 2 problems in its templates",
    ]


def test_validate_names_the_place_of_a_folder_that_is_missing(tmp_path: Path) -> None:
    file = policy(tmp_path)
    line = file.read_text("utf-8").split("\n").index("templates: templates") + 1
    run = Run("validate", "--policy", str(file))
    assert run.code == 2
    assert f"{file}:{line}:12: template: the folder holds no *.j2" in run.err


def test_validate_warns_of_a_template_that_does_nothing(tmp_path: Path) -> None:
    file = policy(tmp_path, emial__html="x")
    run = Run("validate", "--policy", str(file))
    assert run.code == 0
    assert "warning: template emial.html.j2: it replaces none of ours" in run.err
    assert Run("validate", "--strict", "--policy", str(file)).code == 2


def test_the_function_sends_by_ours_and_ends_in_error(cloud: Simulator, tmp_path: Path) -> None:
    file = policy(tmp_path, report__txt="{{ nothing }}")
    world = outside({**keys(cloud), "BACKUP_AUDITOR_POLICY": str(file)})
    with pytest.raises(DeliveryError, match=r"template report\.txt\.j2, line 1: 'nothing' is und"):
        respond({}, world)
    assert "(template-broken)" in (tmp_path / "out" / "report.txt").read_text("utf-8")
