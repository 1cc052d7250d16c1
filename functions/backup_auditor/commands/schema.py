"""Print the JSON Schema of a policy file, for editors and validators."""

from __future__ import annotations

import argparse
import json

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import check_output, write_output
from backup_auditor.outcome import ExitCode
from backup_auditor.policy.json_schema import policy_schema


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--output", metavar="FILE", help="write there instead of to stdout")


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print or write the schema of everything that this version knows."""
    check_output(given.output)
    text = json.dumps(policy_schema(compose.kinds()), indent=1, ensure_ascii=False) + "\n"
    if given.output:
        write_output(given.output, text.encode())
        print(f"Written to {given.output}.", file=streams.err)
    else:
        streams.out.write(text)
    return ExitCode.PASS
