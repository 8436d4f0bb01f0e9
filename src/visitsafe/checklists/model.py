"""What people write in a checklist file: items, questions, rules, the visit checklist.

Strict on purpose: an unknown key, a number or a bare yes where text is meant is an error with a
sentence. Conditions are data (D6): a mapping means all, a list of mappings means any, a list as a value
means one of. The other kinds of checklist
stand in `record.terms`. Nothing here reads files (`files`) or asks questions (`assessment`).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from visitsafe.checklists.facts import FACTS
from visitsafe.record.terms import Level

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+){1,2}$")]

Flag = Annotated[bool, Field(strict=True)]
FormatOne = Annotated[Literal[1], BeforeValidator(lambda value: value if type(value) is int else None)]
"""The number 1, not `true`, which is equal to it."""


class Model(BaseModel):
    """Frozen, and no key that the format does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, str_strip_whitespace=True)


class AnswerType(StrEnum):
    """How a question is answered."""

    YES_NO = "yes-no"
    ACKNOWLEDGE = "acknowledge"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    TIME = "time"
    PEOPLE = "people"
    TELEPHONE = "telephone"


class VisitField(StrEnum):
    """The facts of a visit, which a question may fill instead of being an answer of its own."""

    CASE = "case"
    AREA = "area"
    ADDRESS = "address"
    START = "start"
    DUE_BACK = "due_back"
    PURPOSE = "purpose"
    COMPANIONS = "companions"


class Screen(StrEnum):
    """How a section is shown: a question at a time, or all of it on one screen."""

    EACH = "each"
    TOGETHER = "together"


def _as_condition(value: Any) -> Any:
    """Bring `{a: x}`, `{a: [x, y]}` and a list of such mappings into one shape: any of (all of)."""
    mappings = value if isinstance(value, list | tuple) else [value]
    if not mappings or not all(isinstance(mapping, Mapping) and mapping for mapping in mappings):
        message = "a condition is a mapping of question to answer (all must hold), or a list of such mappings"
        raise ValueError(message)
    return tuple(
        {key: tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,) for key, wanted in m.items()}
        for m in mappings
    )


Condition = Annotated[
    tuple[dict[str, tuple[str, ...]], ...],
    BeforeValidator(
        _as_condition,
        json_schema_input_type=dict[str, str | list[str]] | list[dict[str, str | list[str]]],
    ),
]
"""Any of the mappings, of each all pairs, of each pair one of the values."""


def _as_names(value: Any) -> Any:
    """One name, or a list of them."""
    return (value,) if isinstance(value, str) else value


_NAMES: Any = Literal[("always", *FACTS)] | list[Literal[tuple(FACTS)]]  # type: ignore[misc]
"""What a schema knows of it: the word, or names of facts."""


class Source(Model):
    """Where a rule comes from: a document of `sources.yaml` and the place in it.

    `paragraph` is a number such as `7.2`, or, where a document has no numbers, its heading or first words.
    """

    document: Identifier
    paragraph: Sentence


class Choice(Model):
    """One of the answers of a choice."""

    id: Identifier
    text: Sentence


class Measure(Choice):
    """A control measure that a rule suggests; with `tell` it goes into a letter to others who visit."""

    tell: Flag = False


class Item(Model):
    """What every numbered thing in a checklist has: an id, why it matters and where it comes from."""

    id: Identifier
    why: Sentence
    source: Annotated[tuple[Source, ...], Field(min_length=1)]


class Question(Item):
    """One question.

    Attributes:
        label: A few words for lists.
        ask: The question as it is shown.
        more: What `?` shows besides the source.
        answer: How it is answered.
        unsafe: For yes/no: which answer is the unsafe one; not sure counts as this. `neither`: no answer is.
        does_not_apply: For yes/no: it is offered as an answer, too.
        choices: For a choice; `none` is always understood for `choices`.
        required: False lets a person pass it over; its value is then `blank` to conditions.
        fills: The answer is this fact of the visit.
        when: The question applies only if this holds of earlier answers.
        valid_for: Days for which the answer is kept as a standing answer.
        propose: A value that visitsafe can compute and proposes, never decides.
        ask_again_if: Facts: if one says more than it did, the answer is asked again; `always`: at each visit.
        moment: For a time in a form: it has passed, or is still to come; left out, it can be either.
        means: What its answer means to visitsafe, where the id does not say that already.
    """

    label: Annotated[Sentence, StringConstraints(max_length=48)]
    ask: Sentence
    more: Sentence | None = None
    answer: AnswerType = AnswerType.YES_NO
    unsafe: Literal["yes", "no", "neither"] | None = None
    does_not_apply: Flag = False
    choices: tuple[Choice, ...] = ()
    required: Flag = True
    fills: VisitField | None = None
    when: Condition | None = None
    valid_for: Annotated[int, Field(strict=True, ge=1, le=3660)] | None = None
    propose: Literal["daylight"] | None = None
    moment: Literal["past", "coming"] | None = None
    means: Identifier | None = None
    ask_again_if: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_names, json_schema_input_type=_NAMES),
        Field(alias="ask-again-if"),
    ] = ()

    @property
    def meaning(self) -> str:
        """By what an entry keeps the answer: its meaning, else the id."""
        return self.means or self.id

    @property
    def worse(self) -> str:
        """The unsafe answer; empty where no answer is."""
        return self.unsafe if self.unsafe in {"yes", "no"} else ""


class Section(Model):
    """Questions that belong together, in the order in which they are asked."""

    id: Identifier
    title: Sentence
    about: Sentence | None = None
    screen: Screen = Screen.EACH
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class Rule(Item):
    """Answers which together raise a finding.

    Attributes:
        level: How much it weighs.
        when: The answers that raise it.
        text: The finding, one sentence to the person who plans.
        settle: The questions whose answers could settle it, the likeliest first.
        suggest: Control measures to choose from.
        at_once: It is told as soon as the answers raise it, and not only at the end.
    """

    level: Level
    when: Condition
    text: Sentence
    at_once: Flag = False
    settle: tuple[Identifier, ...] = ()
    suggest: tuple[Measure, ...] = ()


class Head(Model):
    """What every checklist file begins with."""

    format: FormatOne
    id: Identifier
    version: Version
    title: Sentence
    about: Sentence


class Uses(Model):
    """The checklists that a visit checklist is completed by, each by its id."""

    should_not: Identifier | None = None
    information_sharing: Identifier | None = None
    review: Identifier | None = None
    escalation: Identifier | None = None


class VisitChecklist(Head):
    """`kind: visit`: the questions before a visit and the rules that combine their answers.

    Attributes:
        extends: The checklist that this one changes.
        leave_out: Its questions and rules that are taken away.
        add_choices: More answers to its questions, below those that they have; by the question's id.
    """

    kind: Literal["visit"]
    extends: Identifier | None = None
    leave_out: tuple[Identifier, ...] = ()
    add_choices: dict[Identifier, Annotated[tuple[Choice, ...], Field(min_length=1)]] = {}
    person_visited: Sentence = "the person visited"
    uses: Uses = Uses()
    sections: tuple[Section, ...] = ()
    rules: tuple[Rule, ...] = ()


class Pattern(StrEnum):
    """A pattern, by the id that checklists name it with."""

    EVENINGS = "evenings"
    """Visits that begin or end after dark or in the evening."""
    ALONE = "alone"
    """Visits to a case with hostility that were made alone."""
    CANCELLED = "cancelled"
    """Visits that were withdrawn or never set out on."""
    SEEN_ELSEWHERE = "seen-elsewhere"
    """Refused or moved: telephone, letter or office instead of the home."""
    SAME_WORKER = "same-worker"
    """Always the same person goes."""
    NEVER_DEPARTED = "never-departed"
    """Debriefed or reported on, and nobody ever set out."""
    STOPPED = "stopped"
    """Visits that were broken off."""
    SHORTER = "shorter"
    """Visits get shorter from one to the next."""
    OVERDUE = "overdue"
    """An alarm was raised."""
    INCIDENT = "incident"
    """There was an incident or a near miss."""
    REPEATED_INCIDENTS = "repeated-incidents"
    """There were two or more."""
    IDENTITY = "identity"
    """Abuse because of who somebody is."""
    HOSTILITY_UNREPORTED = "hostility-unreported"
    """The plans tell of hostility, and no incident was ever recorded."""
    NOT_SHARED = "not-shared"
    """A duty to share is overdue, or it was decided not to."""
    NOT_SEEN = "not-seen"
    """Somebody who was to be seen was not."""
    THINGS_UNSAID = "things-unsaid"
    """A debrief says that something was left unsaid or not asked."""
    RELIEVED = "relieved"
    """A debrief says that it was a relief when nobody answered."""
    NOT_DEBRIEFED = "not-debriefed"
    """A visit that asked to be talked over was not."""
    CONCERNS_UNANSWERED = "concerns-unanswered"
    """Findings went to visits without a control measure."""


class Pointer(Item):
    """Something to do or to know, shown before the questions or after the last one, in the order given."""

    text: Sentence


class FormChecklist(Head):
    """`kind: form`: questions that one entry is made of.

    Attributes:
        first: What is shown before anything is asked.
        rules: What answers point out; of level `note` only.
        last: What is shown when it is signed.
        share: The id of the information-sharing checklist whose triggers are asked too; None for none.
    """

    kind: Literal["form"]
    first: tuple[Pointer, ...] = ()
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    rules: tuple[Rule, ...] = ()
    last: tuple[Pointer, ...] = ()
    share: Identifier | None = None


class SupervisionPrompt(Item):
    """A question for staff supervision.

    Attributes:
        text: The question.
        when: The patterns of which any must show in the record of the case; empty: always asked.
    """

    text: Sentence
    when: tuple[Pattern, ...] = ()


class SupervisionChecklist(Head):
    """`kind: supervision`: prompts chosen by what is in the record of a case."""

    kind: Literal["supervision"]
    prompts: Annotated[tuple[SupervisionPrompt, ...], Field(min_length=1)]


DUE_BACK: Literal["due-back"] = "due-back"


class Reminder(Item):
    """A should-not rule: read before the visit, tied to the answers where it can be.

    Attributes:
        label: A few words for lists.
        rule: What not to do, in words to the reader.
        breached: The answers that already break it.
        text: The finding when they do.
        settle: The questions that could settle it.
    """

    label: Annotated[Sentence, StringConstraints(max_length=48)]
    rule: Sentence
    breached: Condition | None = None
    level: Level = Level.CONTROL
    text: Sentence | None = None
    settle: tuple[Identifier, ...] = ()
    suggest: tuple[Measure, ...] = ()


class OrderedStep(Item):
    """Something to do, in the order given."""

    text: Sentence


class ShouldNotChecklist(Head):
    """`kind: should-not`: what not to do, what to do, and the steps if something happens."""

    kind: Literal["should-not"]
    ask: Sentence
    should_not: Annotated[tuple[Reminder, ...], Field(min_length=1)]
    should: tuple[OrderedStep, ...] = ()
    if_it_happens: tuple[OrderedStep, ...] = ()


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


class SharingRule(Model):
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
    duty: SharingRule


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
    prompts: tuple[OrderedStep, ...] = ()
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


class CitedDocument(Model):
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
    documents: Annotated[tuple[CitedDocument, ...], Field(min_length=1)]
