"""What happens on the way, as steps of a `Story`: `departed(countersigned())`, `raised(story, "duty-rings")`.

Every function returns a longer story whose new entry follows all that the copy has seen, as in `story`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from story import DUE_BACK, MO, NOW, SAM, START, Actor, Story, begun, calm_visit
from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    Heard,
    Ladder,
    NotifiedBody,
    PlanBody,
    ReportBody,
    Rung,
    StoodDownBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome
from visitsafe.text.clock import from_text, to_text

__all__ = ["DEE", "DUE_BACK", "LADDER", "MO", "NOW", "SAM", "START"]

DEE = Actor("Dee Desk", "dee@example.org")
"""The duty officer."""
OLA = Actor("Ola Field", "ola@example.org")
"""A colleague of Sam's: a practitioner who may hear from Sam."""
LADDER = Ladder(
    grace_minutes=0,
    start="manager-acts",
    steps=(
        Rung(
            id="reminder",
            after=-10,
            who=("lone-worker",),
            do="Report, or say that you need longer.",
            source="s",
        ),
        Rung(id="overdue", after=0, who=("duty",), do="Look for a message.", source="s"),
        Rung(id="nudge", after=5, who=("lone-worker",), do="Report now.", source="s"),
        Rung(id="duty-rings", after=15, who=("duty",), do="Ring the worker.", source="s", acknowledge=True),
        Rung(
            id="second-contact",
            after=20,
            who=("duty", "line-manager"),
            do="Ring on.",
            source="s",
            acknowledge=True,
        ),
        Rung(
            id="manager-acts",
            after=30,
            who=("manager",),
            do="Open the tracing details.",
            source="s",
            acknowledge=True,
        ),
        Rung(id="decide", after=45, who=("manager",), do="Decide.", source="s", acknowledge=True),
    ),
)


def watched_plan(**changes: Any) -> PlanBody:
    """A calm visit with the whole ladder."""
    return calm_visit(**{"ladder": LADDER, **changes})


def planned(body: PlanBody | None = None) -> Story:
    """A team with Dee and Ola too, and Sam's plan."""
    story = begun().added(DEE, "duty").added(OLA, "practitioner")
    return replace(story, at=NOW).planned(body=body or watched_plan())


def countersigned(body: PlanBody | None = None) -> Story:
    """Sam's plan, countersigned by Mo."""
    return planned(body).decided(by=MO)


def at(story: Story, when: str | datetime, minutes: int = 0) -> Story:
    """The same story; the next entry is made at this time, or minutes after it."""
    moment = from_text(when) if isinstance(when, str) else when
    return replace(story, at=moment + timedelta(minutes=minutes))


def late(story: Story, minutes: int) -> Story:
    """The next entry is made so many minutes after the time due back."""
    return at(story, story.state.visit.due_back, minutes)


def minutes_after(text: str, minutes: int) -> str:
    """A UTC text some minutes later."""
    return to_text(from_text(text) + timedelta(minutes=minutes))


def version(story: Story) -> str:
    """The version that the author has before them: the last in the copy, whether or not it counts."""
    versions = [one.id for one in story.entries if one.content.kind in {Kind.PLANNED, Kind.REVISED}]
    return versions[-1]


def heard_from(who: Actor = SAM, known_by: str = "I know the voice.") -> Heard:
    return Heard(person=who.fingerprint, known_by=known_by)


def reported(story: Story, kind: Kind, by: Actor = SAM, **changes: Any) -> Story:
    """`departed`, `arrived`, `ok` or `left`; passed on, if it is not Sam who signs."""
    heard = None if by is SAM else heard_from()
    body = ReportBody(**{"of": version(story), "heard": heard, **changes})
    return story.entry(by, kind, body)


def departed(story: Story, by: Actor = SAM, **changes: Any) -> Story:
    return reported(story, Kind.DEPARTED, by, **changes)


def back(story: Story, by: Actor = SAM, **changes: Any) -> Story:
    heard = None if by is SAM else heard_from()
    return story.entry(by, Kind.BACK, BackBody(**{"of": version(story), "heard": heard, **changes}))


def extended(story: Story, until: str, by: Actor = SAM, **changes: Any) -> Story:
    heard = None if by is SAM else heard_from()
    body = ExtendedBody(**{"of": version(story), "until": until, "heard": heard, **changes})
    return story.entry(by, Kind.EXTENDED, body)


def duress(story: Story, by: Actor = DEE) -> Story:
    return reported(story, Kind.OK, by, duress=True)


def raised(story: Story, step: str, due: str = "", by: Actor = DEE, **changes: Any) -> Story:
    """A watcher raises a step that fell due at its time after the time due back, or when it is said to."""
    if not due:
        visit = story.state.visit
        after = next((rung.after for rung in visit.ladder.steps if rung.id == step), 0)
        due = minutes_after(visit.due_back, after + visit.ladder.grace_minutes)
    body = EscalatedBody(**{"of": version(story), "step": step, "due": due, "watcher": "w1", **changes})
    return story.entry(by, Kind.ESCALATED, body)


def drilled(story: Story, step: str, drill: str = "d1", by: Actor = DEE) -> Story:
    """The same, only as a drill."""
    return raised(story, step, by=by, drill=drill)


def notified(story: Story, about: str, channel: str, by: Actor = DEE, **changes: Any) -> Story:
    body = NotifiedBody(**{"about": about, "channel": channel, "outcome": Outcome.SENT, **changes})
    return story.entry(by, Kind.NOTIFIED, body)


def acknowledged(story: Story, step: str, by: Actor = DEE, **changes: Any) -> Story:
    return story.entry(by, Kind.ACKNOWLEDGED, AcknowledgedBody(**{"step": step, **changes}))


def stood_down(story: Story, because: Because = Because.SAFE, by: Actor = MO, **changes: Any) -> Story:
    return story.entry(by, Kind.STOOD_DOWN, StoodDownBody(**{"because": because, **changes}))
