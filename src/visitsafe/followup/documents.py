"""Documents of a case: what a filled-in form becomes, signing it, and finding it again (3.10, 4.14, 9.5).

Whoever may write documents signs them; a new version is signed by the author of the old one or a manager, and
stands in the record of the same plan. Of an agreement, a risk reduction plan and a supervision plan there is
one at a time, unless somebody says that there are to be two. Code knows a few questions of the forms by their
ids and gets on without any of them, for an agency may have its own forms.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError, ProblemsError
from visitsafe.find import case_history, newest_of
from visitsafe.followup.document_pages import names_address
from visitsafe.record.bodies import Action, DocumentedBody
from visitsafe.record.entry import VERSION, Content
from visitsafe.record.terms import Document, Kind, Role
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import HELD, STAGE, CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_after import WRITERS, why_not_after
from visitsafe.state.visit import Event
from visitsafe.team.roster import is_self
from visitsafe.text.clock import to_text
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
MOST_ACTIONS = 6
ACTIONS = tuple(f"action-{number}" for number in range(1, MOST_ACTIONS + 1))
"""The questions for actions; `-who` and `-by` behind it for the rest of each."""
REVIEW, MEETING_DAY, TELL_WHEN, TELL_BY = "review", "meeting-day", "tell-when", "tell-by"
COMING = (REVIEW, "next-meeting", MEETING_DAY, TELL_WHEN, *(f"{action}-by" for action in ACTIONS))
PAST = ("gone-through-on",)
"""The questions whose answer is a day: still to come as a rule, or gone by."""
MAY_BE_DONE = frozenset({TELL_WHEN, *(f"{action}-by" for action in ACTIONS)})
TELL = "Tell the family"


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written, besides what the form asks.

    Attributes:
        document: Which document.
        new_version: It takes the place of the newest of its kind.
        another: It stands beside one of its kind.
    """

    document: Document
    new_version: bool = False
    another: bool = False


class Old(NamedTuple):
    """A document and the plan in whose record it stands."""

    state: PlanState
    said: Event[DocumentedBody]


class WrongDay(NamedTuple):
    """What was typed for a day and is none: its question, and a sentence that says what to type."""

    id: str
    label: str
    typed: str
    sentence: str


class Days(NamedTuple):
    """The days in the answers to a form.

    Attributes:
        read: By question id, as `2026-12-01`.
        wrong: Those that cannot be read.
    """

    read: dict[str, str]
    wrong: tuple[WrongDay, ...]


def find_plan(desk: Desk, ref: str, case: str) -> PlanState:
    """The plan that is named, or the newest of a case.

    Raises:
        NotFoundError: There is none.
    """
    return desk.plan(desk.resolve(ref)) if ref else newest_of(desk, case)


def seen_history(desk: Desk, case: str) -> CaseHistory:
    """The plans of a case in every spelling, as whoever asks may see them (D15).

    Raises:
        NotFoundError: There are none.
    """
    history = case_history(desk, case)
    if not history.plans:
        newest_of(desk, case)  # says that there are none, and what there may be instead
    seen = tuple(hides_duress(state, desk.me, desk.now) for state in history.plans)
    return msgspec.structs.replace(history, plans=seen)


def check_may_write(desk: Desk, history: CaseHistory, writing: Writing) -> Old | None:
    """Refuse before anything is asked what could not be signed; the document that is to be replaced, if any.

    Raises:
        NotPermittedError: They may not write documents, or not replace this one, or there is one already.
        NotFoundError: There is nothing to replace.
    """
    me = desk.member()
    if not me.roles & WRITERS:
        raise NotPermittedError(
            "writing documents of a case needs the role practitioner or manager", hint="ask an admin for it"
        )
    found = history.documents(writing.document)
    name, command = NAMES[writing.document], f"visitsafe document {writing.document}"
    if not found and writing.new_version:
        raise NotFoundError(
            f"there is no {name} of this case yet", hint=f"leave out --new-version: {command} --case CASE"
        )
    if not found or not (writing.new_version or (writing.document in ONE_AT_A_TIME and not writing.another)):
        return None
    state, old = found[-1]
    whose = f"{old.author.person.name} of {day_in_full(old.at[:10])}"
    if not writing.new_version:
        raise NotPermittedError(
            f"there is a {name} of this case already, by {whose}",
            hint="--new-version begins with its answers and takes its place; --another keeps both",
        )
    if Role.MANAGER not in me.roles and not is_self(me, old.author, desk.roster.everyone):
        raise NotPermittedError(
            f"the {name} by {whose} is replaced by its author or a manager only",
            hint="ask one of them; or keep both with --another",
        )
    return Old(state, old)


def known_answers(old: Old | None) -> dict[str, Value]:
    """The answers with which a new version begins; days as they were meant."""
    if old is None:
        return {}
    body = old.said.body
    words = {one.id: one.answer for one in body.shown}
    return {
        name: words.get(name, value) if name in {*COMING, *PAST} and value else value
        for name, value in body.answers.items()
    }


def days_in(answered: Answered, now: datetime, zone: ZoneInfo) -> Days:
    """The days that were typed in a form.

    Args:
        answered: The form.
        now: From which `in 4 weeks` is counted.
        zone: Whose calendar is meant.
    """
    labels = {one.id: one.label for one in answered.shown}
    read: dict[str, str] = {}
    wrong = []
    for name in (*COMING, *PAST):
        typed = answered.answers.get(name, "")
        if not isinstance(typed, str) or not typed.strip() or (name in MAY_BE_DONE and is_done(typed)):
            continue
        try:
            read[name] = day_of(typed, now, zone, past=name in PAST)
        except DayError as error:
            wrong.append(WrongDay(name, labels.get(name, name), typed, error.sentence))
    return Days(read, tuple(wrong))


def check_no_address(history: CaseHistory, answered: Answered, writing: Writing) -> None:
    """Refuse a page for the family whose words name an address of the case: on it they would be cut out.

    Raises:
        ProblemsError: Some do; each question is named.
    """
    if writing.document is not Document.AGREEMENT:
        return
    addresses = {state.body.visit.address for state in history.plans}
    if labels := names_address(answered.answers, answered.shown, addresses):
        raise ProblemsError(
            "nothing was signed; the page for the family must not name the address",
            [f"{label}: it names the address" for label in labels],
            hint="say it without the address, such as: at home, at the door; then run it again",
        )


def retyped(answered: Answered, name: str, typed: str) -> Answered:
    """The same form with another answer to one question."""
    shown = tuple(
        msgspec.structs.replace(one, answer=typed) if one.id == name else one for one in answered.shown
    )
    return msgspec.structs.replace(answered, answers={**answered.answers, name: typed}, shown=shown)


def record_document(
    desk: Desk, state: PlanState, answered: Answered, days: Days, writing: Writing, old: Old | None
) -> tuple[DocumentedBody, PlanState]:
    """Sign a document and append it; when this returns, it is on the disk.

    Args:
        desk: Who signs, at the moment of signing.
        state: The plan in whose record it will stand.
        answered: The form.
        days: Its days, all of them read.
        writing: The rest.
        old: What it replaces.

    Returns:
        What was signed, and the plan with it.

    Raises:
        NotPermittedError: It would not count, or the team does not know who asks.
    """
    body = document_body(state, answered, days, writing, old)
    me = desk.member()
    content = Content(
        v=VERSION, plan=state.plan, kind=Kind.DOCUMENTED, at=to_text(desk.now), by=me.fingerprint, after=(),
        body={},
    )  # fmt: skip
    counted = [one for one in state.judged if not one.why_not]
    if reason := why_not_after(content, me, body, counted, desk.roster.everyone):
        raise NotPermittedError(f"that would not count: {reason}", hint=f"see: visitsafe show {state.ref}")
    return body, desk.record(state.plan, Kind.DOCUMENTED, state.heads, body)


def document_body(
    state: PlanState, answered: Answered, days: Days, writing: Writing, old: Old | None = None
) -> DocumentedBody:
    """What is to be signed: what was typed for a day stands as that day in words."""
    words = {name: day_in_full(day) for name, day in days.read.items()}
    shown = tuple(
        msgspec.structs.replace(one, answer=words[one.id]) if one.id in words else one
        for one in answered.shown
    )
    return DocumentedBody(
        of=state.version.id,
        form=answered.form,
        answers=answered.answers,
        shown=shown,
        findings=answered.findings,
        sharing=answered.sharing,
        replaces=old.said.id if old else "",
        document=str(writing.document),
        actions=(*_actions(answered.answers, days), *_telling(writing, answered.answers, days)),
        review=_review(writing, answered.answers, days),
    )


def _actions(answers: Mapping[str, Value], days: Days) -> Iterator[Action]:
    """The actions that are named and not done."""
    for name in ACTIONS:
        what = _words(answers, name)
        if what and not is_done(_words(answers, f"{name}-by")):
            yield Action(what=what, who=_words(answers, f"{name}-who"), by=days.read.get(f"{name}-by", ""))


def _telling(writing: Writing, answers: Mapping[str, Value], days: Days) -> Iterator[Action]:
    if writing.document is Document.TELLING and not is_done(_words(answers, TELL_WHEN)):
        yield Action(what=TELL, who=_words(answers, TELL_BY), by=days.read.get(TELL_WHEN, ""))


def _review(writing: Writing, answers: Mapping[str, Value], days: Days) -> str:
    """When it is looked at again; for a meeting that is only proposed, its day."""
    if writing.document is Document.MEETING and answers.get(STAGE, HELD) != HELD:
        return days.read.get(MEETING_DAY, "")
    return days.read.get(REVIEW, "")


def _words(answers: Mapping[str, Value], name: str) -> str:
    """An answer in words; empty if it was passed over, or the form does not ask it."""
    value = answers.get(name, "")
    return value if isinstance(value, str) else "; ".join(value)
