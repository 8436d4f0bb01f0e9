"""The wizard as a state machine: order, back, shelved answers, findings, resume."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from visitsafe.checklists.assessment import Value, applicability
from visitsafe.checklists.model import AnswerType
from visitsafe.record.bodies import Control
from visitsafe.wizard.draft import (
    DraftStage,
    Session,
    begin,
    final,
    final_controls,
    final_standing,
    refit,
    repeat,
    revise,
)
from visitsafe.wizard.session import (
    BACK,
    CONFIRM,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Findings,
    Goto,
    Measures,
    NothingLeft,
    ParsedAnswer,
    Pause,
    Reconsider,
    Reopen,
    Review,
    Sign,
    Step,
    Who,
    WhoDoes,
    WriteControl,
    Wrote,
    apply,
    screen,
)
from wizard.samples import BACK_AT, CALM, GRID, QUESTIONNAIRE, RULES, START, play, reach, reply

FRESH = begin("home-visit", "d" * 64, "2026-11-20T09:00:00Z")
TRAINED = begin(
    "home-visit", "d" * 64, "2026-11-20T09:00:00Z", standing={"training": ("yes", "2026-03-12T10:00:00Z")}
)
VIOLENT = CALM | {"history": "yes", "phone": "no"}


def name_of(page: Step) -> str:
    if isinstance(page, AskOne):
        return page.question.id
    return page.section.id if isinstance(page, AskTogether) else type(page).__name__


def names(session: Session, answers: dict[str, Value], until: type = NothingLeft) -> list[str]:
    return [name_of(page) for page, _ in play(session, answers, until)]


def do(session: Session, *events: Event) -> Session:
    for event in events:
        session = apply(QUESTIONNAIRE, session, event)
    return session


def shown(session: Session) -> str:
    return name_of(screen(QUESTIONNAIRE, session))


def at(question: str, answers: dict[str, Value] = CALM, session: Session = FRESH) -> Session:
    return next(s for page, s in play(session, answers) if name_of(page) == question)


def test_questions_come_in_order_and_only_those_that_apply() -> None:
    assert names(FRESH, CALM) == [
        *("case", "start", "due-back", "companions", "daylight"),
        *("history", "setting", "phone", "training", "sharing", "should-not"),
        *("Review", "Sign", "NothingLeft"),
    ]


def test_a_section_shown_together_is_one_page_with_all_its_questions() -> None:
    page = screen(QUESTIONNAIRE, at("sharing"))
    assert isinstance(page, AskTogether)
    assert tuple(question.id for question in page.questions) == GRID


def test_a_page_shown_together_asks_only_what_is_not_known_already() -> None:
    known: dict[str, tuple[Value, str]] = dict.fromkeys(GRID[:2], ("no", "2026-03-12T10:00:00Z"))
    pages = names(begin("home-visit", "d", "x", standing=known), CALM)
    assert GRID[2] in pages
    assert "sharing" not in pages


def test_changing_one_answer_of_a_page_asks_only_that_one() -> None:
    session = do(reach(FRESH, CALM, Review), Goto("share-fear"))
    assert shown(session) == "share-fear"
    assert shown(do(session, ParsedAnswer("share-fear", "no"))) == "Review"


def test_answers_of_an_unfinished_page_count_and_the_page_stays() -> None:
    session = do(at("sharing"), AnsweredMany({"share-fear": "yes"}, done=False))
    assert shown(session) == "sharing"
    assert final(QUESTIONNAIRE, session)["share-fear"] == "yes"


def test_standing_answers_in_date_are_not_asked_but_reviewed_with_their_age() -> None:
    pages = {name_of(page): page for page, _ in play(TRAINED, CALM)}
    assert "training" not in pages
    review = pages["Review"]
    assert isinstance(review, Review)
    assert {row.id: row.at for row in review.rows}["training"] == "2026-03-12T10:00:00Z"
    assert final_standing(QUESTIONNAIRE, reach(TRAINED, CALM, NothingLeft)) == {
        "training": "2026-03-12T10:00:00Z"
    }


def test_a_standing_answer_given_again_is_new_and_opens_what_hangs_on_it() -> None:
    session = do(reach(TRAINED, CALM, Review), Goto("training"), ParsedAnswer("training", "no"))
    assert shown(session) == "training-plan"
    assert "training" not in session.standing


def test_back_goes_to_the_last_page_that_applies_and_keeps_its_answer() -> None:
    session = do(at("setting"), BACK)
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskOne)
    assert (page.question.id, page.value, page.given) == ("history", "no", True)


def test_back_skips_what_was_never_asked() -> None:
    assert shown(do(at("sharing", session=TRAINED), BACK)) == "phone"


def test_back_at_the_first_question_stays_there() -> None:
    page = screen(QUESTIONNAIRE, FRESH)
    assert isinstance(page, AskOne)
    assert not page.can_back
    assert shown(do(FRESH, BACK)) == "case"


def test_after_several_backs_the_way_forward_is_page_by_page() -> None:
    session = do(at("phone"), BACK, BACK, BACK)
    assert shown(session) == "daylight"
    assert names(session, CALM)[:4] == ["daylight", "history", "setting", "phone"]


def test_an_answer_that_stops_applying_does_not_count_and_the_person_is_told() -> None:
    session = do(reach(FRESH, VIOLENT, Review), Goto("history"), ParsedAnswer("history", "no"))
    assert session.notices[0] == "No longer applies, and does not count: History detail, Kinds."
    assert {"history-detail", "kinds"}.isdisjoint(final(QUESTIONNAIRE, session))


def test_a_shelved_answer_is_asked_again_with_the_old_one_as_an_offer_only() -> None:
    session = do(
        reach(FRESH, VIOLENT, Review),
        *(Goto("history"), ParsedAnswer("history", "no")),
        *(Goto("history"), ParsedAnswer("history", "yes")),
    )
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskOne)
    assert (page.question.id, page.value, page.given) == ("history-detail", "a shouting match", False)
    assert "history-detail" not in final(QUESTIONNAIRE, session)


def test_a_change_on_the_review_page_asks_what_newly_opened_and_returns() -> None:
    session = do(reach(FRESH, CALM, Review), Goto("setting"), ParsedAnswer("setting", "flat"))
    assert shown(session) == "lift"
    assert shown(do(session, ParsedAnswer("lift", "yes"))) == "Review"


def test_back_from_a_question_opened_on_the_review_page_returns_to_it() -> None:
    assert shown(do(reach(FRESH, CALM, Review), Goto("phone"), BACK)) == "Review"


def test_the_review_page_does_not_let_an_open_question_pass() -> None:
    session = do(reach(FRESH, CALM, Review), Goto("setting"), ParsedAnswer("setting", "flat"), BACK)
    review = screen(QUESTIONNAIRE, session)
    assert isinstance(review, Review)
    assert review.open == 1
    assert shown(do(session, CONFIRM)) == "lift"


def test_a_new_start_asks_due_back_and_daylight_again() -> None:
    session = do(reach(FRESH, CALM, Review), Goto("start"), ParsedAnswer("start", "2026-11-24T15:30:00Z"))
    assert session.notices == ("Because the time has changed, please look again at: Due back, Daylight.",)
    assert names(session, CALM)[:3] == ["due-back", "daylight", "Review"]


def test_a_new_due_back_asks_daylight_again_and_an_unchanged_one_asks_nothing() -> None:
    review = reach(FRESH, CALM, Review)
    assert shown(do(review, Goto("due-back"), ParsedAnswer("due-back", BACK_AT))) == "Review"
    assert shown(do(review, Goto("due-back"), ParsedAnswer("due-back", "2026-11-23T17:30:00Z"))) == "daylight"


def test_an_answer_taken_back_from_outside_is_asked_again_with_the_reason() -> None:
    session = do(reach(FRESH, CALM, Sign), Reopen("start", "The start has passed."))
    assert session.notices == ("The start has passed.",)
    assert names(session, CALM | {"start": "2026-11-24T15:30:00Z"})[:4] == [
        "start",
        "due-back",
        "daylight",
        "Review",
    ]


def test_what_was_half_typed_is_offered_at_its_own_question_only() -> None:
    asked = {**CALM, "history": "yes"}
    session = do(reach(FRESH, asked, Review), Goto("history-detail"), Pause("a shou"))
    session = do(session, Reopen("start", "The start has passed."))
    assert do(session).half == ""
    answered = do(session, ParsedAnswer("start", "2026-11-24T15:30:00Z"), Goto("history-detail"))
    assert screen(QUESTIONNAIRE, answered).half == ""  # type: ignore[union-attr]  # it is a page of a question


def test_findings_are_shown_worst_first_with_the_way_to_what_settles_them() -> None:
    page = screen(QUESTIONNAIRE, reach(FRESH, VIOLENT, Findings))
    assert isinstance(page, Findings)
    assert [concern.finding.rule for concern in page.concerns] == ["violence", "no-phone"]
    assert [question.id for question in page.concerns[0].settle] == ["history"]


def test_settling_the_last_finding_goes_on_without_a_findings_page() -> None:
    answers = CALM | {"phone": "no"}
    session = do(reach(FRESH, answers, Findings), Goto("phone"), ParsedAnswer("phone", "yes"))
    assert shown(session) == "Sign"


def test_each_stop_and_control_finding_asks_for_control_measures_and_a_note_does_not() -> None:
    answers = VIOLENT | {"training": "no"}
    pages = names(reach(FRESH, answers, Findings), answers)
    assert pages == ["Findings", "ControlFor", "ControlFor", "Sign", "NothingLeft"]


def test_each_control_measure_is_asked_who_does_it() -> None:
    session = reach(FRESH, VIOLENT, ControlFor)
    session = do(session, Measures("violence", ("The joint",), write=True))
    assert isinstance(screen(QUESTIONNAIRE, session), WriteControl)
    session = do(session, Wrote("violence", "Ring the police first"))
    for text, who in (("The joint", "Ann"), ("Ring the police first", "me")):
        page = screen(QUESTIONNAIRE, session)
        assert isinstance(page, WhoDoes)
        assert page.control.text == text
        session = do(session, Who("violence", text, who))
    assert shown(session) == "ControlFor"
    assert final_controls(QUESTIONNAIRE, session) == (
        Control(rule="violence", text="The joint", who="Ann"),
        Control(rule="violence", text="Ring the police first", who="me"),
    )


def test_writing_nothing_and_choosing_nothing_is_not_leaving_it_to_the_manager() -> None:
    session = do(
        reach(FRESH, VIOLENT, ControlFor), Measures("violence", (), write=True), Wrote("violence", "")
    )
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, ControlFor)
    assert page.concern.finding.rule == "violence"


def test_back_from_who_does_it_returns_to_the_choice_with_what_was_chosen() -> None:
    session = do(reach(FRESH, VIOLENT, ControlFor), Measures("violence", ("The joint",)), BACK)
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, ControlFor)
    assert [control.text for control in page.concern.controls] == ["The joint"]


def test_back_walks_from_one_finding_to_the_one_before_and_to_the_findings() -> None:
    session = do(reach(FRESH, VIOLENT, ControlFor), Measures("violence", ()), BACK)
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, ControlFor)
    assert page.concern.finding.rule == "violence"
    assert shown(do(session, BACK)) == "Findings"


def test_a_control_measure_goes_with_its_finding_and_the_person_is_told() -> None:
    session = do(
        reach(FRESH, VIOLENT, ControlFor),
        Measures("violence", ("The joint",)),
        Who("violence", "The joint", "Ann"),
    )
    session = do(session, BACK, BACK, BACK, Goto("history"), ParsedAnswer("history", "no"))
    assert "No longer needed, because the finding is gone: The joint." in session.notices
    assert final_controls(QUESTIONNAIRE, session) == ()


def test_a_finding_that_comes_back_is_decided_on_again() -> None:
    answers = CALM | {"phone": "no"}
    session = do(
        reach(FRESH, answers, Sign), BACK, Goto("phone"), ParsedAnswer("phone", "yes"), BACK, Goto("phone")
    )
    session = do(session, ParsedAnswer("phone", "no"))
    assert names(session, answers)[:3] == ["Review", "Findings", "ControlFor"]


def test_control_measures_can_be_changed_from_the_findings_page() -> None:
    session = do(reach(FRESH, VIOLENT, Sign), BACK, Reconsider("no-phone"))
    assert shown(session) == "ControlFor"
    assert shown(do(session, Measures("no-phone", ()))) == "Findings"


def test_signing_needs_its_own_confirmation() -> None:
    session = reach(FRESH, CALM, Sign)
    assert session.stage is not DraftStage.DONE
    assert screen(QUESTIONNAIRE, do(session, CONFIRM)) == NothingLeft("sign")


def test_half_typed_text_is_there_again_and_gone_after_the_answer() -> None:
    session = do(FRESH, Pause("LCS-2"))
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskOne)
    assert page.half == "LCS-2"
    assert do(session, ParsedAnswer("case", "LCS-22")).half == ""


def repeated(answers: dict[str, Value] = VIOLENT, controls: Sequence[Control] = ()) -> Session:
    old = final(QUESTIONNAIRE, reach(TRAINED, answers, NothingLeft))
    return repeat(QUESTIONNAIRE, TRAINED, old, controls, "K7Q2-M9")


def test_a_repeat_asks_the_times_the_computed_answer_and_the_rules_then_what_has_changed() -> None:
    assert names(repeated(CALM), CALM) == [
        *("start", "due-back", "daylight", "should-not", "Review", "Sign", "NothingLeft"),
    ]


def test_a_repeat_keeps_control_measures_and_decides_anew_about_a_stop_of_then() -> None:
    control = Control(rule="violence", text="The joint", who="Ann")
    session = repeated(VIOLENT, [control])
    assert names(session, VIOLENT)[-5:] == ["Review", "Findings", "ControlFor", "Sign", "NothingLeft"]
    session = reach(session, VIOLENT, ControlFor)
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, ControlFor)
    assert (page.concern.finding.rule, page.concern.controls) == ("violence", (control,))
    session = do(session, Measures("violence", ("The joint",)))
    assert isinstance(screen(QUESTIONNAIRE, session), Sign)
    assert final_controls(QUESTIONNAIRE, session) == (control,)


def test_a_repeat_offers_no_old_time_and_no_old_acknowledgement() -> None:
    session = repeated(CALM)
    assert not {"start", "due-back", *RULES} & (set(session.answers) | set(session.shelved))


def test_a_repeat_asks_a_standing_answer_that_is_out_of_date() -> None:
    old = final(QUESTIONNAIRE, reach(TRAINED, CALM, NothingLeft))
    assert "training" in names(repeat(QUESTIONNAIRE, FRESH, old, (), "K7Q2-M9"), CALM)


def test_a_revision_begins_on_the_review_page_with_every_answer() -> None:
    old = final(QUESTIONNAIRE, reach(FRESH, CALM, NothingLeft))
    session = revise(QUESTIONNAIRE, FRESH, old, (), "K7Q2-M9")
    assert shown(session) == "Review"
    assert final(QUESTIONNAIRE, session) == old


def test_a_revision_marks_as_new_what_newer_standing_answers_have_changed() -> None:
    old = final(QUESTIONNAIRE, reach(FRESH, CALM | {"training": "no"}, NothingLeft))
    page = screen(QUESTIONNAIRE, revise(QUESTIONNAIRE, TRAINED, old, (), "K7Q2-M9"))
    assert isinstance(page, Review)
    assert [row.id for row in page.rows if not row.carried] == ["training"]


def test_an_answer_given_again_as_it_was_is_not_new() -> None:
    page = screen(QUESTIONNAIRE, reach(repeated(CALM), CALM, Review))
    assert isinstance(page, Review)
    assert {row.id for row in page.rows if not row.carried} == set()


def test_a_draft_is_fitted_to_a_checklist_that_changed() -> None:
    session = replace(reach(FRESH, CALM, Sign), answers=CALM | {"setting": "castle", "gone": "yes"})
    session = refit(QUESTIONNAIRE, session, "e" * 64)
    assert session.notices == (
        "The checklist has changed since you began. No longer counted: Setting, gone.",
    )
    assert names(session, CALM)[:2] == ["Review", "setting"]


KINDS: dict[AnswerType, list[Value]] = {
    AnswerType.YES_NO: ["yes", "no", "not-sure"],
    AnswerType.ACKNOWLEDGE: ["yes", "no"],
    AnswerType.CHOICE: ["house", "flat"],
    AnswerType.CHOICES: [("none",), ("shouting",), ("shouting", "blocking")],
    AnswerType.PEOPLE: [(), ("Ann",)],
    AnswerType.TIME: [START, BACK_AT],
    AnswerType.TEXT: ["x", "y"],
}
ALL_ANSWERS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {question.id: st.sampled_from(KINDS[question.answer]) for question in QUESTIONNAIRE}
)


@settings(deadline=None)
@given(ALL_ANSWERS, st.sampled_from([FRESH, TRAINED]))
def test_progress_is_an_upper_bound_that_only_shrinks_going_forward(
    answers: dict[str, Value], session: Session
) -> None:
    pages = [page for page, _ in play(session, answers, Review) if isinstance(page, AskOne | AskTogether)]
    steps = [page.progress for page in pages]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    totals = [step.total for step in steps]
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] == len(steps)


def random_event(page: Step, data: st.DataObject) -> Event:
    """Something a person might do on this page, or something that does not fit it at all."""
    names = [question.id for question in QUESTIONNAIRE]
    anywhere: list[Event] = [
        *(
            BACK,
            Pause("half"),
            Reconsider("violence"),
            Reopen("start", "because"),
            Reopen("history", "because"),
        ),
        *(Goto(data.draw(st.sampled_from(names))), AnsweredMany({"share-fear": "yes"}, done=False)),
    ]
    if isinstance(page, ControlFor):
        rule = page.concern.finding.rule
        here: list[Event] = [Measures(rule, ()), Measures(rule, ("a",)), Measures(rule, ("a",), write=True)]
    elif isinstance(page, WriteControl):
        here = [Wrote(page.concern.finding.rule, text) for text in ("", "own")]
    elif isinstance(page, WhoDoes):
        here = [Who(page.control.rule, page.control.text, "Ann")]
    else:
        here = [CONFIRM] if isinstance(page, NothingLeft) else [reply(page, data.draw(ALL_ANSWERS))]
    return data.draw(st.sampled_from(here if data.draw(st.booleans()) else anywhere))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([FRESH, TRAINED]))
def test_no_walk_breaks_it_and_only_applicable_answers_count(data: st.DataObject, session: Session) -> None:
    for _ in range(data.draw(st.integers(1, 40))):
        page = screen(QUESTIONNAIRE, session)
        session = apply(QUESTIONNAIRE, session, random_event(page, data))
        applicable = applicability(QUESTIONNAIRE, session.answers)
        counted = final(QUESTIONNAIRE, session)
        assert all(applicable[name] for name in counted)
        assert not [name for name in session.answers if applicable[name] is False]
        assert not set(session.answers) & set(session.shelved)
        if isinstance(screen(QUESTIONNAIRE, session), Sign | NothingLeft | ControlFor):
            assert {name for name, applies in applicable.items() if applies} == set(counted)
        assert msgspec.json.decode(msgspec.json.encode(session), type=Session) == session


@settings(max_examples=40, deadline=None)
@given(ALL_ANSWERS)
def test_going_all_the_way_back_and_forward_again_changes_nothing(answers: dict[str, Value]) -> None:
    there = reach(FRESH, answers, Review)
    back = there
    for _ in range(40):
        back = do(back, BACK)
    assert shown(back) == "case"
    assert final(QUESTIONNAIRE, reach(back, answers, Review)) == final(QUESTIONNAIRE, there)


@pytest.mark.parametrize("event", [ParsedAnswer("lift", "yes"), AnsweredMany({"lift": "yes"}), Goto("lift")])
def test_a_question_that_does_not_apply_cannot_be_answered(event: Any) -> None:
    session = at("phone")
    assert do(session, event) == session
