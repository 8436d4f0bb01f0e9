"""What the planning wizard can show, and what can come back from it.

A screen is all that a front end needs to draw one page; an event is all that it may answer. Both are
plain values, so that the rich and the plain front end, and a test, are the same to `session`.
Nothing is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.model import Question, Section
from visitsafe.record.bodies import Control, Finding, KnownFact


@dataclass(frozen=True)
class Progress:
    """Page `number` of at most `total`. Going forward the total only shrinks."""

    number: int
    total: int


@dataclass(frozen=True)
class AskOne:
    """One question.

    Attributes:
        value: What stands as the answer now, or stood before; None if there was none.
        given: Whether `value` counts. If not, it is an older answer, offered and nothing more.
        half: Text that was half typed when the person last stopped here.
        reported: Leaving it open is allowed, and raises a finding.
    """

    section: Section
    question: Question
    progress: Progress
    can_back: bool
    value: Value | None = None
    given: bool = False
    half: str = ""
    reported: bool = False


@dataclass(frozen=True)
class AskTogether:
    """Several questions of one section on one page, with the answers that count so far."""

    section: Section
    questions: tuple[Question, ...]
    progress: Progress
    can_back: bool
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerRow:
    """One answer on the review page.

    Attributes:
        id: The question to go to.
        answer: In words; None while it is open.
        at: UTC text, when a standing answer was given; empty for an answer of today.
        carried: As it was in the plan that this one repeats or revises.
    """

    id: str
    section: str
    label: str
    question: Question
    value: Value | None
    at: str = ""
    carried: bool = False


@dataclass(frozen=True)
class Review:
    """Every answer that counts. `repeats`: it is the page which asks what has changed since then."""

    rows: tuple[AnswerRow, ...]
    can_back: bool
    repeats: str = ""

    @property
    def open(self) -> int:
        """How many questions still want an answer."""
        return sum(row.value is None for row in self.rows)


@dataclass(frozen=True)
class Concern:
    """A finding with the way to what settles it, and what was decided about it so far.

    Attributes:
        settle: The questions that could settle it and apply now.
        controls: The control measures chosen for it.
        left: It was left to the manager.
        why: Why the rule matters.
    """

    finding: Finding
    settle: tuple[Question, ...]
    controls: tuple[Control, ...] = ()
    left: bool = False
    why: str = ""

    @property
    def decided(self) -> bool:
        """Whether it has control measures, or was left to the manager."""
        return self.left or bool(self.controls)


@dataclass(frozen=True)
class Findings:
    """What the answers mean together, worst first."""

    concerns: tuple[Concern, ...]


@dataclass(frozen=True)
class ControlFor:
    """Which control measures answer this finding? Number and total count the findings to decide on."""

    concern: Concern
    progress: Progress


@dataclass(frozen=True)
class WriteControl:
    """The person wants to write a control measure of their own for this finding."""

    concern: Concern
    half: str = ""


@dataclass(frozen=True)
class WhoDoes:
    """Who carries out this control measure?"""

    control: Control
    half: str = ""


@dataclass(frozen=True)
class Sign:
    """The last page: an explicit yes to signing, under the case and the times that it is about.

    Attributes:
        form: It is a form that is signed, and what it is about; empty for a plan.
        facts: What is known of the visit and signed with the plan.
    """

    concerns: tuple[Concern, ...]
    visit: tuple[AnswerRow, ...] = ()
    urgent: str = ""
    form: str = ""
    facts: tuple[KnownFact, ...] = ()


@dataclass(frozen=True)
class NothingLeft:
    """Nothing is left to ask: the plan can be signed."""

    status: str = "sign"


Page = Review | Findings | ControlFor | WriteControl | WhoDoes | Sign
Screen = AskOne | AskTogether | Page | NothingLeft


class Move(Enum):
    """Events without content."""

    BACK = "back"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class ParsedAnswer:
    """An answer, parsed."""

    id: str
    value: Value


@dataclass(frozen=True)
class AnsweredMany:
    """The answers of a page with several questions; not `done` while the person is still on it."""

    values: Mapping[str, Value]
    done: bool = True


@dataclass(frozen=True)
class Goto:
    """Straight to the answer of one question, from the review page or from a finding."""

    id: str


@dataclass(frozen=True)
class Reconsider:
    """Straight to the control measures of one finding, by its rule."""

    rule: str


@dataclass(frozen=True)
class Reopen:
    """An answer does not hold any more for a reason from outside, such as a start that has passed."""

    id: str
    because: str


@dataclass(frozen=True)
class Measures:
    """The control measures chosen for a rule; none at all leaves it to the manager.

    `write`: the person wants to write one more.
    """

    rule: str
    texts: tuple[str, ...]
    write: bool = False


@dataclass(frozen=True)
class Wrote:
    """A control measure in the person's own words; empty text writes none."""

    rule: str
    text: str


@dataclass(frozen=True)
class Who:
    """Who carries out one control measure."""

    rule: str
    text: str
    who: str


@dataclass(frozen=True)
class Pause:
    """Stop for now and keep everything, the half-typed text too."""

    half: str = ""


BACK = Move.BACK
CONFIRM = Move.CONFIRM
Event = Move | ParsedAnswer | AnsweredMany | Goto | Reconsider | Reopen | Measures | Wrote | Who | Pause
