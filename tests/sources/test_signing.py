"""The vectors were computed with the official SDK and an independent implementation."""

import json
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.sources.ucloud.client.signing import flatten, sign
from hypothesis import example, given
from hypothesis import strategies as st

from tests.simulator.server import PRIVATE_KEY, PUBLIC_KEY
from tests.simulator.server import sign as simulated_sign

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_the_published_vectors_are_signed_alike(vector: dict[str, Any]) -> None:
    flat = flatten(vector["params"]) | {"PublicKey": PUBLIC_KEY}
    assert sign(flat, PRIVATE_KEY) == vector["sig"]
    assert simulated_sign(flat, PRIVATE_KEY) == vector["sig"]


def test_there_are_ten_vectors() -> None:
    assert len(VECTORS) == 10


@pytest.mark.parametrize(
    ("value", "flat"),
    [
        (True, {"X": "true"}),
        (False, {"X": "false"}),
        (7, {"X": "7"}),
        (42.0, {"X": "42"}),
        (42.42, {"X": "42.42"}),
        (1e-7, {"X": "0.0000001"}),
        (1.5e-9, {"X": "0.0000000015"}),
        (2.5e20, {"X": "250000000000000000000"}),
        ("", {}),
        (None, {}),
        (["a", "b"], {"X.0": "a", "X.1": "b"}),
        ([{"A": 1}], {"X.0.A": "1"}),
        ({"A": {"B": [True]}}, {"X.A.B.0": "true"}),
    ],
)
def test_values_are_written_as_the_api_reads_them(value: Any, flat: dict[str, str]) -> None:
    assert flatten({"X": value}) == flat


@example(5.960464477539063e-08)  # rounded twice, its last digit was lost
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_written_in_scientific_notation(number: float) -> None:
    text = flatten({"X": number})["X"]
    assert "e" not in text
    assert float(text) == number
