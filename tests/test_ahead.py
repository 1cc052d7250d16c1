"""Asking ahead: in order, at once, and never for more than is allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from backup_auditor.ahead import in_order


def test_answers_come_in_the_order_of_the_questions() -> None:
    second = threading.Event()

    def ask(number: int) -> int:
        if number == 0:
            assert second.wait(10)  # the first is answered after the second
        if number == 1:
            second.set()
        return number * 10

    with ThreadPoolExecutor(2) as pool:
        found = [(item, future.result()) for item, future in in_order(pool, ask, range(5), 2)]
    assert found == [(0, 0), (1, 10), (2, 20), (3, 30), (4, 40)]


@pytest.mark.parametrize("ahead", [1, 3])
def test_no_more_is_asked_for_than_is_allowed(ahead: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(1) as pool:
        answers = in_order(pool, str, items(), ahead)
        for number in range(10):
            assert next(answers)[0] == number
            assert len(taken) == number + 1 + ahead


def test_an_error_is_that_of_its_item_alone() -> None:
    with ThreadPoolExecutor(1) as pool:
        found = dict(in_order(pool, lambda number: 1 // number, [1, 0, 1], 3))
        assert isinstance(found[0].exception(), ZeroDivisionError)
        assert found[1].result() == 1
