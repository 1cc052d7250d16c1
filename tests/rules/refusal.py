"""Why options of a rule are refused: the whole sentence that the author of a policy reads."""

from collections.abc import Mapping

import pytest
from backup_auditor.rules import RuleOptions
from pydantic import ValidationError


def refusal(options: type[RuleOptions], given: Mapping[str, object]) -> str:
    """Return the sentences about ``given``, which must be refused."""
    with pytest.raises(ValidationError) as caught:
        options.model_validate(given)
    return "; ".join(e["msg"].removeprefix("Value error, ") for e in caught.value.errors())
