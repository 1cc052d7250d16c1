"""Files in a folder: what a laptop and the demo use.

Writes ``report.html`` (the stand-alone page), ``report.txt``, ``audit.json`` (the contract) and
``resources.csv``. Each is replaced as a whole, so a reader never sees half of one. The folder is
made when it is missing.

A folder that cannot be written to is a permanent failure. In AWS Lambda only ``/tmp`` can be
written.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.errors import DeliveryError
from backup_auditor.files import replace_file
from backup_auditor.outside import Outside
from backup_auditor.policy.model import ChannelOptions
from backup_auditor.report.contract import to_json
from backup_auditor.report.html import page_html
from backup_auditor.report.model import Report
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text


class Options(ChannelOptions):
    """Options of this channel."""

    folder: str = Field(
        min_length=1, max_length=1000, description="Where the files are written.", examples=["out"]
    )


def build(options: Options, outside: Outside) -> Channel:  # noqa: ARG001 - the form of all channels
    """Return the channel."""
    return _Folder(Path(options.folder))


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, report: Report) -> None:
        documents = {
            "report.html": page_html(report).encode(errors="replace"),
            "report.txt": mail_text(report).encode(errors="replace"),
            "audit.json": to_json(report).encode(errors="replace"),
            "resources.csv": to_csv(report),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, data in documents.items():
                replace_file(self._folder / name, data)
        except OSError as error:
            reason = f"folder {self._folder}: {error.strerror or 'cannot be written to'}"
            raise DeliveryError(reason, permanent=True) from error
