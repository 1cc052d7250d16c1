"""Where cases lie, and the policies that they are about: files and folders into suites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backup_auditor.cases.reader import Cases, read_cases
from backup_auditor.errors import CasesError, PolicyError, UsageError
from backup_auditor.model import Problem
from backup_auditor.outside import Outside
from backup_auditor.policy.load import Files, load_files
from backup_auditor.policy.model import Kinds, PolicySet
from backup_auditor.policy_file import CASES_SUFFIX, is_policy, read_file, read_policy

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Suite:
    """One file of cases with the policy that it is about."""

    cases: Cases
    policies: PolicySet
    files: tuple[str, ...]
    """The files of the policy."""


def load_suites(paths: Sequence[str], outside: Outside, kinds: Kinds) -> list[Suite]:
    """Read all files of cases at ``paths``, each once, and their policies.

    Raises UsageError where there are none, and CasesError with every problem of all files.
    """
    loader = _Loader(outside, kinds)
    suites = [loader.suite(file) for file in _unique(_found(paths))]
    if loader.problems:
        raise CasesError(list(dict.fromkeys(loader.problems)))
    return [suite for suite in suites if suite is not None]


def without_cases(paths: Iterable[str], suites: Iterable[Suite]) -> Iterator[str]:
    """Yield the policy files in the folders among ``paths`` that no suite is about."""
    about = {Path(file).resolve() for suite in suites for file in suite.files}
    for folder in (Path(path) for path in paths if Path(path).is_dir()):
        for file in sorted(folder.iterdir()):
            if is_policy(file.name) and file.resolve() not in about:
                yield str(file)


def _found(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        try:
            yield from _at(Path(path))
        except OSError as error:  # a folder that is closed, a name that is too long
            raise UsageError(f"cases {path}: {error.strerror or 'cannot be read'}") from error


def _at(path: Path) -> list[Path]:
    if path.is_dir():
        return _in_folder(path)
    if path.name.endswith(CASES_SUFFIX):
        return [path]
    if path.suffix in _SUFFIXES:
        return [_beside(path)]
    raise UsageError(f"cases {path}: it is no folder, no policy and no NAME{CASES_SUFFIX}")


def _in_folder(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if _is_cases(file))
    if not files:
        raise UsageError(f"cases {folder}: it holds no *{CASES_SUFFIX}; no test is no success")
    return files


def _is_cases(path: Path) -> bool:
    return path.name.endswith(CASES_SUFFIX) and path.name[0] != "."


def _beside(policy: Path) -> Path:
    cases = policy.with_name(policy.stem + CASES_SUFFIX)
    if policy.is_file() and not cases.is_file():
        raise UsageError(f"cases {cases}: there is none beside the policy; no test is no success")
    return cases


def _unique(paths: Iterable[Path]) -> list[Path]:
    return list({path.resolve(): path for path in paths}.values())


class _Loader:
    """Reads suites, each policy once; what is wrong is kept for telling everything at once."""

    def __init__(self, outside: Outside, kinds: Kinds) -> None:
        self._outside = outside
        self._kinds = kinds
        self._sound: dict[Path, tuple[PolicySet, tuple[str, ...]]] = {}
        self.problems: list[Problem] = []

    def suite(self, path: Path) -> Suite | None:
        try:
            cases = read_cases(read_file(path, "cases"), str(path), self._kinds)
            return Suite(cases, *self._policy(_policy_of(path, cases.policy), cases))
        except PolicyError as error:
            self.problems += error.problems
            return None

    def _policy(self, path: Path, cases: Cases) -> tuple[PolicySet, tuple[str, ...]]:
        key = path.resolve()
        if key not in self._sound:
            files = self._content(path, cases)
            names = tuple(name for name, _ in files)
            self._sound[key] = (load_files(files, self._kinds), names)
        return self._sound[key]

    def _content(self, path: Path, cases: Cases) -> Files:
        try:
            return read_policy(str(path), self._outside)
        except UsageError as error:
            hint = "" if cases.policy else "; the key policy names another one"
            raise CasesError([Problem(cases.policy_place, f"{error}{hint}")]) from None


def _policy_of(path: Path, name: str | None) -> Path:
    """Return the policy that the cases at ``path`` name, else the one beside them."""
    if name is not None:
        return path.parent / name
    stem = path.name.removesuffix(CASES_SUFFIX)
    candidates = [path.with_name(stem + suffix) for suffix in _SUFFIXES]
    return next((one for one in candidates if one.is_file()), candidates[0])
