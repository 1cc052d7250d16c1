"""The catalogues: nothing is missing, nothing is left over, and no value is lost on the way."""

import re

import pytest
from babel.messages.catalog import Message
from backup_auditor.speech import LANGUAGES

from tests.catalogue import COMMAND, both, catalogue, missing, path_of, to_mo, to_po, updated

FOLDERS = [folder for folder in LANGUAGES.values() if folder]
PLACE = re.compile(r"\{([^}]*)\}")


def texts_of(message: Message) -> list[tuple[str, str]]:
    """Pair each translation with the English text that it is of."""
    english = both(message.id)
    return [(english[-1], text) for text in both(message.string)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_catalogue_has_exactly_the_messages_of_the_code(folder: str) -> None:
    """A new message, and one that no code says any more, are found here: run the command."""
    assert path_of(folder).read_bytes() == to_po(updated(folder)), COMMAND


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_message_is_translated(folder: str) -> None:
    """A report in two languages at once serves nobody."""
    assert list(missing(catalogue(folder))) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_translation_has_the_values_of_its_message(folder: str) -> None:
    """A value that is lost or misspelt would be a report that lies, or a crash."""
    for message in catalogue(folder):
        if message.id:
            for english, text in texts_of(message):
                assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(english)), english
                assert all(re.fullmatch(r"[a-z_]+", name) for name in PLACE.findall(text)), english


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_ships_is_what_is_written(folder: str) -> None:
    """The compiled catalogue is made from the one that translators write."""
    compiled = path_of(folder).with_suffix(".mo")
    assert compiled.read_bytes() == to_mo(catalogue(folder)), COMMAND
