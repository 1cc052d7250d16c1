"""``policies/size_drift.md``: what ``make drift`` has found, as a page for people.

No figure is typed by hand, and a sentence that the figures do not bear out stops the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from tests.bench.drift_count import DAYS_TO_NOTICE, DEFAULTS, SETTINGS, WIDE, Setting, Tally
from tests.bench.drift_series import CALM, CALM_SAID, FAULTS, FAULTS_SAID, KINDS, LENGTHS, SEED

_COLUMNS = 100
Found = Mapping[Setting, Tally]

_LONG, _LONG_2, _LONG_35 = (Setting("50%", "100%", 28, 7, s) for s in ("off", 2, 3.5))
_SHORT_5 = Setting("50%", "100%", 7, 3, 5)
_TIGHT = Setting("30%", "50%", 7, 3, "off")
_TIGHT_LONG, _TIGHT_LONG_2 = (Setting("30%", "50%", 28, 7, s) for s in ("off", 2))
_ROOMY = Setting("50%", "200%", 7, 3, "off")
_HEAD = f"""\
| # | shrink | growth | baseline / warm_up | sensitivity |\
 {" | ".join(CALM)} | {" | ".join(FAULTS)} | drop, restless |
{"|--:" * 3}|:-:{"|--:" * 9}|"""


def page(found: Found, number: int) -> str:
    """Return the whole page; ``number`` series of each kind were run."""
    table = "\n".join([_HEAD, *(row(setting, found[setting]) for setting in SETTINGS)])
    words = (_percentages, _sensitivity, _weekends, _decay, _defaults)
    parts = [opening(number), table, _PLOT, *(_filled(write(found)) for write in words)]
    return "\n\n".join(parts) + "\n"


def _filled(text: str) -> str:
    """Break the lines anew, now that the figures are in them."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        part if part.startswith("* ") else fill(part, _COLUMNS, break_on_hyphens=False)
        for part in paragraphs
    )


def opening(number: int) -> str:
    """Say what was simulated; nothing in it depends on what the rule answers."""
    days = f"{min(LENGTHS)} to {max(LENGTHS)}"
    calm = "\n".join(f"* **{kind}**: {said}" for kind, said in CALM_SAID.items())
    faults = "\n".join(f"* **{kind}**: {said}" for kind, said in FAULTS_SAID.items())
    text = f"""\
# How often `size_drift` is wrong

`make drift` writes this page and its plot. It asks the rule about made-up sizes of daily backups,
day by day, with {len(SETTINGS)} settings, and counts. There are {len(KINDS) * number:,} series
of {days} days, {number} of each kind, made with the seed {SEED}.

Sizes with nothing wrong:

{calm}

Faults, laid over sizes of these four kinds in turn:

{faults}

A **false alarm** is a finding on a day whose backup is good. The table gives them for 1,000 good
days of each kind of sizes. A **miss** is a fault that raised no alarm in time: a drop on its day, a
doubling within {DAYS_TO_NOTICE["doubling"]} days, a decay within {DAYS_TO_NOTICE["decay"]} days.
An alarm that comes without the fault
as well does not count. The table gives misses for 100 faults of each kind, and in the last column
for 100 drops on restless sizes. The number of the defaults is bold."""
    return _filled(text)


def row(setting: Setting, tally: Tally) -> str:
    """Return one row of the table."""
    figures = (
        *(tally.alarm_rate(base) for base in CALM),
        *(tally.miss_rate(kind) for kind in FAULTS),
        tally.miss_rate("drop", bases=["restless"]),
    )
    return f"{cells(setting)} {' | '.join(f'{figure:.1f}' for figure in figures)} |"


def cells(setting: Setting) -> str:
    """Return the cells of a row that say which setting it is."""
    number = SETTINGS.index(setting) + 1
    said = f"**{number}**" if setting == DEFAULTS else f"{number}"
    span = f"{setting.baseline} / {setting.warm_up}"
    return f"| {said} | {setting.shrink} | {setting.growth} | {span} | {setting.sensitivity} |"


def _bear_out(claim: object, sentence: str) -> None:
    if not claim:
        raise SystemExit(f"the figures do not bear this out, so the page needs words: {sentence}")


def _number(setting: Setting) -> str:
    return f"row {SETTINGS.index(setting) + 1}"


_PLOT = """\
![False alarms against misses, one mark for each row of the table](size_drift.svg)

The marks of the plot have the numbers of the rows. All kinds weigh the same in it, which they do
not in real life: compare settings with each other, and take no figure for a promise."""


def _percentages(found: Found) -> str:
    worst = max(t.alarm_rate(base) for t in found.values() for base in ("steady", "growing"))
    tight, usual, roomy = (found[s].miss_rate("doubling") for s in (_TIGHT, DEFAULTS, _ROOMY))
    _bear_out(worst < 1 and tight < usual < roomy, "tight percentages suit steady sizes")
    return f"""\
## When to use what

**Sizes that stay close to each other, or grow steadily: percentages alone.** No setting raised more
than {worst:.1f} false alarms in 1,000 days there, so the percentages may be tight. That pays when
somebody encrypts the data: 30% / 50% ({_number(_TIGHT)}) misses {tight:.1f} of 100
doublings, 50% / 100% ({_number(DEFAULTS)}) misses {usual:.1f}, and 50% / 200% ({_number(_ROOMY)})
misses {roomy:.1f}, for its limit is three times the usual size."""


def _sensitivity(found: Found) -> str:
    off, long, two, three = (found[s] for s in (DEFAULTS, _LONG, _LONG_2, _LONG_35))
    alarms = [tally.alarm_rate("restless") for tally in (off, long, two, three)]
    misses = [tally.miss_rate("drop", bases=["restless"]) for tally in (off, long, two, three)]
    tight, tight_two = (found[s].alarm_rate("restless") for s in (_TIGHT_LONG, _TIGHT_LONG_2))
    _bear_out(alarms == sorted(alarms, reverse=True), "each step saves false alarms")
    _bear_out(misses[1] <= misses[0] < misses[2] < misses[3], "a baseline is free, a score is not")
    _bear_out(tight_two < tight / 2, "a sensitivity of 2 halves the alarms of tight percentages")
    return f"""\
**Sizes that jump by themselves: a longer baseline first, then `sensitivity: 2`.** On restless sizes
the defaults raise {alarms[0]:.1f} false alarms, a baseline of 28 leaves {alarms[1]:.1f}, and a
sensitivity of 2 besides leaves {alarms[2]:.1f} ({_number(_LONG_2)}). Tight percentages become
bearable: 30% / 50% over 28 backups goes from {tight:.1f} to {tight_two:.1f}
({_number(_TIGHT_LONG_2)}). It has a price: of 100 drops on such sizes {_number(DEFAULTS)} misses
{misses[0]:.1f}, {_number(_LONG)} {misses[1]:.1f}, {_number(_LONG_2)} {misses[2]:.1f}, and
{_number(_LONG_35)} with 3.5 misses {misses[3]:.1f}. For no size can fall
by more than all of it. With 3.5 only an empty backup is too small once the MAD is above
{67.45 / 3.5:.0f} % of the median; with 2 that point is {67.45 / 2:.0f} %. So do not take the 3.5 of
the textbook for sizes that jump, and set `minimum_size` beside it."""


def _weekends(found: Found) -> str:
    off, five, wide = (found[s].alarm_rate("weekly") for s in (DEFAULTS, _SHORT_5, WIDE))
    _bear_out(five > 0.9 * off and wide < 1, "only wide percentages help against weekends")
    return f"""\
**Sizes with a weekly rhythm: percentages that let the weekend pass.** A sensitivity of 5 leaves
{five:.1f} of {off:.1f} false alarms: most days are weekdays, so a weekend is far from them however
it is measured. 80% / 400% ({_number(WIDE)}) leaves {wide:.1f}, and misses
{found[WIDE].miss_rate("drop"):.1f} of 100 drops."""


def _decay(found: Found) -> str:
    rates = {setting: tally.miss_rate("decay") for setting, tally in found.items()}
    best = min(rates, key=lambda setting: rates[setting])
    _bear_out(rates[best] > 50, "no setting finds most decays")
    _bear_out(rates[_LONG] < rates[_LONG_2] < rates[DEFAULTS], "a long baseline finds more decays")
    return f"""\
**Data that is lost slowly: another rule.** The usual size moves along with the loss. The best
setting ({_number(best)}) still misses {rates[best]:.1f} of 100 decays. A longer baseline finds more
({_number(DEFAULTS)}: {rates[DEFAULTS]:.1f} missed, {_number(_LONG)}: {rates[_LONG]:.1f}), a
sensitivity fewer ({_number(_LONG_2)}: {rates[_LONG_2]:.1f}). `minimum_size` draws a line that stays
where it is."""


def _defaults(found: Found) -> str:
    one, long = found[DEFAULTS], found[_LONG]
    calm = sum(one.alarms[base] for base in ("steady", "growing"))
    _bear_out(calm == 0, "the defaults are silent on steady and growing sizes")
    better = [long.alarm_rate(base) <= one.alarm_rate(base) for base in CALM]
    better += [long.miss_rate(kind) <= one.miss_rate(kind) for kind in FAULTS]
    _bear_out(all(better), "a baseline of 28 is better than the defaults in every column")
    return f"""\
## What this says about the defaults

The defaults are 50% / 100%, 7 / 3, without sensitivity ({_number(DEFAULTS)}), and they stay. They
raise no false alarm on steady and growing sizes, and miss {one.miss_rate("drop"):.1f} of 100 drops.
They are not the best there is: they miss {one.miss_rate("doubling"):.1f} of 100 doublings and
{one.miss_rate("decay"):.1f} of 100 decays. A baseline of 28 with a warm-up of 7 ({_number(_LONG)})
is as good or better in every column. Its price does not stand in the table: it needs 29 backups to
be kept, and an intended change is a finding for about two weeks instead of four days. Where a month
of daily backups is kept, take it. Where sizes are steady, take 30% / 50% as well."""
