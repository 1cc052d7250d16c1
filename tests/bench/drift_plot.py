"""``policies/size_drift.svg``: false alarms against misses, one mark a setting, drawn by hand.

Colours follow the reader's light or dark mode. A mark also has a width, a filling and a number, so
that nothing is told by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from tests.bench.drift_count import LIMITS, SENSITIVITIES, SETTINGS, SPANS, WIDE, Setting, Tally
from tests.bench.drift_series import CALM, FAULTS

_WIDTH, _HEIGHT = 860, 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 650, 30, 570
_MOST_ALARMS, _MOST_MISSES = 150, 100
_STYLE = """
.paper { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
.grid { stroke: #d8dee4 } .axis { stroke: #59636e } .number { font-size: 11px }
.a { --ink: #0757b5 } .b { --ink: #9a4a00 } .c { --ink: #1a7f37 } .d { --ink: #8250df }
.mark { stroke: var(--ink); stroke-width: 2 } .line { stroke: var(--ink); fill: none; opacity: .45 }
.hollow { fill: #ffffff } .full { fill: var(--ink) } .long { stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
.paper, .hollow { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d }
.axis { stroke: #9198a1 } .a { --ink: #6cb0ff } .b { --ink: #f0a35e } .c { --ink: #56d364 }
.d { --ink: #d2a8ff } }
"""
_CLASSES = dict(zip((*LIMITS, (WIDE.shrink, WIDE.growth)), "abcd", strict=True))
_RADII = dict(zip(SENSITIVITIES, (3, 4.5, 6, 7.5), strict=True))
_ROUND = tuple(
    (math.cos(turn * math.pi / 8) * reach, math.sin(turn * math.pi / 8) * reach)
    for reach in (15, 19, 24)
    for turn in range(16)
)

Point = tuple[float, float]


def plot(found: Mapping[Setting, Tally]) -> str:
    """Return the plot as SVG."""
    points = {setting: _point(found[setting]) for setting in SETTINGS}
    parts = [*_grid(), *_lines(points), *(_mark(*item) for item in points.items())]
    parts += [*_numbers(list(points.values())), *_legend()]
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">
<title>False alarms against misses of size_drift</title>
<style>{_STYLE}</style>
<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>
{chr(10).join(parts)}
</svg>
"""


def _point(tally: Tally) -> Point:
    return _x(tally.alarm_rate(*CALM)), _y(tally.miss_rate(*FAULTS))


def _x(alarms: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * alarms / _MOST_ALARMS, 1)


def _y(misses: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * misses / _MOST_MISSES, 1)


def _grid() -> Iterable[str]:
    for alarms in range(0, _MOST_ALARMS + 1, 25):
        kind = "grid" if alarms else "axis"
        yield f'<path class="{kind}" d="M{_x(alarms)} {_TOP}V{_BOTTOM}"/>'
        yield _text(_x(alarms), _BOTTOM + 20, str(alarms), "middle")
    for misses in range(0, _MOST_MISSES + 1, 20):
        kind = "grid" if misses else "axis"
        yield f'<path class="{kind}" d="M{_LEFT} {_y(misses)}H{_RIGHT}"/>'
        yield _text(_LEFT - 10, _y(misses) + 4, str(misses), "end")
    middle = (_TOP + _BOTTOM) / 2
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 46, "false alarms in 1,000 good days", "middle")
    yield (
        f'<text transform="translate(24 {middle}) rotate(-90)" text-anchor="middle">'
        "misses in 100 faults</text>"
    )


def _lines(points: Mapping[Setting, Point]) -> Iterable[str]:
    """Join the marks that differ in their sensitivity alone."""
    for limits, span in product(LIMITS, SPANS):
        path = " ".join(
            f"{x} {y}" for x, y in (points[Setting(*limits, *span, s)] for s in SENSITIVITIES)
        )
        yield f'<polyline class="line {_CLASSES[limits]}{_dash(span)}" points="{path}"/>'


def _dash(span: tuple[int, int]) -> str:
    return " long" if span != SPANS[0] else ""


def _mark(setting: Setting, point: Point) -> str:
    kind = _CLASSES[setting.shrink, setting.growth]
    filling = "full" if setting.baseline == SPANS[0][0] else "hollow"
    return _circle(point, _RADII[setting.sensitivity], f"{kind} {filling}")


def _circle(point: Point, radius: float, kind: str) -> str:
    return f'<circle class="mark {kind}" cx="{point[0]}" cy="{point[1]}" r="{radius}"/>'


def _numbers(points: Sequence[Point]) -> Iterable[str]:
    """Put each number near its mark, and as far as it can from the other marks and numbers."""
    placed: list[Point] = []
    for number, own in enumerate(points, 1):
        others = [*placed, *(point for point in points if point != own)]
        places = [(own[0] + across, own[1] + down) for across, down in _ROUND]
        best = max(places, key=lambda place: _room(place, others) - math.dist(place, own))
        placed.append(best)
        yield _text(round(best[0], 1), round(best[1] + 4, 1), str(number), "middle", "number")


def _room(place: Point, others: Iterable[Point]) -> float:
    """Return how far the others are, as far as that matters; it counts more than being near."""
    nearest = min((math.dist(place, other) for other in others), default=math.inf)
    return min(nearest, 25) * 2


def _legend() -> Iterable[str]:
    left, top = _RIGHT + 30, _TOP + 10
    yield _text(left, top, "shrink / growth")
    for at, (limits, kind) in enumerate(_CLASSES.items(), 1):
        yield _circle((left + 8, top + 22 * at - 4), 5, f"{kind} full")
        yield _text(left + 24, top + 22 * at, " / ".join(limits))
    top += 22 * len(_CLASSES) + 40
    yield _text(left, top, "baseline / warm_up")
    for at, span in enumerate(SPANS, 1):
        down = top + 22 * at - 4
        yield f'<path class="line a{_dash(span)}" d="M{left} {down}h34"/>'
        yield _circle((left + 17, down), 5, f"a {'hollow' if _dash(span) else 'full'}")
        yield _text(left + 46, down + 4, " / ".join(map(str, span)))
    top += 22 * len(SPANS) + 40
    yield _text(left, top, "sensitivity")
    for at, sensitivity in enumerate(SENSITIVITIES, 1):
        yield _circle((left + 8, top + 22 * at - 4), _RADII[sensitivity], "a full")
        yield _text(left + 24, top + 22 * at, str(sensitivity))
    yield _text(left, top + 22 * 6 + 10, "Numbers are rows of the table.", kind="number")


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'
