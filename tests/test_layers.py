"""Imports point inward. Read from the syntax trees, so that a hidden import counts as well."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "functions" / "backup_auditor"

NOUNS, CORE, EDGE, RUN, DOOR = range(5)
LAYERS = {
    **dict.fromkeys(
        (
            "model",
            "errors",
            "secret",
            "values",
            "fields",
            "resource_fields",
            "backup_fields",
            "shape",
            "plugins",
            "speech",
        ),
        NOUNS,
    ),
    **dict.fromkeys(("rules", "policy", "judge", "report", "selection", "comparison"), CORE),
    **dict.fromkeys(("cases", "foresight", "explanation", "memory", "record"), CORE),
    **dict.fromkeys(("fingerprint", "evidence", "past"), CORE),
    **dict.fromkeys(("outside", "sources", "channels", "delivery", "posting"), EDGE),
    **dict.fromkeys(("destination", "pinning", "retrying", "heartbeat"), EDGE),
    **dict.fromkeys(
        (
            "references",
            "aws",
            "ahead",
            "policy_file",
            "template_files",
            "case_files",
            "files",
            "snapshot",
        ),
        EDGE,
    ),
    **dict.fromkeys(("store",), EDGE),
    **dict.fromkeys(("collect", "run", "compose", "recording", "gather", "keeping"), RUN),
    **dict.fromkeys(("witnessing", "sealing"), RUN),
    **dict.fromkeys(("handler", "request", "cli", "commands", "progress", "outcome"), DOOR),
}
IMPURE = {
    *("os", "socket", "time", "random", "secrets", "requests", "urllib3", "boto3"),
    *("subprocess", "threading", "concurrent", "tempfile", "logging", "pathlib"),
}
MODULES = sorted(ROOT.rglob("*.py"))


def top(path: Path) -> str:
    """Return the part of the package that ``path`` belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield every module that ``path`` imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            if module == "backup_auditor":
                yield from ((f"{module}.{alias.name}", node) for alias in node.names)
            else:
                yield module, node


def own_parts(path: Path) -> Iterator[str]:
    """Yield the parts of the package that ``path`` imports."""
    for name, _ in imported(path):
        parts = name.split(".")
        if parts[0] == "backup_auditor" and len(parts) > 1 and parts[1] in LAYERS:
            yield parts[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_has_a_layer_and_imports_only_inward(path: Path) -> None:
    """A new file must be given a layer; an import of an outer layer is refused."""
    part = top(path)
    if part == "__init__":
        assert not list(own_parts(path))
        return
    for other in own_parts(path):
        assert LAYERS[other] <= LAYERS[part], f"{part} must not import {other}"


def test_the_core_is_pure() -> None:
    """Nouns and core import no clock, network, environment, thread or file."""
    for path in MODULES:
        if LAYERS.get(top(path), EDGE) > CORE:
            continue
        names = {name.split(".")[0] for name, _ in imported(path)}
        assert not names & IMPURE, path


def test_no_two_parts_import_each_other() -> None:
    """Between the parts of the package the imports form no cycle."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        graph.setdefault(top(path), set()).update(set(own_parts(path)) - {top(path)})
    while graph:
        leaves = [part for part, others in graph.items() if not others & graph.keys()]
        assert leaves, f"cycle among {sorted(graph)}"
        for leaf in leaves:
            del graph[leaf]


def test_imports_stand_at_the_top_of_a_module() -> None:
    """Only boto3 is imported late: it costs a fifth of a second and most commands need none."""
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        late = {
            name.split(".")[0]
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in _names(node)
        }
        assert late <= {"boto3", "botocore"}, path


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]


def test_files_stay_short() -> None:
    """At most 300 lines a file, at most 40 lines a function without its docstring."""
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                docstring = ast.get_docstring(node) or ""
                lines = (node.end_lineno or 0) - node.lineno - docstring.count("\n")
                assert lines <= 40, f"{path}: {node.name}"
