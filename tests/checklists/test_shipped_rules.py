"""A truth table for every rule that ships, and what an answer that was not given counts for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from safe_plan import next_question, questionnaire, safe_answers
from visitsafe.checklists.assessment import Value, applicability, assess
from visitsafe.checklists.facts import FACTS as FACTS_KNOWN
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.record.terms import Level

QUESTIONS = questionnaire()
SHOULD_NOT = [
    "not-personal",
    "not-angry",
    "not-too-accommodating",
    "not-trapped",
    "not-unsupported",
    "not-self-blame",
]
TRIGGERS = [
    "share-hostility",
    "share-circumstances",
    "share-fear",
    "share-less-than-honest",
    "share-first-acknowledgement",
    "share-would-want-to-know",
]
NEEDS = ["literacy", "language", "culture", "gender", "unclear-why", "trusted-person", "summary", "records"]


@dataclass(frozen=True)
class Row:
    """A rule, the smallest change of the safe answers or facts that raises it, and what comes with it."""

    rule: str
    level: str
    changes: dict[str, Value]
    also: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


def seen(*behaviours: str) -> dict[str, Value]:
    """Behaviours of a family that is otherwise only of two minds, which opens the question."""
    return {"uncooperativeness": ("ambivalence",), "behaviours": behaviours}


def met(*ways: str) -> dict[str, Value]:
    """How a family has responded, with none of the twelve behaviours."""
    return {"uncooperativeness": ways, "behaviours": ()}


TWO: dict[str, Value] = {"joint-visit": "yes", "companions": ("Ann Archer",)}
STRATEGY: dict[str, Value] = {
    "strategies-agreed": "yes",
    "strategies": "The police come along the first time.",
}
THREAT: dict[str, Value] = {"threat-expected": "yes", "behaviours": ()}
PUT_OFF = ("may-not-be-seen",)
PLAIN = ("swearing", "shouting", "derogatory-language")

FACTS = {
    "behaviours",
    "can-work-effectively",
    "car-targeted",
    "communication",
    "daylight",
    "neutral-venue",
    "threat-expected",
    "training",
    "uncooperativeness",
}
"""What is so, whatever anybody would like: naming it as a way out invites an answer that is not true."""

ROWS = [
    Row("violence-alone", "stop", met("violence"), ("threats-are-a-crime",)),
    Row(
        "violence-alone",
        "stop",
        seen("physical-violence"),
        ("threats-are-a-crime", "agree-on-behaviour", *PUT_OFF),
    ),
    Row(
        "threat-no-strategy",
        "stop",
        THREAT | TWO | {"strategies-agreed": "no"},
        ("not-unsupported",),
    ),
    Row(
        "threat-no-strategy",
        "stop",
        THREAT | {"strategies-agreed": "no"},
        ("not-unsupported", "hostility-alone"),
    ),
    Row("after-dark-alone", "stop", {"daylight": "no"}),
    Row("no-phone-no-alarm", "stop", {"phone": "no", "other-alarm": "no"}),
    Row("nobody-knows-where", "stop", {"whereabouts-known": "no"}),
    Row("no-procedure", "stop", {"no-return-procedure": "no"}),
    Row(
        "cannot-work-effectively",
        "stop",
        {"can-work-effectively": "no", "can-work-alternative": "The health visitor goes.", "behaviours": ()},
    ),
    Row("hostility-alone", "control", THREAT | STRATEGY),
    Row("hostility-alone", "control", met("confrontation")),
    Row("hostility-alone", "control", seen("throwing"), ("agree-on-behaviour", *PUT_OFF)),
    Row("hostility-alone", "control", seen("domineering"), ("agree-on-behaviour", *PUT_OFF)),
    Row("strategy-not-written", "control", THREAT | TWO | {"strategies-agreed": "yes", "strategies": ""}),
    Row("neutral-venue-safer", "control", THREAT | TWO | STRATEGY | {"neutral-venue": "yes"}),
    Row("car-no-taxi", "control", {"car-targeted": "yes", "taxi-waiting": "no"}),
    Row("alarm-only", "control", {"phone": "no", "other-alarm": "yes"}),
    Row("companion-not-named", "control", {"joint-visit": "yes", "companions": ()}),
    Row("companion-not-named", "control", {"joint-visit": "yes", "companions": ""}),
    Row(
        "no-alternative",
        "control",
        {"can-work-effectively": "no", "can-work-alternative": "", "behaviours": ()},
        ("cannot-work-effectively",),
    ),
    Row("animals-used", "control", TWO | seen("animals"), PUT_OFF),
    Row("animals-used", "control", seen("animals"), ("hostility-alone", *PUT_OFF)),
    Row("identity-remarks", "control", seen("racist-remarks"), ("agree-on-behaviour", *PUT_OFF)),
    Row("identity-remarks", "control", seen("homophobic-remarks"), ("agree-on-behaviour", *PUT_OFF)),
    Row(
        "marker-current",
        "control",
        {"warning-marker": "checked-current", "marker-reference": "Case system, 4417", "behaviours": ()},
    ),
    Row("marker-not-checked", "control", {"warning-marker": "not-checked", "behaviours": ()}),
    Row("marker-not-checked", "control", {"warning-marker": "", "behaviours": ()}),
    Row("not-trained", "control", {"training": "no"}),
    Row("manager-lacks-details", "control", {"manager-has-details": "no"}),
    Row("family-cannot-reach-work", "control", {"family-can-contact-work": "no"}),
    Row("after-dark-joint", "note", TWO | {"daylight": "no"}),
    Row("neutral-venue-possible", "note", {"neutral-venue": "yes"}),
    Row("how-seen-open", "note", {"how-seen": ""}),
    Row("history-not-said", "note", {"uncooperativeness": "", "behaviours": ()}),
    Row("history-not-said", "note", {"uncooperativeness": ("avoidance",), "behaviours": ""}, PUT_OFF),
    Row("may-not-be-seen", "note", met("avoidance")),
    Row("may-not-be-seen", "note", met("ambivalence")),
    Row("keep-messages", "note", seen("bombarding"), ("agree-on-behaviour", *PUT_OFF)),
    Row(
        "keep-messages",
        "note",
        seen("written-threats"),
        ("threats-are-a-crime", "agree-on-behaviour", *PUT_OFF),
    ),
    Row("threats-are-a-crime", "note", TWO | met("violence")),
    Row("threats-are-a-crime", "note", TWO | seen("physical-violence"), ("agree-on-behaviour", *PUT_OFF)),
    *(Row("agree-on-behaviour", "note", seen(kind), PUT_OFF) for kind in PLAIN),
    *(Row("communication-needs", "note", {"communication": (need,)}) for need in NEEDS),
    Row(
        "marker-out-of-date",
        "note",
        {"warning-marker": "checked-out-of-date", "marker-reference": "Case system, 4417", "behaviours": ()},
    ),
    Row(
        "marker-no-reference",
        "note",
        {"warning-marker": "checked-out-of-date", "marker-reference": "", "behaviours": ()},
        ("marker-out-of-date",),
    ),
    Row("private-details-open", "note", {"private-details": "no"}),
    *(Row("share-with", "control", {trigger: "yes", "share-decision": "share"}) for trigger in TRIGGERS),
    Row("not-trapped", "control", {"exit-plan": ""}),
    *(Row(reminder, "control", {reminder: "no"}) for reminder in SHOULD_NOT),
    Row(
        "not-unsupported",
        "note",
        THREAT | TWO | {"strategies-agreed": "no"},
        ("threat-no-strategy",),
    ),
]

EXPECTED: dict[str, Value] = THREAT | TWO | STRATEGY
"""A visit at which hostility is expected and prepared for: what is on record contradicts no answer."""
LIT = "Street lamps all the way, and a lit car park."


def known(rule: str, level: str, facts: dict[str, str], *also: str, **changes: Value) -> Row:
    """A row for a fact of the case, on a visit that is prepared for hostility."""
    return Row(
        rule,
        level,
        EXPECTED | {name.replace("_", "-"): value for name, value in changes.items()},
        also,
        facts,
    )


ROWS += [
    known("violence-not-talked-over", "stop", {"case.violence": "open"}),
    Row(
        "violence-not-talked-over",
        "stop",
        {},
        ("violence-alone", "calm-in-spite-of-the-record"),
        {"case.violence": "open"},
    ),
    known("violence-on-record", "control", {"case.violence": "this-year"}),
    Row(
        "violence-alone",
        "stop",
        {},
        ("violence-on-record", "calm-in-spite-of-the-record"),
        {"case.violence": "this-year"},
    ),
    Row(
        "calm-in-spite-of-the-record",
        "note",
        TWO | {"behaviours": ()},
        ("incident-on-record",),
        {"case.incident": "this-year"},
    ),
    Row("calm-in-spite-of-the-record", "note", TWO, ("violence-on-record",), {"case.violence": "this-year"}),
    known("incident-on-record", "control", {"case.incident": "open"}),
    known("incident-on-record", "control", {"case.incident": "this-year"}),
    known("incident-on-record", "control", {"case.incident": "open", "case.violence": "older"}, "long-ago"),
    known("incident-on-record", "control", {"case.near-miss": "open"}),
    known("long-ago", "note", {"case.near-miss": "this-year"}),
    known("long-ago", "note", {"case.near-miss": "older"}),
    Row("long-ago", "note", {"behaviours": ()}, (), {"case.incident": "older"}),
    Row("long-ago", "note", {}, (), {"case.violence": "older"}),
    Row("long-ago", "note", {}, (), {"case.broken-off": "this-year"}),
    Row("long-ago", "note", {}, (), {"case.broken-off": "older"}),
    Row("broken-off-before", "control", {}, (), {"case.broken-off": "open"}),
    Row("different-this-time", "control", {}, (), {"case.different-next-time": "open"}),
    Row("marker-on-record", "control", {}, (), {"case.marker": "current"}),
    Row("marker-on-record", "control", {}, (), {"case.marker": "out-of-date"}),
    Row("others-not-told", "note", {}, (), {"case.duty-to-share": "open"}),
    Row("after-dark-alone", "stop", {"daylight-because": LIT}, ("light-disagrees",), {"visit.light": "dark"}),
    Row(
        "after-dark-joint",
        "note",
        TWO | {"daylight-because": LIT},
        ("light-disagrees",),
        {"visit.light": "dark"},
    ),
    Row("light-disagrees", "note", {"daylight-because": LIT}, (), {"visit.light": "dusk"}),
    Row("after-dark-alone", "stop", {"daylight": "no"}, (), {"visit.light": "dusk"}),
    Row("no-light-alone", "stop", {"daylight": "no"}, ("dark-disagrees",), {"visit.light": "daylight"}),
    Row("dark-disagrees", "note", TWO | {"daylight": "no"}, (), {"visit.light": "daylight"}),
    *(
        Row(
            "two-visits-at-once",
            "note",
            {"overlap-because": "A colleague goes there."},
            (),
            {"visit.overlap": who},
        )
        for who in ("worker", "companion", "both")
    ),
]
"""Each fact with each value, where it raises something, and what it raises."""

GOOD: dict[str, Value] = {
    **safe_answers(),
    **TWO,
    **STRATEGY,
    "taxi-waiting": "yes",
    "other-alarm": "yes",
    "can-work-alternative": "The health visitor goes.",
    "behaviours": (),
    "marker-reference": "Case system, 4417",
    "share-with": ("Health visitor, NHS",),
    "share-decision": "share",
}
"""What a person would answer to settle a finding."""

OPENED_BY: dict[str, dict[str, Value]] = {
    "taxi-waiting": {"car-targeted": "yes"},
    "strategies-agreed": {"threat-expected": "yes"},
    "other-alarm": {"phone": "no"},
}
YES_NO = [question for question in QUESTIONS if question.answer is AnswerType.YES_NO]


def raised(answers: Mapping[str, Value], facts: Mapping[str, str] | None = None) -> list[str]:
    """The rules that raise a finding, in alphabetical order."""
    return sorted(finding.rule for finding in assess(replace(QUESTIONS, facts=facts or {}), answers))


def name_of(row: Row) -> str:
    return f"{row.rule}: {', '.join(f'{k}={v}' for k, v in {**row.changes, **row.facts}.items())}"


def test_a_routine_visit_with_little_risk_comes_out_clean() -> None:
    assert assess(QUESTIONS, safe_answers()) == ()
    assert next_question(QUESTIONS, safe_answers()) is None


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_change_raises_its_rule_and_nothing_else(row: Row) -> None:
    found = assess(replace(QUESTIONS, facts=row.facts), safe_answers() | row.changes)
    assert sorted(finding.rule for finding in found) == sorted([row.rule, *row.also])
    assert {finding.level for finding in found if finding.rule == row.rule} == {Level(row.level)}


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_taking_the_change_back_clears_it_even_if_follow_up_answers_are_left(row: Row) -> None:
    assert raised(safe_answers() | row.changes | safe_answers()) == []


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_what_a_finding_names_as_settling_it_does_settle_it(row: Row) -> None:
    answers = safe_answers() | row.changes
    for finding in assess(replace(QUESTIONS, facts=row.facts), answers):
        settled, facts = {name: GOOD[name] for name in finding.settle}, row.facts
        if "start" in settled:  # worked out again for the new times
            settled["daylight"] = "yes"
            facts = {name: value for name, value in facts.items() if not name.startswith("visit.")}
        if "warning-marker" in settled:
            settled["warning-marker"] = "checked-none" if not facts else "checked-current"
        assert not settled or finding.rule not in raised(answers | settled, facts)


def test_a_fact_is_never_offered_as_something_to_change() -> None:
    for rule in QUESTIONS.rules:
        asked_for_what_is_missing = any(wanted == ("blank",) for one in rule.when for wanted in one.values())
        assert asked_for_what_is_missing or not FACTS & set(rule.settle), rule.id


@pytest.mark.parametrize(
    "changes",
    [
        TWO,
        TWO | met("confrontation"),
        TWO | THREAT | STRATEGY,
        {"car-targeted": "yes", "taxi-waiting": "yes"},
        safe_answers(share_fear="yes", share_with=("Health visitor, NHS",), share_decision="share"),
    ],
    ids=str,
)
def test_what_has_been_seen_to_raises_nothing(changes: dict[str, Value]) -> None:
    assert raised(safe_answers() | changes) == []


def test_every_value_of_every_fact_that_is_not_calm_has_a_row() -> None:
    shown = {pair for row in ROWS for pair in row.facts.items()}
    # Later visits were made since that was said.
    quiet = {("case.different-next-time", age) for age in ("this-year", "older")}
    assert shown | quiet == {
        (fact.id, value) for fact in FACTS_KNOWN.values() for value in [*fact.values][1:]
    }


def test_one_assault_long_ago_stops_no_visit() -> None:
    found = assess(
        replace(QUESTIONS, facts=dict.fromkeys(("case.violence", "case.incident"), "older")), safe_answers()
    )
    assert {finding.level for finding in found} == {Level.NOTE}


def test_every_rule_has_a_row() -> None:
    assert {row.rule for row in ROWS} == {rule.id for rule in QUESTIONS.rules}


@pytest.mark.parametrize("question", YES_NO, ids=lambda question: question.id)
def test_not_sure_counts_as_the_unsafe_answer(question: Question) -> None:
    answers = safe_answers() | OPENED_BY.get(question.id, {})
    assert question.unsafe is not None
    safe = "yes" if question.unsafe == "no" else "no"
    unsafe = raised(answers | {question.id: question.unsafe})
    assert raised(answers | {question.id: "not-sure"}) == unsafe
    assert unsafe != raised(answers | {question.id: safe})


@pytest.mark.parametrize("name", OPENED_BY)
def test_a_follow_up_that_is_left_out_counts_as_the_unsafe_answer(name: str) -> None:
    answers = safe_answers() | OPENED_BY[name]
    unsafe = QUESTIONS.by_id[name].unsafe
    assert unsafe is not None
    assert raised(answers) == raised(answers | {name: unsafe}) == raised(answers | {name: ""})


def test_an_answers_file_with_only_the_questions_of_the_procedure_gets_findings_and_no_errors() -> None:
    optional = [question.id for question in QUESTIONS if not question.required]
    answers = {name: value for name, value in safe_answers().items() if name not in optional}
    assert next_question(QUESTIONS, answers | dict.fromkeys(optional, "")) is None
    assert raised(answers) == ["history-not-said", "how-seen-open", "marker-not-checked", "not-trapped"]
    assert {finding.level for finding in assess(QUESTIONS, answers)} == {Level.CONTROL, Level.NOTE}


def test_the_worst_plan_names_every_stop_first() -> None:
    bad = (
        safe_answers()
        | {question.id: question.unsafe for question in YES_NO if question.unsafe is not None}
        | {"uncooperativeness": ("violence",), "behaviours": ("physical-violence",)}
    )
    found = assess(replace(QUESTIONS, facts={"case.violence": "open"}), bad)
    stops = {rule.id for rule in QUESTIONS.rules if rule.level is Level.STOP} - {"no-light-alone"}
    assert {finding.rule for finding in found[: len(stops)]} == stops


def test_a_decision_not_to_share_needs_a_reason_and_then_stands() -> None:
    answers = safe_answers(share_fear="yes", share_decision="not-share", share_with=())
    asked = next_question(QUESTIONS, answers)
    assert asked is not None
    assert (asked.id, asked.required) == ("share-reason", True)
    assert raised(answers | {"share-reason": "They know already, by letter of 3 November."}) == []


@pytest.mark.parametrize(
    "opened",
    [
        {"uncooperativeness": ("ambivalence",)},
        {"uncooperativeness": ""},
        {"warning-marker": "not-checked"},
        {"warning-marker": "checked-current"},
        {"threat-expected": "not-sure"},
        {"can-work-effectively": "not-sure"},
    ],
    ids=str,
)
def test_any_sign_of_trouble_opens_the_question_what_has_happened(opened: dict[str, Value]) -> None:
    assert not applicability(QUESTIONS, safe_answers())["behaviours"]
    assert applicability(QUESTIONS, safe_answers() | opened)["behaviours"]
