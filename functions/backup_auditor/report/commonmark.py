"""Text as Markdown that shows this text and nothing else: no markup, link, mention or emoji.

What CommonMark and GitHub's extension of it read as markup gets a backslash. That does not stop
what is looked for in the finished page - mentions, addresses, references - so these are broken by a
space of no width, as well-known bots do. Names and ids stand in code, where nothing is looked for
and from where they can be copied unchanged.

Specification: https://github.github.com/gfm/
"""

from __future__ import annotations

import re
from urllib.parse import quote

_MARKUP = str.maketrans({char: f"\\{char}" for char in r"\`*_[]<>|~$&#"})
_AT_START = re.compile(r"\A(?:\d+(?=[.)](?: |\Z))|(?=[-+=:]))")
_BREAK = "&#8203;"
# Behind which characters, in front of which, something is looked for in the finished page.
_LOOKED_FOR = re.compile(
    r"@|:(?=//)|:(?=(?!\d\d:)(?:\\?[a-z\d+_-])+:)|\\#(?=\d)|(?<![a-z\d])gh-(?=\d)|www(?=\.)",
    re.IGNORECASE,
)
_IN_ADDRESS = "/?#[]@!$&'*+,;=:%-._~"


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escaped(text: str) -> Markdown:
    """Return ``text`` on one line, shown as it is wherever a line, cell or item may begin."""
    plain = " ".join(text.split()).translate(_MARKUP)
    broken = _LOOKED_FOR.sub(rf"\g<0>{_BREAK}", plain)
    return Markdown(_AT_START.sub(r"\g<0>\\", broken))


def code(text: str) -> Markdown:
    """Return ``text`` on one line as code, for names; not for a cell of a table."""
    line = " ".join(text.split())
    if not line:
        return Markdown()
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    space = " " if "`" in (line[0], line[-1]) else ""
    return Markdown(f"{fence}{space}{line}{space}{fence}")


def bold(text: str) -> Markdown:
    """Return ``text`` on one line, in bold."""
    return Markdown(f"**{escaped(text)}**")


def link(address: str, text: str) -> Markdown:
    """Return a link; ``address`` is one that may become a link."""
    target = quote(address, safe=_IN_ADDRESS, errors="replace").replace("&", "&amp;")
    return Markdown(f"[{escaped(text)}](<{target}>)")
