"""What people write in a checklist file: items, questions, rules, the visit checklist.

Strict on purpose: an unknown key, a number or a bare yes where text is meant is an error with a
sentence. Conditions are data (D6): a mapping means all, a list of mappings means any, a list as a value
means one of. The other kinds of checklist
stand in `kinds`. Nothing here reads files (`adapters.checklists`) or asks questions (`assessment`).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from visitsafe.checklists.facts import FACTS
from visitsafe.record.kinds import Level

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
    ask_again_if: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_names, json_schema_input_type=_NAMES),
        Field(alias="ask-again-if"),
    ] = ()

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
