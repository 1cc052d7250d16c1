"""The sandbox in which templates of users run: a small language that can neither hang nor fill us.

It is Jinja's immutable sandbox with undefined names as errors, and with less in it:

* Filters and methods that make much out of little (``center``, ``indent``, ``format`` with a width)
  are not there; texts are put together up to a bound, and numbers alone are multiplied.
* Every turn of a loop, every call and every filter looks at a clock, so that no loop goes on for
  longer than it may. What stands between two looks is one expression over lists of the report.
* A list that a template writes is measured with all that it holds: else a few lines could nest
  lists so deep that comparing two of them never ends.

Attributes of the report's objects are those that are documented, see ``interface``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from backup_auditor.report.bounds import Clock, bound, filters

LONGEST_DOCUMENT = 64_000_000
"""Characters that a template, or a macro of it, may give."""
_METHODS: Mapping[type, Collection[str]] = {
    str: {
        *("count", "endswith", "find", "isdigit", "lower", "lstrip", "partition", "removeprefix"),
        *("removesuffix", "rpartition", "rsplit", "rstrip", "split", "startswith", "strip"),
        *("title", "upper"),
    },
    list: {"count", "index"},
    tuple: {"count", "index"},
    dict: {"get", "items", "keys", "values"},
    datetime: {"date", "day", "hour", "isoformat", "minute", "month", "weekday", "year"},
    date: {"day", "isoformat", "month", "weekday", "year"},
    timedelta: {"days", "total_seconds"},
}
_WIDTH = re.compile(r"\{[^{}]*(?:\{|\d{4})")


class _Guards(NodeTransformer):
    """Puts guards around what could go on for ever or grow without end."""

    def __init__(self, messages: Mapping[str, int]) -> None:
        """Take functions that make markup of their first arguments: so many."""
        self._messages = messages

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        called = node.node
        if not isinstance(called, nodes.Name) or called.name not in self._messages:
            return self.generic_visit(node)
        many = self._messages[called.name]
        given = node.args[:many]
        if len(given) < many or not all(isinstance(one, nodes.Const) for one in given):
            said = f"what {called.name} is to say must be written in the template"
            raise TemplateSyntaxError(said, node.lineno)
        node.args = [*given, *(self.visit(one) for one in node.args[many:])]
        node.kwargs = [self.visit(one) for one in node.kwargs]
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        if node.name in self._messages:
            raise TemplateSyntaxError(f"{node.name} is only there to be called", node.lineno)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        if node.recursive:
            raise TemplateSyntaxError("a recursive loop is not allowed", node.lineno)
        self.generic_visit(node)
        node.iter = _guard(node.iter, "_each")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _guard(nodes.List(node.nodes, lineno=node.lineno), "_joined")

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _guard(node, "_measured")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _guard(node, "_measured") if node.ctx == "load" else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _guard(node, "_measured")

    def visit_ScopedEvalContextModifier(self, node: nodes.Node) -> nodes.Node:  # noqa: N802
        raise TemplateSyntaxError("autoescape is not for templates to switch", node.lineno)


def _guard(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Generator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        messages = getattr(self.environment, "messages", {})
        guarded = _Guards(messages).visit(node)
        guarded.set_environment(self.environment)
        super().visit_Template(guarded, frame)


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for one document; ``clock`` is what it may take."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(
        self,
        clock: Clock,
        attributes: Mapping[type, Collection[str]],
        written: type[str] = str,
        **more: Any,
    ) -> None:
        """Make one; ``attributes`` are those that objects of the report have for a template.

        ``written`` is the type of what macros and blocks give.
        """
        super().__init__(
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # what is calculated while it is read is not looked after
            cache_size=-1,
            **more,
        )
        self.messages: Mapping[str, int] = {}
        """Functions that make markup of their first arguments, which no data may be: so many."""
        self._clock = clock
        self._written = written
        self._attributes = (*_METHODS.items(), *attributes.items())
        self._names: dict[type, Collection[str]] = {}
        self.filters = filters(clock)
        for name in ("lipsum", "cycler", "joiner", "dict"):
            del self.globals[name]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may see an attribute: only what is documented."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if type(obj).__module__.partition(".")[0] == "jinja2":  # loops, macros, blocks
            return True
        return attr in self._known(type(obj))

    def _known(self, kind: type) -> Collection[str]:
        known = self._names.get(kind)
        if known is None:
            of_kinds = (names for each, names in self._attributes if issubclass(kind, each))
            known = self._names[kind] = frozenset(name for names in of_kinds for name in names)
        return known

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Say that an attribute is not there for templates."""
        said = f"{type(obj).__name__!r} has no {attribute!r} for templates"
        return self.undefined(said, name=attribute, obj=obj, exc=SecurityError)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call ``obj``, if there is time left."""
        self._clock.look()
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers; put texts and lists together up to a bound."""
        if all(isinstance(one, int | float) for one in (left, right)) and operator != "**":
            return super().call_binop(context, operator, left, right)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            bound(len(left) + len(right))
            return left + right
        raise SecurityError(f"{operator} is for numbers")

    def concat(self, pieces: Iterable[str]) -> str:
        """Put together what a macro or a block gives."""
        whole = list(pieces)
        bound(sum(map(len, whole)), LONGEST_DOCUMENT)
        return self._written("".join(whole))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return a safe ``format``; one with a large width is refused."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None and _WIDTH.search(value.__self__):
            raise SecurityError("a width of at most 3 digits is allowed in a format")
        return wrapped


def gathered(pieces: Iterable[str], most: int = LONGEST_DOCUMENT) -> str:
    """Return all pieces as one text; raises Beyond as soon as it is too long."""
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        bound(size, most)
        kept.append(piece)
    return "".join(kept)


def line_of(error: BaseException, files: Collection[str]) -> tuple[str, int]:
    """Return in which of ``files``, and in which line of it, ``error`` was raised last."""
    file, line, at = "", 0, error.__traceback__
    while at:
        if at.tb_frame.f_code.co_filename in files:
            file, line = at.tb_frame.f_code.co_filename, at.tb_lineno
        at = at.tb_next
    return file, line
