"""The managers' own audit: what the record can say, and signing it (8.1, 8.2). The newest one: `audits`.

Only a manager signs it, and everybody in the team can read it: it stands in the team's record and names
nobody but who signed. What it costs to gather follows the plans of a year.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo

import msgspec

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError
from visitsafe.exchange.doctor import HealthFinding, good, look, told
from visitsafe.record.bodies import AuditedBody
from visitsafe.record.entry import Entry
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import TEAM_STREAM, Answer, Role
from visitsafe.supervision.audits import audit_due, audits
from visitsafe.supervision.evidence import evidence, since, year_to
from visitsafe.supervision.figures import gather
from visitsafe.text.days import Period

AUDIT = "manager-duties"
"""The id of the form."""


class Evidence(msgspec.Struct, frozen=True):
    """What the record says, and about which days.

    Attributes:
        period: The days.
        said: Sentences by question id.
        remarks: Sentences about it as a whole.
    """

    period: Period
    said: dict[str, tuple[str, ...]]
    remarks: tuple[str, ...]


def check_may_audit(desk: Desk) -> None:
    """Refuse, before anything is asked, somebody whose audit would not count.

    Raises:
        NotPermittedError: They are no manager.
    """
    if Role.MANAGER not in desk.member().roles:
        raise NotPermittedError(
            "only a manager signs what managers owe", hint="to read the newest one: visitsafe audit --show"
        )


def gather_evidence(desk: Desk, zone: tzinfo, kept_for: Mapping[str, int] | None = None) -> Evidence:
    """What the record of the last year can say about the questions.

    Args:
        desk: Who asks.
        zone: Whose days.
        kept_for: Days for which an answer about training holds, by the id of the visit checklist.
    """
    found = gather(desk, year_to(desk.now, zone), kept_for)
    said = evidence(found)
    for one in audits(desk.roster)[-1:]:
        before = since(one.at, zone, one.body)
        said |= {name: (*said.get(name, ()), *words) for name, words in before.items()}
    remarks = []
    if not found.states:
        remarks.append("There is no visit on record in this time, so the record says nothing.")
    if found.left_out:
        remarks.append(f"Not counted, because the record does not hold: {', '.join(found.left_out)}.")
    if found.removed:
        remarks.append(f"Not counted, because the content was removed by rule: {found.removed}.")
    return Evidence(found.period, said, tuple(remarks))


def wanting(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> tuple[str, ...]:
    """The yes-no questions whose answer is the unsafe one; not sure counts as that (D7)."""
    return tuple(
        question.meaning
        for question in questionnaire
        if question.worse and answers.get(question.meaning) in {question.worse, Answer.NOT_SURE}
    )


def audited_body(answered: Answered, found: Evidence, unsafe: tuple[str, ...]) -> AuditedBody:
    """What is to be signed; evidence for questions that were asked only."""
    return AuditedBody(
        form=answered.form,
        answers=answered.answers,
        shown=answered.shown,
        findings=answered.findings,
        wanting=unsafe,
        evidence={name: said for name, said in found.said.items() if name in answered.answers},
        first=found.period.first.isoformat(),
        last=found.period.last.isoformat(),
        remarks=found.remarks,
    )


def record_audit(desk: Desk, body: AuditedBody) -> Entry:
    """Sign an audit and append it; when this returns, it is on the disk.

    Raises:
        NotPermittedError: Whoever asks is no manager.
    """
    check_may_audit(desk)
    return desk.append(TEAM_STREAM, Kind.AUDITED, desk.roster.heads, body)


def check_audit(desk: Desk) -> Iterator[HealthFinding]:
    """Whether the managers looked at what they owe within a year: for `doctor`."""
    if why := audit_due(desk):
        mine = desk.me is not None and Role.MANAGER in desk.me.roles
        yield (look if mine else told)(
            "managers' audit", f"it is time to look at what managers owe: {why}", "a manager: visitsafe audit"
        )
    else:
        yield good("managers' audit", "not due")
