"""``evidence`` on the command line, over a store that audits of the command line filled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.cloud import POLICY, keys
from tests.simulator.account import make_account
from tests.simulator.server import Simulator
from tests.test_cli import Run

ACCOUNT = make_account(NOW)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(ACCOUNT) as simulator:
        yield simulator


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """Return a policy and an empty store."""
    policy = tmp_path / "shop.yaml"
    policy.write_text(POLICY)
    return ["--policy", str(policy), "--store", str(tmp_path / "store")]


def test_an_audit_leaves_what_verify_verifies(
    cloud: Simulator, options: list[str], tmp_path: Path
) -> None:
    Run(["audit", *options], keys(cloud))
    run = Run(["evidence", "verify", *options], keys(cloud))
    assert run.code == 0
    assert run.out.startswith("VERIFIED: 1 audit, 2 files, all as they were written; 1 link, ")
    head = run.out.split()[-1]
    assert Run(["evidence", "verify", *options, "--head", head], keys(cloud)).code == 0
    (record,) = (tmp_path / "store" / "audits").rglob("record.json.xz")
    record.write_bytes(record.read_bytes()[:-1] + b"x")
    run = Run(["evidence", "verify", *options], keys(cloud))
    assert run.code == 1
    problem, said = run.out.splitlines()
    assert "record.json.xz is not what was written: its digest is another" in problem
    assert said.startswith("NOT VERIFIED: 1 problem (1 audit, 2 files; 1 link, ")


def test_a_day_is_written_as_in_a_calendar(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Run(["evidence", "verify", *options, "--from", "yesterday"], {})
    assert "'yesterday' is not a day such as 2026-11-01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-11-02", "--to", "2026-11-01"], "--to 2026-11-01 is before --from"),
        (["--head", "abc"], "--head 'abc': write sha256: and 64 hexadecimal digits"),
        (["--store", "none"], "there is no store to read past audits from; say --store"),
    ],
)
def test_wrong_usage_is_a_sentence(arguments: list[str], said: str, options: list[str]) -> None:
    run = Run(["evidence", "verify", *options, *arguments], {})
    assert run.code == 2
    assert said in run.err


def test_an_empty_store_is_not_verified(options: list[str]) -> None:
    run = Run(["evidence", "verify", *options], {})
    assert run.code == 1
    assert "there is no link: nothing can be verified" in run.out
