"""``make demo``: the whole audit of a simulated estate, over HTTP, delivered to real channels.

Only the far ends are simulated: a UCloud-compatible API, three AWS accounts and a bucket on moto,
Amazon SES, three chats and a webhook, all on loopback. Everything between is the program as it runs
in production.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backup_auditor import cli
from backup_auditor.commands import Streams

from tests.demo.chats import chats_page
from tests.demo.receivers import receivers
from tests.estate import estate
from tests.store.keys import KEYS

OUT = Path("out")
_SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the published test vector's
_WHAT = {
    "report.html": "the page: find, sort and open every resource",
    "email.html": "the e-mail as SES received it",
    "email.txt": "its plain-text part",
    "chats.html": "three chat messages side by side, as they are read",
    "slack.json": "the message in Slack",
    "teams.json": "the Adaptive Card in Teams, with high and critical findings only",
    "feishu.json": "the signed card in Feishu",
    "webhook.json": "what the webhook received",
    "audit.json": "the JSON contract",
    "resources.csv": "every resource as a table",
}


def main() -> int:
    """Run the demo; return 0 when the audit worked, whatever it found."""
    OUT.mkdir(exist_ok=True)
    print("making the estate: UCloud, three AWS accounts, a bucket ...", file=sys.stderr)
    with _estate() as clouds, receivers() as ends:
        environ = {
            **os.environ,
            **clouds,
            "AWS_ENDPOINT_URL_SESV2": ends.url,
            "DEMO_SLACK_URL": f"{ends.url}/slack",
            "DEMO_TEAMS_URL": f"{ends.url}/teams",
            "DEMO_FEISHU_URL": f"{ends.url}/feishu",
            "DEMO_FEISHU_SECRET": "demo",
            "DEMO_WEBHOOK_URL": f"{ends.url}/webhook",
            "DEMO_WEBHOOK_SECRET": _SIGNING_SECRET,
        }
        for name in ("UCLOUD_PROJECT_ID", "UCLOUD_CREDENTIALS", "UCLOUD_SECURITY_TOKEN"):
            environ.pop(name, None)
        os.environ.update(environ)  # boto3 reads the process's own environment
        streams = Streams(sys.stdout, sys.stderr, environ)
        code = cli.command(
            ["audit", "--policy", "policies/demo.yaml", "--store", "out/store", "--deliver"],
            streams,
        )
        ends.save(OUT)
        chats = {name: ends.posted[f"/{name}"] for name in ("slack", "teams", "feishu")}
    (OUT / "chats.html").write_text(chats_page(chats), encoding="utf-8")
    _say_where()
    print(f"\nThe audit's own exit code was {code}: 1 means that findings fail.")
    return 0 if code == 1 else 1


@contextmanager
def _estate() -> Iterator[dict[str, str]]:
    os.environ.update(KEYS)  # of nobody: what is made here must not reach an account of yours
    with estate(datetime.now(UTC)) as environ:
        yield environ


def _say_where() -> None:
    print("\nLook at:")
    for name, what in _WHAT.items():
        if (OUT / name).exists():
            print(f"  {OUT / name!s:<22} {what}")


if __name__ == "__main__":
    sys.exit(main())
