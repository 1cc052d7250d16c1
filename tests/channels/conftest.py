"""One far end for all tests of channels: starting a server takes longer than most of them."""

from collections.abc import Iterator

import pytest

from tests.channels.target import Target, target


@pytest.fixture(scope="session")
def far_end() -> Iterator[Target]:
    """Serve on loopback until the last test."""
    with target() as end:
        yield end


@pytest.fixture
def end(far_end: Target) -> Target:
    """Return the far end as new."""
    far_end.reset()
    return far_end
