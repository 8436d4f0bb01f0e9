"""What is recorded after a visit, as steps of a `Story`: `incident(over())`, `debriefed(...)`, `shared(...)`.

Every function returns a longer story whose new entry follows all that the copy has seen, as in `story`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from story import MO, SAM, Actor, Story
from visit_story import DEE, START, at, back, countersigned, departed, heard_from, version
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.followup.forms import FormKind, filled_in
from visitsafe.record.bodies import (
    DebriefedBody,
    DocumentedBody,
    Duty,
    IncidentBody,
    Made,
    MarkedBody,
    PlanBody,
    SharedBody,
    Shown,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Document
from watchers import Desk as DutyDesk

__all__ = ["DEE", "MO", "SAM"]

B = TypeVar("B", bound=IncidentBody | DebriefedBody | DocumentedBody)
FORM = Made(id="incident", version="1.0", digest="ef" * 32)
ALERT = Duty(
    trigger="incident-alert",
    label="Others may meet the same",
    ground="There was an incident, and others who visit may meet the same.",
    recipients=("Health visitor, NHS",),
    by="2026-11-24T12:00:00Z",
    decision="share",
    source="salford-2011 4.6",
)
HAPPENED = Shown(
    id="what-happened",
    section="What happened",
    label="What happened",
    ask="What did you see and hear?",
    answer="He shouted and kicked the door.",
    source="salford-2011 7.5",
)


def over(body: PlanBody | None = None) -> Story:
    """A visit that Sam made and is back from."""
    return back(at(departed(at(countersigned(body), START)), START, 30))


def incident(story: Story, by: Actor = SAM, **changes: Any) -> Story:
    plain: dict[str, Any] = {
        "of": version(story),
        "form": FORM,
        "answers": {"what-happened": HAPPENED.answer, "behaviours": ("shouting",)},
        "shown": (HAPPENED,),
        "behaviours": ("shouting",),
        "heard": None if by is SAM else heard_from(),
    }
    return story.entry(by, Kind.INCIDENT, IncidentBody(**{**plain, **changes}))


def debriefed(story: Story, by: Actor = SAM, **changes: Any) -> Story:
    plain: dict[str, Any] = {
        "of": version(story),
        "form": Made(id="debrief", version="1.0", digest="ef" * 32),
        "answers": {},
        "about": tuple(one.id for one in story.entries if one.content.kind == Kind.INCIDENT),
        "heard": None if by is SAM else heard_from(),
    }
    return story.entry(by, Kind.DEBRIEFED, DebriefedBody(**{**plain, **changes}))


def shared(story: Story, trigger: str = "", by: Actor = SAM, **changes: Any) -> Story:
    named = [one.recipients for one in story.state.body.sharing if one.trigger == trigger]
    plain: dict[str, Any] = {
        "of": version(story),
        "trigger": trigger,
        "decision": "share",
        "recipients": next(iter(named), ()) or ("Health visitor, NHS",),
        "how": "by telephone",
        "what": "Two of us go from now on.",
    }
    return story.entry(by, Kind.SHARED, SharedBody(**{**plain, **changes}))


def documented(
    story: Story, document: Document = Document.SUPERVISION, by: Actor = MO, **changes: Any
) -> Story:
    plain: dict[str, Any] = {
        "of": version(story),
        "form": Made(id=str(document), version="1.0", digest="ef" * 32),
        "answers": {},
        "document": str(document),
    }
    return story.entry(by, Kind.DOCUMENTED, DocumentedBody(**{**plain, **changes}))


def marked(story: Story, by: Actor = SAM, **changes: Any) -> Story:
    plain: dict[str, Any] = {
        "of": version(story),
        "found": True,
        "system": "Case system",
        "reference": "4417",
        "checked": "2026-11-20",
    }
    return story.entry(by, Kind.MARKED, MarkedBody(**{**plain, **changes}))


def answered(**answers: Any) -> Answered:
    """A form that was filled in: answers by meaning, with _ for -."""
    given = {name.replace("_", "-"): value for name, value in answers.items()}
    return Answered(form=FORM, answers=given, shown=(), findings=())


class FormRoom:
    """A store with a visit, at which several people fill in forms about it."""

    def __init__(self, folder: Path, story: Story) -> None:
        folder.mkdir(exist_ok=True)
        self.office = DutyDesk(folder, story)
        self.plan = story.plan

    @contextmanager
    def desk(self, by: Actor, now: datetime) -> Iterator[Desk]:
        with self.office.store() as store:
            roster = self.office.read().roster
            yield Desk(store, roster, now, roster.members.get(by.fingerprint), lambda: by.signer)

    def fills(self, kind: FormKind[B], given: Answered, by: Actor, now: datetime) -> B:
        with self.desk(by, now) as desk:
            state = desk.plan(self.plan)
            kind.check(desk, state)
            body, done = kind.sign(desk, state, given, ZoneInfo("Europe/London"))
        assert body in [said.body for said in filled_in(done)]
        return body
