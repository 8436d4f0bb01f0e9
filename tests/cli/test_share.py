"""`visitsafe share`: what has to be told to other professionals, that it was, and the letter that says it."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from by_hand import desk
from office import NOW, Office, Someone
from visitsafe.record.bodies import Action, DocumentedBody, Duty, IncidentBody, Made
from visitsafe.record.kinds import Kind

TOLD = (
    "--with",
    "Health visitor, NHS",
    "--with",
    "Head teacher",
    "--how",
    "by telephone",
    "--what",
    "Two of us go from now on.",
)


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
    assert "shared by Sam with Health visitor, NHS; Head teacher, by telephone" in said
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
            state,
            Kind.INCIDENT,
            IncidentBody(
                of=state.version.id, form=Made(id="f", version="1", digest="ab"), answers={}, sharing=(duty,)
            ),
        )
        state = signing.plan(state.plan)
        signing.record(
            state,
            Kind.DOCUMENTED,
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
    for nobody in (" ", "y"):
        refused = office.sam.run("share", office.ref, "--with", nobody, "--how", "letter", "--what", "ok")
        assert (refused.code, "--with names nobody" in refused.err) == (2, True)
    assert office.sam.done("share", office.ref, "--json").json["duties"][0]["state"] == "due"


def test_a_duty_for_two_is_met_when_both_were_told(office: Office) -> None:
    first, second = ("--with", "the health visitor (NHS)"), ("--with", "Head teacher")
    how = ("--how", "by telephone", "--what", "Two of us go.")
    said = office.sam.done("share", office.ref, *first, *how).out
    assert "Still to: Head teacher, Ordsall school" in said
    assert "So far: shared by Sam with the health visitor (NHS)" in said
    (duty,) = office.sam.done("share", office.ref, "--json").json["duties"]
    assert (duty["state"], duty["left"]) == ("due", ["Head teacher, Ordsall school"])
    assert "to Head teacher, Ordsall school:" in office.sam.done("share").out
    office.sam.done("share", office.ref, *second, *how)
    (duty,) = office.sam.done("share", office.ref, "--json").json["duties"]
    assert (duty["state"], duty["left"]) == ("shared", [])


def test_a_letter_leaves_room_for_the_family_and_says_which_duty_it_was(office: Office) -> None:
    ran = office.sam.done("share", office.ref, "--letter")
    assert "write it in by hand" in ran.out
    assert "--duty 1" in ran.err


class Case:
    """Sam's visits to one case, a day apart, each raising the same duty; and what was told."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder).open()
        self.day = 0

    def plan(
        self, *, decided: bool = True, recipients: str = '["Health visitor, NHS"]', ahead: int = 0
    ) -> str:
        start = NOW + timedelta(days=self.day + ahead, hours=2)
        self.office.at(NOW + timedelta(days=self.day))
        words = {
            "start": f'"{start:%d %B %Y} 10:00"', "share_hostility": "yes",
            "share_decision": "share", "share_with": recipients,
        }  # fmt: skip
        (self.office.countersigned if decided else self.office.plan)(**words)
        self.day += not ahead
        return self.office.ref

    def tell(self, ref: str, *who: str) -> None:
        named = [word for one in who or ("Health visitor, NHS",) for word in ("--with", one)]
        how = ("--how", "by telephone", "--what", "Two of us go.")
        self.office.at(NOW + timedelta(days=self.day, minutes=-90))
        self.office.sam.done("share", ref, *named, *how)

    def open(self, *flags: str) -> list[tuple[str, list[str]]]:
        return [(one["ref"], one["left"]) for one in self.office.sam.done("share", "--json", *flags).json]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_six_visits_of_a_case_owe_one_duty_for_each_ground_and_recipient(case: Case) -> None:
    first = case.plan()
    for _ in range(5):
        case.plan()
    assert case.open() == [(first, ["Health visitor, NHS"])]
    case.office.at(NOW + timedelta(days=9))
    assert case.office.mo.done("share", "--overdue").out.count("An adult has been hostile") == 1
    pack = case.office.mo.done("export", "--case", "CF-1", "--format", "json").json
    assert [one["ref"] for one in pack["duties"]] == [first]
    case.tell(first)
    assert case.open() == []
    case.plan()
    assert case.open() == [], "nothing new has happened"
    assert "the same as in" in case.office.sam.done("share", case.office.ref).out
    first_screen = case.office.sam.done().out
    assert "others" not in first_screen
    report = case.office.mo.done("report", "--from", "1 November", "--to", "31 December", "--json").json
    figures = {line["id"]: line["value"] for one in report["sections"] for line in one["figures"]}
    assert figures["duties"] == 1


def test_a_duty_that_was_met_is_due_again_once_something_has_happened(case: Case) -> None:
    first = case.plan()
    case.tell(first)
    form = case.office.folder / "incident.yaml"
    form.write_text(INCIDENT.replace("others-at-risk: yes", "others-at-risk: no"), encoding="utf-8")
    lines = [line for line in form.read_text(encoding="utf-8").splitlines() if "others-who" not in line]
    form.write_text("\n".join(lines) + "\n", encoding="utf-8")
    case.office.at(NOW + timedelta(days=case.day, minutes=-30))
    case.office.sam.done("incident", first, "--answers", str(form), "--yes")
    again = case.plan(decided=False)
    case.office.mo.done(
        "review", again, "--decision", "countersign", "--reason", "Fine.", "--condition", "Go with Mo."
    )
    assert case.open() == [(again, ["Health visitor, NHS"])]


def test_somebody_new_is_told_and_who_was_told_is_not_told_again(case: Case) -> None:
    case.tell(case.plan())
    second = case.plan(recipients='["Health visitor, NHS", "Head teacher"]')
    assert case.open() == [(second, ["Head teacher"])]


def test_a_plan_that_nobody_decided_on_and_nobody_set_out_on_owes_nothing_yet(case: Case) -> None:
    ref = case.plan(decided=False)
    assert case.open() == []
    assert "not yet, for nobody has decided on this plan" in case.office.sam.done("share", ref).out
    case.office.at(NOW + timedelta(days=5))
    assert ref not in case.office.mo.done("share", "--overdue").out
    case.office.mo.run("review", ref, "--decision", "return", "--reason", "Say more.")
    assert case.open() == [(ref, ["Health visitor, NHS"])]
    assert ref not in case.office.mo.done("share", "--overdue").out, "its days are counted from then"


def test_plans_signed_before_a_duty_was_met_owe_it_no_more_either(case: Case) -> None:
    """Two plans wait for the manager at once; each raises the duty, and telling once is enough."""
    refs = [case.plan(decided=False, ahead=days) for days in (2, 4)]
    for ref in refs:
        case.office.mo.done("review", ref, "--decision", "countersign", "--reason", "Fine.")
    assert case.open() == [(refs[0], ["Health visitor, NHS"])]
    case.tell(refs[0])
    assert case.open() == []
    assert "Nothing is open" in case.office.mo.done("share").out


def test_what_is_open_is_on_the_first_screen_and_in_share_alone(case: Case) -> None:
    ref = case.plan()
    assert (
        f"others are to be told by 25 November 2026 (An adult has been hostile):  visitsafe share {ref}"
        in (case.office.sam.done().out)
    )
    shown = case.office.sam.done("share").out
    assert f"to Health visitor, NHS:  visitsafe share {ref} --duty 1" in shown
    assert "which plan" in case.office.sam.run("share", "--letter").err
