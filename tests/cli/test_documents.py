"""`visitsafe document` as people use it: a form, a list that says what is overdue, a page."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, QUIET, Office, Ran, Someone
from patience import LIMIT

AGREEMENT = """\
checklist: agreement
answers:
  not-acceptable: [shouting, animals]
  not-acceptable-own: "Filming us at the door."
  counts-told: yes
  follows: [office-only]
  still-seen: "The school nurse comes every two weeks."
  expect: [on-time, records]
  how-given: aloud
  gone-through-with: [mother]
  gone-through-on: today
  review: in 8 weeks
"""
RISKS = """\
checklist: risk-reduction
answers:
  risks: "Shouting, in the evenings."
  taking-part: ["Social worker, council"]
  cannot-work: no
  still-seen: "At school."
  action-1: "Two of us go."
  action-1-who: "Social worker, council"
  action-1-by: 30 November
  action-2: "Ring first."
  action-2-who: "Health visitor, NHS"
  review: 2026-12-21
"""
HOSTILE = "<b>x</b> [a](http://b) \\e]0;t\\a"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    office.countersigned(address='"14 Acacia Road, Salford M5 3EQ"')
    return office


def write(office: Office, kind: str, text: str, *words: str, who: str = "sam") -> Ran:
    path = office.folder / "form.yaml"
    path.write_text(text, encoding="utf-8")
    someone: Someone = getattr(office, who)
    return someone.run("document", kind, *(words or (office.ref,)), "--answers", str(path), "--yes")


def done(office: Office, kind: str, text: str, *words: str, who: str = "sam") -> Ran:
    ran = write(office, kind, text, *words, who=who)
    assert ran.code == 0, ran.err
    return ran


def documents(office: Office) -> list[Any]:
    found: list[Any] = office.mo.done("document", "list", "--case", "CF-1", "--json").json["documents"]
    return found


def page(office: Office, *words: str) -> str:
    return office.sam.done("document", "show", office.ref, *words).out


def test_the_agreement_is_a_page_for_the_family_without_the_address(office: Office) -> None:
    done(office, "agreement", AGREEMENT)
    shown = page(office)
    for text in (
        "- Shouting at us",
        "Filming us at the door",
        "- We meet you at our office only",
        "The school nurse comes every two weeks.",
        "You may complain about us",
        "by Monday 18 January 2027",
        "on Monday 23 November 2026. With: mother.",
        "You: name, signature, day",
    ):
        assert text in shown
    assert "Acacia" not in shown
    assert shown.index("salford-2011 3.10") > shown.index("signature")


@pytest.mark.parametrize("words", ["Filming us at 14 Acacia Rd.", "Nobody at M5 3EQ is to shout."])
def test_own_words_that_name_the_address_are_to_be_said_without_it_before_anything_is_signed(
    office: Office, words: str
) -> None:
    refused = write(office, "agreement", AGREEMENT.replace("Filming us at the door.", words))
    assert refused.code == 1
    assert "In your own words: it names the address" in refused.err
    assert "say it without the address" in refused.err
    assert documents(office) == []


def test_office_visits_only_are_weighed_against_seeing_the_child_at_home(office: Office) -> None:
    assert (
        "Weigh it against the need to see the child or adult at home"
        in done(office, "agreement", AGREEMENT).err
    )


def test_a_hard_sentence_is_pointed_out_and_signed_all_the_same(office: Office) -> None:
    hard = AGREEMENT.replace("Filming us at the door.", "Unacceptable behaviour towards professionals.")
    ran = done(office, "agreement", hard)
    assert "You can sign it all the same" in ran.err
    assert "professionals: perhaps workers" in ran.err
    assert "hard to read" not in done(office, "agreement", AGREEMENT, office.ref, "--another").err


def test_a_day_that_cannot_be_read_stops_a_file_and_says_what_to_write(office: Office) -> None:
    refused = write(office, "risk-reduction", RISKS.replace("30 November", "next Friday"))
    assert refused.code == 1
    assert "action-1-by: next Friday could be 27 November 2026 or 4 December 2026" in refused.err
    assert documents(office) == []


def test_days_are_signed_as_days_and_what_is_done_is_no_action_any_more(office: Office) -> None:
    done(office, "risk-reduction", RISKS)
    (one,) = documents(office)
    assert one["review"] == "2026-12-21"
    assert [(action["what"], action["by"]) for action in one["actions"]] == [
        ("Two of us go.", "2026-11-30"),
        ("Ring first.", None),
    ]
    new = "checklist: risk-reduction\nanswers:\n  action-1-by: done\n"
    done(office, "risk-reduction", new, office.ref, "--new-version")
    (one,) = documents(office)
    assert [action["what"] for action in one["actions"]] == ["Ring first."]
    shown = page(office)
    assert "## Done\n\n- Two of us go." in shown
    assert "Who: Health visitor, NHS" in shown


def test_a_new_version_begins_with_days_as_they_were_meant(office: Office) -> None:
    done(office, "agreement", AGREEMENT)
    office.at(NOW + timedelta(days=14))
    done(
        office,
        "agreement",
        "checklist: agreement\nanswers:\n  complain: Ring us.\n",
        office.ref,
        "--new-version",
    )
    (one,) = documents(office)
    assert one["review"] == "2027-01-18"
    assert "on Monday 23 November 2026. With: mother." in page(office)


def test_there_is_one_agreement_at_a_time_unless_somebody_wants_two(office: Office) -> None:
    done(office, "agreement", AGREEMENT)
    refused = write(office, "agreement", AGREEMENT)
    assert "there is a written agreement of this case already, by Sam" in refused.err
    assert "--new-version" in refused.err
    done(office, "agreement", AGREEMENT, "--case", "CF-1", "--another")
    assert len(documents(office)) == 2


def test_only_its_author_or_a_manager_replaces_a_document(office: Office) -> None:
    done(office, "risk-reduction", RISKS, who="mo")
    refused = write(office, "risk-reduction", RISKS, office.ref, "--new-version")
    assert "its author or a manager" in refused.err
    done(office, "risk-reduction", RISKS, office.ref, "--new-version", who="mo")
    assert len(documents(office)) == 1


def test_a_new_version_stands_with_the_plan_of_the_old_one(office: Office) -> None:
    done(office, "risk-reduction", RISKS)
    first = office.ref
    office.countersigned(start='"24 November 2026 10:00"', due_back='"11:30"')
    done(office, "risk-reduction", RISKS, "--case", "CF-1", "--new-version")
    assert [one["ref"] for one in documents(office)] == [first]
    done(office, "meeting", MEETING, "--case", "CF-1")
    assert {one["document"]: one["ref"] for one in documents(office)}["meeting"] == office.ref


MEETING = """\
checklist: meeting
answers:
  stage: held
  why-meet: "Three agencies were threatened."
  invited: ["Social worker, council"]
  parents-there: left-out
  why-left-out: "Nobody could speak openly."
  chair-asked: no
  telling-plan: no
"""


def test_a_meeting_without_a_plan_for_telling_the_family_is_pointed_out(office: Office) -> None:
    assert "Ask the chair" in done(office, "meeting", MEETING).err
    assert "no plan says what the family is told" in office.sam.done("document", "list", office.ref).out


def test_what_is_overdue_stands_in_the_list_and_before_managers(office: Office) -> None:
    done(office, "risk-reduction", RISKS)
    assert "Risk reduction plan" not in office.mo.done().out
    office.at(NOW + timedelta(days=9))
    listed = office.mo.done("document", "list", "--case", "CF-1").out
    assert "OVERDUE since Monday 30 November 2026" in listed
    assert "To be looked at again: by Monday 21 December 2026" in listed
    waiting = office.mo.done().out
    assert "Risk reduction plan: something is overdue since 30 November 2026" in waiting
    assert f"visitsafe document list {office.ref}" in waiting
    assert "Risk reduction plan" not in office.sam.done().out


def test_what_is_overdue_long_after_the_visit_is_still_said(office: Office) -> None:
    office.sam.done("withdraw", office.ref, "--reason", "Not needed.")
    done(office, "risk-reduction", RISKS)
    office.at(NOW + timedelta(days=60))
    assert "something is overdue since 30 November 2026" in office.mo.done().out


def test_the_actions_of_a_supervision_plan_come_back_in_the_next_plan(office: Office) -> None:
    text = """\
checklist: supervision-plan
answers:
  difficult: "He stands in the door."
  action-1: "Two of us go."
  action-1-who: "Sam and Nia"
  action-1-by: Friday
  before-next-visit: yes
"""
    done(office, "supervision", text)
    shape = office.plan(start='"24 November 2026 10:00"', due_back='"11:30"')
    assert any("Two of us go. (Sam and Nia, by 27 November)" in one["text"] for one in shape["findings"])


def test_a_duty_officer_writes_no_documents(office: Office) -> None:
    dee = office.duty()
    refused = dee.run("document", "agreement", office.ref)
    assert refused.code == 1
    assert "needs the role practitioner or manager" in refused.err


@pytest.mark.parametrize("words", [(), ("CF-1", "--case", "CF-1"), ("--case", "nobody's")])
def test_a_case_that_is_not_named_or_not_there_is_said(office: Office, words: tuple[str, ...]) -> None:
    refused = office.sam.run("document", "list", *words)
    assert refused.code != 0
    assert "hint" in refused.err


def test_which_of_several_documents_has_to_be_said(office: Office) -> None:
    assert "no such document" in office.sam.run("document", "show", office.ref).err
    done(office, "agreement", AGREEMENT)
    done(office, "meeting", MEETING)
    assert "there are 2 documents" in office.sam.run("document", "show", office.ref).err
    assert "# How we work together" in page(office, "--document", "agreement")
    titles = {page(office, "--number", number).split("\n")[0] for number in ("1", "2")}
    assert titles == {"# How we work together", "# Professionals' meeting: case CF-1"}
    assert "# Professionals' meeting" in page(office, "--document", "meeting")


def test_what_somebody_typed_is_text_on_every_page(office: Office) -> None:
    done(office, "agreement", AGREEMENT.replace("Filming us at the door.", HOSTILE))
    done(
        office,
        "risk-reduction",
        RISKS.replace("Shouting, in the evenings.", HOSTILE).replace("Ring first.", HOSTILE),
    )
    for kind in ("agreement", "risk-reduction"):
        html = page(office, "--document", kind, "--format", "html")
        assert "&lt;b&gt;" in html
        assert "<b>" not in html
        assert "<a " not in html
    assert "\x1b" not in office.mo.done("document", "list", office.ref).out


def test_the_familys_page_has_larger_type_than_the_others(office: Office) -> None:
    done(office, "agreement", AGREEMENT)
    done(office, "meeting", MEETING)
    family, staff = (
        page(office, "--document", kind, "--format", "html") for kind in ("agreement", "meeting")
    )
    assert "font-size: 12pt" in family
    assert "font-size: 12pt" not in staff


def test_an_agencys_own_form_may_leave_nearly_everything_out(office: Office) -> None:
    own = office.folder / "own"
    own.mkdir()
    (own / "agreement.yaml").write_text(
        'format: 1\nkind: form\nid: agreement\nversion: "1.0"\ntitle: "Ours"\nabout: "Ours."\nsections:\n'
        '  - id: one\n    title: "One"\n    questions:\n      - id: word\n        label: "Word"\n'
        '        ask: "What?"\n'
        '        why: "Because."\n        answer: text\n        source:\n'
        '          - {document: "salford-2011", paragraph: "3.10"}\n',
        encoding="utf-8",
    )
    file = office.folder / "own.yaml"
    file.write_text('checklist: agreement\nanswers:\n  word: "Hello."\n', encoding="utf-8")
    ran = office.sam.run(
        "document", "agreement", office.ref, "--answers", str(file), "--yes", VISITSAFE_CHECKLISTS=str(own)
    )
    assert ran.code == 0, ran.err
    assert "# How we work together" in page(office)
    assert documents(office)[0]["review"] is None


def at_terminal(office: Office, *words: str) -> Any:
    line = ["-m", "visitsafe", *words, "--plain"]
    env = {**os.environ, **office.sam.environ}
    return pexpect.spawn(sys.executable, line, env=env, dimensions=(60, 100), encoding="utf-8", timeout=LIMIT)


def answer(child: Any, *lines: str) -> None:
    """Type each line when a question is there: a prompt ends in a colon and a space."""
    for line in lines:
        child.expect(r": $")
        child.sendline(line)


def test_at_a_terminal_a_day_is_asked_again_and_read_back_and_can_still_be_changed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    office.sam.now = office.mo.now = now
    office.open()
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        QUIET.replace("23 November 2026", f"{now + timedelta(days=2):%d %B %Y}"), encoding="utf-8"
    )
    office.ref = office.sam.done("plan", "--answers", str(plan), "--yes").out.split()[0]
    child = at_terminal(office, "document", "supervision", office.ref)
    answer(child, "He stands in the door.", "", "", "Two of us go.", "Sam", "next Friday", "")
    answer(child, "", "", "y", "", "ok", "sign", "in 2 weeks")
    child.expect("Before it is signed")
    answer(child, "2")
    child.expect(pexpect.EOF)
    child.close()
    assert documents(office) == []
    child = at_terminal(office, "document", "supervision", office.ref)
    answer(child, "1", "sign", "in 2 weeks", "1")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    (one,) = documents(office)
    in_two_weeks = now.astimezone(ZoneInfo("Europe/London")) + timedelta(days=14)
    assert [action["by"] for action in one["actions"]] == [f"{in_two_weeks:%Y-%m-%d}"]
    assert not list((office.sam.home / "drafts").glob("**/*.json"))


def test_a_document_is_found_in_whatever_spelling_its_case_has(office: Office) -> None:
    case = office.show()["visit"]["case"]
    assert done(office, "agreement", AGREEMENT).code == 0
    office.plan(case=f'"{case.lower()}"')
    for spelling in (case, case.lower()):
        listed = office.sam.done("document", "list", "--case", spelling, "--json").json["documents"]
        assert [one["document"] for one in listed] == ["agreement"], spelling
    again = write(office, "agreement", AGREEMENT, "--case", case.lower())
    assert again.code == 1
    assert "--new-version" in again.err


@pytest.mark.parametrize("day", ["20 November", "1 October", "1/6"])
def test_a_day_that_has_passed_is_not_signed_as_next_years(office: Office, day: str) -> None:
    refused = write(office, "risk-reduction", RISKS.replace("30 November", day))
    assert refused.code == 1
    assert "action-1-by: that day has passed; if you mean" in refused.err
    assert "2027, add the year" in refused.err
    assert documents(office) == []


def test_a_day_from_a_file_is_said_as_it_was_understood(office: Office) -> None:
    said = done(office, "risk-reduction", RISKS.replace("30 November", "1 March")).err
    assert "understood as By when: Monday 1 March 2027" in said or "Monday 1 March 2027" in said
