"""Write the manual of templates, from what they may use: ``python -m tests.manual``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backup_auditor.report.bounds import JINJA_FILTERS
from backup_auditor.report.interface import FILTERS, OF_THE_PAGE, TYPES, VARIABLES

MANUAL = Path(__file__).parent.parent / "policies" / "TEMPLATES.md"
COMMAND = "python -m tests.manual"

_HEAD = f"""\
# Templates of your own

<!-- Written by `{COMMAND}`, which holds this text; the tables are those of report/interface.py. -->

A folder of [Jinja](https://jinja.palletsprojects.com/templates/) templates replaces ours by name:

| file | makes |
|---|---|
| `email.html.j2` | the HTML of a mail, at most 75,000 bytes |
| `report.txt.j2` | the text of a mail (as much), `--format text`, and `report.txt` of `file` |
| `report.md.j2` | `--format md`, at most 1,000,000 bytes |
| `page.html.j2` | `--format html`, and `report.html` of `file` |

The policy names the folder, seen from its own file, or an address below S3:

```yaml
templates: templates
```

`audit --template DIR` takes another one. In Lambda the folder lies beside the policy. Try it on a
finished audit, without auditing or sending anything:

```sh
backup-auditor audit --format json --output audit.json
backup-auditor render --from audit.json --template templates --format email --output mail.html
```

Change one block and keep the rest: ours are there as `ours/NAME`. All have the blocks `header` and
`footer`; mail, text and Markdown have `findings`, and the page has an empty `head` for a `<style>`.

```jinja
{{% extends "ours/email.html.j2" %}}
{{% block footer %}}
<tr><td>Questions? Call the team for storage.</td></tr>
{{{{ super() }}}}
{{% endblock %}}
```

Other files of the folder are for `include` and `import`; one that nothing uses is a notice. A
folder holds at most 50 templates (`*.j2`, UTF-8) of 256 KiB each.

## What is broken is said

A template that is no Jinja, uses a name that is not there, does what the sandbox forbids, is too
long or too slow is replaced by ours for that rendering. A notice of the kind `template-broken` says
which template, which line and why, and the run fails: exit code 4, or an invocation that ends in
error. `validate` finds what is no Jinja before that. Each template is tried on the whole report and
on the part of each channel before anything is sent.

## What keeps it safe

Templates run in Jinja's sandbox. Names of resources come from strangers:

* Whatever a template puts out loses control characters and those that turn the direction; data
  stands on one line. A list or an object is no text: put out a part of it.
* HTML and Markdown are escaped; `safe` takes only what a template has made itself. Use
  `web_address` for every `href`, and write what `say` and `count` say into the template.
* Attributes, filters and methods that are not below are not there. Numbers alone are multiplied,
  and a recursive loop is not allowed.
* A document may take 10 seconds and give 64 million characters, an expression 1 million.

Not bounded is the memory of one expression over lists of the report, which is some multiple of the
report itself.

A chat message has no template, because its limits hold for whole rows that each chat escapes in its
own way. The `body` of the channel `webhook` is the place for a message of your own to a chat.
"""


def render() -> str:
    """Return the manual."""
    jinja = ", ".join(f"`{name}`" for name in JINJA_FILTERS)
    parts = [
        _HEAD,
        "## Variables\n",
        _table(VARIABLES),
        "\n`page.html.j2` also has:\n",
        _table(OF_THE_PAGE),
        "\n## Filters\n",
        _table(FILTERS),
        f"\nOf Jinja: {jinja}. `join` takes texts; use `map(attribute=...)` before it.",
        "\n## Types\n",
        "What has no value is `none` or an empty text, as it says. An instant also has `year`,",
        "`month`, `day`, `hour`, `minute`, `date()`, `weekday()` and `isoformat()`, in UTC.",
    ]
    for kind, names in TYPES.items():
        parts += [f"\n### {kind.__name__}\n", _table(names)]
    return "\n".join([*parts, ""])


def _table(names: Mapping[str, str]) -> str:
    rows = [f"| `{name}` | {words.replace('|', chr(92) + '|')} |" for name, words in names.items()]
    return "\n".join(["| name | what it is |", "|---|---|", *rows])


if __name__ == "__main__":
    MANUAL.write_text(render(), encoding="utf-8")
    print(f"written: {MANUAL.name}")
