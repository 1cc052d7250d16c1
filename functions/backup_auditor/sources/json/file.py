"""An inventory of your own in a JSON file, beside the policy or in S3.

A script that makes backups, or looks after them, writes what must be backed up and what backups
there are as one JSON document; ``inventory.schema.json`` in the folder of this module describes it
for editors and validators::

    {
      "schema_version": 1,
      "generated_at": "2026-11-24T06:00:00Z",
      "resources": [
        {
          "id": "shop", "name": "shop database", "kind": "mysql",
          "backups": [
            {"id": "shop-1", "state": "succeeded", "taken_at": "2026-11-24T03:00:00+08:00",
             "finished_at": "2026-11-24T03:20:00+08:00", "size_bytes": 1048576,
             "copies": [{"region": "eu-west-1", "state": "succeeded"}]}
          ]
        }
      ]
    }

``resources`` must come from what is there to be backed up, not from the list of backups: one that
never had a backup has ``"backups": []``. States are ``succeeded``, ``running``, ``failed`` and
``expired``. A resource whose backups could not be listed has ``error`` with the reason instead, and
what could not be looked at at all stands in ``errors`` of the document: never leave it out.

It is read strictly: UTF-8, at most 8 MiB, 10,000 resources with 10,000 backups each, no key twice,
no unknown key, no ``null``. A resource that is wrong is told with the place of the mistake and
judged as unknown; the others are judged as ever. Write the file beside and rename it, so that it is
never half there. One that is older than ``max_age`` by its ``generated_at``, or of the future, is
an error. What it says is believed: a file cannot be asked again.

Example::

    json.file: {path: inventory.json}

``path`` is seen from the folder of the policy file, or begins with ``/`` or ``s3://``. Beside a
policy in S3 it is looked for in S3. The account of its resources is ``path`` as it is written, and
their region ``region``; ``account`` keeps fingerprints when the file moves. Two entries must not
have the same account and region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field

from backup_auditor.aws import call, read_body
from backup_auditor.errors import AwsError, SourceError
from backup_auditor.model import Fact, GapReason, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.extent import Extent
from backup_auditor.policy.fields import Text
from backup_auditor.sources import Source
from backup_auditor.sources.aws.client.failures import source_error
from backup_auditor.sources.aws.client.place import partition_of
from backup_auditor.sources.json._reader import LONGEST
from backup_auditor.sources.json._source import JsonOptions, JsonSource
from backup_auditor.speech import phrase
from backup_auditor.template_files import beside

ID = "json.file"
ACTIONS = ("s3:GetObject",)
TELLS = tuple(Fact)
_S3 = "s3://"


class Options(JsonOptions):
    """What a policy file may say about this source."""

    path: Text = Field(
        description="The file, seen from the folder of the policy file; or s3://bucket/key.",
        examples=["inventory.json", "s3://backups/inventory.json"],
    )

    @property
    def place(self) -> str:
        """The account of all resources of this entry."""
        return self.account or self.path

    def extent(self) -> Extent:
        """Return the one place that is asked about."""
        return Extent(accounts=(self.place,), regions=(self.region,))

    def grants(self, actions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the reading of an object; what lies beside the policy may be read anyway."""
        if self.path.startswith(_S3):
            partition, key = partition_of(self.region), self.path[len(_S3) :]
            yield from ((action, f"arn:{partition}:s3:::{key}") for action in actions)

    def seen_from(self, file: str) -> Self:
        """Return them with the path as the policy ``file`` means it."""
        path = beside(self.path, file)
        path = path.rstrip("/") if path.startswith(_S3) else path
        return self.model_copy(update={"path": path, "account": self.place})


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    scope = Scope(ID, options.place, options.region)
    path = options.path

    def fetch() -> bytes:
        return _from_s3(path, outside) if path.startswith(_S3) else _from_disk(Path(path))

    return JsonSource(scope, options.max_age, outside, fetch)


def _from_disk(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise _unread(GapReason.NOT_FOUND, "not a file")
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except FileNotFoundError:
        raise _unread(GapReason.NOT_FOUND, "FileNotFoundError") from None
    except PermissionError:
        raise _unread(GapReason.REFUSED, "PermissionError") from None
    except (OSError, ValueError) as error:
        raise _unread(GapReason.PROVIDER_ERROR, type(error).__name__) from None


def _unread(reason: GapReason, why: str) -> SourceError:
    return SourceError(reason, phrase("the inventory cannot be read ({why})", why=why))


def _from_s3(address: str, outside: Outside) -> bytes:
    where = urlsplit(address)
    bucket, key = where.netloc, address[len(_S3) :].partition("/")[2]
    try:
        answer = call(outside.aws, "s3", "get_object", Bucket=bucket, Key=key)
        return read_body(answer, LONGEST + 1)
    except AwsError as error:
        raise source_error(error, "s3", "GetObject") from None
