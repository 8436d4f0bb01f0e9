"""A small questionnaire with every kind of page, and sessions part of the way through it."""

from collections.abc import Iterator
from typing import Any

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.model import Question, Rule, Section
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.draft import Session
from visitsafe.wizard.session import (
    CONFIRM,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    Measures,
    NothingLeft,
    ParsedAnswer,
    Review,
    Sign,
    Step,
    apply,
    screen,
)

SOURCE = [{"document": "salford-2011", "paragraph": "7.2"}]
START, BACK_AT = "2026-11-23T15:30:00Z", "2026-11-23T16:30:00Z"
GRID = ("share-fear", "share-hostility", "share-less")
RULES = ("not-angry", "not-trapped", "not-alone")


def _item(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "why": f"Why {name} matters.", "source": SOURCE, **fields}


def _question(name: str, answer: str = "yes-no", **fields: Any) -> Question:
    label = name.replace("-", " ").replace("_", " ").capitalize()
    given = {"label": label, "ask": f"What about {name}?", "answer": answer, **fields}
    return Question.model_validate(_item(name, **given))


def _choices(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "text": f"The {name}"} for name in names]


def _section(name: str, *questions: Question, screen: str = "each") -> Section:
    title = name.replace("-", " ").capitalize()
    return Section.model_validate({"id": name, "title": title, "screen": screen, "questions": questions})


def _rule(name: str, level: str, when: Any, settle: list[str], *suggest: str) -> Rule:
    fields = {"level": level, "when": when, "settle": settle, "suggest": _choices(*suggest)}
    return Rule.model_validate(_item(name, text=f"Trouble with {name}.", **fields))


SECTIONS = (
    _section(
        "the-visit",
        _question("case", "text", fills="case"),
        _question("start", "time", fills="start"),
        _question("due-back", "time", fills="due_back"),
        _question("companions", "people", fills="companions", required=False),
        _question("daylight", unsafe="no", propose="daylight"),
    ),
    _section(
        "the-people",
        _question("history", unsafe="yes"),
        _question("history-detail", "text", when={"history": ["yes", "not-sure"]}),
        _question("kinds", "choices", choices=_choices("shouting", "blocking"), when={"history": "yes"}),
        _question("setting", "choice", choices=_choices("house", "flat")),
        _question("lift", when={"setting": "flat"}, unsafe="no"),
    ),
    _section(
        "yourself",
        _question("phone", unsafe="no"),
        _question("training", unsafe="no", valid_for=365),
        _question("training-plan", "text", when={"training": ["no", "not-sure"]}, valid_for=30),
    ),
    _section("sharing", *(_question(name, unsafe="yes") for name in GRID), screen="together"),
    _section(
        "share-duty",
        _question("share-with", "people", when=[{name: ["yes", "not-sure"]} for name in GRID]),
    ),
    _section("should-not", *(_question(name, "acknowledge") for name in RULES), screen="together"),
)
RULES_OF = (
    _rule("dark-alone", "stop", {"daylight": "no", "companions": ["none", "blank"]}, ["companions"], "joint"),
    _rule("violence", "stop", {"history": "yes"}, ["history"], "joint", "office"),
    _rule("no-phone", "control", {"phone": "no"}, ["phone"], "alarm"),
    _rule("not-trained", "note", {"training": "no"}, ["training"]),
    _rule("not-angry", "control", {"not-angry": "no"}, ["not-angry"]),
)
QUESTIONNAIRE = Questionnaire(SECTIONS, RULES_OF)
CALM: dict[str, Value] = {
    "case": "LCS-1",
    "start": START,
    "due-back": BACK_AT,
    "companions": (),
    "daylight": "yes",
    "history": "no",
    "history-detail": "a shouting match",
    "kinds": ("shouting",),
    "setting": "house",
    "lift": "yes",
    "phone": "yes",
    "training": "yes",
    "training-plan": "next month",
    "share-with": ("School nurse",),
    **dict.fromkeys(GRID, "no"),
    **dict.fromkeys(RULES, "yes"),
}


def reply(page: Step, answers: dict[str, Value]) -> Event:
    """What somebody with these answers does on a page; every finding is left to the manager."""
    match page:
        case AskOne(question=question):
            return ParsedAnswer(question.id, answers[question.id])
        case AskTogether(questions=questions):
            return AnsweredMany({question.id: answers[question.id] for question in questions})
        case ControlFor(concern=concern):
            return Measures(concern.finding.rule, ())
        case Review() | Findings() | Sign():
            return CONFIRM
    raise AssertionError(page)


def play(
    session: Session, answers: dict[str, Value], until: type = NothingLeft
) -> Iterator[tuple[Step, Session]]:
    """The pages on the way to the first page of this type, each with the session that shows it."""
    for _ in range(200):
        page = screen(QUESTIONNAIRE, session)
        yield page, session
        if isinstance(page, until):
            return
        session = apply(QUESTIONNAIRE, session, reply(page, answers))
    raise AssertionError("the wizard does not come to an end")


def reach(session: Session, answers: dict[str, Value], until: type) -> Session:
    """The session when it first shows a page of this type."""
    return list(play(session, answers, until))[-1][1]
