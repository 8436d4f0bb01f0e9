"""Several visits to one case: `case(visited(0), visited(7, companions=(MO.companion,)))`, by days."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from after_story import ALERT, debriefed, documented, incident, marked, shared
from story import MO, NIA, NOW, SAM, Actor, Story, begun
from story_plan import FINDINGS, visit
from visit_story import DEE, OLA, at, back, departed, late, raised, watched_plan
from visitsafe.record.bodies import Action, PlanBody, Shown
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Document
from visitsafe.state.duties import CaseHistory
from visitsafe.supervision.page import Prompt
from visitsafe.text.clock import to_text

LONDON = ZoneInfo("Europe/London")
DONE = NOW + timedelta(days=400)
"""When everything that has a day is overdue."""
Step = Callable[[Story], Story]


def body(day: int, hour: int = 10, minutes: int = 60, **changes: Any) -> PlanBody:
    """A calm visit on a day after `NOW`, with a nonce of its own."""
    start = (NOW + timedelta(days=day)).replace(hour=hour)
    where: dict[str, Any] = {
        name: changes.pop(name) for name in ("companions", "address", "case") if name in changes
    }
    times: dict[str, Any] = {"start": to_text(start), "due_back": to_text(start + timedelta(minutes=minutes))}
    plain: dict[str, Any] = {
        "visit": visit(**{"address": "", **times, **where}),
        "nonce": f"{day:04x}{hour:04x}" * 4,
        "sharing": (),
        "answers": {Meaning.JOINT: "no"} | changes.pop("answers", {"daylight": "yes"}),
    }
    return watched_plan(**{**plain, **changes})


def planned(of: PlanBody, by: Actor = SAM) -> Story:
    """Planned an hour before it starts."""
    story = begun().added(DEE, "duty").added(OLA, "practitioner")
    return replace(story, at=_hour_before(of)).planned(by=by, body=of)


def countersigned(of: PlanBody, by: Actor = SAM) -> Story:
    return planned(of, by).decided(by=MO)


def visited(
    day: int, *steps: Step, hour: int = 10, minutes: int = 60, by: Actor = SAM, **changes: Any
) -> Story:
    """A visit that was made and is over, and what was recorded after it."""
    of = body(day, hour, minutes, **changes)
    out = departed(at(countersigned(of, by), of.visit.start, -10), by)
    story = back(at(out, of.visit.due_back), by)
    for step in steps:
        story = step(story)
    return story


def case(*stories: Story) -> CaseHistory:
    """The case that these visits make up."""
    plans = sorted((story.state for story in stories), key=lambda one: (one.body.visit.start, one.plan))
    return CaseHistory(plans[-1].body.visit.case, tuple(plans))


def _hour_before(of: PlanBody) -> datetime:
    start = datetime.fromisoformat(of.visit.start)
    return start - timedelta(hours=1)


PROMPTS = (Prompt("What was left unsaid?", "salford-2011 3.6"),)
ADDRESS = "12 Acacia Road, Salford"
NOW_THERE = NOW + timedelta(days=12)
"""A moment after four of the visits of `eventful`."""


def answered(name: str, label: str, text: str) -> Shown:
    return Shown(id=name, section="s", label=label, ask=label, answer=text, source="salford-2011 3.8")


TALKED: dict[str, Any] = {
    "answers": {"any-unsaid": "yes", "relieved": "yes", "effects": ("afraid",)},
    "shown": (
        answered("unsaid", "What was left unsaid", "I did not ask to see the bedroom."),
        answered("effects", "How it left you", "Afraid"),
    ),
    "next_time": "Meet at the school first.",
    "not_seen": "The older brother.",
    "effects": ("afraid",),
}
AGREED: dict[str, Any] = {
    "actions": (
        Action(what="Two of us go from now on.", who="Mo Khan", by="2026-12-01"),
        Action(what="Ask the school.", who="Sam Okafor"),
    ),
    "review": "2027-01-10",
}


def eventful() -> CaseHistory:
    """Five plans of a case: an incident, evenings, a refusal, one that nobody set out on, one to come."""
    duty = msgspec.structs.replace(ALERT, trigger="share-hostility")
    first = visited(
        0,
        lambda story: incident(story, sharing=(ALERT,)),
        lambda story: debriefed(story, **TALKED),
        lambda story: documented(story, Document.SUPERVISION, **AGREED),
        lambda story: marked(story, review="2026-11-30"),
        hour=18,
        sharing=(duty,),
        address=ADDRESS,
        answers={"daylight": "no", "behaviours": ("shouting",)},
        findings=FINDINGS,
    )
    first = shared(first, "share-hostility")
    out = departed(at(countersigned(body(7, hour=18)), NOW + timedelta(days=7, hours=9)))
    second = back(late(raised(late(out, 0), "overdue"), 25))
    third = planned(body(9)).decided("refuse", by=NIA)
    fourth = debriefed(
        at(countersigned(body(10)), NOW + timedelta(days=10, hours=4)), answers={"went": "as-planned"}
    )
    return case(first, second, third, fourth, countersigned(body(20), by=OLA))
