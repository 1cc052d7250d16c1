import copy
import json
import pickle

import pytest
from backup_auditor.secret import Secret

SECRET = Secret("T0PSECRET")


def test_no_way_of_printing_shows_it() -> None:
    texts = [str(SECRET), repr(SECRET), f"{SECRET}", f"{SECRET:>9}", f"{[SECRET]}"]
    assert not any("T0P" in text for text in texts)


def test_it_cannot_be_serialised() -> None:
    for way in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            way(SECRET)


def test_it_can_be_revealed_compared_and_hashed() -> None:
    assert SECRET.reveal() == "T0PSECRET"
    assert Secret("T0PSECRET") == SECRET
    assert SECRET != "T0PSECRET"
    assert len({SECRET, Secret("T0PSECRET"), Secret("")}) == 2
    assert SECRET
    assert not Secret("")
