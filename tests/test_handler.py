import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.errors import DeliveryError, PolicyError, UsageError
from backup_auditor.handler import lambda_handler, respond, with_deadline
from backup_auditor.outside import Outside

from tests.builders import NOW
from tests.channels.target import Target, target
from tests.cloud import POLICY, keys
from tests.contract import assert_valid
from tests.fakes import outside
from tests.simulator.account import make_account
from tests.simulator.server import Simulator

EVENTS = sorted((Path(__file__).parent.parent / "events").glob("*.json"))
ACCOUNT = make_account(NOW)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(ACCOUNT) as simulator:
        yield simulator


@pytest.fixture
def world(cloud: Simulator, tmp_path: Path) -> Outside:
    """Return a world with a policy file whose channel is a folder."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + f"channels:\n  - file: {{folder: {tmp_path / 'out'}}}\n")
    return outside({**keys(cloud), "BACKUP_AUDITOR_POLICY": str(file)})


def document_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the contract in an answer, also of a Function URL."""
    if "statusCode" not in answer:
        return answer
    assert answer["statusCode"] == 200
    document: dict[str, Any] = json.loads(answer["body"])
    return document


@pytest.mark.parametrize("path", EVENTS, ids=lambda p: p.stem)
def test_every_event_of_the_folder_is_answered_with_the_contract(
    path: Path, world: Outside
) -> None:
    document = document_of(respond(json.loads(path.read_text("utf-8")), world))
    assert_valid(document)
    assert document["counts"]["resources"] > 0


def test_a_scheduled_run_has_the_id_of_its_instant(world: Outside) -> None:
    event = {"schedule": {"scheduled_time": "2026-11-24T05:00:00Z"}}
    ids = {respond(event, world)["run"]["id"] for _ in range(2)}
    assert len(ids) == 1
    assert ids.pop().startswith("20261124T050000Z-")


def test_a_scheduled_run_delivers(world: Outside, tmp_path: Path) -> None:
    document = respond({}, world)
    assert document["deliveries"] == [
        {"channel": "file", "outcome": "sent", "attempts": 1, "reason": None}
    ]
    assert (tmp_path / "out" / "audit.json").is_file()


def test_the_summary_leaves_out_what_is_fine(world: Outside) -> None:
    document = respond({"deliver": False, "format": "summary"}, world)
    assert {r["outcome"] for r in document["resources"]} == {"fail", "unknown"}
    assert document["counts"]["pass"] > 0


def test_an_inline_policy_replaces_the_deployed_one(world: Outside) -> None:
    policy = (
        "version: 1\nsources: [ucloud.uredis]\n"
        "policies:\n  - {name: p, match: {}, rules: {auto_backup: {}}}\n"
    )
    document = respond({"policy": policy, "deliver": False}, world)
    assert {c["rule"] for r in document["resources"] for c in r["checks"]} == {"auto_backup"}


def test_a_failed_delivery_ends_in_error_after_the_others(world: Outside, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    channels = f"channels:\n  - file: {{folder: {blocked}}}\n  - file: {{folder: {tmp_path}/ok}}\n"
    with pytest.raises(DeliveryError, match="Not delivered: file: folder"):
        respond({"policy": POLICY + channels}, world)
    assert (tmp_path / "ok" / "audit.json").is_file()


def test_a_broken_policy_is_told_through_the_channels_that_are_sound(
    world: Outside, tmp_path: Path
) -> None:
    broken = (
        POLICY.replace("max: 26h", "max: 26") + f"channels:\n  - file: {{folder: {tmp_path}/b}}\n"
    )
    with pytest.raises(PolicyError, match="26 is not a duration"):
        respond({"policy": broken}, world)
    document = json.loads((tmp_path / "b" / "audit.json").read_text("utf-8"))
    assert_valid(document)
    assert document["verdict"] == "incomplete"
    assert document["gaps"][0]["reason"] == "policy"
    assert document["run"]["policy_digest"].startswith("sha256:")
    assert "Nothing was audited" in (tmp_path / "b" / "report.txt").read_text("utf-8")


def test_a_broken_policy_sends_nothing_where_nothing_shall_be_sent(
    world: Outside, tmp_path: Path
) -> None:
    broken = "version: 2\n" + f"channels:\n  - file: {{folder: {tmp_path}/b}}\n"
    with pytest.raises(PolicyError):
        respond({"policy": broken, "deliver": False}, world)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"deliver": ["slak"]}, "no channel 'slak'; it has: file"),
        ({"select": {"nam": "x"}}, "did you mean name?"),
        ({"policy": "none.yaml"}, "No such file"),
    ],
)
def test_a_request_that_cannot_be_met_is_a_sentence(
    event: dict[str, Any], sentence: str, world: Outside
) -> None:
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        respond(event, world)


def test_a_function_url_answers_400_for_a_wrong_request(world: Outside) -> None:
    event = {"requestContext": {"http": {}}, "body": '{"polcy": 1}'}
    answer = respond(event, world)
    assert answer["statusCode"] == 400
    assert "unknown field 'polcy'" in json.loads(answer["body"])["error"]


def test_the_deadline_leaves_time_to_report() -> None:
    world = replace(outside(), monotonic=lambda: 100.0)
    for seconds, deadline in ((900, 840), (40, 30)):
        found = with_deadline(world, seconds)
        assert (found.deadline, found.end) == (100 + deadline, 100 + seconds)


TWO_NAMES = (
    "channels:\n  - file: {folder: FOLDER/a, name: team-a}\n"
    "  - file: {folder: FOLDER/b, name: team-b}\n"
)


def test_a_request_names_its_channels(world: Outside, tmp_path: Path) -> None:
    policy = POLICY + TWO_NAMES.replace("FOLDER", str(tmp_path))
    document = respond({"policy": policy, "deliver": ["team-b"]}, world)
    assert [row["channel"] for row in document["deliveries"]] == ["team-b"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["b"]


def test_a_fallback_comes_with_the_channel_that_is_named_and_the_run_ends_in_error(
    world: Outside, tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_text("a file")
    channels = (
        f"channels:\n  - file: {{folder: {tmp_path}/blocked, name: a, fallback: b}}\n"
        f"  - file: {{folder: {tmp_path}/b, name: b, send: fallback}}\n"
    )
    with pytest.raises(DeliveryError, match="Not delivered: a: folder"):
        respond({"policy": POLICY + channels, "deliver": ["a"]}, world)
    told = (tmp_path / "b" / "report.txt").read_text("utf-8")
    assert "Sent here in place of channel a, which failed: folder" in told


def test_a_team_gets_its_part(world: Outside, tmp_path: Path) -> None:
    channels = f"channels:\n  - file: {{folder: {tmp_path}/p, match: {{region: hk}}}}\n"
    respond({"policy": POLICY + channels}, world)
    document = json.loads((tmp_path / "p" / "audit.json").read_text("utf-8"))
    assert_valid(document)
    assert document["verdict"] == "fail"
    assert {row["region"] for row in document["resources"] if row["outcome"] == "pass"} == {"hk"}


@pytest.fixture
def watcher() -> Iterator[Target]:
    """Serve an outside watcher."""
    with target() as end:
        yield end


FILE = "channels:\n  - file: {folder: FOLDER/ok}\n"
BLOCKED = "channels:\n  - file: {folder: FOLDER/policy.yaml}\n"


@pytest.mark.parametrize(
    ("event", "policy", "called"),
    [
        ({}, POLICY + FILE, ["/hb"]),
        ({}, POLICY, ["/hb"]),
        ({"schedule": {"scheduled_time": "2026-11-24T05:00:00Z"}}, POLICY + FILE, ["/hb"]),
        ({}, POLICY + BLOCKED, ["/hb/fail"]),
        ({}, POLICY.replace("max: 26h", "max: 26") + FILE, ["/hb/fail"]),
        ({}, POLICY.replace("max: 26h", "max: 26") + BLOCKED, ["/hb/fail"]),
        ({"deliver": False}, POLICY + FILE, []),
        ({"deliver": ["file"]}, POLICY + FILE, []),
        ({"select": {"name": "*"}}, POLICY + FILE, []),
        ({"deliver": False}, POLICY.replace("max: 26h", "max: 26"), []),
        ({"select": {"name": "*"}}, POLICY.replace("max: 26h", "max: 26"), []),
    ],
)
def test_the_watcher_is_called_by_runs_about_everything_for_everybody(
    event: dict[str, Any], policy: str, called: list[str], *, watcher: Target, world: Outside
) -> None:
    folder = str(Path(world.environ["BACKUP_AUDITOR_POLICY"]).parent)
    environ = {**world.environ, "HB": f"{watcher.url}/hb"}
    text = (
        policy.replace("FOLDER", folder)
        + "heartbeat: {url: env:HB, allow_http: true, allow_private: true}\n"
    )
    with contextlib.suppress(DeliveryError, PolicyError):
        respond({**event, "policy": text}, outside(environ))
    assert [path for path, _, _ in watcher.got] == called


def test_the_watcher_has_a_receipt_and_breaks_no_run(world: Outside) -> None:
    policy = POLICY + "heartbeat: {url: env:NOT_SET}\n"
    document = respond({"policy": policy}, world)
    assert_valid(document)
    assert document["deliveries"] == [
        {
            "channel": "heartbeat",
            "outcome": "failed",
            "attempts": 1,
            "reason": "env:NOT_SET is not set",
        }
    ]


def test_a_fault_of_the_program_is_told_to_the_watcher(watcher: Target, world: Outside) -> None:
    asked: list[None] = []

    def faulty_clock() -> datetime:
        asked.append(None)
        return NOW if len(asked) > 1 else NOW.replace(month=1 // 0)

    environ = {**world.environ, "HB": f"{watcher.url}/hb"}
    event = {"policy": POLICY + "heartbeat: {url: env:HB, allow_http: true, allow_private: true}\n"}
    with pytest.raises(ZeroDivisionError):
        respond(event, outside(environ, now=faulty_clock))
    assert [path for path, _, _ in watcher.got] == ["/hb/fail"]


def test_a_fallback_tells_of_a_broken_policy_where_its_channel_is_not_sound(
    world: Outside, tmp_path: Path
) -> None:
    channels = (
        "channels:\n  - slack: {url: plain, fallback: b}\n"
        f"  - file: {{folder: {tmp_path}/b, name: b, send: fallback}}\n"
    )
    with pytest.raises(PolicyError, match="a secret does not belong in a policy"):
        respond({"policy": POLICY + channels}, world)
    assert "Nothing was audited" in (tmp_path / "b" / "report.txt").read_text("utf-8")


SCHEDULED = {"schedule": {"scheduled_time": "2026-11-24T05:00:00Z"}}


@pytest.mark.parametrize(
    ("policy", "error"),
    [(POLICY, DeliveryError), (POLICY.replace("max: 26h", "max: 26"), PolicyError)],
)
def test_a_run_that_is_repeated_sends_nothing_twice(
    policy: str, error: type[Exception], *, watcher: Target, world: Outside, tmp_path: Path
) -> None:
    """Lambda repeats a run that ends in error: nothing that arrived is sent again."""
    channel = "allow_http: true, allow_private: true"
    text = policy + (
        f"channels:\n  - webhook: {{url: env:HOOK, format: cloudevents, {channel}}}\n"
        f"  - file: {{folder: {tmp_path}/policy.yaml}}\n"
    )
    environ = {"HOOK": f"{watcher.url}/hook", "BACKUP_AUDITOR_STORE": str(tmp_path / "store")}
    for day in ("24", "25"):
        event = {"schedule": {"scheduled_time": f"2026-11-{day}T05:00:00Z"}, "policy": text}
        for attempt in range(3):  # each when the turn of the one before is over
            now = NOW + attempt * timedelta(minutes=3)
            with pytest.raises(error):
                respond(event, outside({**world.environ, **environ}, now=lambda now=now: now))
    assert [path for path, _, _ in watcher.got] == ["/hook"] * 2


@pytest.mark.parametrize("store", ["ftp://x", "s3://A"])
def test_a_broken_policy_is_told_where_the_store_cannot_be_used(
    store: str, world: Outside, tmp_path: Path
) -> None:
    broken = "version: 2\n" + f"channels:\n  - file: {{folder: {tmp_path}/b}}\n"
    with pytest.raises(PolicyError):
        respond({"policy": broken}, outside({**world.environ, "BACKUP_AUDITOR_STORE": store}))
    assert (tmp_path / "b" / "report.txt").is_file()


def test_a_broken_policy_is_nothing_to_compare_with(world: Outside, tmp_path: Path) -> None:
    environ = {**world.environ, "BACKUP_AUDITOR_STORE": str(tmp_path / "store")}
    first = respond({"schedule": {"scheduled_time": "2026-11-22T05:00:00Z"}}, outside(environ))
    broken = {"schedule": {"scheduled_time": "2026-11-23T05:00:00Z"}, "policy": "version: 2\n"}
    with pytest.raises(PolicyError):
        respond(broken, outside(environ))
    document = respond(SCHEDULED, outside(environ))
    assert document["changes"]["compared_with"] == first["run"]["id"]
    assert document["vanished"] == []


def measured(printed: str) -> list[dict[str, Any]]:
    """Return the metrics among what was printed."""
    found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [document for document in found if "_aws" in document]


def test_a_run_prints_its_metrics_as_a_line_of_their_own(
    world: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    document = respond(SCHEDULED, world)
    printed = capsys.readouterr().out
    (found,) = measured(printed)
    assert printed == f"{json.dumps(found)}\n"
    assert found["Set"] == "policy"
    assert found["Run"] == document["run"]["id"]
    assert found["Resources"] == document["counts"]["resources"] == 60
    assert found["FailedDeliveries"] == 0


def test_metrics_carry_the_name_of_the_policies(
    world: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    respond({"policy": POLICY + "name: redis-prod\n"}, world)
    assert [one["Set"] for one in measured(capsys.readouterr().out)] == ["redis-prod"]


def test_a_run_that_could_not_deliver_says_so_in_its_metrics(
    world: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(world.environ["BACKUP_AUDITOR_POLICY"]).parent
    with pytest.raises(DeliveryError):
        respond({"policy": POLICY + BLOCKED.replace("FOLDER", str(folder))}, world)
    assert [one["FailedDeliveries"] for one in measured(capsys.readouterr().out)] == [1]


@pytest.mark.parametrize(
    "event",
    [
        {"deliver": False},
        {"deliver": ["file"]},
        {"select": {"name": "*"}},
        {"policy": "version: 2\n"},
    ],
)
def test_a_run_about_a_part_or_for_some_leaves_the_metrics_alone(
    event: dict[str, Any], world: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(PolicyError):
        respond(event, world)
    assert measured(capsys.readouterr().out) == []


def test_lambda_itself_is_served(monkeypatch: pytest.MonkeyPatch, world: Outside) -> None:
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 900_000

    document = lambda_handler({"deliver": False}, Context())
    assert document["counts"]["resources"] == 60
