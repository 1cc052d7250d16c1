"""Arguments that several commands take, and the files that they write."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from backup_auditor.commands import Streams
from backup_auditor.compose import DEFAULT_POLICY, POLICY_VARIABLE, STORE_VARIABLE
from backup_auditor.errors import UsageError
from backup_auditor.files import replace_file
from backup_auditor.outside import Outside
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector
from backup_auditor.selection import selector_of

_STATE_FOLDER = ".local/state/backup-auditor"


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add ``--policy``."""
    parser.add_argument(
        "--policy",
        metavar="ADDRESS",
        help=f"file, folder or s3:// address; default ${POLICY_VARIABLE}, else {DEFAULT_POLICY}",
    )


def add_now(parser: argparse.ArgumentParser) -> None:
    """Add ``--now``."""
    parser.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="judge as of this instant, e.g. 2026-11-24T06:00:00Z",
    )


def add_select(parser: argparse.ArgumentParser) -> None:
    """Add ``--select``."""
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="KEY=GLOB",
        help=f"only these resources; keys: {', '.join(SELECTOR_KEYS)}, tags.NAME",
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add ``--store``."""
    parser.add_argument(
        "--store",
        metavar="ADDRESS",
        help=f"folder or s3:// address where audits are remembered; default ${STORE_VARIABLE},"
        f" else {_STATE_FOLDER} in your home; none: without memory",
    )


def store_of(given: argparse.Namespace, outside: Outside) -> str:
    """Return the address of the store that is to be used; empty for none."""
    address = given.store or outside.environ.get(STORE_VARIABLE) or _default_store(outside.environ)
    return "" if address == "none" else address


def _default_store(environ: Mapping[str, str]) -> str:
    """Return the folder where programs keep their state (XDG Base Directory Specification)."""
    home = environ.get("HOME")
    state = environ.get("XDG_STATE_HOME") or (f"{home}/.local/state" if home else "")
    return f"{state}/backup-auditor" if state else ""


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """Add ``--format``, of which the first is the default, and ``--output``."""
    parser.add_argument(
        "--format", choices=formats, default=formats[0], help=f"default: {formats[0]}"
    )
    parser.add_argument("--output", metavar="FILE", help="write there instead of to stdout")


def add_template(parser: argparse.ArgumentParser) -> None:
    """Add ``--template``."""
    parser.add_argument(
        "--template",
        metavar="DIR",
        help="folder or s3:// address of templates of your own; default: that of the policy",
    )


def check_template(address: str | None) -> None:
    """Find out before the work that there is no such folder; raises UsageError."""
    if address is not None and not address.startswith("s3://") and not Path(address).is_dir():
        raise UsageError(f"--template {address}: there is no such folder")


def selected(texts: Sequence[str]) -> Selector | None:
    """Return what ``--select`` asks for; None for everything; raises UsageError."""
    pairs: dict[str, list[str]] = {}
    for text in texts:
        key, equals, glob = text.partition("=")
        if not equals:
            raise UsageError(f"--select {text[:80]!r}: write KEY=GLOB, e.g. name=prod-*")
        pairs.setdefault(key, []).append(glob)
    return selector_of(pairs) if pairs else None


def check_output(output: str | None, option: str = "--output") -> None:
    """Find out before the work, not after it, that the result cannot be written."""
    folder = Path(output).parent if output else None
    if folder and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise UsageError(f"{option} {output}: the folder {folder} cannot be written to")
    if output and Path(output).is_dir():
        raise UsageError(f"{option} {output}: is a folder")


def write_output(output: str, data: bytes, option: str = "--output") -> None:
    """Write the file as a whole or not at all; raises UsageError."""
    try:
        replace_file(Path(output), data)
    except OSError as error:
        raise UsageError(f"{option} {output}: {error.strerror or 'cannot be written'}") from error


def emit(output: str | None, text: str, streams: Streams, said: str = "") -> None:
    """Write ``text`` to the file ``output``, and say so after ``said``; without one to stdout."""
    data = text.encode("utf-8", errors="replace")  # a name may hold what no UTF-8 can
    if output:
        write_output(output, data)
        print(f"{said}Written to {output}.", file=streams.err)
    else:
        streams.out.write(data.decode("utf-8"))
        streams.out.flush()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant") from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone; add Z or an offset")
    return instant.astimezone(UTC)
