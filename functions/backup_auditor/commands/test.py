"""Check policies against their cases."""

from __future__ import annotations

import argparse

from backup_auditor import compose
from backup_auditor.case_files import load_suites, without_cases
from backup_auditor.cases.junit import to_junit
from backup_auditor.cases.results import Results, lines, summary
from backup_auditor.cases.run import run_cases
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_output, check_output, write_output
from backup_auditor.outcome import ExitCode
from backup_auditor.report.words import printable
from backup_auditor.rules import load_rules

FORMATS = ("text", "junit")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="file of cases (NAME.test.yaml), policy with such a file beside it, or folder of them",
    )
    add_output(parser, FORMATS)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="list the cases that passed too"
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Run all cases and say which failed; a broken file is told with all its problems."""
    check_output(given.output)
    suites = load_suites(given.paths, compose.world(streams.environ), compose.kinds())
    for policy in without_cases(given.paths, suites):
        print(f"no cases: {printable(policy)}", file=streams.err)
    rules = load_rules()
    results = {s.cases.name: list(run_cases(s.cases, s.policies, rules)) for s in suites}
    _show(given, results, streams)
    passed = all(result.passed for ran in results.values() for result in ran)
    return ExitCode.PASS if passed else ExitCode.FAIL


def _show(given: argparse.Namespace, results: Results, streams: Streams) -> None:
    said = "".join(f"{line}\n" for line in lines(results, verbose=given.verbose))
    document = to_junit(results).decode() if given.format == "junit" else said
    if given.output:
        write_output(given.output, document.encode())
    else:
        streams.out.write(document)
    if given.format == "junit":
        streams.err.write(said)
    elif given.output:
        print(f"{summary(results)}. Written to {given.output}.", file=streams.err)
