"""The shipped forms of documents: what code looks for is there, and one action is soon written down."""

from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from after_story import documented, over
from safe_plan import data, next_question
from story_plan import DUE_BACK
from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import FormSet, compile_form
from visitsafe.checklists.model import FormChecklist
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.followup.document_pages import document_page
from visitsafe.followup.documents import FORMS
from visitsafe.record.meanings import ACTIONS, Meaning
from visitsafe.record.terms import Document
from visitsafe.state.duties import HELD


def flow(name: str) -> Questionnaire:
    form: FormChecklist = TypeAdapter(FormChecklist).validate_python(data(name))
    return compile_form(FormSet(form, None, {}))


def asked(name: str, **given: Value) -> list[str]:
    answers: dict[str, Value] = {}
    known = {one.replace("_", "-"): value for one, value in given.items()}
    while (question := next_question(flow(name), answers)) is not None:
        answers[question.id] = known.get(question.id, "")
    return list(answers)


def test_there_is_room_for_six_actions_and_a_meeting_can_have_been_held() -> None:
    for document in (Document.RISK_REDUCTION, Document.SUPERVISION, Document.MEETING):
        asked = set(flow(FORMS[document]).by_id)
        assert {f"{action}{rest}" for action in ACTIONS for rest in ("", "-who", "-by")} <= asked
    assert HELD in {choice.id for choice in flow("meeting").by_id[Meaning.STAGE].choices}


def test_seeing_the_family_at_the_office_only_asks_how_they_are_still_seen_at_home() -> None:
    rules = {rule.id for rule in flow("agreement").rules}
    assert "office-and-home" in rules
    assert "still-seen" in asked("agreement", follows=("office-only",))
    assert "still-seen" not in asked("agreement", follows=("end-the-visit",))


@pytest.mark.parametrize("name", ["risk-reduction", "supervision-plan"])
def test_with_one_action_no_more_than_the_second_is_offered(name: str) -> None:
    actions = [one for one in asked(name, action_1="Two of us go.") if one.startswith("action-")]
    assert actions == ["action-1", "action-1-who", "action-1-by", "action-2"]


def test_a_meeting_that_is_only_proposed_asks_for_no_actions() -> None:
    assert not [one for one in asked("meeting", stage="proposed") if one.startswith("action-")]


def test_leaving_parents_out_asks_why_and_whether_the_chair_was_asked() -> None:
    assert {"why-left-out", "chair-asked"} <= set(asked("meeting", parents_there="left-out"))


def test_every_form_is_filled_in_in_a_few_minutes() -> None:
    most = {name: len(asked(name, action_1="Go.", stage="held")) for name in FORMS.values()}
    assert max(most.values()) <= 17


def family_page(**answers: Value) -> str:
    given: dict[str, Value] = {name.replace("_", "-"): value for name, value in answers.items()}
    state = documented(over(), document=Document.AGREEMENT, answers=given, shown=()).state
    (said,) = state.after.documents
    return document_page(state, said, DUE_BACK, ZoneInfo("Europe/London"), "Our team")


@pytest.mark.parametrize(
    ("agreed", "sentence"),
    [
        ("yes-all", "You agree with what stands here."),
        ("in-part", "You agree to some of it, and not to all of it."),
        ("do-not", "You do not agree."),
        ("not-said", "You have not said whether you agree."),
    ],
)
def test_the_page_says_whether_the_family_agrees_and_claims_no_more(agreed: str, sentence: str) -> None:
    page = family_page(gone_through_with=("mother",), agreed=agreed)
    assert sentence in page
    assert "How we agreed" not in page
    assert page.count("agree") == 1
    assert agreed in {choice.id for choice in flow("agreement").by_id["agreed"].choices}


@pytest.mark.parametrize("agreed", ["", "ask-us-again"])
def test_where_nobody_said_whether_they_agree_the_page_does_not_say_that_they_do(agreed: str) -> None:
    assert "You agree" not in family_page(gone_through_with=("mother",), agreed=agreed)
    assert "How we went through this" in family_page()
