"""The words in which a plan is shown, the same on screens, pages and in lists.

Pure and unescaped: who shows a text escapes it for the place where it is shown. Times are UTC text in
entries and the team's local time for people; a time that is no time is shown as it stands.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from visitsafe.record.bodies import Control, Finding, PlanBody, ReportBody, Rung, Shown
from visitsafe.record.refs import ALPHABET, FULL, reference
from visitsafe.record.terms import ROLE_WORDS, Answer, Company, Decision, Level, Status
from visitsafe.state.fold import PlanState
from visitsafe.text.clock import short_span, to_text

STATUS_WORDS: Mapping[Status, str] = {
    Status.AWAITING: "waiting for a manager's decision",
    Status.COUNTERSIGNED: "countersigned by a manager",
    Status.RETURNED: "returned: something has to change first",
    Status.REFUSED: "refused: this visit does not go ahead",
    Status.WITHDRAWN: "withdrawn: this visit will not be made",
}
EXPIRED_WORDS = "nobody decided before the start, so this plan has expired"
OVERTAKEN_WORDS = "the visit goes first because it is urgent; a manager still has to decide"
GONE_WORDS = "the worker has set out already because it is urgent; a manager still has to decide"
UNDECIDED_WORDS = "the visit is over; it went first because it was urgent, and no manager has decided since"
NEWER_WORDS = "a newer version waits for a manager's decision; the visit is watched as it was agreed before"
SENT_BACK_WORDS = "a newer version was returned; the visit is watched as it was agreed before"
LEVEL_WORDS: Mapping[Level, str] = {
    Level.STOP: "Stop",
    Level.CONTROL: "Needs a control measure",
    Level.NOTE: "Note",
}
DECISION_WORDS: Mapping[Decision, str] = {
    Decision.COUNTERSIGN: "Countersigned",
    Decision.RETURN: "Returned",
    Decision.REFUSE: "Refused",
}
NOT_REPORTED = {"departed": "setting out", "arrived": "arriving", "left": "leaving"}


def went_first(state: PlanState) -> str:
    """Why the worker set out without a countersignature; empty if they did not."""
    reasons = (one.body.urgent for one in state.visit.reports if isinstance(one.body, ReportBody))
    return next(filter(str.strip, reasons), "")


def expired(state: PlanState, now: datetime) -> bool:
    """Whether the start has passed with no decision on a plan that needed one first."""
    needed_one = not (state.body.urgent or went_first(state) or state.overtaken)
    return state.status is Status.AWAITING and state.started(to_text(now)) and needed_one


def plain_words(state: PlanState, now: datetime) -> str:
    """Where a plan stands, in a few words that continue a sentence."""
    if expired(state, now):
        return EXPIRED_WORDS
    if state.overtaken:
        return NEWER_WORDS if state.status is Status.AWAITING else SENT_BACK_WORDS
    if state.status is Status.AWAITING and state.visit.closed and (state.body.urgent or went_first(state)):
        return UNDECIDED_WORDS
    if state.status is Status.AWAITING and went_first(state):
        return GONE_WORDS
    if state.status is Status.AWAITING and state.body.urgent:
        return OVERTAKEN_WORDS
    if state.status is Status.COUNTERSIGNED and state.decided and state.decided.conditions:
        return f"{STATUS_WORDS[state.status]}, with conditions"
    return STATUS_WORDS[state.status]


def how_to_change(state: PlanState, now: datetime) -> str:
    """The command by which its author changes a plan: planning it anew once the visit was to start."""
    late = state.visit.out or state.visit.start <= to_text(now)
    return f"visitsafe plan {'--repeat' if late else '--revise'} {state.ref}"


def overtaken_words(state: PlanState, zone: tzinfo) -> str:
    """That a newer version waits or was sent back, and by what the visit is watched until then (D18)."""
    newer = short_span(state.body.visit.start, state.body.visit.due_back, zone)
    agreed = short_span(state.facts.start, state.visit.due_back, zone)
    waits = "waits for a manager's decision" if state.status is Status.AWAITING else f"was {state.status}"
    until = "" if state.visit.out else "until it is countersigned, "
    return f"a newer version ({newer}) {waits}; {until}the visit is watched as agreed ({agreed})"


def worst_first(body: PlanBody) -> list[Finding]:
    """The findings, stop before control before note, else as signed."""
    return sorted(body.findings, key=lambda finding: finding.level.weight)


def answering(finding: Finding, controls: Sequence[Control]) -> list[Control]:
    """The control measures that answer a finding."""
    return [control for control in controls if control.rule == finding.rule and control.text.strip()]


def unanswered(body: PlanBody) -> list[Finding]:
    """The findings that need a control measure and have none, worst first."""
    return [
        finding
        for finding in worst_first(body)
        if finding.level is not Level.NOTE and not answering(finding, body.controls)
    ]


def not_sure(body: PlanBody) -> list[str]:
    """What the practitioner was not sure of, in the words of the question."""
    asked = {shown.id: shown.label for shown in body.shown}
    return [asked.get(name, name) for name, value in body.answers.items() if value == Answer.NOT_SURE]


def own_words(body: PlanBody) -> list[Shown]:
    """The questions that the practitioner answered in their own words, with what they wrote."""
    fixed = {str(answer) for answer in Answer}
    return [
        shown
        for shown in body.shown
        if shown.answer.strip() and shown.answer not in fixed and body.answers.get(shown.id) == shown.answer
    ]


def called(plan: str) -> str:
    """The reference of a plan id, or the text as it stands if it is none."""
    return reference(plan) if len(plan) == FULL and set(plan) <= set(ALPHABET) else plan


def who_goes(body: PlanBody) -> str:
    """`alone`, or with whom, or that nobody said: never more than was answered (D19)."""
    return along([companion.name for companion in body.visit.companions], body.company)


def otherwise_went(state: PlanState) -> str:
    """Who goes along as reported since, in the words of `who_goes`; empty where it is as planned."""
    now = who_goes(state.going)
    return now if state.visit.company and now != who_goes(state.body) else ""


def along(names: Sequence[str], company: Company) -> str:
    """As `who_goes`, of names that are ready to be shown."""
    return f"with {' and '.join(names)}" if names else _COMPANY[company]


_COMPANY: Mapping[Company, str] = {
    Company.ALONE: "alone",
    Company.WITH: "with somebody who is not named",
    Company.NOT_SURE: "not sure whether alone",
    Company.NOT_ASKED: "not asked whether alone",
}


def along_for_police(names: Sequence[str], company: Company) -> str:
    """As `along`, for somebody who has to act on it now: what nobody said may be so."""
    unknown = company in {Company.NOT_SURE, Company.NOT_ASKED}
    return "perhaps alone" if unknown else along(names, company)


def heard_with(rung: Rung) -> str:
    """The command with which somebody passes on what such a step waits for."""
    return {"departed": "depart", "arrived": "arrive", "left": "leave"}.get(rung.missing or "", "ok")


def to_do(rung: Rung) -> str:
    """What a step asks for, with the report for want of which it does."""
    missing = NOT_REPORTED.get(rung.missing or "")
    return f"If they have not reported {missing}: {rung.do}" if missing else rung.do


def whose(who: Sequence[str]) -> str:
    """Whose a step of the ladder is: `duty officer or line manager`."""
    return " or ".join(ROLE_WORDS.get(one, one) for one in who) or "nobody named"
