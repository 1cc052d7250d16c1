import io

from backup_auditor.model import Gap, GapReason, Scope, ScopeResult
from backup_auditor.progress import Progress

from tests.fakes import stepping

SCOPE = Scope("ucloud.uredis", "org-a", "hk")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_pipe_gets_one_plain_line_a_scope() -> None:
    stream = io.StringIO()
    progress = Progress(stream, stepping(0.0))
    progress.planned(2)
    progress.judged(SCOPE)
    progress.finished(ScopeResult(SCOPE))
    gap = Gap("ucloud.uredis", "org-a", "sg", GapReason.REFUSED, "x")
    progress.finished(ScopeResult(Scope("ucloud.uredis", "org-a", "sg"), gaps=(gap,)))
    progress.close()
    assert stream.getvalue().splitlines() == [
        "auditing 2 scopes",
        "1/2 ucloud.uredis org-a hk: 0 resources",
        "2/2 ucloud.uredis org-a sg: 0 resources, 1 not audited",
    ]


def test_a_terminal_gets_one_moving_line_that_goes_away() -> None:
    stream = Terminal()
    progress = Progress(stream, stepping(0.0, 0.0, 0.05, 0.2, 0.2))
    progress.planned(1)
    for _ in range(3):
        progress.judged(SCOPE)
    progress.finished(ScopeResult(SCOPE))
    progress.close()
    text = stream.getvalue()
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")
    assert [part for part in text.split("\r\x1b[K") if part] == [
        "0/1 scopes, 1 resources (org-a hk)",
        "0/1 scopes, 3 resources (org-a hk)",
    ]


def test_one_scope_is_not_called_scopes() -> None:
    stream = io.StringIO()
    Progress(stream, stepping(0.0)).planned(1)
    assert stream.getvalue() == "auditing 1 scope\n"
