"""Fronts for tests: one that answers from a table and counts, and the surroundings of a fixed day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.cli.prompts.talk import Keep, Talk, ask_all
from visitsafe.wizard.answers import AnswerContext
from visitsafe.wizard.draft import Session
from visitsafe.wizard.session import (
    AskOne,
    AskTogether,
    Event,
    Step,
)
from visitsafe.wizard.step import Page, Propose, Wizard
from visitsafe.wizard.words import Guide
from wizard.samples import reply

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GUIDE = Guide(AnswerContext(NOW, LONDON, datetime(2026, 11, 23, 15, 30, tzinfo=UTC)))


def keep_nothing(_: Mapping[str, Value]) -> None:
    """Where nobody keeps the answers of an unfinished page."""


@dataclass
class Light:
    """A computed answer."""

    answer: str
    sentence: str = "The sun sets at 16:01."


def always(answer: str) -> Propose:
    return lambda _start, _due_back: Light(answer)


@dataclass
class TableFront:
    """Answers every page from a table, unless the script has an event for the next page."""

    answers: dict[str, Value]
    script: dict[type, list[Event]] = field(default_factory=dict)
    asked: list[Step] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    guides: list[Guide] = field(default_factory=list)
    keep: Keep = keep_nothing

    def draw(self, page: Page, keep: Keep) -> Event:
        self.told += page.told
        if isinstance(page.asks, AskOne | AskTogether):
            self.guides.append(page.guide)
            self.keep = keep
        self.asked.append(page.asks)
        scripted = self.script.get(type(page.asks))
        return scripted.pop(0) if scripted else reply(page.asks, self.answers)


@dataclass
class Saved:
    """What was saved, newest last."""

    sessions: list[Session] = field(default_factory=list)

    def run(
        self,
        asked: Questionnaire | Wizard,
        session: Session,
        front: "TableFront | Talk",
        *,
        propose: Propose | None = None,
        now: Callable[[], datetime] = lambda: NOW,
    ) -> Session:
        """Ask until nothing is left; daylight is as planned unless it is proposed otherwise."""
        wizard = asked if isinstance(asked, Wizard) else Wizard(asked, LONDON, propose or always("yes"))
        return ask_all(wizard, session, front.draw, self.sessions.append, now)
