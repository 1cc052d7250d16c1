"""No secret that somebody wrote into a policy is told again: not in a sentence, not in a quote."""

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.load import load
from backup_auditor.policy.quoting import told
from backup_auditor.rules import load_rules
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.builders import NOW

KINDS, RULES = kinds(), load_rules()
CANARY = "Tk9xQzWv7Lm3p"
URL = f"https://hooks.example.com/services/{CANARY}"
HEAD = "version: 1\nsources: [ucloud.uredis]\n"
POLICIES = "policies: [{name: a, match: {}, rules: {last_success_age: {max: 26h}}}]\n"


def said(text: str) -> str:
    """Return everything that is said about a policy, as a terminal shows it."""
    try:
        found = load(text, "p.yaml", KINDS)
    except PolicyError as error:
        problems = error.problems
    else:
        problems = doubts(found, RULES, NOW, {})
    return "\n".join(told(problem, 200) for problem in problems)


def assert_kept(text: str, *, is_refused: bool = True) -> None:
    """Fail when a good piece of the canary is told."""
    told_ = said(text)
    assert bool(told_) or not is_refused
    for at in range(len(CANARY) - 3):
        assert CANARY[at : at + 4] not in told_, told_


def keys_of(options: type[BaseModel]) -> list[str]:
    """Return the keys of options as a policy writes them."""
    return [field.alias or name for name, field in options.model_fields.items()]


CHANNELS = {
    "a bare string": "channels:\n  - slack: CANARY\n",
    "a kind": "channels:\n  - CANARY\n",
    "a kind that is an address": "channels:\n  - URL\n",
    "an address in flow style": "channels: [{slack: {url: URL}}]\n",
    "an address without env:": "channels:\n  - slack:\n      url: URL\n",
    "an address under a misspelt key": "channels:\n  - slack:\n      ulr: URL\n",
    "a key": "channels:\n  - slack: {CANARY}\n",
    "a key with a value": "channels:\n  - slack:\n      CANARY: 1\n",
    "an address that became a key": "channels:\n  - slack: {URL}\n",
    "a key that stands twice": "channels:\n  - slack: {CANARY: 1, CANARY: 2}\n",
    "a word of another option": "channels:\n  - slack: {url: 'env:A', send: CANARY}\n",
    "a number that is none": "channels: [webhook: {url: env:A, max_bytes: CANARY}]\n",
    "a list": "channels:\n  - slack: {url: [CANARY, {CANARY: CANARY}]}\n",
    "the section itself": "channels: CANARY\n",
    "the section as a mapping": "channels: {slack: {url: URL}}\n",
    "a misspelt section": "chanels:\n  - slack: {url: URL}\n",
    "a section in capitals": "Channels: [{slack: {url: URL}}]\n",
    "a quoted section": '"channels": [{slack: {url: URL}}]\n',
    "a quoted section of several lines": '"channels":\n  - slack: {url: URL}\n',
    "a section with a question mark": "? channels\n: - slack: {url: URL}\n",
    "a quoted key": "channels:\n  - slack: {'url': URL}\n",
    "an address of mail": "channels:\n  - email: {from: CANARY, to: [CANARY]}\n",
    "a text over lines": 'channels: [{slack: {url: "https://x/\npolicies: CANARY"}}]\n',
    "a block of text": "channels:\n  - slack:\n      url: |\n        CANARY\n",
    "a tag": "channels:\n  - webhook: {url: env:A, secret: !CANARY }\n",
    "an alias": "channels:\n  - webhook: {url: env:A, secret: *CANARY }\n",
    "an anchor": "channels:\n  - webhook: {url: env:A, secret: &CANARY CANARY}\n",
    "an alias used in a policy": "channels:\n  - slack: {url: &s CANARY}\nungoverned: *s\n",
    "a merge key": "channels:\n  - slack: {<<: {url: CANARY}}\n",
    "a string that never ends": 'channels:\n  - slack: {url: "CANARY\n',
    "a list that never ends": "channels: [{slack: {url: CANARY\n",
    "a list that looks like a section": "channels: [{slack: {url: x,\npolicies: CANARY\n",
    "a string that looks like a section": 'channels: [{slack: {url: "\npolicies: CANARY\n',
    "a colon too many": "channels:\n  - slack: {url: x}\n    url: CANARY: x\n",
    "a tab": "channels:\n  - slack:\n\turl: CANARY\n",
    "a percent sign": "channels:\n  - slack: {url: %CANARY}\n",
    "an at sign": "channels:\n  - slack: {url: @CANARY}\n",
    "a control character": "channels:\n  - slack: {url: \x07CANARY}\n",
    "a control character in a text": 'channels: [{slack: {url: "\npolicies: CANARY\x07"}}]\n',
    "another break of lines": "channels:\u2028  - slack:\u2028      url: CANARY\u2028      x: y\n",
    "a line of its own breaks": "timezone: Nowhere/CANARX\x85channels: [{slack: {url: CANARY}}]\n",
    "a channel among the policies": "defaults: {slack: {url: URL}}\n",
    "a token among the defaults": "defaults: {token: CANARY}\n",
    "a name": "channels: [slack: {url: env:A, name: CANARY}, slack: {url: env:A, name: CANARY}]\n",
    "a name that is an address": "channels:\n  - slack: {url: env:A, name: URL}\n",
    "a fallback": "channels:\n  - slack: {url: env:A, fallback: CANARY}\n",
    "a fallback beside a name": (
        "channels:\n  - slack: {url: env:A, name: CANARY}\n  - slack: {url: env:A, fallback: x}\n"
    ),
    "fallbacks in a circle": (
        "channels:\n  - slack: {url: env:A, name: CANARY, fallback: slack-2}\n"
        "  - slack: {url: env:A, fallback: CANARY}\n"
    ),
    "a heartbeat": "heartbeat: URL\n",
    "the address of a heartbeat": "heartbeat: {url: URL}\n",
    "a key of a heartbeat": "heartbeat: {CANARY: env:A}\n",
    "a misspelt heartbeat": "heartbeet: {url: URL}\n",
    "a webhook in an exemption": "exemptions:\n  - webhook: CANARY\n",
    "a duration of a source": "sources2:\n  - ucloud.uredis: {base_url: CANARY}\n",
}


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
@pytest.mark.parametrize("order", ["last", "first"])
def test_a_secret_is_never_told(channels: str, order: str) -> None:
    channels = channels.replace("URL", URL).replace("CANARY", CANARY)
    rest = HEAD + POLICIES
    text = rest + channels if order == "last" else channels + rest
    assert_kept(text)


OPTIONS = [(kind, name) for kind, one in KINDS.channels.items() for name in keys_of(one)]


@pytest.mark.parametrize(("kind", "name"), OPTIONS)
@pytest.mark.parametrize("value", [CANARY, URL, f"[{CANARY}]", f"{{{CANARY}: {CANARY}}}"])
def test_nor_in_any_option_of_any_channel(kind: str, name: str, value: str) -> None:
    """Some take any text, and then nothing is said at all."""
    text = f"{HEAD}{POLICIES}channels:\n  - {kind}:\n      {name}: {value}\n"
    assert_kept(text, is_refused=False)


@pytest.mark.parametrize(
    "sources",
    [
        "sources: CANARY\n",
        "sources: [CANARY]\n",
        "sources: [{ucloud.uredis: CANARY}]\n",
        "sources: [{ucloud.uredis: {regions: CANARY}}]\n",
        "sources: [{ucloud.uredis: {regions: [CANARY, 1]}}]\n",
        "sources: [{ucloud.uredis: {private_key: CANARY}}]\n",
        "sources:\n- ucloud.uredis:\n    CANARY: x\n",
        "sources: [{ucloud.uredis: {concurrency: CANARY}}]\n",
        "sources: [{ucloud.uredis: {expect: CANARY}}]\n",
        "sources: [{ucloud.uredis: {expect: {min_resources: CANARY}}}]\n",
    ],
)
def test_the_same_holds_for_sources(sources: str) -> None:
    assert_kept("version: 1\n" + sources.replace("CANARY", CANARY) + POLICIES)


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
def test_the_same_holds_for_a_document_in_one_pair_of_braces(channels: str) -> None:
    """Flow style, as a JSON document has it: no line says what section it belongs to."""
    inner = channels.replace("URL", f'"{URL}"').replace("CANARY", f'"{CANARY}"')
    assert_kept(f"{{version: 2, {inner.strip()}, policies: [5]}}")
    assert_kept(f"{{version: 2,\n{inner.strip()},\npolicies: [5]}}")


WORDS = ["channels:", "policies:", '"channels":', "sources:", "slack:", "url:", "- ", "  ", "\n"]
SIGNS = ["{", "}", "[", "]", '"', "'", ": ", ", ", "&a ", "*a", "!x ", "|", "# ", "?", "---\n"]


@given(st.lists(st.sampled_from([*WORDS, *SIGNS, "5", "a"]), max_size=14), st.data())
def test_nor_wherever_it_stands_behind_channels(parts: list[str], data: st.DataObject) -> None:
    """A canary at any place of any broken section of channels, in front or at the end."""
    at = data.draw(st.integers(0, len(parts)))
    body = "".join([*parts[:at], CANARY, *parts[at:]])
    style = data.draw(
        st.sampled_from(["channels: ", "channels:\n  - slack: ", "channels: [{slack: "])
    )
    public = ("policies:", "sources:")
    if any(f"\n{word}" in body.partition(CANARY)[0] for word in public):
        return  # the section has ended, and the canary stands in another one
    assert_kept(HEAD + POLICIES + style + body, is_refused=False)


def test_what_is_no_secret_is_shown() -> None:
    found = said(HEAD + POLICIES + "channels:\n  - slak: {url: env:A}\n  - slack: {send: never}\n")
    assert "5:5: unknown channel 'slak'; did you mean 'slack'?" in found
    assert "\n    5 |     slak: …\n      |     ^^^^" in found
    assert "send: found 'never'; allowed: 'always', 'failing', 'changed' or 'fallback'" in found
    found = said(f"version: 1\nsources: [ucloud.uredis]\ndefaults: {{runbok: x}}\n{POLICIES}")
    assert "\n    3 | defaults: {runbok: x}\n      |            ^^^^^^" in found
