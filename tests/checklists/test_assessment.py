"""Which question comes next and what the answers mean, on small checklists and on the shipped one."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safe_plan import next_question, questionnaire, safe_answers
from visitsafe.checklists.assessment import (
    Value,
    applicability,
    assess,
    holds,
    in_words,
    possible_tokens,
    split,
    tokens,
)
from visitsafe.checklists.model import AnswerType, Question, Rule, Section
from visitsafe.checklists.questionnaire import Questionnaire

SHIPPED = questionnaire()
SOURCE = [{"document": "handbook", "paragraph": "1.1"}]
TOKENS = [frozenset(), frozenset({"yes"}), frozenset({"no"}), frozenset({"not-sure", "no"})]


def question(name: str, answer: str = "yes-no", **more: Any) -> Question:
    """A question which says only what matters to a test."""
    unsafe = "no" if answer == "yes-no" else None
    fields = {"id": name, "label": name.title(), "ask": f"{name}?", "why": "Because.", "source": SOURCE}
    return Question.model_validate({**fields, "answer": answer, "unsafe": unsafe, **more})


def rule(name: str, when: Any, level: str = "stop", **more: Any) -> Rule:
    """A rule which says only what matters to a test."""
    fields = {
        "id": name,
        "level": level,
        "when": when,
        "text": f"{name}.",
        "why": "Because.",
        "source": SOURCE,
    }
    return Rule.model_validate({**fields, **more})


def ask(*questions: Question, rules: tuple[Rule, ...] = ()) -> Questionnaire:
    """A questionnaire of one section."""
    return Questionnaire((Section(id="all", title="All", questions=questions),), rules)


def value_of(asked: Question) -> st.SearchStrategy[Value]:
    """Any answer that the question allows."""
    choices = st.sampled_from([choice.id for choice in asked.choices] or ["none"])
    by_type: dict[AnswerType, st.SearchStrategy[Value]] = {
        AnswerType.YES_NO: st.sampled_from(["yes", "no", "not-sure"]),
        AnswerType.ACKNOWLEDGE: st.sampled_from(["yes", "no"]),
        AnswerType.CHOICE: choices,
        AnswerType.CHOICES: st.lists(choices, unique=True, max_size=3).map(tuple),
        AnswerType.PEOPLE: st.sampled_from([(), ("Ann Archer",)]),
    }
    given_value = by_type.get(asked.answer, st.just("something"))
    return given_value if asked.required else st.one_of(given_value, st.just(""))


some_answers = st.fixed_dictionaries({}, optional={asked.id: value_of(asked) for asked in SHIPPED})
all_answers = st.fixed_dictionaries({asked.id: value_of(asked) for asked in SHIPPED})


def rules_of(answers: Mapping[str, Value]) -> list[str]:
    return [finding.rule for finding in assess(SHIPPED, answers)]


@given(some_answers, st.data())
def test_answering_comes_to_an_end_from_any_state(answers: dict[str, Value], data: st.DataObject) -> None:
    for _ in range(len(SHIPPED.by_id) + 1):
        asked = next_question(SHIPPED, answers)
        if asked is None:
            break
        assert asked.id not in answers
        answers[asked.id] = data.draw(value_of(asked))
    assert next_question(SHIPPED, answers) is None
    assert None not in [applicability(SHIPPED, answers)[name] for name in answers]


@given(all_answers)
def test_whether_a_question_applies_is_settled_once_and_for_all(drawn: dict[str, Value]) -> None:
    answers: dict[str, Value] = {}
    before = applicability(SHIPPED, answers)
    while (asked := next_question(SHIPPED, answers)) is not None:
        answers[asked.id] = drawn[asked.id]
        after = applicability(SHIPPED, answers)
        assert not [name for name, known in before.items() if known is not None and after[name] is not known]
        before = after
    assert None not in before.values()


@given(some_answers)
def test_answers_that_do_not_apply_change_no_finding(answers: dict[str, Value]) -> None:
    kept, shelved = split(SHIPPED, answers)
    assert kept | shelved == answers
    assert assess(SHIPPED, kept) == assess(SHIPPED, answers)


@given(some_answers)
def test_findings_come_worst_first(answers: dict[str, Value]) -> None:
    weights = [finding.level.weight for finding in assess(SHIPPED, answers)]
    assert weights == sorted(weights)


@given(all_answers)
def test_not_sure_always_raises_what_the_unsafe_answer_raises(answers: dict[str, Value]) -> None:
    unsafe = {
        asked.id: asked.unsafe
        for asked in SHIPPED
        if asked.unsafe is not None and answers[asked.id] in {"not-sure", ""}
    }
    assert rules_of(answers) == rules_of(answers | unsafe)


@given(all_answers)
def test_leaving_an_optional_answer_out_is_passing_it_over(answers: dict[str, Value]) -> None:
    left_out = {name: value for name, value in answers.items() if value != ""}
    assert assess(SHIPPED, left_out) == assess(SHIPPED, answers)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abc"), st.lists(st.sampled_from(["yes", "no"]), min_size=1), min_size=1
        ),
        min_size=1,
        max_size=3,
    ),
    st.fixed_dictionaries({name: st.sampled_from([None, *TOKENS]) for name in "abc"}),
    st.fixed_dictionaries({name: st.sampled_from(TOKENS) for name in "abc"}),
)
def test_a_condition_that_is_settled_stays_so_whatever_is_answered_later(
    raw: list[dict[str, list[str]]],
    now: dict[str, frozenset[str] | None],
    later: dict[str, frozenset[str]],
) -> None:
    condition = rule("any", raw).when
    settled = holds(condition, now)
    end = holds(condition, {name: later[name] if seen is None else seen for name, seen in now.items()})
    assert end is not None
    assert settled in {None, end}


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, None, None, None),
    ],
)
def test_all_and_any_are_three_valued(
    a: bool | None, b: bool | None, both: bool | None, either: bool | None
) -> None:
    words = {True: frozenset({"yes"}), False: frozenset({"no"}), None: None}
    for first, second in [(a, b), (b, a)]:
        seen = {"a": words[first], "b": words[second]}
        assert holds(rule("all", {"a": "yes", "b": "yes"}).when, seen) is both
        assert holds(rule("any", [{"a": "yes"}, {"b": "yes"}]).when, seen) is either


@pytest.mark.parametrize(
    ("asked", "value", "expected"),
    [
        (question("a"), "yes", "yes"),
        (question("a"), "not-sure", "no not-sure"),
        (question("a", unsafe="yes"), "not-sure", "not-sure yes"),
        (question("a", required=False), "", "blank no"),
        (question("a", "acknowledge"), "not-sure", "no not-sure"),
        (question("a", "text", required=False), "", "blank"),
        (question("a", "text"), "none", "given"),
        (question("a", "time"), "2026-11-23T10:00:00Z", "given"),
        (question("a", "people"), (), "none"),
        (question("a", "people"), ("Ann",), "given"),
        (question("a", "people"), "Ann", "given"),
        (question("a", "choices", choices=[{"id": "dog", "text": "A dog"}]), (), "none"),
        (question("a", "choices", choices=[{"id": "dog", "text": "A dog"}]), ("dog",), "dog"),
        (question("a", "choice", choices=[{"id": "dog", "text": "A dog"}]), "dog", "dog"),
    ],
    ids=str,
)
def test_what_conditions_can_see_of_an_answer(asked: Question, value: Value, expected: str) -> None:
    assert tokens(asked, value) == set(expected.split())


@given(st.data())
def test_conditions_never_see_a_word_that_they_could_not_name(data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(list(SHIPPED)))
    assert tokens(asked, data.draw(value_of(asked))) <= possible_tokens(asked)


def test_a_question_that_does_not_apply_keeps_its_children_from_being_asked() -> None:
    asked = ask(
        question("dog"),
        question("loose", when={"dog": "yes"}),
        question("bites", when={"loose": "yes"}),
    )
    answers = {"dog": "no", "loose": "yes", "bites": "yes"}
    assert applicability(asked, answers) == {"dog": True, "loose": False, "bites": False}
    assert split(asked, answers) == ({"dog": "no"}, {"loose": "yes", "bites": "yes"})
    assert next_question(asked, answers) is None


def test_an_answer_is_kept_although_an_optional_question_before_it_was_left_out() -> None:
    asked = ask(
        question("way", "text", required=False),
        question("harm", when={"way": ["blank", "given"]}),
        rules=(rule("harmed", {"harm": "yes"}),),
    )
    assert split(asked, {"harm": "yes"}) == ({"harm": "yes"}, {})
    assert [finding.rule for finding in assess(asked, {"harm": "yes"})] == ["harmed"]
    first = next_question(asked, {"harm": "yes"})
    assert first is not None
    assert first.id == "way"


def test_a_required_answer_that_is_missing_raises_nothing() -> None:
    asked = ask(question("dog"), rules=(rule("dogs", {"dog": "no"}),))
    assert assess(asked, {}) == ()


def test_a_finding_says_because_of_which_answers_and_offers_only_questions_that_apply() -> None:
    asked = ask(
        question("phone"),
        question("alarm", required=False, when={"phone": "no"}),
        question("dog"),
        rules=(
            rule(
                "silent",
                [{"phone": "no", "alarm": "no"}, {"dog": "no"}],
                settle=["alarm", "dog"],
                suggest=[{"id": "borrow", "text": "Borrow one"}],
            ),
        ),
    )
    (finding,) = assess(asked, {"phone": "not-sure", "dog": "yes"})
    assert finding.because == ("Phone: not sure", "Alarm: not answered")
    assert finding.settle == ("alarm", "dog")
    assert finding.source == "handbook 1.1"
    assert [suggestion.text for suggestion in finding.suggest] == ["Borrow one"]
    (finding,) = assess(asked, {"phone": "yes", "dog": "no"})
    assert finding.because == ("Dog: no",)
    assert finding.settle == ("dog",)


def test_findings_of_one_level_keep_the_checklist_s_order() -> None:
    asked = ask(
        question("a"),
        rules=(
            rule("note-1", {"a": "no"}, "note"),
            rule("stop-1", {"a": "no"}),
            rule("control-1", {"a": "no"}, "control"),
            rule("stop-2", {"a": "no"}),
        ),
    )
    assert [f.rule for f in assess(asked, {"a": "no"})] == ["stop-1", "stop-2", "control-1", "note-1"]


@pytest.mark.parametrize(
    ("asked", "value", "expected"),
    [
        (question("a"), "not-sure", "not sure"),
        (question("a"), "", "not answered"),
        (question("a", "text"), "none", "none"),
        (question("a", "people"), (), "none"),
        (question("a", "people"), ("Ann Archer", "Bo Berg"), "Ann Archer; Bo Berg"),
        (question("a", "choices", choices=[{"id": "dog", "text": "A dog"}]), ("dog",), "A dog"),
        (question("a", "choices", choices=[{"id": "dog", "text": "A dog"}]), ("none",), "none of these"),
        (question("a", "choice", choices=[{"id": "dog", "text": "A dog"}]), "dog", "A dog"),
        (question("a", "time"), "2026-07-01T14:30:00Z", "Wednesday 1 July 2026, 15:30 (BST)"),
        (question("a", "time"), "no time", "no time"),
    ],
    ids=str,
)
def test_an_answer_is_put_in_words(asked: Question, value: Value, expected: str) -> None:
    assert in_words(asked, value, ZoneInfo("Europe/London")) == expected


def test_the_safe_answers_answer_exactly_what_applies() -> None:
    answers = safe_answers()
    assert [name for name, applies in applicability(SHIPPED, answers).items() if applies] == list(answers)
