"""What is said to people: phrases that keep their parts, and the languages they are said in.

Nobody who finds something out knows in which language it will be told: a rule, a source or the
network says a ``Phrase``, in English and with its parts kept, and a report says it again in the
language of the policy. The catalogues are gettext's, one folder a language under ``catalogue/``;
``python -m tests.catalogue`` collects the messages of the code for them.
"""

from backup_auditor.speech.languages import ENGLISH, LANGUAGES, Language, language
from backup_auditor.speech.phrase import Phrase, phrase, phrases

__all__ = ["ENGLISH", "LANGUAGES", "Language", "Phrase", "language", "phrase", "phrases"]
