"""The contract of every store, as tests; a store's test file inherits them with a driver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import ClassVar

import pytest
from backup_auditor.errors import ConflictError, StoreError, TooLargeError
from backup_auditor.store import ANY, LARGEST, Store, Tag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.racer import racer

HOSTILE = (
    *("", "/", ".", "..", "../up", "a/../b", "a/..", "/etc/passwd", "a//b", "a/", "./a", "a/./b"),
    *("~/a", "C:/a", "a\\b", "..\\a", "a\0b", "a\nb", "a b", "a%2fb", "-rf", "a/-", ".hidden"),
    *("a/.lock", ".lock", "a.", "a./b", "ä", "生产", "a\u202eb", "\ud800", "s3://b/k", "a?b", "*"),
    *("a" * 101, "/".join(["a" * 99] * 5)),
)
WRONG = Tag("not a tag that there is")
PARTS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9_-])?", fullmatch=True)
NAMES = st.sampled_from(("a", "b", "a-b", "a.b", "ab", "B", "0", "a_b")) | PARTS
_FEWEST_RACES, _MOST_RACES = 25, 1000
_EACH_STORE = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]


class StoreContract(ABC):
    """Tests that every store passes."""

    environ: ClassVar[Mapping[str, str]] = {}
    """What another process needs to reach it."""
    neighbour: ClassVar[str] = "audits/a-b/x"
    """A key that comes before those in ``audits/a/``, though that folder comes before its own."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> Store:
        """Return an empty store."""

    @abstractmethod
    def fill(self, store: Store, keys: list[str]) -> None:
        """Put something under many keys, by a way that is faster than ``write``."""

    @abstractmethod
    def plant(self, store: Store, key: str, data: bytes) -> None:
        """Put something there that ``write`` would not."""

    def test_nothing_is_none(self, store: Store) -> None:
        assert store.read("a/b.json") is None
        assert list(store.keys()) == []
        assert list(store.keys("a/")) == []

    def test_what_was_written_is_read(self, store: Store) -> None:
        for data in (b"", b"x", bytes(range(256)) * 1000):
            tag = store.write("a/b/c.bin", data, replaces=ANY)
            found = store.read("a/b/c.bin")
            assert found is not None
            assert (found.data, found.tag) == (data, tag)
        assert list(store.keys()) == ["a/b/c.bin"]

    def test_what_is_there_is_not_created_again(self, store: Store) -> None:
        store.write("a", b"first", replaces=None)
        with pytest.raises(ConflictError, match="a has been written by somebody else"):
            store.write("a", b"second", replaces=None)
        with pytest.raises(ConflictError):
            store.write("a", b"first", replaces=None)
        found = store.read("a")
        assert found is not None
        assert found.data == b"first"

    def test_only_what_is_unchanged_is_replaced(self, store: Store) -> None:
        old = store.write("a", b"first", replaces=None)
        new = store.write("a", b"second", replaces=old)
        assert new != old
        for tag in (old, WRONG):
            with pytest.raises(ConflictError):
                store.write("a", b"third", replaces=tag)
        found = store.read("a")
        assert found is not None
        assert (found.data, found.tag) == (b"second", new)

    def test_what_is_not_there_is_not_replaced(self, store: Store) -> None:
        with pytest.raises(ConflictError):
            store.write("a/b", b"x", replaces=WRONG)
        assert store.read("a/b") is None
        assert list(store.keys()) == []

    def test_any_replaces_something_and_nothing(self, store: Store) -> None:
        for data in (b"first", b"second"):
            store.write("a", data, replaces=ANY)
            found = store.read("a")
            assert found is not None
            assert found.data == data

    def test_of_two_processes_one_creates(self, store: Store) -> None:
        self.race(store, lambda _: None)

    def test_of_two_processes_one_replaces(self, store: Store) -> None:
        self.race(store, lambda key: store.write(key, b"old", replaces=None))

    def race(self, store: Store, prize: Callable[[str], Tag | None]) -> None:
        """Have two processes want each prize; exactly one wins, and has written what is there.

        On a busy machine the same one may be faster for long, and that shows nothing: they race
        until both have won.
        """
        won: Counter[str] = Counter()
        with ExitStack() as stack:
            names = ("one", "two")
            address = store.address.removesuffix("/")
            both = [stack.enter_context(racer(address, name, self.environ)) for name in names]
            while won.total() < _FEWEST_RACES or len(won) < len(names):
                assert won.total() < _MOST_RACES, "they were not fast enough to race"
                key = f"race/{won.total()}"
                tag = prize(key)
                for one in both if won.total() % 2 else reversed(both):
                    one.tell(key, tag)
                outcomes = [one.outcome() for one in both]
                assert sorted(outcomes) == ["lost", "won"]
                found = store.read(key)
                assert found is not None
                winner = names[outcomes.index("won")]
                assert found.data.decode() == winner
                won[winner] += 1

    def test_many_keys_come_in_order_and_from_any_place(self, store: Store) -> None:
        keys = [f"audits/a/2026/{day:04}/r-{day}/record.json.xz" for day in range(2_500)]
        self.fill(store, [*reversed(keys), self.neighbour, "audits/b", "latest/a.json"])
        assert list(store.keys("audits/a/")) == keys
        assert list(store.keys("audits/a/2026/12")) == keys[1200:1300]
        assert list(store.keys("audits/a/", after=keys[1234])) == keys[1235:]
        assert list(store.keys("audits/a/", after="audits/a/2026/2400")) == keys[2400:]
        assert list(store.keys("audits/a/", after="b")) == []
        found = list(store.keys())
        assert found == sorted(found)
        assert len(found) == 2_503

    @settings(max_examples=20, suppress_health_check=_EACH_STORE)
    @given(st.data())
    def test_keys_are_what_a_sorted_list_would_give(
        self, store: Store, data: st.DataObject
    ) -> None:
        paths = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
        drawn = data.draw(st.lists(paths, min_size=1, max_size=6))
        some = paths | st.sampled_from(drawn)
        prefix, after = data.draw(some), data.draw(some | st.just(""))
        prefix = prefix[: data.draw(st.integers(0, len(prefix)))]
        new = [f"{path}/no-folder-{len(path)}.json" for path in drawn]
        for key in new:
            store.write(key, b"", replaces=ANY)
        there = list(store.keys())
        assert there == sorted({*there, *new})
        wanted = [key for key in there if key.startswith(prefix) and key > after]
        assert list(store.keys(prefix, after=after)) == wanted

    @pytest.mark.parametrize("key", HOSTILE, ids=ascii)
    def test_a_hostile_key_is_refused(self, store: Store, key: str) -> None:
        with pytest.raises(StoreError, match="is not allowed"):
            store.read(key)
        with pytest.raises(StoreError, match="is not allowed"):
            store.write(key, b"x", replaces=ANY)
        assert list(store.keys()) == []

    @pytest.mark.parametrize("prefix", ["..", "../", "/", "a//", ".lock", "a/../", "a b", "\0"])
    def test_a_hostile_prefix_is_refused(self, store: Store, prefix: str) -> None:
        with pytest.raises(StoreError, match="is not the beginning of a key"):
            list(store.keys(prefix))

    def test_what_is_too_large_is_neither_written_nor_read(self, store: Store) -> None:
        large = bytes(LARGEST + 1)
        with pytest.raises(TooLargeError, match="a has more than 67,108,864 bytes"):
            store.write("a", large, replaces=ANY)
        assert store.read("a") is None
        self.plant(store, "a", large)
        with pytest.raises(TooLargeError, match="a has more than 67,108,864 bytes"):
            store.read("a")

    def test_what_is_not_a_key_is_not_listed(self, store: Store) -> None:
        store.write("a/b", b"x", replaces=None)
        for name in ("a/.b.part", "a/c d", "a/ä", ".lock2"):
            self.plant(store, name, b"x")
        assert list(store.keys()) == ["a/b"]
