"""What people write in the checklists that complete a visit checklist, and in `sources.yaml`.

should-not, information-sharing, review and escalation; each kind is one model, told apart by `kind`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from visitsafe.checklists.checklist import (
    Condition,
    Flag,
    FormatOne,
    Head,
    Identifier,
    Item,
    Measure,
    Model,
    Sentence,
    Source,
    VisitChecklist,
)
from visitsafe.checklists.forms import FormChecklist, SupervisionChecklist
from visitsafe.record.kinds import Level

DUE_BACK: Literal["due-back"] = "due-back"


class Reminder(Item):
    """A should-not rule: read before the visit, tied to the answers where it can be, asked again after.

    Attributes:
        label: A few words for lists.
        rule: What not to do, in words to the reader.
        reflect: The question that it becomes after the visit, without blame.
        breached: The answers that already break it.
        text: The finding when they do.
        settle: The questions that could settle it.
    """

    label: Annotated[Sentence, StringConstraints(max_length=48)]
    rule: Sentence
    reflect: Sentence
    breached: Condition | None = None
    level: Level = Level.CONTROL
    text: Sentence | None = None
    settle: tuple[Identifier, ...] = ()
    suggest: tuple[Measure, ...] = ()


class Step(Item):
    """Something to do, in the order given."""

    text: Sentence


class ShouldNotChecklist(Head):
    """`kind: should-not`: what not to do, what to do, and the steps if something happens."""

    kind: Literal["should-not"]
    ask: Sentence
    should_not: Annotated[tuple[Reminder, ...], Field(min_length=1)]
    should: tuple[Step, ...] = ()
    if_it_happens: tuple[Step, ...] = ()


class Trigger(Item):
    """A question that, answered yes or not sure, makes sharing a duty.

    Attributes:
        ask: The question.
        label: A few words for lists.
        ground: On what ground the information is shared, for the record.
        ground_unsure: The same where the answer is not sure: it says "may", and that nobody is sure.
    """

    label: Annotated[Sentence, StringConstraints(max_length=48)]
    ask: Sentence
    ground: Sentence
    ground_unsure: Sentence | None = None


class Duty(Model):
    """What a yes to any trigger asks for.

    Attributes:
        within_days: Whole days after signing by which it is shared; our default, not law.
        text: The finding that says so.
        ask_with: Asks who is involved with the family, by role and agency.
        ask_decision: Asks whether it will be shared, or it was decided not to.
        ask_reason: Asks for the reason not to share.
        source: Where the duty comes from.
    """

    within_days: Annotated[int, Field(strict=True, ge=0, le=60)]
    text: Sentence
    ask_with: Sentence
    ask_decision: Sentence
    ask_reason: Sentence
    why: Sentence
    source: Annotated[tuple[Source, ...], Field(min_length=1)]


class SharingChecklist(Head):
    """`kind: information-sharing`: the questions that decide what other professionals must be told."""

    kind: Literal["information-sharing"]
    ask: Sentence
    triggers: Annotated[tuple[Trigger, ...], Field(min_length=1)]
    duty: Duty


class Attestation(Item):
    """What a manager confirms by countersigning."""

    text: Sentence


class NeedsConditions(Item):
    """When a countersignature must carry conditions: findings of these levels, or by these rules."""

    levels: tuple[Level, ...] = ()
    rules: tuple[Identifier, ...] = ()
    text: Sentence


class ReviewChecklist(Head):
    """`kind: review`: what a manager attests, and when the decision needs conditions."""

    kind: Literal["review"]
    attest: Annotated[tuple[Attestation, ...], Field(min_length=1)]
    conditions: tuple[NeedsConditions, ...] = ()
    prompts: tuple[Step, ...] = ()
    """Questions for staff supervision, printed on the exported page."""


class EscalationStep(Item):
    """One rung of the ladder.

    Attributes:
        after: Minutes after the time due back, negative is before; or after what `counts_from` says.
        who: The roles to turn to, the first is tried first; `lone-worker` is the worker.
        person: The question whose answer names people to turn to before these.
        do: What that person does.
        acknowledge: Whether somebody must say that they have taken it on.
        counts_from: `start` for a step that counts from the start; such a step only tells.
        missing: The step falls away once the worker has reported this, or what comes after it.
    """

    after: Annotated[int, Field(strict=True, ge=-240, le=1440)]
    who: Annotated[
        tuple[Literal["practitioner", "manager", "duty", "admin", "lone-worker", "line-manager"], ...],
        Field(min_length=1),
    ]
    person: Identifier | None = None
    do: Sentence
    acknowledge: Flag = False
    counts_from: Literal["due-back", "start"] = DUE_BACK
    missing: Literal["departed", "arrived", "left"] | None = None


class EscalationChecklist(Head):
    """`kind: escalation`: who does what, how many minutes after the time due back.

    Attributes:
        grace_minutes: Minutes after the time due back before a visit counts as overdue.
        high_risk: The answers or finding levels for which the ladder starts at `high_risk_step`.
    """

    kind: Literal["escalation"]
    grace_minutes: Annotated[int, Field(strict=True, ge=0, le=120)]
    high_risk_levels: tuple[Level, ...] = ()
    high_risk_step: Identifier
    steps: Annotated[tuple[EscalationStep, ...], Field(min_length=1)]


Checklist = Annotated[
    VisitChecklist
    | ShouldNotChecklist
    | SharingChecklist
    | ReviewChecklist
    | EscalationChecklist
    | FormChecklist
    | SupervisionChecklist,
    Field(discriminator="kind"),
]


def _as_year(value: Any) -> Any:
    """A year without quotes is a number to YAML."""
    return str(value) if type(value) is int else value


class Document(Model):
    """A published procedure that checklists cite. Dates as `2013-01-31`.

    Attributes:
        issued: The year, the month or the day: `2013`, `2013-01`, `2013-01-31`.
        review_date: After this day the document is shown as past its review date; None if it names none.
        paragraphs: Whether its paragraphs are numbered.
    """

    id: Identifier
    title: Sentence
    issuer: Sentence
    identifier: str | None = None
    issued: Annotated[
        str,
        StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"),
        BeforeValidator(_as_year, json_schema_input_type=str | int),
    ]
    review_date: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    paragraphs: Literal["numbered", "unnumbered"]
    note: Sentence | None = None


class Sources(Model):
    """`sources.yaml`: the documents that checklists cite."""

    format: FormatOne
    kind: Literal["sources"]
    documents: Annotated[tuple[Document, ...], Field(min_length=1)]
