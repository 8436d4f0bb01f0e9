"""The shipped checklists, and the answers of a routine visit with little risk, as the shipped ids have them.

`safe_answers()` answers every question that applies: nothing in it raises a finding.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from visitsafe.checklists.assessment import Answers, Value, applicability
from visitsafe.checklists.model import (
    Checklist,
    EscalationChecklist,
    Question,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    Sources,
    VisitChecklist,
)
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire

CHECKLISTS = Path(__file__).parent.parent / "checklists"
PARTS = ("home-visit", "should-not", "information-sharing", "review", "escalation")


def data(name: str) -> Any:
    """The plain data of a shipped file."""
    return yaml.load((CHECKLISTS / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


@cache
def shipped_sources() -> Sources:
    """The documents that the shipped checklists cite."""
    return Sources.model_validate(data("sources"))


@cache
def shipped() -> ChecklistSet:
    """Every shipped checklist, as the wizard uses them together."""
    adapter: TypeAdapter[Any] = TypeAdapter(Checklist)
    visit, should_not, sharing, review, escalation = (adapter.validate_python(data(name)) for name in PARTS)
    assert isinstance(visit, VisitChecklist)
    assert isinstance(should_not, ShouldNotChecklist)
    assert isinstance(sharing, SharingChecklist)
    assert isinstance(review, ReviewChecklist)
    assert isinstance(escalation, EscalationChecklist)
    return ChecklistSet(visit, should_not, sharing, review, escalation, digests={})


@cache
def questionnaire() -> Questionnaire:
    """The one flow of questions and rules of what ships."""
    return compile_questionnaire(shipped())


def safe_answers(**changes: Value) -> dict[str, Value]:
    """The answers of a routine visit in daylight to a family with whom nothing has happened.

    Args:
        **changes: Answers to put in their place, with `_` for `-` in the id.
    """
    answers: dict[str, Value] = {
        "case": "C-4711",
        "start": "2026-11-23T10:00:00Z",
        "due-back": "2026-11-23T11:30:00Z",
        "area": "Northside",
        "address": "12 Example Street",
        "purpose": "Talk over how the new school is going.",
        "how-seen": "In the living room, and on a walk round the garden.",
        "daylight": "yes",
        "joint-visit": "no",
        "neutral-venue": "no",
        "car-targeted": "no",
        "threat-expected": "no",
        "can-work-effectively": "yes",
        "phone": "yes",
        "whereabouts-known": "yes",
        "no-return-procedure": "yes",
        "uncooperativeness": (),
        "warning-marker": "checked-none",
        "communication": (),
        "exit-plan": "I sit nearest the door and the car faces the road.",
        "training": "yes",
        "manager-has-details": "yes",
        "family-can-contact-work": "yes",
        "private-details": "yes",
        "share-hostility": "no",
        "share-circumstances": "no",
        "share-fear": "no",
        "share-less-than-honest": "no",
        "share-first-acknowledgement": "no",
        "share-would-want-to-know": "no",
        "not-personal": "yes",
        "not-angry": "yes",
        "not-too-accommodating": "yes",
        "not-trapped": "yes",
        "not-unsupported": "yes",
        "not-self-blame": "yes",
    }
    return answers | {name.replace("_", "-"): value for name, value in changes.items()}


def next_question(questionnaire: Questionnaire, answers: Answers) -> Question | None:
    """The first question that applies and has no answer yet; None when all is answered."""
    applicable = applicability(questionnaire, answers)
    return next((one for one in questionnaire if applicable[one.id] and one.id not in answers), None)
