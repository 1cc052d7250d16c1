"""What holds for every channel of the folder, also for those to come."""

from pathlib import Path

import pytest
from backup_auditor.channels import ChannelKind, load_channels
from backup_auditor.policy.model import HttpOptions

KINDS = load_channels()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_channel_passes_the_contract_and_describes_its_options(kind: ChannelKind) -> None:
    text = (Path(__file__).parent / f"test_{kind.id}.py").read_text("utf-8")
    is_http = issubclass(kind.options, HttpOptions)
    bases = ("HttpContract",) if is_http else ("ChineseContract", "ChannelContract")
    assert any(f"({base}):" in text for base in bases)
    assert kind.manual
    assert all(field.description for field in kind.options.model_fields.values())
