import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backup_auditor.errors import ConflictError, StoreError
from backup_auditor.store import ANY, Store
from backup_auditor.store.folder import Folder

from tests.fakes import outside, stepping
from tests.store.contract import StoreContract
from tests.store.racer import racer

fcntl = pytest.importorskip("fcntl")


class TestFolder(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return Folder(tmp_path / "store", outside())

    def fill(self, store: Store, keys: list[str]) -> None:
        for key in keys:
            self.plant(store, key, b"x")

    def plant(self, store: Store, key: str, data: bytes) -> None:
        path = Path(store.address) / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return where a store may be."""
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> Folder:
    """Return a store there."""
    return Folder(root, outside())


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold the lock of a store."""
    root.mkdir(exist_ok=True)
    with (root / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_process_killed_between_writing_and_renaming_leaves_nothing_to_see(
    root: Path, store: Folder
) -> None:
    tag = store.write("a/old", b"old", replaces=None)
    for key, replaces in (("a/new", None), ("a/old", tag)):
        with lock(root), racer(str(root), "torn", {}) as other:
            other.tell(key, replaces)
            assert other.hear() == "waiting"
            parts = list((root / "a").glob(".*.part"))
            assert [part.read_bytes() for part in parts][-1] == b"torn"
            other.process.send_signal(signal.SIGKILL)
            other.process.wait()
    assert store.read("a/new") is None
    found = store.read("a/old")
    assert found is not None
    assert found.data == b"old"
    assert list(store.keys()) == ["a/old"]
    store.write("a/new", b"again", replaces=None)
    store.write("a/old", b"again", replaces=tag)


def test_nobody_waits_for_ever_for_the_lock(root: Path) -> None:
    slept: list[float] = []
    hasty = Folder(root, outside(monotonic=stepping(0, 10, 20, 31), sleep=slept.append))
    with lock(root), pytest.raises(StoreError, match="locked by another process"):
        hasty.write("a", b"x", replaces=ANY)
    assert len(slept) == 2
    assert [path.name for path in root.iterdir()] == [".lock"]


def test_files_and_folders_are_for_their_owner_alone(root: Path, store: Folder) -> None:
    old = os.umask(0)
    try:
        store.write("a/b/c", b"x", replaces=None)
        store.write("a/b/d", b"x", replaces=ANY)
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert modes == {".lock": 0o600, "a": 0o700, "b": 0o700, "c": 0o600, "d": 0o600}
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_links_lead_nowhere(root: Path, store: Folder, tmp_path: Path) -> None:
    """Neither a file nor a folder outside of the store is read, written or listed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_text("secret")
    root.mkdir()
    (root / "folder").symlink_to(elsewhere)
    (root / "file").symlink_to(elsewhere / "secret")
    assert list(store.keys()) == []
    with pytest.raises(StoreError, match="behind a link"):
        list(store.keys("folder/"))
    with pytest.raises(StoreError, match="behind a link"):
        store.read("folder/secret")
    with pytest.raises(StoreError, match="behind a link"):
        store.write("folder/new", b"x", replaces=ANY)
    with pytest.raises(StoreError, match="file: Too many levels of symbolic links"):
        store.read("file")
    with pytest.raises(ConflictError):
        store.write("file", b"x", replaces=None)
    store.write("file", b"x", replaces=ANY)
    assert [path.name for path in elsewhere.iterdir()] == ["secret"]
    assert (elsewhere / "secret").read_text() == "secret"


def test_the_store_itself_may_be_behind_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    root.symlink_to(tmp_path / "real")
    linked = Folder(root, outside())
    linked.write("a/b", b"x", replaces=None)
    assert list(linked.keys()) == ["a/b"]
    assert (tmp_path / "real" / "a" / "b").read_bytes() == b"x"


def test_what_is_no_file_is_not_waited_for(root: Path, store: Folder) -> None:
    root.mkdir()
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    assert list(store.keys()) == []
    for key in ("pipe", "folder"):
        with pytest.raises(StoreError, match=f"{key} is not a file|{key}: Is a directory"):
            store.read(key)


@pytest.mark.parametrize("replaces", [None, ANY])
def test_a_file_is_no_folder_and_a_folder_no_file(store: Folder, replaces: None) -> None:
    store.write("a", b"x", replaces=None)
    store.write("b/c", b"x", replaces=None)
    with pytest.raises(StoreError, match=r"a/b: (Not a directory|File exists)"):
        store.write("a/b", b"x", replaces=replaces)
    with pytest.raises(StoreError):
        store.write("b", b"x", replaces=replaces)
    assert store.read("a/b") is None
    assert list(store.keys()) == ["a", "b/c"]


def _is_a_file(root: Path) -> None:
    root.write_text("x")


def _is_a_link_to_nothing(root: Path) -> None:
    root.symlink_to(root.parent / "nothing")


def _is_a_pipe(root: Path) -> None:
    os.mkfifo(root)


@pytest.mark.parametrize("made", [_is_a_file, _is_a_link_to_nothing, _is_a_pipe])
@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.read("latest/shop.json"),
        lambda store: store.write("latest/shop.json", b"x", replaces=None),
        lambda store: list(store.keys()),
        lambda store: list(store.keys("audits/shop/", after="audits/shop/2026")),
    ],
    ids=["read", "write", "keys", "keys after"],
)
def test_a_store_that_is_no_folder_is_not_an_empty_one(
    root: Path, store: Folder, use: Callable[[Store], object], made: Callable[[Path], None]
) -> None:
    made(root)
    with pytest.raises(StoreError, match=r"store: it is not a folder$"):
        use(store)


def test_a_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Folder(tmp_path / "file" / "store", outside())
    with pytest.raises(StoreError, match=r"store/?.*: a: Not a directory"):
        store.write("a", b"x", replaces=ANY)
    assert store.read("a") is None
    assert list(store.keys()) == []


def test_a_file_system_without_hard_links_will_do(
    store: Folder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store.write("a", b"first", replaces=None)
    with pytest.raises(ConflictError):
        store.write("a", b"second", replaces=None)
    assert (root / "a").read_bytes() == b"first"
    assert sorted(path.name for path in root.iterdir()) == [".lock", "a"]
