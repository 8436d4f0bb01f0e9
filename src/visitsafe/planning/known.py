"""What is known of a visit as it is planned, and again as it is read: the facts for its rules (D17).

The record of its case, the light at the team's place, and other visits at the same time. That something
cannot be looked at is said, and is no reason not to plan.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from visitsafe.checklists.facts import Known, Occasion
from visitsafe.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from visitsafe.desk import Desk
    from visitsafe.record.bodies import KnownFact
    from visitsafe.state.fold import PlanState
    from visitsafe.team.people import Member


def knowing(desk: "Desk", zone: "tzinfo", worker: "Member", *, but: str = "") -> Callable[[Occasion], Known]:
    """A way to ask what is known, which looks at each case once.

    Args:
        desk: Who asks.
        zone: Whose clocks and days are named.
        worker: Whose visit it is.
        but: The id of the plan that is revised or read; empty for a new one.
    """
    cases: dict[str, Known] = {}

    def known(occasion: Occasion) -> Known:
        found = cases.get(occasion.case) or _of_case(desk, occasion.case, zone, but)
        cases[occasion.case] = found
        facts = [*_light(desk, occasion), *_overlaps(desk, zone, worker, occasion, but), *found.facts]
        return Known(found.notes, tuple(facts))

    return known


def known_of(desk: "Desk", zone: "tzinfo", state: "PlanState") -> Known:
    """What is known now of a plan that was signed."""
    from visitsafe.text.clock import from_text

    visit = state.body.visit
    names = tuple(one.name for one in visit.companions)
    occasion = Occasion(visit.case, from_text(visit.start), from_text(visit.due_back), names)
    return knowing(desk, zone, state.author, but=state.plan)(occasion)


def _of_case(desk: "Desk", case: str, zone: "tzinfo", but: str) -> Known:
    from visitsafe.planning.last_time import known_about

    if not case:
        return Known()
    try:
        return known_about(desk, case, zone, but=but)
    except StoreError as error:
        desk.warn(f"the earlier visits of this case could not be looked at: {error.message}")
        return Known()


def _light(desk: "Desk", occasion: Occasion) -> "Sequence[KnownFact]":
    from visitsafe.planning.daylight import light_fact

    place = desk.roster.place
    if place is None or occasion.start is None or occasion.due_back is None:
        return ()
    try:
        return (light_fact(place, occasion.start, occasion.due_back),)
    except SettingsError as error:
        desk.warn(f"the light could not be worked out: {error.message}")
        return ()


def _overlaps(
    desk: "Desk", zone: "tzinfo", worker: "Member", occasion: Occasion, but: str
) -> "Sequence[KnownFact]":
    from visitsafe.find import plans_between
    from visitsafe.planning.sign import companions_in
    from visitsafe.state.overlaps import overlap_fact
    from visitsafe.text.clock import to_text

    if occasion.start is None or occasion.due_back is None:
        return ()
    start, due_back = to_text(occasion.start), to_text(occasion.due_back)
    try:
        near = plans_between(desk, start, due_back)
    except StoreError as error:
        desk.warn(f"whether visits overlap could not be looked at: {error.message}")
        return ()
    others = [state for state in near if state.plan != but]
    companions = [*map(companions_in(desk.roster), occasion.companions)]
    found = overlap_fact(worker, companions, others, desk.roster.everyone, zone)
    return () if found is None else (found,)
