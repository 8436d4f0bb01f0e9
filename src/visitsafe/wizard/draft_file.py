"""A plan or a form in the making: everything the wizard knows, which is also what a draft file holds.

Only its shape: light to import, because `visitsafe` alone lists the drafts. `draft` begins one and takes
out what counts; what comes next is for `session` to say.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Literal, TypeVar

import msgspec

from visitsafe.record.bodies import Control, Finding, KnownFact

T = TypeVar("T")
Value = str | tuple[str, ...]
"""An answer, as in `assessment`."""


class DraftStage(StrEnum):
    """Where the person stands."""

    QUESTIONS = "questions"
    REVIEW = "review"
    FINDINGS = "findings"
    CONTROLS = "controls"
    SIGN = "sign"
    DONE = "done"


class Session(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan in the making.

    Attributes:
        draft: The version of this format.
        checklist: The id of the visit checklist, and `digest` that of its file's bytes.
        case: The case reference as answered, for lists of drafts.
        started: UTC text.
        answers: Question id to answer; those that certainly do not apply are never in here.
        shelved: Older answers, offered when their question is asked again; they never count.
        standing: Question id to UTC text: standing answers that are in date, and when they were given.
        carried: Questions answered as in the plan that this one repeats or revises.
        before: The answers of that plan, to tell what is new.
        facts_before: What was known when that plan was made.
        controls: Control measures; `who` is empty until it is answered.
        considered: The rules whose finding was decided on: control measures, or left to the manager.
        cursor: The question, or in `CONTROLS` the rule, that is shown; empty for the first open one.
        origin: The page to return to after one answer was changed from there; None on the way through.
        walking: The person went back and walks forward again, page by page.
        writing: A control measure in the person's own words is being written.
        half: Text half typed when the person stopped.
        repeats: The reference of the plan that is repeated, or revised (`revises`).
        urgent: Why the visit goes before it is countersigned; empty if it does not.
        notices: What the person must be told before the next page.
        about: For a form: what it is about, such as `K7Q2-M9`; empty for a plan.
        command: For a form: the command that goes on with it.
        known: What earlier visits of the case leave to be known: looked up each time, never in the file.
        facts: What is known of the visit and its case: worked out each time, never in the file.
    """

    draft: Literal[1] = 1
    checklist: str = ""
    digest: str = ""
    case: str = ""
    started: str = ""
    answers: dict[str, Value] = {}
    shelved: dict[str, Value] = {}
    standing: dict[str, str] = {}
    carried: tuple[str, ...] = ()
    before: dict[str, Value] = {}
    facts_before: tuple[KnownFact, ...] = ()
    controls: tuple[Control, ...] = ()
    considered: tuple[str, ...] = ()
    stage: DraftStage = DraftStage.QUESTIONS
    cursor: str = ""
    origin: DraftStage | None = None
    walking: bool = False
    writing: bool = False
    half: str = ""
    repeats: str = ""
    revises: str = ""
    urgent: str = ""
    notices: tuple[str, ...] = ()
    about: str = ""
    command: str = ""
    known: tuple[Finding, ...] = ()
    facts: tuple[KnownFact, ...] = ()


def without(mapping: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    """A copy of the mapping without these names."""
    return {name: value for name, value in mapping.items() if name not in names}
