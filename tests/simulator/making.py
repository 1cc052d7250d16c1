"""What the services of the simulated cloud make their instances with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulator.account import PROJECTS, REGIONS, Maker
from tests.simulator.world import Instance

HOUR, DAY, MIB = 3600, 86_400, 1 << 20

Change = Callable[[Maker, Instance], None]
"""Gives an instance its trouble, or its odd shape."""
Make = Callable[[Maker, str, tuple[str, str, str]], Instance]
"""Makes an instance of a name, in (project, region, zone)."""


def made(
    maker: Maker,
    named: Sequence[tuple[str, str, Change]],
    make: Make,
    fill: Change,
    regions: Sequence[str] = tuple(REGIONS),
) -> list[Instance]:
    """Return an instance for each (name, trouble, change), spread over projects and ``regions``.

    ``fill`` gives it its usual backups before it is changed.
    """
    scopes = [(project.id, region) for project in PROJECTS for region in regions]
    instances = []
    for number, (name, trouble, change) in enumerate(named):
        project, region = scopes[number % len(scopes)]
        one = make(maker, name, (project, region, maker.random.choice(REGIONS[region])))
        one.trouble = trouble
        fill(maker, one)
        change(maker, one)
        instances.append(one)
    return instances
