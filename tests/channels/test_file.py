import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.file import Options, build

from tests.channels.contract import REFUSES, ChannelContract, Far
from tests.contract import assert_valid
from tests.fakes import outside


class TestFile(ChannelContract):
    passing_failures = ()
    parent: Path
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.parent = tmp_path

    @contextmanager
    def channel(self, far: Far) -> Iterator[Channel]:
        self.folder = self.parent / far.kind / "out"
        if far is REFUSES:
            self.folder.parent.mkdir()
            self.folder.write_text("a file where the folder should be")
        yield build(Options(folder=str(self.folder)), outside())

    def read(self) -> str:
        return (self.folder / "report.txt").read_text("utf-8")

    def check_size(self) -> None:
        assert len((self.folder / "report.txt").read_bytes()) <= 75_000

    def check_escaping(self) -> None:
        assert "<script>alert(1)" not in (self.folder / "report.html").read_text("utf-8")
        assert "\x1b" not in (self.folder / "report.txt").read_text("utf-8")
        assert_valid(json.loads((self.folder / "audit.json").read_text("utf-8")))
        names = {file.name for file in self.folder.iterdir()}
        assert names == {"report.html", "report.txt", "audit.json", "resources.csv"}
