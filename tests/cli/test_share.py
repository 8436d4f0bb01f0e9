"""`visitsafe share`: what has to be told to other professionals, that it was, and the letter that says it."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from by_hand import desk
from office import NOW, Office, Someone
from visitsafe.domain.afterwards import Action, DocumentedBody, IncidentBody
from visitsafe.domain.plan import Duty, Made
from visitsafe.domain.terms import Kind

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


def test_what_a_signed_duty_quotes_begins_no_line_of_its_own(office: Office) -> None:
    """Another program may have signed it: whoever has a key can write any words into an entry."""
    forged = "Nurse\nNothing is overdue\u202e\x1b[2J"
    signing = desk(office, office.sam)
    with closing(signing.store):
        state = signing.plan(signing.resolve(office.ref))
        duty = Duty(
            trigger="x", label=forged, ground=forged, recipients=(forged,), by="2026-11-21T00:00:00Z",
            decision="share", source="none",
        )  # fmt: skip
        signing.record(
            state.plan,
            Kind.INCIDENT,
            state.heads,
            IncidentBody(
                of=state.version.id, form=Made(id="f", version="1", digest="ab"), answers={}, sharing=(duty,)
            ),
        )
        state = signing.plan(state.plan)
        signing.record(
            state.plan,
            Kind.DOCUMENTED,
            state.heads,
            DocumentedBody(
                of=state.version.id,
                form=Made(id="f", version="1", digest="ab"),
                answers={},
                document="supervision",
                actions=(Action(what=forged, who=forged),),
            ),
        )
    listed = ("document", "list", office.ref)
    for words in (("share", office.ref), ("share", "--overdue"), (), listed):
        shown = office.mo.done(*words).out
        assert "Nothing is overdue" in shown, words
        assert not any(sign in shown for sign in ("\u202e", "\x1b", "\nNothing is overdue")), words


INCIDENT = """\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting]
  hurt: no
  seen-and-heard: "He said he would hold her."
  others-at-risk: yes
  others-who: ["Head teacher, Ordsall school"]
"""


def watched(folder: Path, *phrase: str) -> tuple[Office, Someone]:
    """Sam is on a visit; the desk heard them say ok, and Mo recorded an incident. With a colleague."""
    folder.mkdir()
    office = Office(folder).open()
    dee, kim = office.duty(), office.join(office.person("kim"), "practitioner")
    office.countersigned(share_hostility="yes", share_decision="share", share_with='["Health visitor, NHS"]')
    for minutes in (110, 140, 150):
        office.at(NOW + timedelta(minutes=minutes))
        dee.now = kim.now = office.mo.now
        if minutes == 110:
            office.sam.done("depart", office.ref)
        elif minutes == 140:
            dee.done("ok", office.ref, "--for", "Sam", "--known-by", "voice", *phrase)
    form = office.folder / "incident.yaml"
    form.write_text(INCIDENT, encoding="utf-8")
    if phrase:
        office.mo.done("incident", office.ref, "--answers", str(form), "--yes")
    return office, kim


def test_share_says_the_same_with_and_without_duress(tmp_path: Path) -> None:
    """The manager knows of the duress, and what they record is for them until it is over."""
    (plain, ours), (duress, theirs) = watched(tmp_path / "a"), watched(tmp_path / "b", "--duress")
    assert len(duress.mo.done("share", duress.ref, "--json").json["duties"]) > 1
    commands: tuple[tuple[str, ...], ...] = (
        (),
        ("--json",),
        ("--letter",),
        ("--letter", "--duty", "2"),
        ("--duty", "2", *TOLD),
        ("--overdue",),
        TOLD,
        (),
        TOLD,
    )

    def said(office: Office, someone: Someone, words: tuple[str, ...]) -> Any:
        ran = someone.run("share", *(() if "--overdue" in words else (office.ref,)), *words)
        if words == ("--json",):
            return ran.code, [(one["number"], one["trigger"], one["state"]) for one in ran.json["duties"]]
        return ran.code, ran.out.replace(office.ref, "REF"), ran.err.replace(office.ref, "REF")

    for words in commands:
        assert said(plain, plain.sam, words) == said(duress, duress.sam, words), words
        assert said(plain, ours, words) == said(duress, theirs, words), words


def test_nobody_is_recorded_as_told_where_nobody_was_named(office: Office) -> None:
    refused = office.sam.run("share", office.ref, "--with", " ", "--how", "letter", "--what", "ok")
    assert refused.code == 2
    assert office.sam.done("share", office.ref, "--json").json["duties"][0]["state"] == "due"


def test_those_who_were_to_be_told_and_are_not_named_are_asked_about(office: Office) -> None:
    said = office.sam.done("share", office.ref, *TOLD).out
    assert "Not named among those told: Head teacher, Ordsall school. Have they been told?" in said
    assert "Health visitor" not in said.split("Not named among those told")[1]


def test_a_letter_leaves_room_for_the_family_and_says_which_duty_it_was(office: Office) -> None:
    ran = office.sam.done("share", office.ref, "--letter")
    assert "write it in by hand" in ran.out
    assert "--duty 1" in ran.err
