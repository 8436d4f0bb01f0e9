"""Documents of a case: what a filled-in form becomes, and finding it again (3.10, 4.14, 9.5).

Whoever may write documents signs them; a new version is signed by the author of the old one or a manager, and
stands in the record of the same plan. Of an agreement, a risk reduction plan and a supervision plan there is
one at a time, unless somebody says that there are to be two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError, ProblemsError
from visitsafe.followup.document_pages import names_address
from visitsafe.followup.forms import FormKind
from visitsafe.record.bodies import Action, DocumentedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import ACTIONS, Meaning
from visitsafe.record.terms import Document, Role
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import HELD, CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.team.roster import is_self
from visitsafe.text.days import DayError, day_of, is_done
from visitsafe.text.days import said as day_in_full

FORMS: Mapping[Document, str] = {
    Document.AGREEMENT: "agreement",
    Document.RISK_REDUCTION: "risk-reduction",
    Document.SUPERVISION: "supervision-plan",
    Document.MEETING: "meeting",
    Document.TELLING: "telling-family",
}
"""The form of each document."""
NAMES: Mapping[Document, str] = {
    Document.AGREEMENT: "written agreement",
    Document.RISK_REDUCTION: "risk reduction plan",
    Document.SUPERVISION: "supervision action plan",
    Document.MEETING: "professionals' meeting",
    Document.TELLING: "plan for telling the family",
}
ONE_AT_A_TIME = frozenset({Document.AGREEMENT, Document.RISK_REDUCTION, Document.SUPERVISION})
COMING = (
    Meaning.REVIEW,
    Meaning.NEXT_MEETING,
    Meaning.MEETING_DAY,
    Meaning.TELL_WHEN,
    *(f"{action}-by" for action in ACTIONS),
)
PAST = (Meaning.GONE_THROUGH_ON,)
"""The meanings of the questions whose answer is a day: still to come as a rule, or gone by."""
MAY_BE_DONE = frozenset({Meaning.TELL_WHEN, *(f"{action}-by" for action in ACTIONS)})
TELL = "Tell the family"


class WrongDay(NamedTuple):
    """What was typed for a day and is none: its question, and a sentence that says what to type."""

    id: str
    label: str
    sentence: str


class Days(NamedTuple):
    """The days in the answers to a form.

    Attributes:
        read: By meaning, as `2026-12-01`.
        wrong: Those that cannot be read.
    """

    read: dict[str, str]
    wrong: tuple[WrongDay, ...]


@dataclass(frozen=True, kw_only=True)
class Writing(FormKind[DocumentedBody]):
    """A document as it is written; `correct` for a new version of the newest of its kind.

    Attributes:
        document: Which document.
        history: The case, as whoever writes may see it.
        now: From which `in 4 weeks` is counted.
        another: It stands beside one of its kind.
    """

    kind = Kind.DOCUMENTED
    document: Document
    history: CaseHistory
    now: datetime
    another: bool = False

    @property
    def form(self) -> str:
        """As `FormKind.form`."""
        return FORMS[self.document]

    @property
    def replaced(self) -> tuple[PlanState, Event[DocumentedBody]] | None:
        """What it takes the place of, with the plan in whose record it stands; None if nothing."""
        found = self.history.documents(self.document)
        return found[-1] if found and self.correct else None

    @property
    def called(self) -> str:
        """As `FormKind.called`."""
        return f"document {self.document}"

    def flags(self) -> list[str]:
        """As `FormKind.flags`."""
        return [*(["--new-version"] if self.correct else []), *(["--another"] if self.another else [])]

    def check(self, desk: Desk, _state: PlanState) -> None:
        """As `FormKind.check`: who may write, and whether there is one already."""
        me, found = desk.member(), self.history.documents(self.document)
        desk.check_role(Kind.DOCUMENTED, "writing documents of a case")
        name, command = NAMES[self.document], f"visitsafe document {self.document}"
        if not found and self.correct:
            raise NotFoundError(
                f"there is no {name} of this case yet",
                hint=f"leave out --new-version: {command} --case CASE",
            )
        beside = self.another or self.document not in ONE_AT_A_TIME
        if not found or (beside and not self.correct):
            return
        old = found[-1][1]
        whose = f"{old.author.person.name} of {day_in_full(old.at[:10])}"
        if not self.correct:
            raise NotPermittedError(
                f"there is a {name} of this case already, by {whose}",
                hint="--new-version begins with its answers and takes its place; --another keeps both",
            )
        if Role.MANAGER not in me.roles and not is_self(me, old.author, desk.roster.everyone):
            raise NotPermittedError(
                f"the {name} by {whose} is replaced by its author or a manager only",
                hint="ask one of them; or keep both with --another",
            )

    def old(self, _desk: Desk, _state: PlanState) -> Event[DocumentedBody] | None:
        """As `FormKind.old`."""
        return self.replaced[1] if self.replaced else None

    def known(self, desk: Desk, state: PlanState) -> dict[str, Value]:
        """As `FormKind.known`; days as they were meant."""
        known, old = super().known(desk, state), self.old(desk, state)
        words = {one.id: one.answer for one in old.body.shown} if old else {}
        days = {name: words.get(name, value) for name, value in known.items() if value}
        return known | {name: day for name, day in days.items() if name in {*COMING, *PAST}}

    def apart(self, desk: Desk, state: PlanState) -> str:
        """As `FormKind.apart`."""
        return super().apart(desk, state) or ("another" if self.another else "")

    def days(self, answered: Answered, zone: ZoneInfo) -> Days:
        """The days that were typed in a form, on this calendar."""
        labels = {one.id: one.label for one in answered.shown}
        read: dict[str, str] = {}
        wrong = []
        for name in (*COMING, *PAST):
            typed = answered.word(name)
            if not typed.strip() or (name in MAY_BE_DONE and is_done(typed)):
                continue
            try:
                read[name] = day_of(typed, self.now, zone, past=name in PAST)
            except DayError as error:
                wrong.append(WrongDay(name, labels.get(name, name), error.sentence))
        return Days(read, tuple(wrong))

    def check_no_address(self, answered: Answered) -> None:
        """Refuse a page for the family whose words name an address of the case: there they would be cut out.

        Raises:
            ProblemsError: Some do; each question is named.
        """
        if self.document is not Document.AGREEMENT:
            return
        addresses = {state.body.visit.address for state in self.history.plans}
        if labels := names_address(answered.answers, answered.shown, addresses):
            raise ProblemsError(
                "nothing was signed; the page for the family must not name the address",
                [f"{label}: it names the address" for label in labels],
                hint="say it without the address, such as: at home, at the door; then run it again",
            )

    def body(self, desk: Desk, state: PlanState, answered: Answered, zone: ZoneInfo) -> DocumentedBody:
        """As `FormKind.body`: what was typed for a day stands as that day in words."""
        old, days = self.old(desk, state), self.days(answered, zone).read
        for name, day in days.items():
            answered = retyped(answered, name, answered.word(name), day_in_full(day))
        proposed = self.document is Document.MEETING and answered.answers.get(Meaning.STAGE, HELD) != HELD
        return DocumentedBody(
            of=state.version.id,
            form=answered.form,
            answers=answered.answers,
            shown=answered.shown,
            findings=answered.findings,
            sharing=answered.sharing,
            replaces=old.id if old else "",
            document=str(self.document),
            actions=tuple(self._actions(answered, days)),
            review=days.get(Meaning.MEETING_DAY if proposed else Meaning.REVIEW, ""),
        )

    def _actions(self, answered: Answered, days: Mapping[str, str]) -> Iterator[Action]:
        """The actions that are named and not done."""
        for name in ACTIONS:
            what, by = answered.text(name), f"{name}-by"
            if what and not is_done(answered.text(by)):
                yield Action(what=what, who=answered.text(f"{name}-who"), by=days.get(by, ""))
        if self.document is Document.TELLING and not is_done(answered.text(Meaning.TELL_WHEN)):
            yield Action(what=TELL, who=answered.text(Meaning.TELL_BY), by=days.get(Meaning.TELL_WHEN, ""))


def seen_by(desk: Desk, history: CaseHistory) -> CaseHistory:
    """A case as whoever asks may see it (D15)."""
    seen = tuple(hides_duress(state, desk.me, desk.now) for state in history.plans)
    return msgspec.structs.replace(history, plans=seen)


def retyped(answered: Answered, name: str, typed: str, words: str = "") -> Answered:
    """The same form with another answer to one question, shown in other words if there are some."""
    shown = tuple(
        msgspec.structs.replace(one, answer=words or typed) if one.id == name else one
        for one in answered.shown
    )
    return msgspec.structs.replace(answered, answers={**answered.answers, name: typed}, shown=shown)
