"""Sentences that may be hard to read are named, with what to say instead; ours pass their own check."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from safe_plan import data
from visitsafe.checklists.model import FormChecklist
from visitsafe.followup import document_pages as agreement_page
from visitsafe.followup.document_pages import hard_sentences, sentences

AGREEMENT: FormChecklist = TypeAdapter(FormChecklist).validate_python(data("agreement"))


def why(text: str) -> str:
    return " | ".join(reason for one in hard_sentences([text]) for reason in one.why)


def test_a_sentence_of_twenty_words_passes_and_one_more_does_not() -> None:
    assert why("We come. " + "go " * 20) == ""
    assert "21 words" in why("go " * 21)


def test_words_of_the_trade_come_with_plain_ones_in_any_form() -> None:
    assert "assessments: perhaps looking at" in why("We make assessments.")
    assert "engaging: perhaps work with us" in why("You are not engaging.")
    assert "supervision order: perhaps a court order" in why("We may seek a Supervision Order.")


def test_a_word_that_only_begins_like_one_is_left_alone() -> None:
    assert why("An accessory for the request-line of Mrs Provider.") == ""


def test_a_very_long_word_is_named_once() -> None:
    assert why("Intercommunality, intercommunality.").count("long word") == 2
    assert why("This is our Intercommunality.") == "Intercommunality is a long word"


def test_abbreviations_and_times_end_no_sentence() -> None:
    assert sentences("We ring, e.g. on Monday. ask for Mrs. Brown at 10.30. Thank you") == [
        "We ring, e.g. on Monday.",
        "ask for Mrs. Brown at 10.30.",
        "Thank you",
    ]


def test_lines_are_sentences_of_their_own() -> None:
    assert sentences("No shouting\n\nNo dogs near us") == ["No shouting", "No dogs near us"]


def test_our_own_page_and_the_choices_that_ship_pass() -> None:
    ours = [agreement_page.INTRO, agreement_page.IT_COUNTS, agreement_page.NOT_HELD_AGAINST]
    listed = {name for pair in agreement_page.LISTS for name in pair}
    choices = [
        choice.text
        for section in AGREEMENT.sections
        for question in section.questions
        if question.id in listed
        for choice in question.choices
    ]
    assert len(choices) > 20
    assert hard_sentences([*ours, agreement_page.RECORDS, *choices]) == []
    assert not [text for text in choices if "; " in text]


@given(st.text() | st.text(alphabet='ab .!?"()\n'))
def test_no_word_is_lost_by_taking_a_text_apart(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()
