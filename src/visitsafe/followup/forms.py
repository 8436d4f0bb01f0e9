"""What every form about a plan has in common: whose word it is, what it corrects, and signing it.

An incident, a debrief and a document are each one description in a file of its own; the commands run them all
in the same way. Whoever fills in a form is refused before anything is asked, if it would not count.
"""

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.record.bodies import (
    AuditedBody,
    DebriefedBody,
    DocumentedBody,
    Filled,
    Finding,
    Heard,
    IncidentBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Answer
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import is_quoted
from visitsafe.state.visit import Event
from visitsafe.team.people import Member
from visitsafe.team.roster import is_self
from visitsafe.visits.report import person_called

MAYBE = frozenset({Answer.YES, Answer.NOT_SURE})
B = TypeVar("B", bound=IncidentBody | DebriefedBody | DocumentedBody)


@dataclass(frozen=True, kw_only=True)
class FormKind(ABC, Generic[B]):
    """A form about a plan, as one person fills it in: what its command was told besides the answers.

    Attributes:
        kind: What is signed.
        who: Whose word it is, by name, e-mail or fingerprint; empty for the signer's own.
        known_by: How the signer knew that it was that person.
        correct: It takes the place of the newest one of the signer's.
    """

    kind: ClassVar[Kind]
    who: str = ""
    known_by: str = ""
    correct: bool = False

    @property
    @abstractmethod
    def form(self) -> str:
        """The id of the form."""

    @property
    def called(self) -> str:
        """What its command is called."""
        return self.form

    def command(self, ref: str) -> str:
        """The command that goes on with what was begun about the plan with this reference."""
        return shlex.join(["visitsafe", *self.called.split(), ref, *self.flags()])

    def flags(self) -> list[str]:
        """The flags of that command."""
        correct = ["--correct"] if self.correct else []
        return [*correct, *(["--for", self.who, "--known-by", self.known_by] if self.who else [])]

    @abstractmethod
    def check(self, desk: Desk, state: PlanState) -> None:
        """Refuse before anything is asked what could not be signed, or comes too early.

        Raises:
            NotPermittedError: They may not, or not yet; the team does not know who asks.
            NotFoundError: There is no such person, or nothing of theirs to correct.
        """

    @abstractmethod
    def body(self, desk: Desk, state: PlanState, answered: Answered, zone: ZoneInfo) -> B:
        """What is to be signed.

        Args:
            desk: Who signs, at the moment of signing.
            state: The plan.
            answered: The form.
            zone: Whose days count.
        """

    @abstractmethod
    def old(self, desk: Desk, state: PlanState) -> Event[B] | None:
        """What it takes the place of; None if nothing.

        Raises:
            NotFoundError: There is nothing of theirs to correct.
        """

    def known(self, desk: Desk, state: PlanState) -> dict[str, Value]:
        """The answers that are known before anything is asked, by meaning; they can be changed."""
        old = self.old(desk, state)
        return dict(old.body.answers) if old else {}

    def said(self, _desk: Desk, _state: PlanState, _zone: ZoneInfo) -> Mapping[str, Sequence[str]]:
        """What the record says beside a question, by meaning, for whoever signs to see."""
        return {}

    def apart(self, desk: Desk, state: PlanState) -> str:
        """What it corrects and whose word it is: a draft of another one is not gone on with."""
        old = self.old(desk, state)
        return " ".join(filter(None, (old.id if old else "", self.who)))

    def sign(self, desk: Desk, state: PlanState, answered: Answered, zone: ZoneInfo) -> tuple[B, PlanState]:
        """Sign it and append it; when this returns, it is on the disk. Args as in `body`.

        Returns:
            What was signed, and the plan with it.

        Raises:
            NotPermittedError: It would not count, or the team does not know who asks.
            NotFoundError: There is no such person, or nothing of theirs to correct.
        """
        body = self.body(desk, state, answered, zone)
        return body, desk.record(state, self.kind, body)

    def told_by(self, desk: Desk) -> Member | None:
        """Whose word the signer passes on; None for their own.

        Raises:
            NotPermittedError: It is the signer's own.
            NotFoundError: There is no such person.
        """
        if not self.who:
            return None
        person = person_called(desk, self.who)
        if is_self(desk.member(), person, desk.roster.everyone):
            raise NotPermittedError("that is your own word", hint="leave out --for and --known-by")
        return person

    def heard(self, desk: Desk, old: Event[B] | None) -> Heard | None:
        """Whose word it is; a correction of somebody else's word stays theirs."""
        person = self.told_by(desk)
        if person is not None:
            return Heard(person=person.fingerprint, known_by=self.known_by)
        if old is None or is_quoted(desk.member(), old.body, desk.roster.everyone):
            return None
        return old.body.heard

    def newest_of_mine(self, desk: Desk, found: Iterable[Event[B]], none: NotFoundError) -> Event[B] | None:
        """Of these the newest that the signer wrote or said, if it is to be corrected.

        Raises:
            NotFoundError: `none`, if they wrote and said none.
        """
        if not self.correct:
            return None
        me, everyone = desk.member(), desk.roster.everyone
        mine = [
            one for one in found if is_self(me, one.author, everyone) or is_quoted(me, one.body, everyone)
        ]
        if not mine:
            raise none
        return mine[-1]


def filled_in(state: PlanState) -> tuple[Event[Filled], ...]:
    """The forms about a plan that count."""
    return *state.after.incidents, *state.after.debriefs, *state.after.documents


def recorded_already(
    desk: Desk, signed: Iterable[Event[Filled | AuditedBody]], answered: Answered, since: str
) -> bool:
    """Whether this person signed the same answers to the same form since they began: after a crash.

    Args:
        desk: Who asks.
        signed: What was signed about the same.
        answered: The form as it is about to be signed.
        since: UTC text, when it was begun.
    """
    me = desk.member()
    return any(
        one.at >= since
        and me.same_person(one.author)
        and one.body.form.id == answered.form.id
        and one.body.answers == answered.answers
        for one in signed
    )


def findings_shape(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What answers pointed out, as JSON."""
    return [
        {"rule": one.rule, "level": str(one.level), "text": one.text, "source": one.source}
        for one in findings
    ]


def raised_shape(body: Filled) -> dict[str, Any]:
    """What a form corrects and what its answers raised, as JSON."""
    return {
        "replaces": body.replaces,
        "findings": findings_shape(body.findings),
        "sharing": [
            {"trigger": one.trigger, "label": one.label, "recipients": list(one.recipients), "by": one.by}
            for one in body.sharing
        ],
    }
