"""Show a finished audit again, in any format and by any templates, without auditing."""

from __future__ import annotations

import argparse
from pathlib import Path

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import (
    add_output,
    add_template,
    check_output,
    check_template,
    emit,
)
from backup_auditor.commands._receipts import print_broken
from backup_auditor.commands._renderings import EMAIL, FORMATS, rendered
from backup_auditor.errors import UsageError
from backup_auditor.fields import FieldError
from backup_auditor.model import Audit
from backup_auditor.outcome import ExitCode
from backup_auditor.report.build import build
from backup_auditor.report.overrides import Overrides
from backup_auditor.report.proving import proved
from backup_auditor.report.reading import read_audit
from backup_auditor.template_files import read_templates

LARGEST = 1 << 30
"""Bytes of a document: far above a million resources."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FILE",
        help="what `audit --format json` wrote; - for stdin",
    )
    add_template(parser)
    add_output(parser, (*FORMATS, EMAIL))


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Render; exit 4 where a template is broken and ours had to be used, else 0."""
    check_output(given.output)
    check_template(given.template)
    audit = _audit(given.source, streams)
    overrides = Overrides()
    if given.template is not None:
        overrides = read_templates(given.template, compose.world(streams.environ))
    report, broken = proved(build(audit), overrides)
    text = rendered(given.format, report, streams, to_file=bool(given.output))
    emit(given.output, text, streams, f"{report.headline} ")
    print_broken(broken, streams.err)
    return ExitCode.DELIVERY if broken else ExitCode.PASS


def _audit(file: str, streams: Streams) -> Audit:
    try:
        return read_audit(_read(file, streams))
    except FieldError as error:
        raise UsageError(f"--from {file}: {error}") from None


def _read(file: str, streams: Streams) -> bytes:
    try:
        if file == "-":
            data = streams.stdin().read(LARGEST + 1)
        elif Path(file).stat().st_size > LARGEST:  # not read into memory to find that out
            raise _too_large(file)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"--from {file}: {error.strerror or 'cannot be read'}") from error
    if len(data) > LARGEST:
        raise _too_large(file)
    return data


def _too_large(file: str) -> UsageError:
    return UsageError(f"--from {file}: it has more than {LARGEST:,} bytes")
