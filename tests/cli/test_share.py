"""`visitsafe share`: what has to be told to other professionals, that it was, and the letter that says it."""

from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office

TOLD = ("--with", "Health visitor, NHS", "--how", "by telephone", "--what", "Two of us go from now on.")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Sam's plan has a duty: an adult has been hostile."""
    office = Office(tmp_path).open()
    office.countersigned(
        share_hostility="yes",
        share_decision="share",
        share_with='["Health visitor, NHS", "Head teacher, Ordsall school"]',
        address='"14 Acacia Road, Salford M5 3EQ"',
    )
    return office


def test_a_duty_is_listed_with_whom_and_by_when(office: Office) -> None:
    shown = office.sam.done("share", office.ref).out
    assert "1  An adult has been hostile: due by Wednesday 25 November 2026" in shown
    assert "Health visitor, NHS; Head teacher, Ordsall school" in shown


def test_what_was_shared_is_recorded_with_whom_how_and_what(office: Office) -> None:
    said = office.sam.done("share", office.ref, *TOLD).out
    assert "shared by Sam with Health visitor, NHS, by telephone" in said
    assert "Said: Two of us go from now on." in said
    (duty,) = office.mo.done("share", office.ref, "--json").json["duties"]
    assert (duty["state"], duty["said"]["what"]) == ("shared", "Two of us go from now on.")
    assert office.mo.done("verify").code == 0


def test_without_saying_what_nothing_is_recorded(office: Office) -> None:
    refused = office.sam.run("share", office.ref, "--duty", "1", "--how", "by telephone")
    assert refused.code == 1
    assert "say what they were told" in refused.err
    assert office.sam.done("share", office.ref, "--json").json["duties"][0]["state"] == "due"


def test_deciding_not_to_share_needs_a_reason(office: Office) -> None:
    assert "needs a reason" in office.sam.run("share", office.ref, "--not").err
    office.sam.done("share", office.ref, "--not", "--reason", "They told us themselves.")
    assert office.sam.done("share", office.ref, "--json").json["duties"][0]["state"] == "not shared"


def test_a_number_that_there_is_not_is_refused_with_where_to_look(office: Office) -> None:
    refused = office.sam.run("share", office.ref, "--duty", "7", *TOLD)
    assert refused.code == 1
    assert f"visitsafe share {office.ref}" in refused.err


def test_an_overdue_duty_is_on_the_teams_list_until_it_is_met(office: Office) -> None:
    office.at(NOW + timedelta(days=5))
    assert office.ref in office.mo.done("share", "--overdue").out
    office.sam.done("share", office.ref, *TOLD)
    assert "Nothing is overdue" in office.mo.done("share", "--overdue").out


def test_a_letter_says_facts_and_precautions_and_no_address(office: Office) -> None:
    letter = office.sam.done("share", office.ref, "--letter").out
    assert "An adult in the family has been hostile" in letter
    assert "Health visitor, NHS" in letter
    assert "Acacia" not in letter
    assert "M5 3EQ" not in letter
    assert "Playing in the room" not in letter


def test_own_words_stand_in_a_letter_only_when_they_are_handed_in_and_as_text(office: Office) -> None:
    words = "Two of us go. <script>x</script> [a](http://b) at 14 Acacia Road"
    letter = office.sam.done("share", office.ref, "--letter", "--what", words, "--format", "html").out
    assert "Two of us go." in letter
    assert "<script>" not in letter
    assert "<a " not in letter
    assert "Acacia" not in letter


def test_a_duty_officer_does_not_decide_what_is_shared(office: Office) -> None:
    dee = office.duty()
    refused = dee.run("share", office.ref, *TOLD)
    assert refused.code == 1
    assert "needs the role practitioner or manager" in refused.err


def test_a_hostile_name_of_a_recipient_does_nothing_to_a_terminal(office: Office) -> None:
    office.sam.done("share", office.ref, "--with", "\x1b]0;x\x07Nurse", "--how", "letter", "--what", "ok")
    assert "\x1b" not in office.sam.done("share", office.ref).out
