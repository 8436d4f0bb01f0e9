"""One flow from several checklists: what is asked in which order, and which rules come with it."""

from dataclasses import replace

from safe_plan import next_question, safe_answers, shipped
from visitsafe.checklists.assessment import assess
from visitsafe.checklists.check import place
from visitsafe.checklists.model import AnswerType, Screen, Source
from visitsafe.checklists.questionnaire import cite, compile_questionnaire


def test_the_visit_comes_first_then_what_to_share_then_what_not_to_do() -> None:
    everything = shipped()
    sections = [section.id for section in compile_questionnaire(everything).sections]
    visit = [section.id for section in everything.visit.sections]
    assert sections == [*visit, "information-sharing", "information-sharing-duty", "should-not"]


def test_triggers_and_reminders_are_one_screen_each() -> None:
    flow = compile_questionnaire(shipped())
    together = {section.id for section in flow.sections if section.screen is Screen.TOGETHER}
    assert {"information-sharing", "should-not"} <= together


def test_a_trigger_is_a_question_of_which_yes_is_the_unsafe_answer() -> None:
    everything = shipped()
    assert everything.sharing is not None
    flow = compile_questionnaire(everything)
    for trigger in everything.sharing.triggers:
        question = flow.by_id[trigger.id]
        assert (question.ask, question.unsafe, question.answer) == (trigger.ask, "yes", AnswerType.YES_NO)


def test_a_reminder_that_is_not_acknowledged_raises_a_finding_of_its_name() -> None:
    everything = shipped()
    assert everything.should_not is not None
    flow = compile_questionnaire(everything)
    for reminder in everything.should_not.should_not:
        assert assess(flow, {**safe_answers(), reminder.id: "yes"}) == ()
        (raised,) = assess(flow, {**safe_answers(), reminder.id: "no"})
        assert raised.rule == reminder.id


def test_without_the_checklists_it_uses_only_the_visits_own_questions_are_asked() -> None:
    alone = replace(shipped(), should_not=None, sharing=None)
    flow = compile_questionnaire(alone)
    assert flow.sections == alone.visit.sections
    assert flow.rules == alone.visit.rules
    first = next_question(flow, {})
    assert first is not None
    assert first.id == alone.visit.sections[0].questions[0].id


def test_every_question_knows_its_section() -> None:
    flow = compile_questionnaire(shipped())
    for section in flow.sections:
        assert {flow.section_of[question.id].id for question in section.questions} == {section.id}


def test_everything_in_the_flow_can_be_traced_to_where_it_was_written() -> None:
    placed = place(shipped())
    assert [question for _, question in placed.questions] == list(placed.questionnaire)
    assert [rule for *_, rule in placed.rules] == list(placed.questionnaire.rules)
    for path, question in placed.questions:
        if path[0] == "visit":
            assert shipped().visit.sections[int(path[2])].questions[int(path[4])] is question


def test_sources_are_cited_in_one_line() -> None:
    sources = (Source(document="a", paragraph="7.2"), Source(document="b", paragraph="Prior to contact"))
    assert cite(sources) == 'a 7.2; b "Prior to contact"'
