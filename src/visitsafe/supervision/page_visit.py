"""The parts of the staff-supervision page on the visit under way: reports, alarms, what to talk about.

Each returns blocks of markdown, none if there is nothing to say; every text goes through `escape`. What each
line says is written in `way`, `way_alarm` and `way_review`.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from visitsafe.state.fold import PlanState
from visitsafe.state.visit_words import AlarmTold, Told, alarms, drills, reported, standing
from visitsafe.supervision.page_sections import bullets
from visitsafe.supervision.visit_review import worth_discussing
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.clock import clock


def on_the_way(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """What was reported, what was raised, and how it ended; drills apart."""
    told, missing = reported(state, zone), standing(state, now, zone)
    blocks = ["## On the way"] if told or missing else []
    blocks += [f"**{markdown_line(sentence)}**" for sentence in missing]
    blocks += [_told(told, state, zone)] if told else []
    real, played = alarms(state, zone), drills(state, zone)
    if real:
        blocks.append("## Alarms")
        blocks += _alarms(real, state, zone)
    if played:
        blocks += ["## Drills", "Nothing in this part was real."]
        blocks += _alarms(played, state, zone)
    return blocks


def how_it_was_watched(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """The minutes and gaps that staff supervision should talk about."""
    sentences = worth_discussing(state, now, zone)
    if not sentences:
        return []
    raised = any(alarm.raised for alarm in state.visit.alarms)
    known = (
        "It shows when somebody watched only by the steps that they raised."
        if raised
        else "No step was raised, so it does not show whether anybody was watching."
    )
    intro = f"From the record; the times are what the clocks of those who signed said. {known}"
    return [
        "## What the record shows about the watch",
        intro,
        bullets(markdown(one, "  ") for one in sentences),
    ]


def _alarms(told: Iterable[AlarmTold], state: PlanState, zone: tzinfo) -> Iterable[str]:
    for alarm in told:
        yield f"### {markdown_line(alarm.title)}"
        if alarm.told:
            yield _told(alarm.told, state, zone)


def _told(told: Iterable[Told], state: PlanState, zone: tzinfo) -> str:
    return bullets(_one(one, state, zone) for one in told)


def _one(one: Told, state: PlanState, zone: tzinfo) -> str:
    at, text = clock(one.at, zone, state.body.visit.start), markdown_line(one.text)
    first = f"{markdown_line(at)}: {f'**{text}**' if one.grave else text}"
    return "\n".join([first, *(f"  - {markdown(line, '    ')}" for line in one.more)])
