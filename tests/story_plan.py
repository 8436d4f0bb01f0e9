"""What people in the tests' stories write: a visit to a family that may be hostile, and decisions on it.

Shaped as the shipped checklists shape a plan; each function takes changes by field name.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from visitsafe.record.bodies import (
    Attested,
    Control,
    DecidedBody,
    Duty,
    Finding,
    Ladder,
    Made,
    PlanBody,
    Rung,
    Shown,
    Suggestion,
    Visit,
)
from visitsafe.record.terms import Decision, Level
from visitsafe.text.clock import to_text

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday morning in London's winter, when clocks there show UTC."""
START = NOW + timedelta(hours=7, minutes=30)
DUE_BACK = START + timedelta(hours=1)

FINDINGS = (
    Finding(
        rule="after-dark-alone",
        level=Level.STOP,
        text="The visit ends after dark and you would be alone.",
        source="salford-2011 7.2",
        because=("Daylight: no", "Joint visit: no"),
        settle=("daylight", "joint-visit"),
        suggest=(Suggestion(id="earlier", text="Move the visit to the morning."),),
    ),
    Finding(
        rule="car-targeted-no-taxi",
        level=Level.CONTROL,
        text="Your car may be damaged and no taxi will wait.",
        source="salford-2011 7.2; procedures-2023 Prior to contact with a family",
        because=("Car a target: not sure", "Waiting taxi: no"),
        settle=("taxi-waiting",),
    ),
    Finding(
        rule="interpreter-briefed",
        level=Level.NOTE,
        text="Tell the interpreter what to expect before the visit.",
        source="salford-2011 5.6",
        because=("Language: an interpreter is needed",),
    ),
)

CONTROLS = (
    Control(
        rule="after-dark-alone",
        text="Ring the duty desk from the car, and again when out of the house.",
        who="Sam Okafor",
    ),
    Control(rule="after-dark-alone", text="Keep the line open while Sam is inside.", who="duty desk"),
)

SHARING = (
    Duty(
        trigger="share-hostility",
        label="Hostile to professionals",
        ground="Others who visit this family are at the same risk.",
        recipients=("health visitor, Salford Royal", "housing officer, City West"),
        by="2026-11-25T08:00:00Z",
        decision="share",
        source="salford-2011 4.10",
    ),
    Duty(
        trigger="share-fear",
        label="A colleague is afraid",
        ground="Fear changes what others see and write down.",
        recipients=(),
        by="2026-11-25T08:00:00Z",
        decision="not-share",
        source="salford-2011 4.10",
        reason="The colleague asked to speak to her own manager first.",
    ),
)

ANSWERS: dict[str, str | tuple[str, ...]] = {
    "daylight": "no",
    "joint-visit": "no",
    "car-targeted": "not-sure",
    "taxi-waiting": "no",
    "training": "yes",
    "threat-kinds": ("shouting", "following"),
    "exit-plan": "Leave by the front door; the car faces the main road.",
    "not-personal": "yes",
    "share-hostility": "yes",
}

_BEFORE, _REMINDERS = "Before you go", "What not to do"
SHOWN = (
    Shown(
        id="daylight",
        section=_BEFORE,
        label="Daylight",
        ask="Will it be daylight until you are out again?",
        answer="no",
        source="salford-2011 7.2",
    ),
    Shown(
        id="joint-visit",
        section=_BEFORE,
        label="Joint visit",
        ask="Does somebody go with you?",
        answer="no",
        source="salford-2011 7.2",
    ),
    Shown(
        id="car-targeted",
        section=_BEFORE,
        label="Car a target",
        ask="Might your car be damaged?",
        answer="not sure",
        source="salford-2011 7.2",
    ),
    Shown(
        id="training",
        section=_BEFORE,
        label="Training",
        ask="Have you been trained for visits like this one?",
        answer="yes",
        source="salford-2011 7.2",
    ),
    Shown(
        id="exit-plan",
        section=_BEFORE,
        label="Way out",
        ask="How will you get out?",
        answer="Leave by the front door; the car faces the main road.",
        source="salford-2011 7.6",
    ),
    Shown(
        id="not-personal",
        section=_REMINDERS,
        label="Not personal",
        ask="Do not take anger as being about you.",
        answer="yes",
        source="salford-2011 7.6",
    ),
)

LADDER = Ladder(
    grace_minutes=10,
    high_risk=True,
    start="manager-opens",
    steps=(
        Rung(id="call", after=15, who=("duty",), do="Ring the worker.", source="ours", acknowledge=True),
        Rung(
            id="manager-opens",
            after=30,
            who=("manager", "line-manager"),
            do="Open the tracing details and ring the emergency contact.",
            source="ours",
        ),
        Rung(id="decide", after=45, who=("manager",), do="Send two people, or ring 999.", source="ours"),
    ),
)


def visit(**changes: Any) -> Visit:
    """A visit on the afternoon of `NOW`."""
    plain: dict[str, Any] = {
        "case": "C-1042",
        "area": "Ordsall",
        "address": "12 Acacia Road, Salford",
        "start": to_text(START),
        "due_back": to_text(DUE_BACK),
        "purpose": "See both children and agree the safety plan with their mother.",
        "person_visited": "family",
    }
    return Visit(**{**plain, **changes})


def hostile_visit(**changes: Any) -> PlanBody:
    """A plan with findings of each level, of which one is answered."""
    plain: dict[str, Any] = {
        "visit": visit(),
        "answers": ANSWERS,
        "findings": FINDINGS,
        "controls": CONTROLS,
        "sharing": SHARING,
        "standing": {"training": "2026-03-02T09:00:00Z"},
        "shown": SHOWN,
        "checklists": (Made(id="home-visit", version="1.0", digest="cd" * 32),),
        "ladder": LADDER,
        "nonce": "5a" * 16,
    }
    return PlanBody(**{**plain, **changes})


def calm_visit(**changes: Any) -> PlanBody:
    """A plan that raised nothing."""
    calm: dict[str, Any] = {
        "answers": {"daylight": "yes"},
        "findings": (),
        "controls": (),
        "sharing": (),
        "standing": {},
        "ladder": msgspec.structs.replace(LADDER, high_risk=False),
        "shown": (
            Shown(
                id="daylight",
                section=_BEFORE,
                label="Daylight",
                ask="Will it be daylight until you are out again?",
                answer="yes",
                source="salford-2011 7.2",
            ),
        ),
    }
    return hostile_visit(**{**calm, **changes})


def decision_on(of: str, decision: str = "countersign", **changes: Any) -> DecidedBody:
    """A decision with what it must carry."""
    met = "See the children at school with the school nurse on Tuesday." if decision == "refuse" else ""
    plain: dict[str, Any] = {
        "of": of,
        "decision": Decision(decision),
        "rationale": "The plan answers what we know. I talked it through with Sam.",
        "conditions": ("Ring the duty desk before going in.",) if decision == "countersign" else (),
        "purpose_met": met,
        "attested": (Attested(id="read", text="I have read the findings and what answers each."),),
        "checklist": Made(id="review", version="1.0", digest="ab" * 32),
    }
    return DecidedBody(**{**plain, **changes})
