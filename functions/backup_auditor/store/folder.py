"""A store in a local folder: one file a key, written as a whole or not at all.

Data goes to a hidden file beside its place, is flushed to the disk, and gets its name in one step.
Comparing and renaming happen under a lock (``.lock`` in the folder), so that processes on one
machine, and on machines that share a file system with locks, do not replace each other's work.
Creating needs no lock where the file system has hard links. Windows has no such lock: there,
creating is safe, and replacing is for one process at a time.

Folders are made for their owner alone (0700), and so are files (0600). What a process leaves behind
that is killed while it writes is a hidden file ``.*.part``, which nobody reads; it may be removed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backup_auditor.errors import ConflictError, StoreError, TooLargeError
from backup_auditor.outside import Outside
from backup_auditor.store import ANY, LARGEST, Replaces, Stored, Tag
from backup_auditor.store.keys import check_key, check_prefix, is_key

if sys.platform != "win32":
    import fcntl

_LOCK = ".lock"
_PATIENCE_SECONDS = 30.0  # the lock is held for two system calls
_PAUSE_SECONDS = 0.01
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_READING = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Folder:
    """A store in a folder, which is made when something is first written."""

    def __init__(self, path: Path, outside: Outside) -> None:
        """Open the store in ``path``; nothing is touched yet."""
        self.address = str(path)
        self._root = path
        self._outside = outside

    def read(self, key: str) -> Stored | None:
        """Return what lies under ``key``; see ``Store``."""
        check_key(key)
        with self._explained(key):
            return self._read(self._inside(key), key)

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Put ``data`` under ``key``; see ``Store``."""
        check_key(key)
        if len(data) > LARGEST:
            raise self._too_large(key)
        with self._explained(key):
            self._make_folders(key)
            target = self._inside(key)
            with _flushed(target, data) as part, self._locked():
                self._put(part, target, key, replaces)
            _flush_folder(target.parent)
        return _tag(data)

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Yield keys in order; see ``Store``."""
        check_prefix(prefix)
        path = prefix[: prefix.rfind("/") + 1]
        with self._explained(prefix):
            self._check_root()
            yield from _walk(self._inside(f"{path}x").parent, path, prefix, after)

    def _read(self, path: Path, key: str) -> Stored | None:
        try:
            number = os.open(path, _READING)
        except (FileNotFoundError, NotADirectoryError):
            self._check_root()
            return None
        with open(number, "rb") as file:  # noqa: PTH123 - closes what is open
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise StoreError(f"store {self.address}: {key} is not a file")
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise self._too_large(key)
        return Stored(data, _tag(data))

    def _put(self, part: Path, target: Path, key: str, replaces: Replaces) -> None:
        if replaces is None:
            try:
                target.hardlink_to(part)
            except FileExistsError:
                raise self._conflict(key) from None
            except OSError:  # a file system without hard links: the lock must do
                if target.exists() or target.is_symlink():
                    raise self._conflict(key) from None
                part.replace(target)
            return
        if replaces is not ANY:
            there = self._read(target, key)
            if there is None or there.tag != replaces:
                raise self._conflict(key)
        part.replace(target)

    def _inside(self, key: str) -> Path:
        """Return the path of ``key``; refuse one that a link leads elsewhere."""
        path = self._root / key
        root = self._root.resolve()
        if path.parent.resolve() != (root / key).parent:
            raise StoreError(f"store {self.address}: {key} lies behind a link, which is not used")
        return path

    def _check_root(self) -> None:
        """Refuse a store that is no folder: it is not empty. One that is not there yet is."""
        if is_something_else(self._root):
            raise StoreError(f"store {self.address}: it is not a folder")

    def _make_folders(self, key: str) -> None:
        self._check_root()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self._root
        for part in key.split("/")[:-1]:
            folder /= part
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if sys.platform == "win32":
            yield
            return
        number = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            patience = self._outside.monotonic() + _PATIENCE_SECONDS
            while not _taken(number):
                if self._outside.monotonic() > patience:
                    raise StoreError(f"store {self.address}: locked by another process")
                self._outside.sleep(_PAUSE_SECONDS)
            yield
        finally:
            os.close(number)  # which gives the lock back

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or "cannot be used"
            raise StoreError(f"store {self.address}: {key or 'listing'}: {why}") from error

    def _conflict(self, key: str) -> ConflictError:
        return ConflictError(f"store {self.address}: {key} has been written by somebody else")

    def _too_large(self, key: str) -> TooLargeError:
        return TooLargeError(f"store {self.address}: {key} has more than {LARGEST:,} bytes")


def is_something_else(path: Path) -> bool:
    """Return whether there is something at ``path`` that is no folder, such as a file."""
    return os.path.lexists(path) and not os.path.isdir(path)  # noqa: PTH112 - it never raises


def _tag(data: bytes) -> Tag:
    return Tag(hashlib.sha256(data).hexdigest())


def _taken(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _flushed(target: Path, data: bytes) -> Iterator[Path]:
    """Give a hidden file beside ``target`` that holds ``data``; what is left of it is removed."""
    number, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with open(number, "wb") as file:  # noqa: PTH123 - closes what is open
            file.write(data)
            file.flush()
            os.fsync(number)
        yield part
    finally:
        part.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make a name last through a loss of power, where folders can be flushed."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _walk(folder: Path, path: str, prefix: str, after: str) -> Iterator[str]:
    """Yield the keys below ``folder``, whose own path ``path`` is empty or ends with ``/``."""
    for name in _names(folder):
        key = path + name
        if name.endswith("/"):
            if key.startswith(prefix) and (key > after or after.startswith(key)):
                yield from _walk(folder / name, key, prefix, after)
        elif key > after and key.startswith(prefix) and is_key(key):
            yield key


def _names(folder: Path) -> list[str]:
    """Return files and, with ``/``, folders in the order of their keys; nothing else counts."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    folders = [f"{entry.name}/" for entry in entries if entry.is_dir(follow_symlinks=False)]
    files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    return sorted([*folders, *files])
