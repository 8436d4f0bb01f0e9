"""The visit on the way at a terminal: what was reported, which alarms there were, and drills apart.

Usable at 40 columns, as `screens`. What each line says is written in `domain.way`; here it gets its place.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from visitsafe.cli.lines import QUIET, STOP, STRONG, WARN, heading, item, put
from visitsafe.state.visit_words import AlarmTold, Told, alarms, drills, reported, standing
from visitsafe.text.clock import clock

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.state.fold import PlanState

INDENT = 2


def show_way(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    """Write what happened on the way, if anything did or should have."""
    told, missing = reported(state, zone), standing(state, now, zone)
    if told or missing:
        heading(console, "On the way")
    for sentence in missing:
        put(console, (sentence, WARN), indent=INDENT)
    _told(console, told, state, zone)
    for alarm in alarms(state, zone):
        _alarm(console, alarm, state, zone, STOP if alarm.open else STRONG)
    for drill in drills(state, zone):
        _alarm(console, drill, state, zone, QUIET)


def _alarm(console: "Console", alarm: AlarmTold, state: "PlanState", zone: tzinfo, style: str) -> None:
    console.print()
    put(console, (alarm.title, style))
    _told(console, alarm.told, state, zone)


def _told(console: "Console", told: Sequence[Told], state: "PlanState", zone: tzinfo) -> None:
    for one in told:
        at = clock(one.at, zone, state.body.visit.start)
        put(console, (one.text, STOP if one.grave else ""), indent=INDENT, mark=f"{at}  ")
        for line in one.more:
            item(console, line, indent=2 * INDENT)
