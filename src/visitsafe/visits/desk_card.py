"""What stands on the printed card for the desk: who is out, until when, and who does what if nobody is heard.

One page, read at night by somebody who does not know the case. So it leaves out rather than shrinks: long
texts are cut with a mark, lists end with how many more there are, and `visitsafe show` has the rest. Never
the sealed details; the address only if it was asked for. Pure and unescaped: the adapter escapes.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from math import ceil
from textwrap import shorten

import msgspec

from visitsafe.record.bodies import Control
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER, Due, all_at_once, by_minute
from visitsafe.state.phrases import along_for_police, plain_words, to_do, who_goes, whose
from visitsafe.supervision.page_sections import ordinary_schedule
from visitsafe.supervision.shapes import without_details
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock, moment, to_text

MOST_STEPS = 6
_LINES, _STEP_LINES = 24, 19
"""Lines of the page for the steps, conditions and control measures together; the most for the steps."""
_STEP_WIDTH, _LIST_WIDTH, _FACT_ROOM = 46, 80, 52
"""Characters on a line of a step, on one of a list, and for a fact; a wide typeface decides."""
_ADDRESS_ROOM = 150
"""Characters on two lines across the page: an address is of no use in part."""
_ROW = 0.4
"""Lines that the rules around a step need."""
_CUT = " ..."


class CardStep(msgspec.Struct, frozen=True):
    """A step of the ladder with its time filled in: when, whose, and what to do."""

    at: str
    who: str
    do: str


class Card(msgspec.Struct, frozen=True):
    """The texts of the card.

    Attributes:
        ref: The reference.
        standing: How the plan stands.
        due_back: The time that everything hangs on.
        facts: Labels and what they say.
        address: Where the visit is; empty unless it was asked for.
        conditions: The manager's; all of them or the first ones.
        controls: The control measures that fit.
        steps: The ladder, earliest first.
        reminders: Why steps start at once, and when the worker is reminded; empty if neither.
        police: What to say to the police, sentence by sentence.
        desk: The desk's number; empty if the team has agreed on none.
        made: When and from what the card was made.
    """

    ref: str
    standing: str
    due_back: str
    facts: tuple[tuple[str, str], ...]
    address: str
    conditions: tuple[str, ...]
    controls: tuple[str, ...]
    steps: tuple[CardStep, ...]
    reminders: str
    police: tuple[str, ...]
    desk: str
    made: str


def desk_card(
    state: PlanState,
    now: datetime,
    zone: tzinfo,
    team: str,
    desk_phone: str,
    *,
    include_details: bool = False,
) -> Card:
    """The card of one visit.

    Args:
        state: The plan.
        now: When it is made, aware.
        zone: Whose local time is shown.
        team: The team's name, for the police.
        desk_phone: The duty desk's number; empty if there is none.
        include_details: With the address.
    """
    state = state if include_details else without_details(state)
    due_back = clock(state.visit.due_back, zone, state.body.visit.start)
    steps = _steps(state, zone)
    controls = _controls(state.body.controls)
    left = _LINES - ceil(sum(_lines(step) for step in steps))
    conditions = _some(list(state.conditions), left - (3 if controls else 0), state.ref)
    left -= sum(ceil(len(one) / _LIST_WIDTH) for one in conditions)
    return Card(
        ref=state.ref,
        standing=_short(plain_words(state, now), _FACT_ROOM),
        due_back=due_back,
        facts=_facts(state, zone),
        address=_short(state.body.visit.address, _ADDRESS_ROOM),
        conditions=conditions,
        controls=_some(controls, left, state.ref),
        steps=steps,
        reminders=_reminders(state, zone),
        police=_police(state, zone, team, desk_phone),
        desk=_short(desk_phone, _FACT_ROOM),
        made=f"Printed {moment(to_text(now), zone)}. What changes later is on the board.",
    )


def _facts(state: PlanState, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    visit = state.body.visit
    sealed = f"sealed: visitsafe trace {state.ref} --reason '...'" if state.sealed else "none are sealed"
    facts = (
        ("Who", state.author.person.name),
        ("Who goes", who_goes(state.going)),
        ("Case", visit.case),
        ("Area", visit.area),
        ("Visit", moment(visit.start, zone)),
        ("Details", sealed),
    )
    return tuple((label, _short(text, _FACT_ROOM)) for label, text in facts if text.strip())


def _controls(controls: Sequence[Control]) -> list[str]:
    return [f"{one.text} ({one.who})" if one.who.strip() else one.text for one in controls]


def _some(texts: Sequence[str], lines: int, ref: str) -> tuple[str, ...]:
    """As many as fit on so many lines, two lines each at most, and how many more there are."""
    given = [_short(text, 2 * _LIST_WIDTH - len(_CUT)) for text in texts if text.strip()]
    shown: list[str] = []
    for text in given:
        rest = len(given) > len(shown) + 1
        lines -= ceil(len(text) / _LIST_WIDTH)
        if lines < rest:
            break
        shown.append(text)
    more = len(given) - len(shown)
    return (*shown, f"and {more} more: visitsafe show {ref}") if more else tuple(shown)


def _steps(state: PlanState, zone: tzinfo) -> tuple[CardStep, ...]:
    """What others do; of a very long ladder the first steps and the last one, which is the decision."""
    due = [one for one in ordinary_schedule(state) if set(one.rung.who) != {WORKER}]
    kept = due if len(due) <= MOST_STEPS else [*due[: MOST_STEPS - 1], due[-1]]
    steps: tuple[CardStep, ...] = ()
    for lines in (5, 4, 3, 2):
        steps = tuple(_step(one, lines, state, zone) for one in kept)
        if sum(map(_lines, steps)) <= _STEP_LINES:
            break
    return steps


def _step(due: Due, lines: int, state: PlanState, zone: tzinfo) -> CardStep:
    who = _short(whose(due.rung.who), 40)
    do = _short(to_do(due.rung), max(20, lines * _STEP_WIDTH - len(who) - len(_CUT)))
    return CardStep(clock(due.at, zone, state.body.visit.start), who, do)


def _lines(step: CardStep) -> float:
    return ceil((len(step.who) + len(step.do) + 2) / _STEP_WIDTH) + _ROW


def _reminders(state: PlanState, zone: tzinfo) -> str:
    """Why steps start at once, and those that are only the worker's own: nobody at the desk acts on them."""
    day, due = state.body.visit.start, ordinary_schedule(state)
    high = any(all_at_once(state.visit.ladder, dues) for dues in by_minute(due))
    own = [clock(one.at, zone, day) for one in due if set(one.rung.who) == {WORKER}]
    said = ["The risk is high, so several steps start at once."] if high else []
    said += [f"The worker is reminded at {' and '.join(own[:3])}."] if own else []
    return " ".join(said)


def _police(state: PlanState, zone: tzinfo, team: str, desk_phone: str) -> tuple[str, ...]:
    """The facts in the order in which a call handler asks for them."""
    visit, name = state.body.visit, state.author.person.name
    area = _short(visit.area, _FACT_ROOM)
    where = "the address above" if visit.address.strip() else f"{area}, at this address: ________________"
    due = clock(state.visit.due_back, zone, visit.start)
    beside = along_for_police([one.name for one in state.going.visit.companions], state.going.company)
    return (
        f"I am ringing from {_short(team, 60)}, about a colleague who has not come back from a visit.",
        f"{_short(name, 60)} went to {where} for work, {_short(beside, 60)}.",
        f"Due back at {due}. We have rung since then and got no answer.",
        "We fear for their safety because: ____________________________________",
        f"Ring me back on {_short(desk_phone, 40) or '________________'}. Our reference is {state.ref}.",
    )


def _short(text: str, room: int) -> str:
    """Cut between words where possible; a single endless word is cut inside."""
    line = one_line(text)
    if len(line) <= room:
        return line
    cut = shorten(line, room, placeholder=_CUT)
    return cut if cut.strip(" .") else line[: room - len(_CUT)] + _CUT
