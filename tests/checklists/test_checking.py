"""What `checklist check` proves: each rule of the format is broken once, and what holds is not accused."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visitsafe.checklists.assessment import holds, tokens
from visitsafe.checklists.check import (
    ChecklistProblem,
    check,
    check_documents,
    form_references,
    past_review,
    references,
)
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.model import (
    CitedDocument,
    EscalationChecklist,
    FormChecklist,
    Question,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    VisitChecklist,
)
from visitsafe.checklists.proofs import Prover
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire

SOURCE = [{"document": "numbered", "paragraph": "7.2"}]
DOCUMENTS = {
    "numbered": CitedDocument(id="numbered", title="N", issuer="N", issued="2011-01", paragraphs="numbered"),
    "loose": CitedDocument(id="loose", title="L", issuer="L", issued="2023-10-10", paragraphs="unnumbered"),
}
HEAD = {"format": 1, "version": "1.0", "title": "T", "about": "A"}


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "why": "W", "source": SOURCE, **more}


def question(name: str, **more: Any) -> dict[str, Any]:
    """A yes-no question of which no is unsafe, unless `more` says otherwise."""
    unsafe = {} if more.get("answer", "yes-no") != "yes-no" or "unsafe" in more else {"unsafe": "no"}
    return item(name, label="L", ask="A?", **unsafe, **more)


def choice(name: str, *answers: str, **more: Any) -> dict[str, Any]:
    choices = [{"id": one, "text": "T"} for one in answers]
    return question(name, **{"answer": "choice", "choices": choices, **more})


def rule(name: str, when: Any, **more: Any) -> dict[str, Any]:
    return item(name, **{"level": "stop", "when": when, "text": "T", **more})


FACTS = [
    question("case", answer="text", fills="case"),
    question("area", answer="text", fills="area"),
    question("start", answer="time", fills="start"),
    question("due-back", answer="time", fills="due_back"),
    question("purpose", answer="text", fills="purpose"),
]


def checklists(
    questions: Sequence[Mapping[str, Any]] = (),
    rules: Sequence[Mapping[str, Any]] = (),
    facts: Sequence[Mapping[str, Any]] = FACTS,
    **others: Any,
) -> ChecklistSet:
    """A visit checklist with the facts of the visit, these questions after them, and these rules."""
    sections = [{"id": "facts", "title": "T", "questions": [*facts, *questions]}]
    visit = VisitChecklist.model_validate(
        {**HEAD, "kind": "visit", "id": "mine", "sections": sections, "rules": rules}
    )
    parts = {"should_not": None, "sharing": None, "review": None, "escalation": None, **others}
    return ChecklistSet(visit=visit, digests={}, **parts)


def in_visit(problem: ChecklistProblem) -> str:
    """A problem's place among what a test gave: `questions 0 when ...: sentence`."""
    path = [*problem.path[1:]]
    if path[:3] == ["sections", 0, "questions"]:
        path = ["questions", int(path[3]) - len(FACTS), *path[4:]]
    return " ".join(map(str, path)) + ": " + problem.sentence


def wrong(*questions: Mapping[str, Any], rules: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    return [in_visit(problem) for problem in check(checklists(questions, rules), DOCUMENTS)]


def review(**more: Any) -> ReviewChecklist:
    return ReviewChecklist.model_validate(
        {**HEAD, "kind": "review", "id": "review", "attest": [item("read", text="T")], **more}
    )


def should_not(**more: Any) -> ShouldNotChecklist:
    reminder = item("calm", label="L", rule="R", **more)
    return ShouldNotChecklist.model_validate(
        {**HEAD, "kind": "should-not", "id": "should-not", "ask": "A", "should_not": [reminder]}
    )


def sharing(*triggers: str) -> SharingChecklist:
    texts = ("text", "ask_with", "ask_decision", "ask_reason", "why")
    return SharingChecklist.model_validate(
        {
            **HEAD,
            "kind": "information-sharing",
            "id": "sharing",
            "ask": "A",
            "triggers": [item(name, label="L", ask="A?", ground="G") for name in triggers],
            "duty": {"within_days": 1, "source": SOURCE} | dict.fromkeys(texts, "T"),
        }
    )


def ladder(*minutes: int, high_risk_step: str = "step-0", acknowledge: bool = True) -> EscalationChecklist:
    steps = [
        item(f"step-{index}", after=after, who=["duty"], do="D", acknowledge=acknowledge)
        for index, after in enumerate(minutes)
    ]
    head = {**HEAD, "kind": "escalation", "id": "escalation", "grace_minutes": 0}
    return EscalationChecklist.model_validate({**head, "high_risk_step": high_risk_step, "steps": steps})


class TestWhatHolds:
    """Nothing sound is accused."""

    def test_a_sound_checklist_has_no_problems(self) -> None:
        questions = [
            question("alone"),
            choice("way", "car", "bus", when={"alone": ["no", "not-sure"]}),
            choice("seen", "dog", "knife", answer="choices"),
            question("who", answer="people", required=False, when=[{"way": "car"}, {"seen": "none"}]),
        ]
        rules = [
            rule("dog", {"seen": ["dog", "knife"], "way": "bus"}, settle=["seen", "way"]),
            rule("nobody", {"who": ["none", "blank"], "alone": "no"}),
        ]
        found = checklists(
            questions,
            rules,
            should_not=should_not(breached={"alone": "no"}),
            sharing=sharing("fear", "threat"),
            review=review(conditions=[item("c", text="T", rules=["dog", "calm"])]),
            escalation=ladder(-10, 0, 0, 15, high_risk_step="step-3"),
        )
        assert check(found, DOCUMENTS) == []

    def test_an_unnumbered_document_is_cited_by_words_and_a_numbered_one_by_a_span(self) -> None:
        cited = [
            {"document": "loose", "paragraph": "Prior to"},
            {"document": "numbered", "paragraph": "5.6-5.9"},
        ]
        assert wrong({**question("a"), "source": cited}) == []


class TestIds:
    def test_an_id_is_used_once_by_questions_and_rules_together(self) -> None:
        assert wrong(question("a"), question("a"))[0].startswith('questions 1 id: the id "a" is used twice')
        assert wrong(question("a"), rules=[rule("a", {"a": "no"})])[0].startswith("rules 0 id: the id")

    @pytest.mark.parametrize("name", ["calm", "fear", "share-with", "share-decision", "share-reason"])
    def test_a_visit_checklist_cannot_take_an_id_of_what_it_uses(self, name: str) -> None:
        found = checklists([question(name)], should_not=should_not(), sharing=sharing("fear"))
        problems = [in_visit(problem) for problem in references(found)]
        assert problems == [
            f'questions 0 id: the id "{name}" is used twice, by questions or rules: give one of them another'
        ]

    @pytest.mark.parametrize("name", ["none", "blank", "given", "yes", "no", "not-sure"])
    def test_a_choice_cannot_be_called_what_conditions_have_another_meaning_for(self, name: str) -> None:
        (problem,) = wrong(choice("a", "b", name))
        assert problem.startswith(f'questions 0 choices 1 id: "{name}" has a meaning of its own')

    def test_choices_control_measures_and_steps_are_unique_too(self) -> None:
        twice = [{"id": "x", "text": "T"}] * 2
        assert "choices 1 id: " in wrong(choice("a", "b", "b"))[0]
        assert "suggest 1 id: " in wrong(question("a"), rules=[rule("r", {"a": "no"}, suggest=twice)])[0]
        found = checklists(review=review(prompts=[item("p", text="T"), item("p", text="T")]))
        assert [problem.path for problem in check(found, DOCUMENTS)] == [("review", "prompts", 1, "id")]


class TestQuestions:
    @pytest.mark.parametrize(
        ("made", "expected"),
        [
            (question("a", unsafe=None), 'questions 0: the key "unsafe" is missing here'),
            (question("a", answer="text", unsafe="no"), "questions 0 unsafe: only a yes-no question has"),
            (question("a", answer="choice"), 'questions 0: the key "choices" is missing here'),
            (
                choice("a", "b", answer="text"),
                "questions 0 choices: a question with answer: text has no choices",
            ),
            (
                question("a", answer="text", propose="daylight"),
                "questions 0 propose: daylight is proposed for",
            ),
            (
                question("a", answer="text", fills="companions"),
                "questions 0 answer: the visit's companions needs",
            ),
            (question("a", answer="text", fills="case"), 'questions 0 fills: "case" is filled by an earlier'),
            (
                question("a", answer="people", fills="companions", valid_for=9),
                "questions 0 valid_for: the visit's companions differs from visit to visit",
            ),
        ],
    )
    def test_each_type_of_question_has_the_keys_it_needs_and_no_others(
        self, made: Mapping[str, Any], expected: str
    ) -> None:
        (problem,) = wrong(made)
        assert problem.startswith(expected)

    @pytest.mark.parametrize("gone", range(len(FACTS)))
    def test_each_fact_of_the_visit_has_to_be_asked(self, gone: int) -> None:
        facts = [fact for index, fact in enumerate(FACTS) if index != gone]
        (problem,) = check(checklists(facts=facts), DOCUMENTS)
        assert problem.path == ("visit", "sections")
        assert problem.sentence == f"no question fills the visit's {FACTS[gone]['fills']}: add one"

    @pytest.mark.parametrize("more", [{"required": False}, {"when": {"area": "given"}}])
    def test_a_fact_of_the_visit_is_asked_always(self, more: Mapping[str, Any]) -> None:
        facts = [*FACTS[:4], {**FACTS[4], **more}]
        (problem,) = check(checklists(facts=facts), DOCUMENTS)
        assert (problem.path[-1], problem.at_key) == (next(iter(more)), True)

    def test_the_start_is_asked_before_the_time_due_back(self) -> None:
        facts = [FACTS[3], *FACTS[:3], FACTS[4]]
        (problem,) = check(checklists(facts=facts), DOCUMENTS)
        assert "the time due back is asked before the start" in problem.sentence


class TestConditions:
    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ({"fone": "no"}, 'when 0 fone: there is no question "fone": did you mean "phone"?'),
            ({"phone": "noo"}, 'when 0 phone 0: "noo" is no answer to "phone": did you mean "no"?'),
            (
                {"phone": ["no", "car"]},
                'when 0 phone 1: "car" is no answer to "phone": write one of no, not-sure, yes',
            ),
            ({"phone": "blank"}, 'when 0 phone 0: "blank" is no answer to "phone"'),
            ({"phone": []}, 'when 0 phone: no answer to "phone" is named'),
            ([{"phone": "no"}, {"way": "none"}], 'when 1 way 0: "none" is no answer to "way"'),
            ({"case": "A1"}, 'when 0 case 0: "A1" is no answer to "case": write one of given'),
        ],
    )
    def test_a_condition_names_questions_and_answers_that_exist(self, when: Any, expected: str) -> None:
        asked = [question("phone"), choice("way", "car", "bus")]
        (of_rule,) = wrong(*asked, rules=[rule("r", when)])
        (of_question,) = wrong(*asked, question("q", when=when))
        (of_reminder,) = check(checklists(asked, should_not=should_not(breached=when)), DOCUMENTS)
        assert of_rule.startswith(f"rules 0 {expected}")
        assert of_question.startswith(f"questions 2 {expected}")
        assert of_reminder.path[:3] == ("should_not", "should_not", 0)

    @pytest.mark.parametrize("name", ["later", "itself"])
    def test_a_question_depends_only_on_earlier_ones(self, name: str) -> None:
        (problem,) = wrong(question("itself", when={name: "no"}), question("later"))
        assert (
            problem == f'questions 0 when 0 {name}: "{name}" is asked here or later: '
            "a condition can only name questions before it"
        )

    def test_a_question_of_the_visit_cannot_depend_on_one_that_comes_with_another_checklist(self) -> None:
        found = checklists([question("a", when={"fear": "yes"})], sharing=sharing("fear"))
        assert "asked here or later" in check(found, DOCUMENTS)[0].sentence

    def test_settle_and_the_review_name_what_exists(self) -> None:
        (problem,) = wrong(question("phone"), rules=[rule("r", {"phone": "no"}, settle=["phone", "fone"])])
        assert problem == 'rules 0 settle 1: there is no question "fone": did you mean "phone"?'
        needs = review(conditions=[item("c", text="T", rules=["no-fone"])])
        found = checklists([question("phone")], [rule("no-phone", {"phone": "no"})], review=needs)
        (missing,) = check(found, DOCUMENTS)
        assert missing.path == ("review", "conditions", 0, "rules", 0)
        assert missing.sentence == 'mine has no rule "no-fone": did you mean "no-phone"?'


class TestProofs:
    @pytest.mark.parametrize(
        "when",
        [
            {"a": "no", "b": "no"},
            {"b": ["yes", "no", "not-sure"], "a": ["no", "not-sure"]},
        ],
    )
    def test_a_question_that_no_answers_lead_to_is_found(self, when: Any) -> None:
        (problem,) = wrong(question("a"), question("b", when={"a": "yes"}), question("c", when=when))
        assert (
            problem
            == "questions 2 when 0: no answers lead to this question: change or leave out the condition"
        )

    def test_not_sure_leads_where_the_unsafe_answer_leads(self) -> None:
        not_sure_and_no = [{"a": "not-sure"}, {"a": "no"}]
        asked = [question("a"), question("b", when={"a": "no"}), question("c", when=not_sure_and_no)]
        assert wrong(*asked, rules=[rule("r", {"a": "not-sure", "b": "no"})]) == []

    def test_not_sure_does_not_count_as_the_safe_answer(self) -> None:
        asked = [question("a"), question("b", when={"a": "yes"})]
        (problem,) = wrong(*asked, rules=[rule("r", {"a": "not-sure", "b": "no"})])
        assert problem.startswith("rules 0 when 0: no answers make all of this hold")

    def test_two_answers_at_once_are_possible_only_where_several_may_be_given(self) -> None:
        asked = [choice("one", "x", "y"), choice("many", "x", "y", answer="choices")]
        asked.append(question("q", when=[{"one": "x", "many": "x"}, {"one": "y", "many": "y"}]))
        both = [rule("r", [{"many": "x", "q": "no", "one": "x"}])]
        assert wrong(*asked, rules=both) == []
        none_and_some = [question("p", when={"many": "none"}), question("s", when={"many": "x", "p": "no"})]
        assert wrong(*asked, *none_and_some)[0].startswith("questions 4 when 0: no answers lead")

    def test_every_alternative_of_a_rule_can_hold(self) -> None:
        asked = [question("a"), question("b", when={"a": "yes"})]
        (problem,) = wrong(*asked, rules=[rule("r", [{"a": "no"}, {"a": "no", "b": "no"}])])
        assert problem.startswith("rules 0 when 1: no answers make all of this hold")

    @pytest.mark.parametrize(
        "when",
        [
            {"a": ["yes", "no"]},
            [{"a": "yes"}, {"a": "no"}],
            {"case": "given"},
            [{"way": "car"}, {"way": "bus", "many": ["none", "x", "y"]}],
        ],
    )
    def test_a_rule_that_is_raised_whatever_is_answered_is_found(self, when: Any) -> None:
        asked = [question("a"), choice("way", "car", "bus"), choice("many", "x", "y", answer="choices")]
        (problem,) = wrong(*asked, rules=[rule("r", when)])
        assert (
            problem == 'rules 0 when: "r" is raised whatever is answered: a low-risk plan must come out clean'
        )

    def test_a_rule_on_a_question_that_is_not_always_asked_can_be_avoided(self) -> None:
        asked = [question("a"), question("b", when={"a": "no"})]
        assert wrong(*asked, rules=[rule("r", {"b": ["yes", "no"]})]) == []

    def test_rules_that_cannot_all_be_avoided_at_once_are_found(self) -> None:
        (problem,) = wrong(question("a"), rules=[rule("r", {"a": "no"}), rule("s", {"a": "yes"})])
        assert problem.startswith("rules: whatever is answered, one rule or another is raised")

    def test_a_conflict_far_behind_is_found_without_trying_all_that_lies_between(self) -> None:
        between = [choice(f"q{n}", "x", "y", "z") for n in range(60)]
        asked = [question("a"), *between, question("b", when={"a": ["yes", "no"]})]
        rules = [rule("r", {"b": "no"}), rule("s", {"b": "yes"})]
        rules += [rule(f"r{n}", {f"q{n}": "z", "a": "yes"}) for n in range(60)]
        (problem,) = wrong(*asked, rules=rules)
        assert problem.startswith("rules: whatever is answered")

    def test_a_proof_that_would_take_too_long_says_so(self) -> None:
        """Pigeons: each of nine sits in one of eight holes, and no two share one. It has no short proof."""
        holes = [f"h{n}" for n in range(8)]
        asked = [choice(f"p{n}", *holes) for n in range(9)]
        pairs = itertools.combinations(range(9), 2)
        together = [{f"p{a}": hole, f"p{b}": hole} for a, b in pairs for hole in holes]
        (problem,) = wrong(*asked, rules=[rule("r", together)])
        assert "takes too many combinations of answers to prove" in problem

    def test_a_list_that_is_too_large_to_prove_ends_and_says_where_it_stopped(self) -> None:
        chain = [question("q0"), *(question(f"q{i}", when={f"q{i - 1}": "no"}) for i in range(1, 100))]
        rules = [rule(f"r{i}", {"q99": "no"}) for i in range(2500)]
        (problem,) = wrong(*chain, rules=rules)
        place, said = problem.split(": ", 1)
        assert place.startswith("rules ")
        assert "from here on nothing was proven" in said

    @settings(deadline=None, max_examples=100)
    @given(st.data())
    def test_the_search_agrees_with_trying_everything(self, data: st.DataObject) -> None:
        questionnaire = data.draw(questionnaires())
        condition = data.draw(conditions(list(questionnaire)))
        every = list(plays(questionnaire))
        assert Prover(questionnaire).can_hold(condition) == any(holds(condition, seen) for seen in every)
        others = [condition, data.draw(conditions(list(questionnaire)))]
        avoidable = any(not any(holds(one, seen) for one in others) for seen in every)
        assert Prover(questionnaire).can_be_avoided(others) == avoidable


WORDS = {"yes-no": ["yes", "no", "not-sure"], "choice": ["x", "y"], "choices": ["x", "y", "none"]}


@st.composite
def conditions(draw: st.DrawFn, questions: Sequence[Question]) -> tuple[dict[str, tuple[str, ...]], ...]:
    mapping = st.lists(st.sampled_from(questions), min_size=1, max_size=3, unique_by=lambda q: q.id).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {
                q.id: st.lists(st.sampled_from(WORDS[q.answer]), min_size=1, max_size=2, unique=True).map(
                    tuple
                )
                for q in chosen
            }
        )
    )
    return tuple(draw(st.lists(mapping, min_size=1, max_size=3)))


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    questions: list[Question] = []
    for index in range(draw(st.integers(1, 5))):
        kind: str = draw(st.sampled_from(list(WORDS)))
        made = question(
            f"q{index}", unsafe=draw(st.sampled_from(["yes", "no"])) if kind == "yes-no" else None
        )
        if kind != "yes-no":
            made = choice(f"q{index}", "x", "y", answer=kind)
        depends, required = draw(st.tuples(st.booleans(), st.booleans()))
        when = draw(conditions(questions)) if questions and depends else None
        questions.append(Question.model_validate({**made, "when": when, "required": required}))
    visit = checklists().visit
    section = visit.sections[0].model_copy(update={"questions": tuple(questions)})
    return Questionnaire((section,), ())


def plays(questionnaire: Questionnaire) -> Any:
    """What conditions can see, for every way to answer a questionnaire."""
    values: dict[str, list[Any]] = {
        "yes-no": ["yes", "no", "not-sure"],
        "choice": ["x", "y"],
        "choices": [(), ("x",), ("y",), ("x", "y")],
    }
    each = [values[q.answer] + ([] if q.required else [""]) for q in questionnaire]
    for answers in itertools.product(*each):
        seen: dict[str, frozenset[str] | None] = {}
        for one, answer in zip(questionnaire, answers, strict=True):
            asked = one.when is None or holds(one.when, seen)
            seen[one.id] = tokens(one, answer) if asked else frozenset()
        yield seen


class TestSourcesAndSteps:
    def test_every_source_is_described_and_cited_as_its_document_is_numbered(self) -> None:
        unknown = {**question("a"), "source": [{"document": "numberd", "paragraph": "1"}]}
        (problem,) = wrong(unknown)
        assert problem.startswith("questions 0 source 0 document: no sources.yaml describes the document")
        assert problem.endswith('did you mean "numbered"?')
        words = {**question("a"), "source": [*SOURCE, {"document": "numbered", "paragraph": "Prior to"}]}
        assert wrong(words)[0].startswith(
            "questions 0 source 1 paragraph: the paragraphs of numbered are numbered"
        )

    def test_sources_are_checked_wherever_they_stand(self) -> None:
        found = checklists(
            sharing=sharing("fear"), escalation=ladder(0), review=review(), should_not=should_not()
        )
        wrong = check(found, {})
        places = {one.path[:2] for one in wrong}
        assert {("sharing", "triggers"), ("escalation", "steps")} <= places
        # the trigger's and the duty's
        assert any(one.path[0] == "sharing" and "(and in 1 more place)" in one.sentence for one in wrong)
        assert {("review", "attest"), ("should_not", "should_not"), ("visit", "sections")} <= places

    def test_the_ladder_goes_forward_in_time(self) -> None:
        (problem,) = check(checklists(escalation=ladder(0, 15, 10)), DOCUMENTS)
        assert problem.path == ("escalation", "steps", 2, "after")

    def test_the_high_risk_step_exists(self) -> None:
        (problem,) = check(checklists(escalation=ladder(0, 5, high_risk_step="step-7")), DOCUMENTS)
        assert problem.path == ("escalation", "high_risk_step")
        assert 'did you mean "step-' in problem.sentence

    def test_somebody_has_to_acknowledge_a_step(self) -> None:
        (problem,) = check(checklists(escalation=ladder(0, 5, acknowledge=False)), DOCUMENTS)
        assert "nobody has to acknowledge any step" in problem.sentence

    def test_documents_have_ids_and_days_that_can_be(self) -> None:
        document = DOCUMENTS["loose"].model_copy(update={"review_date": "2013-02-31"})
        problems = check_documents([document, DOCUMENTS["loose"]])
        assert [problem.path for problem in problems] == [
            ("documents", 1, "id"),
            ("documents", 0, "review_date"),
        ]

    def test_a_document_is_past_its_review_date_from_the_next_day_on(self) -> None:
        document = DOCUMENTS["numbered"].model_copy(update={"review_date": "2013-01-31"})
        assert not past_review(document, date(2013, 1, 31))
        assert past_review(document, date(2013, 2, 1))
        assert not past_review(DOCUMENTS["numbered"], date(2999, 1, 1))


class TestFacts:
    def test_rules_and_questions_name_facts_as_they_name_answers(self) -> None:
        asked = question("light-reason", when={"visit.light": ["dusk", "dark"]})
        asked["ask-again-if"] = ["case.incident"]
        rules = [
            rule("dark", {"visit.light": "dark", "light-reason": "no"}),
            rule("hurt", {"case.violence": "open"}),
        ]
        assert wrong(asked, rules=rules) == []

    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ({"visit.ligth": "dark"}, 'there is no fact "visit.ligth": did you mean "visit.light"?'),
            ({"case.incident": "opne"}, '"opne" is no value of "case.incident": did you mean "open"?'),
            ({"case.incident": []}, 'no value of "case.incident" is named: write one of none, open'),
        ],
    )
    def test_a_condition_names_facts_and_values_that_exist(self, when: Any, expected: str) -> None:
        (found,) = wrong(rules=[rule("known", when)])
        assert expected in found

    def test_a_fact_has_one_value_at_a_time_and_a_rule_on_all_of_them_cannot_be_avoided(self) -> None:
        both = [rule("a", {"case.marker": "none"}), rule("b", {"case.marker": ["current", "out-of-date"]})]
        assert "a low-risk plan must come out clean" in wrong(rules=both)[0]
        every = ["none", "current", "out-of-date"]
        assert "raised whatever is answered" in wrong(rules=[rule("a", {"case.marker": every})])[0]

    @pytest.mark.parametrize(
        ("again", "expected"),
        [
            (["case.incidnet"], 'there is no fact "case.incidnet": did you mean "case.incident"?'),
            (["phone"], "there is no fact"),
            (["always", "case.incident"], 'there is no fact "always"'),
        ],
    )
    def test_an_answer_is_asked_again_always_or_for_facts_that_exist(
        self, again: list[str], expected: str
    ) -> None:
        assert expected in wrong(question("phone") | {"ask-again-if": again})[0]

    def test_an_answer_that_is_kept_is_not_asked_always(self) -> None:
        (found,) = wrong(question("phone", valid_for=30) | {"ask-again-if": "always"})
        assert "leave one of the two out" in found

    def test_a_form_knows_no_facts(self) -> None:
        form = FormChecklist.model_validate(
            {
                **HEAD,
                "kind": "form",
                "id": "debrief",
                "sections": [{"id": "all", "title": "T", "questions": [question("well")]}],
                "rules": [rule("known", {"case.incident": "open"}, level="note")],
            }
        )
        (found,) = form_references(FormSet(form, None, {}))
        assert "a form is no plan" in found.sentence


def test_the_questionnaire_that_is_proven_is_the_one_that_is_asked() -> None:
    found = checklists([question("a")], should_not=should_not(), sharing=sharing("fear"))
    assert [q.id for q in compile_questionnaire(found)][-5:] == [
        "fear",
        "share-decision",
        "share-with",
        "share-reason",
        "calm",
    ]
