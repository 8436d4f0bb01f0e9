"""The planning wizard: show a screen, take an event, apply it, save, until the plan can be signed.

Every event is on the disk before the next page is shown. Computed answers are proposed and never decided;
one that is computed just as the person answered it before is kept, and said. Times are looked at again
before signing, because a draft may lie for days. What comes next is decided in `domain.session`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from visitsafe.checklists.assessment import Value, occasion_of, told_at_once
from visitsafe.checklists.facts import OVERLAP, Known, Occasion
from visitsafe.checklists.model import AnswerType, Question, Source, VisitField
from visitsafe.checklists.questionnaire import Questionnaire, cite
from visitsafe.cli.prompts.terminal import stopped_by_signals
from visitsafe.errors import InterruptedByUserError
from visitsafe.team.people import Member
from visitsafe.text.clean import one_line
from visitsafe.text.clock import from_text
from visitsafe.wizard.answering import AnswerContext, AnswerError, parse
from visitsafe.wizard.draft import refit_times
from visitsafe.wizard.draft_file import Session
from visitsafe.wizard.frontend import Front, Guide, Proposal
from visitsafe.wizard.screens import (
    CONFIRM,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    NothingLeft,
    ParsedAnswer,
    Pause,
    Reopen,
    Review,
    Screen,
    Sign,
    Who,
    WhoDoes,
    WriteControl,
)
from visitsafe.wizard.session import apply, screen
from visitsafe.wizard.session_keeping import learned

RESUME = "visitsafe plan --resume"
KNOWN = "From earlier visits of this case:"
MYSELF = frozenset({"me", "myself", "i", "i do", "self"})
Propose = Callable[[datetime, datetime], Proposal | None]


def _nothing_computed(_start: datetime, _due_back: datetime) -> Proposal | None:
    """Where the agency's place is not known."""


def _nothing_known(_occasion: Occasion) -> Known:
    """Where nothing is looked up."""
    return Known()


@dataclass(frozen=True)
class Surroundings:
    """What the wizard needs from outside.

    Attributes:
        save: Keeps the session; called after every event.
        now: The time, aware.
        zone: Whose clocks the person reads.
        propose: Daylight for a start and a time due back; None if it cannot be computed.
        cite: Sources in words.
        me: The name of the person who plans, for a control measure that they take on themselves.
        command: The command that goes on with a draft.
        form: It is a form: its times may have passed, and are not looked at again.
        known: What is known of a visit, as far as it is settled: told, shown before signing, and in the
            session that is returned; never in what is saved.
        team: Who is in the team, by whom a companion may be meant.
        country: Whose telephone numbers are meant where none is named.
        phone: The number of the duty desk; said with what a form tells at once.
    """

    save: Callable[[Session], None]
    now: Callable[[], datetime]
    zone: ZoneInfo
    propose: Propose = _nothing_computed
    cite: Callable[[tuple[Source, ...]], str] = cite
    me: str = ""
    command: str = RESUME
    form: bool = False
    known: Callable[[Occasion], Known] = _nothing_known
    team: tuple[Member, ...] = ()
    country: str = ""
    phone: str = ""


def run(questionnaire: Questionnaire, session: Session, front: Front, around: Surroundings) -> Session:
    """Ask until the plan can be signed.

    Returns:
        The session at its end; `draft.final` and its neighbours take out what counts.

    Raises:
        InterruptedByUserError: The person stopped; everything is saved.
        SettingsError: The draft cannot be saved.
    """
    wizard = _Wizard(questionnaire, refit_times(questionnaire, session), front, around)
    with stopped_by_signals():
        try:
            return wizard.run()
        except KeyboardInterrupt:  # between two questions
            raise _stopped(around) from None


def _stopped(around: Surroundings) -> InterruptedByUserError:
    return InterruptedByUserError("stopped; everything you answered is kept", f"to go on: {around.command}")


class _Wizard:
    """One run. The session is replaced and saved at each event, also from within a page."""

    def __init__(
        self, questionnaire: Questionnaire, session: Session, front: Front, around: Surroundings
    ) -> None:
        self._questionnaire = questionnaire
        self._session = session
        self._front = front
        self._around = around
        self._told: list[str] = []
        self._occasion: Occasion | None = None

    def run(self) -> Session:
        self._tell_notices()
        self._look_around()
        self._look_at_times()
        while True:
            page = screen(self._questionnaire, self._session)
            if isinstance(page, NothingLeft):
                return self._session
            if self._computed_as_before(page):
                continue
            if self._told:
                self._front.say(tuple(self._told))
                self._told.clear()
            event = self._ask(page)
            if isinstance(page, Sign) and event is CONFIRM and self._look_at_times():
                continue
            self._take(event)
            if isinstance(event, Pause):
                raise _stopped(self._around)

    def _take(self, event: Event) -> None:
        if isinstance(event, Who) and self._around.me and event.who.strip(" .").casefold() in MYSELF:
            event = replace(event, who=self._around.me)
        self._session = apply(self._questionnaire, self._session, event)
        self._tell_notices()
        self._around.save(structs.replace(self._session, known=(), facts=()))
        self._look_around()

    def _tell_notices(self) -> None:
        """What was raised just now; with what cannot wait goes whom to ring."""
        self._told += self._session.notices
        urgent = told_at_once(self._questionnaire, self._session.answers)
        if any(one in urgent for one in self._session.notices):
            desk = f"The duty desk: {self._around.phone}. " if self._around.phone else ""
            self._told.append(f"{desk}If anybody is in danger: 999.")

    def _look_around(self) -> None:
        """Tell what is known as soon as case and times are settled, and ask by it from then on."""
        occasion = occasion_of(self._questionnaire, self._session.answers)
        if occasion == self._occasion:
            return
        self._occasion, before, known = occasion, self._session, self._around.known(occasion)
        if known.notes and known.notes != before.known:
            self._told += [KNOWN, *(f"- {one_line(finding.text)}" for finding in known.notes)]
        told = {one.text for one in before.facts}
        self._told += [one.text for one in known.facts if one.name == OVERLAP and one.text not in told]
        self._questionnaire = self._questionnaire.knowing(known.facts)
        session = structs.replace(before, known=known.notes, notices=())
        self._session = learned(self._questionnaire, session, known.facts)
        if self._session.notices:
            self._told += self._session.notices
            self._around.save(structs.replace(self._session, known=(), facts=()))

    def _keep(self, values: Mapping[str, Value]) -> None:
        self._take(AnsweredMany(values, done=False))

    def _ask(self, page: Screen) -> Event:
        front = self._front
        if isinstance(page, AskOne | AskTogether | Review | Sign):
            asks: dict[type, Callable[[Any, Guide], Event]] = {
                AskOne: front.ask_one,
                AskTogether: front.ask_together,
                Review: front.review,
                Sign: front.sign,
            }
            return asks[type(page)](page, self._guide(page))
        shows: dict[type, Callable[[Any], Event]] = {
            Findings: front.findings,
            ControlFor: front.control,
            WriteControl: front.write,
            WhoDoes: front.who,
        }
        return shows[type(page)](page)

    def _guide(self, page: Screen) -> Guide:
        asked = page.question if isinstance(page, AskOne) else None
        proposal = self._proposal(asked) if asked else None
        because = self._because(asked) if asked else ()
        return Guide(self._context(), proposal, self._around.cite, self._keep, because)

    def _because(self, question: Question) -> tuple[str, ...]:
        """The facts because of which a question is asked."""
        named = {name for mapping in question.when or () for name in mapping}
        return tuple(one.text for one in self._session.facts if one.name in named)

    def _context(self) -> AnswerContext:
        return AnswerContext(
            now=self._around.now(),
            zone=self._around.zone,
            start=self._fact(VisitField.START),
            urgent=bool(self._session.urgent),
            form=self._around.form,
            team=self._around.team,
            country=self._around.country,
            if_late=f"stop here and run: {self._around.command} --urgent",
        )

    def _fact(self, fact: VisitField) -> datetime | None:
        """A time of the visit, if it is known."""
        values = (self._session.answers.get(one.id) for one in self._questionnaire if one.fills is fact)
        return next((from_text(value) for value in values if isinstance(value, str) and value), None)

    def _proposal(self, question: Question) -> Proposal | None:
        start, due_back = self._fact(VisitField.START), self._fact(VisitField.DUE_BACK)
        if question.propose is None or start is None or due_back is None:
            return None
        return self._around.propose(start, due_back)

    def _computed_as_before(self, page: Screen) -> bool:
        """Keep an older answer that was set aside when a time changed, if it is computed just the same."""
        if not isinstance(page, AskOne) or page.given or page.value is None:
            return False
        proposal = self._proposal(page.question)
        if proposal is None or proposal.answer != page.value:
            return False
        self._take(ParsedAnswer(page.question.id, page.value))
        self._told.append(f"{page.question.label}: still {page.value}. {proposal.sentence}")
        return True

    def _look_at_times(self) -> bool:
        """Ask again for a time that has passed meanwhile; whether there is one."""
        for question in () if self._around.form else self._questionnaire:
            value = self._session.answers.get(question.id)
            if question.answer is not AnswerType.TIME or not isinstance(value, str) or not value:
                continue
            if question.fills is VisitField.DUE_BACK and self._fact(VisitField.START) is None:
                continue  # the start is asked first, and due back after it
            try:
                parse(question, value, self._context())
            except AnswerError as error:
                because = f"{question.label}, please look at it again: {error.sentence}."
                self._take(Reopen(question.id, because))
                return True
        return False
