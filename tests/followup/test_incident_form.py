"""The shipped form for an incident: what code looks for is there, and a shaken person is soon done."""

import pytest
from pydantic import TypeAdapter

from safe_plan import data, next_question, questionnaire
from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import FormSet, compile_form
from visitsafe.checklists.model import FormChecklist
from visitsafe.followup import incident as incidents
from visitsafe.record.meanings import Meaning
from visitsafe.supervision import figures as figures_after

FORM: FormChecklist = TypeAdapter(FormChecklist).validate_python(data("incident"))
FLOW = compile_form(FormSet(FORM, None, {}))


def asked(**changes: Value) -> list[str]:
    """The questions on the way through, with plain answers where there are no others."""
    answers: dict[str, Value] = {}
    given: dict[str, Value] = {"near-miss": "no", "hurt": "no", "others-at-risk": "no", "police": "nothing"}
    given |= {name.replace("_", "-"): value for name, value in changes.items()}
    while (question := next_question(FLOW, answers)) is not None:
        answers[question.id] = given.get(question.id, "")
    return list(answers)


def test_the_choices_that_code_knows_are_there() -> None:
    choices = {choice.id for choice in FLOW.by_id[Meaning.OFF_WORK].choices}
    assert {incidents.NOT_AT_ALL, incidents.UP_TO_THREE, incidents.OVER_SEVEN} <= choices
    assert {figures_after.OVER_THREE, figures_after.OVER_SEVEN} <= choices
    assert figures_after.POLICE_KNOW in {choice.id for choice in FLOW.by_id[Meaning.POLICE].choices}


def test_the_twelve_behaviours_are_those_of_the_visit_checklist() -> None:
    before = questionnaire().by_id["behaviours"].choices
    assert FLOW.by_id[Meaning.BEHAVIOURS].choices == before


def test_who_wants_to_sign_after_what_matters_most_may() -> None:
    first = asked(go_on="later")
    assert len(first) == 9
    assert first[-1] == "go-on"
    assert len(asked(go_on="later", near_miss="yes")) == 8


@pytest.mark.parametrize(("hurt", "most"), [("no", 15), ("yes", 18)])
def test_all_of_it_is_not_many_questions(hurt: str, most: int) -> None:
    assert len(asked(hurt=hurt)) == most


def test_only_three_questions_must_be_answered() -> None:
    must = [question.id for question in FLOW if question.required]
    assert must == ["near-miss", "hurt", "others-at-risk"]
