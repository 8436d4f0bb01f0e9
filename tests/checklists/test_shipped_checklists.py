"""What the shipped checklists ask, how long it takes, and that each file is complete and well sourced."""

import re
from collections.abc import Iterator
from datetime import date

from safe_plan import CHECKLISTS, next_question, questionnaire, safe_answers, shipped, shipped_sources
from visitsafe.checklists.check import check, check_documents, past_review
from visitsafe.checklists.model import AnswerType, Item, Screen, VisitField
from visitsafe.record.terms import Level

QUESTIONS = questionnaire()
ALWAYS_ASKED = [
    "daylight",
    "joint-visit",
    "neutral-venue",
    "car-targeted",
    "threat-expected",
    "can-work-effectively",
    "phone",
    "whereabouts-known",
    "no-return-procedure",
    "training",
    "manager-has-details",
    "family-can-contact-work",
    "private-details",
]
STANDING = {
    "training": 365,
    "manager-has-details": 182,
    "family-can-contact-work": 365,
    "private-details": 365,
}


def items_outside_the_flow() -> Iterator[Item]:
    """Every item of the checklists that complete the visit checklist."""
    parts = shipped()
    assert parts.review is not None
    assert parts.escalation is not None
    assert parts.should_not is not None
    assert parts.sharing is not None
    yield from [*parts.review.attest, *parts.review.conditions, *parts.review.prompts]
    yield from [*parts.should_not.should_not, *parts.should_not.should, *parts.should_not.if_it_happens]
    yield from [*parts.escalation.steps, *parts.sharing.triggers]


def test_the_yes_no_questions_of_the_procedures_are_asked_every_time() -> None:
    always = [question for section in shipped().visit.sections for question in section.questions]
    yes_no = [question for question in always if question.answer is AnswerType.YES_NO]
    assert sorted(q.id for q in yes_no if q.when is None) == sorted(ALWAYS_ASKED)
    assert all(q.required for q in yes_no if q.when is None)
    assert not [q.id for q in yes_no if q.when is not None and q.required]


def test_every_question_before_a_visit_cites_both_procedures() -> None:
    for name in [*ALWAYS_ASKED, "taxi-waiting"]:
        cited = {(source.document, source.paragraph) for source in QUESTIONS.by_id[name].source}
        if name == "threat-expected":
            wanted = {("salford-2011", "6.4"), ("procedures-2023", "Professionals should consider whether")}
        else:
            wanted = {("salford-2011", "7.2"), ("procedures-2023", "Prior to contact with a family")}
        assert wanted <= cited


def test_every_fact_of_the_visit_is_asked_once() -> None:
    filled = [question.fills for question in QUESTIONS if question.fills]
    assert sorted(filled) == sorted(VisitField)


def test_the_standing_answers_are_kept_for_a_time() -> None:
    assert {q.id: q.valid_for for q in QUESTIONS if q.valid_for} == STANDING


def test_a_routine_visit_takes_at_most_18_prompts() -> None:
    """A section on one screen is one prompt; the review page and signing are two more. The budget is 20."""
    answers = {name: value for name, value in safe_answers().items() if name in STANDING}
    prompts = 0
    while (question := next_question(QUESTIONS, answers)) is not None:
        section = QUESTIONS.section_of[question.id]
        together = section.questions if section.screen is Screen.TOGETHER else (question,)
        answers |= {one.id: safe_answers()[one.id] for one in together}
        prompts += 1
    assert prompts + 2 <= 18


def test_a_screen_shared_by_questions_holds_only_what_one_key_answers() -> None:
    for section in QUESTIONS.sections:
        if section.screen is Screen.TOGETHER:
            assert {q.answer for q in section.questions} <= {AnswerType.YES_NO, AnswerType.ACKNOWLEDGE}
            assert len(section.questions) <= 6
            assert not [q.id for q in section.questions if q.when is not None or q.propose]


def test_questions_are_short_enough_for_a_screen() -> None:
    assert not [q.id for q in QUESTIONS if len(q.ask) > 110 or len(q.label) > 30]
    assert not [choice.text for q in QUESTIONS for choice in q.choices if len(choice.text) > 60]


def test_every_why_is_one_sentence() -> None:
    items = [*QUESTIONS, *QUESTIONS.rules, *items_outside_the_flow()]
    assert not [item.id for item in items if not re.fullmatch(r"[^.?!]+\.", item.why)]


def test_the_twelve_behaviours_and_the_four_kinds_are_complete() -> None:
    assert [choice.id for choice in QUESTIONS.by_id["uncooperativeness"].choices] == [
        "ambivalence",
        "avoidance",
        "confrontation",
        "violence",
    ]
    assert len(QUESTIONS.by_id["behaviours"].choices) == 12


def test_the_six_reminders_the_five_to_do_and_the_four_steps_are_there() -> None:
    reminders = shipped().should_not
    assert reminders is not None
    assert [item.id for item in reminders.should_not] == [
        "not-personal",
        "not-angry",
        "not-too-accommodating",
        "not-trapped",
        "not-unsupported",
        "not-self-blame",
    ]
    assert [len(reminders.should), len(reminders.if_it_happens)] == [5, 4]
    assert {item.id for item in reminders.should_not if item.breached} == {"not-trapped", "not-unsupported"}


def test_the_six_triggers_are_there_and_each_has_its_own_ground() -> None:
    sharing = shipped().sharing
    assert sharing is not None
    assert [trigger.id for trigger in sharing.triggers] == [
        "share-hostility",
        "share-circumstances",
        "share-fear",
        "share-less-than-honest",
        "share-first-acknowledgement",
        "share-would-want-to-know",
    ]
    assert len({trigger.ground for trigger in sharing.triggers}) == len(sharing.triggers)


def test_the_ladder_ends_with_a_person_who_decides() -> None:
    ladder = shipped().escalation
    assert ladder is not None
    assert [step.after for step in ladder.steps] == [-10, 0, 5, 15, 20, 30, 45]
    assert [step.acknowledge for step in ladder.steps] == [False, False, False, True, True, True, True]
    assert "999" in ladder.steps[-1].do
    assert "not law" in ladder.about
    high_risk = next(step for step in ladder.steps if step.id == ladder.high_risk_step)
    assert high_risk.who[0] == "manager"
    assert ladder.high_risk_levels == (Level.STOP,)


def test_a_stop_needs_conditions() -> None:
    review = shipped().review
    assert review is not None
    assert [condition.levels for condition in review.conditions] == [(Level.STOP,)]


def test_the_checker_finds_nothing_in_what_ships() -> None:
    documents = shipped_sources().documents
    assert check_documents(documents) == []
    assert check(shipped(), {document.id: document for document in documents}) == []


def test_the_procedure_of_2011_is_shown_as_past_its_review_date() -> None:
    today = date(2026, 11, 21)
    assert [d.id for d in shipped_sources().documents if past_review(d, today)] == ["salford-2011"]


def test_every_default_of_ours_is_explained_where_it_is_cited_from() -> None:
    headings = re.findall(r"^### (.+)$", (CHECKLISTS / "README.md").read_text("utf-8"), re.MULTILINE)
    cited = {
        paragraph
        for path in CHECKLISTS.glob("*.yaml")
        for paragraph in re.findall(r'"visitsafe-default", paragraph: "(.+?)"', path.read_text("utf-8"))
    }
    assert cited == set(headings)
