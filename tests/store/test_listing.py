from collections.abc import Iterable

import pytest
from backup_auditor.errors import StoreError
from backup_auditor.store.listing import in_order, start_after
from hypothesis import given
from hypothesis import strategies as st

from tests.store.contract import NAMES

PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def by_folder(key: str) -> list[str]:
    """Return what a tree of folders sorts by."""
    return key.split("/")


def tree(keys: Iterable[str], prefix: str, start: str) -> list[str]:
    """List as SeaweedFS does: folder by folder, and a folder that is the start is done with."""
    behind = [key for key in keys if key.startswith(prefix) and by_folder(key) > by_folder(start)]
    done = f"{start}/" if start and not start.endswith("/") else "//"
    return sorted((key for key in behind if not key.startswith(done)), key=by_folder)


def flat(keys: Iterable[str], prefix: str, start: str) -> list[str]:
    """List as S3 does."""
    return sorted(key for key in keys if key.startswith(prefix) and key > start)


@pytest.mark.parametrize("server", [tree, flat])
@given(st.data())
def test_no_key_behind_is_left_out_by_any_server(server: object, data: st.DataObject) -> None:
    listed = tree if server is tree else flat
    keys = data.draw(st.lists(PATHS, min_size=1, max_size=8, unique=True))
    some = PATHS | st.sampled_from(keys)
    whole, after = data.draw(some), data.draw(some | st.just(""))
    prefix = whole[: data.draw(st.integers(0, len(whole)))]
    cut = after[: data.draw(st.integers(0, len(after)))]
    for end in (after, cut):
        start = start_after(prefix, end)
        assert start <= end
        assert not start or start.startswith(prefix), "some find nothing from before the prefix"
        size = data.draw(st.integers(1, 3))
        found = listed(keys, prefix, start)
        pages = [found[at : at + size] for at in range(0, len(found), size)]
        behind = [key for key in in_order(pages, "s3://b/") if key > end]
        assert behind == sorted(key for key in keys if key.startswith(prefix) and key > end)


@pytest.mark.parametrize(
    ("prefix", "after", "start"),
    [
        ("audits/a-b/", "audits/a-b/2026/11/25", "audits/a-b/2026/11/2"),
        ("audits/a/", "audits/a/2026/11/", "audits/a/2026/11/"),
        ("audits/a/", "audits/a/2026/11/25/r-1/x", "audits/a/2026/11/25/"),
        ("audits/a/", "audits/a", ""),
        ("audits/a/", "b", ""),
        ("audits/a/2026/12", "audits/a/2026/12", ""),
        ("", "abc", "ab"),
        ("", "", ""),
    ],
)
def test_the_list_begins_as_late_as_is_safe(prefix: str, after: str, start: str) -> None:
    assert start_after(prefix, after) == start


def test_what_is_near_is_put_in_order_and_what_is_far_is_refused() -> None:
    folder = [f"a/{number:04}" for number in range(199)]
    assert list(in_order([folder, ["a-b"]], "s3://b/")) == ["a-b", *folder]
    folder += ["a/1", "a/2"]
    for pages in ([folder, ["a-b"]], [folder, ["a-b", *(f"c{n:04}" for n in range(300))]]):
        with pytest.raises(StoreError) as caught:
            list(in_order(pages, "s3://b/"))
        assert str(caught.value) == (
            "store s3://b/: the server does not list in order: a-b behind a/0000"
        )
