"""The parts of the staff-supervision page that say what to share, to discuss, to answer and to do if late.

Each returns blocks of markdown, none if there is nothing to say. Every text of the record goes through
`escape`. Nothing is decided here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

import msgspec

from visitsafe.record.bodies import Ladder, PlanBody, SharedBody, Shown
from visitsafe.state.duties import DutyState, Met, duties_of
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import Due, all_at_once, by_minute, schedule
from visitsafe.state.phrases import to_do, whose
from visitsafe.state.rules import NOT_SHARE
from visitsafe.state.sharing_words import by_when, state_words
from visitsafe.state.visit import Event
from visitsafe.text.clean import lines_of, markdown, markdown_line
from visitsafe.text.clock import age, date_only, day, hour, minutes_from, moment, to_text

ROOM_TO_WRITE = 2
"""Ruled lines for each supervision prompt on the printed page."""


class Prompt(NamedTuple):
    """A question for staff supervision and where it comes from."""

    text: str
    source: str


def bullets(items: Iterable[str]) -> str:
    """A list; each item's further lines are indented by two already."""
    return "\n".join(f"- {item}" for item in items)


def quotation(text: str) -> str:
    """Somebody's own words."""
    return f"> {markdown(text, '> ')}" if lines_of(text) else "> (nothing was written)"


def cited(source: str) -> str:
    """Where something comes from, set apart from what it says."""
    return f"*Source: {markdown_line(source) or 'none named'}*"


def sharing(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """What has to be shared with other professionals, and what became of it."""
    items = [_duty(one, now, zone) for one in duties_of(state)]
    items += [_became(said, zone) for said in state.after.shared if not said.body.trigger]
    return ["## Telling other professionals", bullets(items)] if items else []


def _duty(one: DutyState, now: datetime, zone: tzinfo) -> str:
    duty, met, said = one.duty, one.met(now), one.said
    if said is not None and not one.left:
        how = _became(said, zone)
    elif met in {Met.BEFORE, Met.NOT_YET}:
        words = state_words(one, now, zone)
        how = markdown_line(f"{words[:1].upper()}{words[1:]}")
    elif met is Met.NOT_SHARED:
        how = f"**Decided not to share:** {markdown_line(duty.reason)}"
    elif met is Met.DUE:
        how = f"**Due** {markdown_line(by_when(one, day(one.by, zone)))}"
    else:
        how = f"**Overdue** since {markdown_line(day(one.by, zone))}; nothing here says that it was done"
    lines = [how, f"Ground: {markdown_line(duty.ground)}"]
    if one.left:
        lines.append(
            f"To: {markdown_line(one.named_left)}" if one.named_left else "To: **nobody is named yet**"
        )
    if one.left and said is not None:
        lines.append(f"So far: {_became(said, zone)}")
    lines.append(cited(duty.source))
    return "\n".join([markdown_line(duty.label), *(f"  - {line}" for line in lines)])


def _became(said: Event[SharedBody], zone: tzinfo) -> str:
    """That it was shared, or decided otherwise, by whom and when."""
    body, who = said.body, markdown_line(said.author.person.name)
    when = markdown_line(moment(said.happened, zone))
    if body.decision == NOT_SHARE:
        return f"**Decided not to share**, by {who}, {when}: {markdown_line(body.reason)}"
    told = "; ".join(markdown_line(one) for one in body.recipients)
    how = f", {markdown_line(body.how)}" if body.how.strip() else ""
    what = f" Said: {markdown_line(body.what)}" if body.what.strip() else ""
    return f"**Shared** by {who}, {when}{how}, with {told}.{what}"


def for_supervision(prompts: Sequence[Prompt]) -> list[str]:
    """What to talk about, with room to write."""
    if not prompts:
        return []
    blocks = ["## For staff supervision"]
    for number, prompt in enumerate(prompts, start=1):
        mark = f"{number}. "
        indent = " " * len(mark)
        blocks.append(f"{mark}{markdown(prompt.text, indent)}\\\n{indent}{cited(prompt.source)}")
        blocks += [f"{indent}---"] * ROOM_TO_WRITE
    return blocks


def questions(body: PlanBody, now: datetime, zone: tzinfo) -> list[str]:
    """Every question as it was shown, with its answer; standing answers with their age."""
    sections: dict[str, list[str]] = {}
    for shown in body.shown:
        sections.setdefault(markdown_line(shown.section) or "Questions", []).append(
            _answered(shown, body.standing.get(shown.id, ""), now, zone)
        )
    known = {shown.id for shown in body.shown}
    rest = [
        f"{markdown_line(name)}: {markdown_line(value if isinstance(value, str) else ', '.join(value))}"
        for name, value in body.answers.items()
        if name not in known
    ]
    if rest:
        sections["Answers that were signed without their questions"] = rest
    blocks = [block for title, items in sections.items() for block in (f"### {title}", bullets(items))]
    return ["## Questions and answers", *blocks] if blocks else []


def _answered(shown: Shown, given: str, now: datetime, zone: tzinfo) -> str:
    lines = [markdown(shown.ask, "  "), f"Answer: {markdown(shown.answer, '  ')}"]
    if given and given != to_text(now):
        lines.append(
            f"Standing answer, given {markdown_line(f'{age(given, now)}: {date_only(given, zone)}')}"
        )
    return "\\\n  ".join([*lines, cited(shown.source)])


def escalation(state: PlanState, zone: tzinfo) -> list[str]:
    """Who does what if the worker does not report back, at the times at which the watch does it."""
    ladder, due_back = state.visit.ladder, state.visit.due_back
    name = markdown_line(state.author.person.name)
    default = (
        "" if state.body.ladder and state.body.ladder.steps else " The plan names no steps: these are ours."
    )
    grace = f", with {ladder.grace_minutes} minutes of grace" if ladder.grace_minutes > 0 else ""
    intro = (
        f"Due back {moment(due_back, zone)}{grace}. "
        f"The minutes are the agency's choice, not law; the last step is always a person who rings 999."
        f"{default}"
    )
    steps = (_steps(dues, ladder, due_back, zone) for dues in by_minute(ordinary_schedule(state)))
    return [f"## If {name} does not report back", intro, bullets(steps)]


def ordinary_schedule(state: PlanState) -> list[Due]:
    """The steps as they fall due if nothing is heard of the worker."""
    return schedule(msgspec.structs.replace(state, visit=msgspec.structs.replace(state.visit, duress=None)))


def _steps(dues: Sequence[Due], ladder: Ladder, due_back: str, zone: tzinfo) -> str:
    """The steps of one minute, with what each asks for."""
    minutes = minutes_from(due_back, dues[0].at) or -minutes_from(dues[0].at, due_back)
    at, steps = hour(due_back, minutes, zone), [_step(due) for due in dues]
    if len(dues) == 1:
        first = (
            " **High risk: it starts here.**" if ladder.high_risk and dues[0].rung.id == ladder.start else ""
        )
        return f"{at}, {steps[0]}{first}"
    why = ", **all at once, because the risk is high**" if all_at_once(ladder, dues) else ""
    return "\\\n  ".join([f"{at}{why}:", *steps])


def _step(due: Due) -> str:
    taken = " Somebody has to say that they have taken it on." if due.rung.acknowledge else ""
    return f"{markdown_line(whose(due.rung.who))}: {markdown_line(to_do(due.rung))}{taken}"
