"""Ask ahead: many answers on their way at once, and each taken in its turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    pool: Executor, ask: Callable[[T], R], items: Iterable[T], ahead: int
) -> Iterator[tuple[T, Future[R]]]:
    """Yield each of ``items`` with what ``ask`` returns for it, or raises, in ``pool``.

    Of what comes later, ``ahead`` items are asked for at most: memory holds no more answers than
    that, however many items there are.
    """
    waiting = iter(items)
    asked: deque[tuple[T, Future[R]]] = deque()

    def submit(number: int) -> None:
        asked.extend((item, pool.submit(ask, item)) for item in islice(waiting, number))

    submit(ahead)
    while asked:
        item, future = asked.popleft()
        submit(1)
        yield item, future
