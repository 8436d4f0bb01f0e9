"""Forms: from their questions to what an entry says, and the times that are typed in them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.check import form_references
from visitsafe.checklists.form_flow import FormSet, compile_form, compose_form
from visitsafe.checklists.library import load_all, shipped_folder
from visitsafe.checklists.model import FormChecklist, Question
from visitsafe.record.terms import Level
from visitsafe.text.times import TimeError, time_in_form
from visitsafe.wizard.answers import AnswerContext, AnswerError, parse
from visitsafe.wizard.draft import DraftStage, Session, begin_form, draft_name, go_on_with_form
from visitsafe.wizard.session import BACK, CONFIRM, AskOne, Review, Sign, apply, screen

if TYPE_CHECKING:
    from visitsafe.checklists.model import SharingChecklist

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday morning in winter, Greenwich time."""
SOURCE = [{"document": "salford-2011", "paragraph": "7.5"}]
SHARING = cast("SharingChecklist", load_all([shipped_folder()]).load("information-sharing").checklist)
NOTHING_TO_SHARE: dict[str, Value] = {trigger.id: "no" for trigger in SHARING.triggers}


def question(name: str, answer: str = "yes-no", **more: Any) -> dict[str, Any]:
    fields = {
        "label": name.capitalize(),
        "ask": f"What about {name}?",
        "why": "It matters.",
        "source": SOURCE,
    }
    unsafe = {"unsafe": "yes"} if answer == "yes-no" else {}
    return {"id": name, "answer": answer, **fields, **unsafe, **more}


def a_form(*questions: dict[str, Any], sharing: bool = False, **more: Any) -> FormSet:
    rule = {
        "id": "see-a-doctor",
        "level": "note",
        "when": {"hurt": "yes"},
        "text": "Somebody should look at it.",
        "why": "It matters.",
        "source": SOURCE,
    }
    asked = questions or (
        question("happened", "time", moment="past"),
        question("hurt"),
        question("where-hurt", "text", when={"hurt": "yes"}),
        question("anything-else", "text", required=False),
    )
    fields = {
        "format": 1,
        "kind": "form",
        "id": "mine",
        "version": "1.0",
        "title": "What happened",
        "about": "A few minutes.",
        "sections": [{"id": "facts", "title": "Facts", "questions": asked}],
        "rules": [rule] if not questions else [],
        **more,
    }
    form = FormChecklist.model_validate(fields)
    return FormSet(form, SHARING if sharing else None, {"mine": "d" * 64})


class TestComposing:
    def test_an_answer_that_does_not_apply_is_not_signed(self) -> None:
        answers: dict[str, Value] = {"hurt": "no", "where-hurt": "the arm"}
        assert compose_form(a_form(), answers, NOW).answers == {"hurt": "no"}

    def test_what_was_asked_stands_in_the_entry_in_words_and_in_the_order_asked(self) -> None:
        answers: dict[str, Value] = {
            "where-hurt": "the arm",
            "hurt": "yes",
            "happened": "2026-11-22T14:30:00Z",
        }
        said = compose_form(a_form(), answers, NOW, LONDON)
        assert [(one.label, one.answer) for one in said.shown] == [
            ("Happened", "Sunday 22 November 2026, 14:30 (GMT)"),
            ("Hurt", "yes"),
            ("Where-hurt", "the arm"),
        ]
        assert (said.form.id, said.form.version, said.form.digest) == ("mine", "1.0", "d" * 64)

    @pytest.mark.parametrize("answer", ["yes", "not-sure"])
    def test_a_rule_points_out_and_not_sure_counts_as_the_unsafe_answer(self, answer: str) -> None:
        (finding,) = compose_form(a_form(), {"hurt": answer}, NOW).findings
        assert (finding.rule, finding.level) == ("see-a-doctor", Level.NOTE)

    def test_a_form_that_asks_no_triggers_raises_no_duty(self) -> None:
        assert compose_form(a_form(), {"hurt": "yes"}, NOW).sharing == ()

    def test_a_yes_to_a_trigger_is_a_duty_whose_days_run_from_signing(self) -> None:
        answers = {**NOTHING_TO_SHARE, "share-fear": "yes", "share-with": ("school nurse, NHS",)}
        (duty,) = compose_form(a_form(sharing=True), answers, NOW).sharing
        assert (duty.trigger, duty.recipients, duty.decision) == (
            "share-fear",
            ("school nurse, NHS",),
            "share",
        )
        assert duty.by == "2026-11-25T09:00:00Z"

    def test_nobody_named_for_a_duty_is_pointed_out_and_never_weighs_more_than_a_note(self) -> None:
        answers = {**NOTHING_TO_SHARE, "share-fear": "yes", "hurt": "yes"}
        findings = compose_form(a_form(sharing=True), answers, NOW).findings
        assert {finding.rule for finding in findings} == {"see-a-doctor", "share-with"}
        assert {finding.level for finding in findings} == {Level.NOTE}
        assert not any("plan" in finding.text for finding in findings)

    def test_the_triggers_are_asked_after_the_forms_own_questions(self) -> None:
        names = [one.id for one in compile_form(a_form(sharing=True))]
        assert names[:4] == ["happened", "hurt", "where-hurt", "anything-else"]
        assert set(NOTHING_TO_SHARE) < set(names[4:])


class TestChecking:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (question("case", "text", fills="case"), "fills no fact of a visit"),
            (question("trained", valid_for=30), "keeps no standing answers"),
            (question("light", propose="daylight"), "nothing is computed"),
            (question("rule", "acknowledge"), "ask a question with another answer"),
            (question("hurt", "text", moment="past"), "only a time"),
            (question("hurt", when={"hrt": "yes"}), 'no question "hrt"'),
            (question("hurt", when={"hurt": "yes"}), "asked here or later"),
        ],
    )
    def test_what_only_a_visit_has_and_what_is_not_there_is_refused(
        self, wrong: dict[str, Any], words: str
    ) -> None:
        problems = form_references(a_form(wrong))
        assert any(words in problem.sentence for problem in problems)
        assert all(problem.path[0] == "form" for problem in problems)

    @pytest.mark.parametrize("level", ["stop", "control"])
    def test_a_rule_that_weighs_more_than_a_note_is_refused(self, level: str) -> None:
        form = a_form().form
        heavy = form.rules[0].model_copy(update={"level": Level(level)})
        problems = form_references(FormSet(form.model_copy(update={"rules": (heavy,)}), None, {}))
        assert [problem.path for problem in problems] == [("form", "rules", 0, "level")]

    def test_an_id_of_the_sharing_questions_is_not_free(self) -> None:
        problems = form_references(a_form(question("share-fear"), sharing=True))
        assert any('"share-fear" is used twice' in problem.sentence for problem in problems)


class TestTimes:
    """`NOW` is Monday 23 November 2026, 09:00."""

    @pytest.mark.parametrize(
        ("typed", "moment", "meant"),
        [
            ("8:30", "past", "2026-11-23T08:30"),
            ("14:30", "past", "2026-11-22T14:30"),
            ("yesterday 9am", "past", "2026-11-22T09:00"),
            ("Friday 15:00", "past", "2026-11-20T15:00"),
            ("Monday 15:00", "past", "2026-11-16T15:00"),
            ("24 Nov 15:00", "past", "2025-11-24T15:00"),
            ("20 Nov 15:00", "past", "2026-11-20T15:00"),
            ("now", "past", "2026-11-23T09:00"),
            ("14:30", "coming", "2026-11-23T14:30"),
            ("8:30", "coming", "2026-11-24T08:30"),
            ("Friday 15:00", "coming", "2026-11-27T15:00"),
            ("20 Nov 15:00", "coming", "2027-11-20T15:00"),
            ("8:30", None, "2026-11-23T08:30"),
            ("14:30", None, "2026-11-23T14:30"),
            ("Friday 15:00", None, "2026-11-20T15:00"),
            ("Wednesday 15:00", None, "2026-11-25T15:00"),
            ("20 Nov 15:00", None, "2026-11-20T15:00"),
            ("2 January 15:00", None, "2027-01-02T15:00"),
        ],
    )
    def test_the_day_on_the_right_side_of_now_is_meant(
        self, typed: str, moment: str | None, meant: str
    ) -> None:
        at = time_in_form(typed, NOW, LONDON, moment)
        assert f"{at:%Y-%m-%dT%H:%M}" == meant

    @pytest.mark.parametrize(
        ("typed", "moment", "words"),
        [
            ("tomorrow 9am", "past", "still to come"),
            ("24 November 2026 15:00", "past", "still to come"),
            ("yesterday 9am", "coming", "has passed"),
            ("20 November 2026 15:00", "coming", "has passed"),
            ("lunch", "past", ""),
            ("30 Feb 15:00", "past", "30 February"),
            ("+90", "past", "a length of time"),
        ],
    )
    def test_what_lies_on_the_wrong_side_or_is_no_time_is_refused(
        self, typed: str, moment: str, words: str
    ) -> None:
        with pytest.raises(TimeError) as caught:
            time_in_form(typed, NOW, LONDON, moment)
        assert words in caught.value.sentence

    def test_an_hour_that_came_twice_is_asked_about_and_not_guessed(self) -> None:
        morning = datetime(2026, 10, 25, 9, 0, tzinfo=UTC)
        with pytest.raises(TimeError, match="comes twice"):
            time_in_form("01:30", morning, LONDON, "past")

    @given(text=st.text(max_size=30), moment=st.sampled_from(["past", "coming", None]))
    def test_whatever_is_typed_is_a_time_or_a_sentence(self, text: str, moment: str | None) -> None:
        try:
            at = time_in_form(text, NOW, LONDON, moment)
        except TimeError:
            return
        assert moment != "past" or at <= NOW + timedelta(minutes=5)
        assert moment != "coming" or at > NOW

    def test_a_visit_still_refuses_a_time_that_has_passed(self) -> None:
        start = Question.model_validate(question("start", "time", fills="start"))
        with pytest.raises(AnswerError, match="has passed"):
            parse(start, "8:30", AnswerContext(NOW, LONDON, form=True))


class TestWizard:
    def _session(self, known: dict[str, Value], **more: Any) -> tuple[FormSet, Session]:
        form_set = a_form()
        fresh = Session(about="K7Q2-M9", command="visitsafe mine K7Q2-M9", **more)
        return form_set, begin_form(form_set, compile_form(form_set), fresh, known)

    def _ended(self, known: dict[str, Value]) -> tuple[FormSet, Session]:
        form_set, session = self._session(known)
        questionnaire = compile_form(form_set)
        assert isinstance(screen(questionnaire, session), Review)
        return form_set, apply(questionnaire, session, CONFIRM)

    def test_what_is_known_is_not_asked_and_what_is_not_is(self) -> None:
        form_set, session = self._session({"happened": "2026-11-22T14:30:00Z", "gone": "x"})
        page = screen(compile_form(form_set), session)
        assert isinstance(page, AskOne)
        assert page.question.id == "hurt"
        assert session.notices == ()

    def test_notes_are_shown_on_the_page_that_signs_and_on_no_page_of_their_own(self) -> None:
        known: dict[str, Value] = {"hurt": "yes", "where-hurt": "the arm", "anything-else": ""}
        form_set, session = self._ended({"happened": "2026-11-22T14:30:00Z", **known})
        page = screen(compile_form(form_set), session)
        assert isinstance(page, Sign)
        assert (page.form, [one.finding.rule for one in page.concerns]) == ("K7Q2-M9", ["see-a-doctor"])

    def test_back_from_signing_leads_to_the_answers(self) -> None:
        known: dict[str, Value] = {"hurt": "yes", "where-hurt": "the arm", "anything-else": ""}
        form_set, session = self._ended({"happened": "2026-11-22T14:30:00Z", **known})
        back = apply(compile_form(form_set), session, BACK)
        assert isinstance(screen(compile_form(form_set), back), Review)

    def test_a_yes_that_led_to_nothing_is_asked_again(self) -> None:
        form_set, session = self._session({}, stage=DraftStage.DONE)
        again = go_on_with_form(form_set, compile_form(form_set), session, "visitsafe mine K7Q2-M9")
        assert again.stage is DraftStage.SIGN

    @given(st.text(max_size=80), st.text(max_size=80))
    def test_each_subject_has_a_draft_of_its_own_with_a_harmless_name(self, one: str, other: str) -> None:
        names = {draft_name("incident", one), draft_name("incident", other)}
        assert len(names) == len({one, other})
        assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)
