import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.file import Options, build

from tests.channels.contract import REFUSES, Answer, ChannelContract
from tests.contract import assert_valid
from tests.fakes import outside


class TestFile(ChannelContract):
    passing_failures = ()
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "deep" / "out"

    @contextmanager
    def channel(self, answer: Answer) -> Iterator[Channel]:
        if answer is REFUSES:
            self.folder.parent.mkdir()
            self.folder.write_text("a file where the folder should be")
        yield build(Options(folder=str(self.folder)), outside())

    def sent(self) -> str:
        return "".join(f.read_text("utf-8") for f in sorted(self.folder.iterdir()))

    def check_size(self) -> None:
        assert len((self.folder / "report.txt").read_bytes()) <= 75_000

    def check_escaping(self) -> None:
        assert "<script>alert(1)" not in (self.folder / "report.html").read_text("utf-8")
        assert "\x1b" not in (self.folder / "report.txt").read_text("utf-8")
        assert_valid(json.loads((self.folder / "audit.json").read_text("utf-8")))
        names = {file.name for file in self.folder.iterdir()}
        assert names == {"report.html", "report.txt", "audit.json", "resources.csv"}
