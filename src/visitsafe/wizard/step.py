"""The wizard a step at a time: what the page is now, and what an answer makes of it.

`session` is the machine of screens and events; here it meets the world as it stands at that moment: it is
asked by what is known of the visit, a time that has passed is asked again, and what is computed is kept up
to date. A front draws a `Page`, reads words and gives back an event; nothing here waits, reads or writes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from visitsafe.checklists.assessment import occasion_of, told_at_once
from visitsafe.checklists.facts import OVERLAP, Known, Occasion
from visitsafe.checklists.model import AnswerType, Question, Source, VisitField
from visitsafe.checklists.questionnaire import Questionnaire, cite
from visitsafe.team.people import Member
from visitsafe.text.clean import one_line
from visitsafe.text.clock import from_text
from visitsafe.wizard.answers import AnswerContext, AnswerError, parse
from visitsafe.wizard.draft import RESUME, Session, refit_times
from visitsafe.wizard.session import (
    CONFIRM,
    AnsweredMany,
    AskOne,
    Event,
    ParsedAnswer,
    Reopen,
    Sign,
    Step,
    apply,
    learned,
    screen,
)
from visitsafe.wizard.words import Guide, Proposal

KNOWN = "From earlier visits of this case:"
Propose = Callable[[datetime, datetime], Proposal | None]


def _nothing_computed(_start: datetime, _due_back: datetime) -> Proposal | None:
    """Where the agency's place is not known."""


def _nothing_known(_occasion: Occasion) -> Known:
    """Where nothing is looked up."""
    return Known()


@dataclass(frozen=True)
class Page:
    """What is shown.

    Attributes:
        told: Lines to say first.
        asks: What is asked; `NothingLeft` at the end.
        guide: The words for it.
    """

    told: tuple[str, ...]
    asks: Step
    guide: Guide


@dataclass(frozen=True)
class Wizard:
    """A questionnaire, and what asking it depends on besides the answers and the time.

    Times given to its methods are aware.

    Attributes:
        questionnaire: What is asked.
        zone: Whose clocks the person reads.
        propose: Daylight for a start and a time due back; None if it cannot be computed.
        cite: Sources in words.
        known: What is known of a visit, as far as it is settled: told, shown before signing, and in the
            session, but never in a draft. It is asked about the same visit at each step.
        command: The command that goes on with the draft.
        form: It is a form: its times may have passed, and are not looked at again.
        team: Who is in the team, by whom a companion may be meant.
        country: Whose telephone numbers are meant where none is named.
        phone: The number of the duty desk; said with what a form tells at once.
        said: What is told first, such as what the manager said about the version before.
    """

    questionnaire: Questionnaire
    zone: ZoneInfo
    propose: Propose = _nothing_computed
    cite: Callable[[tuple[Source, ...]], str] = cite
    known: Callable[[Occasion], Known] = _nothing_known
    command: str = RESUME
    form: bool = False
    team: tuple[Member, ...] = ()
    country: str = ""
    phone: str = ""
    said: tuple[str, ...] = ()

    def begin(self, session: Session, now: datetime) -> Session:
        """A session to go on with, new or as it was left, as things stand now."""
        session = refit_times(self.questionnaire, session)
        session = self._learned(replace(session, told=self._raised(session)))
        passed = self._passed(session, now)
        session = self._settled(self._applied(session, passed) if passed else session)
        apart = ("",) if self.said and session.told else ()
        return replace(session, told=(*self.said, *apart, *session.told))

    def page(self, session: Session, now: datetime) -> Page:
        """What to show."""
        asks = screen(self._asked(session), session)
        one = asks.question if isinstance(asks, AskOne) else None
        guide = Guide(
            self._context(session, now),
            self._proposal(session, one) if one else None,
            self.cite,
            _because(session, one) if one else (),
        )
        return Page(session.told, asks, guide)

    def answer(self, session: Session, page: Page, event: Event, now: datetime) -> Session:
        """The session after an event on the page that was shown.

        A plan whose time has passed while its last page was read is not signed: that time is asked again.
        """
        if isinstance(page.asks, Sign) and event is CONFIRM:
            event = self._passed(session, now) or event
        if not isinstance(event, AnsweredMany) or event.done:
            session = replace(session, told=session.told[len(page.told) :])
        return self._settled(self._applied(session, event))

    def _asked(self, session: Session) -> Questionnaire:
        return self.questionnaire.knowing(session.facts)

    def _applied(self, session: Session, event: Event) -> Session:
        session = apply(self._asked(session), session, event)
        return _telling(session, *self._raised(session))

    def _raised(self, session: Session) -> tuple[str, ...]:
        """What the last event raised; with what cannot wait goes whom to ring."""
        urgent = told_at_once(self._asked(session), session.answers)
        if not any(one in urgent for one in session.notices):
            return session.notices
        desk = f"The duty desk: {self.phone}. " if self.phone else ""
        return (*session.notices, f"{desk}If anybody is in danger: 999.")

    def _settled(self, session: Session) -> Session:
        """The session with what is known by now, and with what is computed just as it was before.

        That is an older answer which was set aside when a time changed.
        """
        session = self._learned(session)
        page = screen(self._asked(session), session)
        if not isinstance(page, AskOne) or page.given or page.value is None:
            return session
        proposal = self._proposal(session, page.question)
        if proposal is None or proposal.answer != page.value:
            return session
        session = self._applied(session, ParsedAnswer(page.question.id, page.value))
        return self._settled(
            _telling(session, f"{page.question.label}: still {page.value}. {proposal.sentence}")
        )

    def _learned(self, session: Session) -> Session:
        """The session with what is known as soon as case and times are settled; it is told once."""
        known = self.known(occasion_of(self.questionnaire, session.answers))
        news: list[str] = []
        if known.notes and known.notes != session.known:
            news += [KNOWN, *(f"- {one_line(finding.text)}" for finding in known.notes)]
        before = {one.text for one in session.facts}
        news += [one.text for one in known.facts if one.name == OVERLAP and one.text not in before]
        after = learned(
            self.questionnaire.knowing(known.facts),
            replace(session, known=known.notes, notices=()),
            known.facts,
        )
        return replace(_telling(after, *news, *after.notices), notices=(*session.notices, *after.notices))

    def _context(self, session: Session, now: datetime) -> AnswerContext:
        return AnswerContext(
            now=now,
            zone=self.zone,
            start=self._time(session, VisitField.START),
            urgent=bool(session.urgent),
            form=self.form,
            team=self.team,
            country=self.country,
            if_late=f"stop here and run: {self.command} --urgent",
        )

    def _time(self, session: Session, field: VisitField) -> datetime | None:
        """A time of the visit, if it is known."""
        values = (session.answers.get(one.id) for one in self.questionnaire if one.fills is field)
        return next((from_text(value) for value in values if isinstance(value, str) and value), None)

    def _proposal(self, session: Session, question: Question) -> Proposal | None:
        start, due_back = self._time(session, VisitField.START), self._time(session, VisitField.DUE_BACK)
        if question.propose is None or start is None or due_back is None:
            return None
        return self.propose(start, due_back)

    def _passed(self, session: Session, now: datetime) -> Reopen | None:
        """A time that has passed meanwhile, to be asked again."""
        for question in () if self.form else self.questionnaire:
            value = session.answers.get(question.id)
            if question.answer is not AnswerType.TIME or not isinstance(value, str) or not value:
                continue
            if question.fills is VisitField.DUE_BACK and self._time(session, VisitField.START) is None:
                continue  # the start is asked first, and due back after it
            try:
                parse(question, value, self._context(session, now))
            except AnswerError as error:
                return Reopen(question.id, f"{question.label}, please look at it again: {error.sentence}.")
        return None


def _telling(session: Session, *lines: str) -> Session:
    return replace(session, told=(*session.told, *lines))


def _because(session: Session, question: Question) -> tuple[str, ...]:
    """The facts because of which a question is asked."""
    named = {name for mapping in question.when or () for name in mapping}
    return tuple(one.text for one in session.facts if one.name in named)
