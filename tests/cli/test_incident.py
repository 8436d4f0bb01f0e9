"""`visitsafe incident` as people use it: first what to do, then the form, then what happens now."""

import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office
from patience import LIMIT, until
from servers import MailServer
from visitsafe.checklists.library import shipped_folder
from watch_process import Watch, entries, settings

SECRET = "He threw a cup at Jordan."
FORM = f"""\
checklist: incident
answers:
  near-miss: no
  behaviours: [shouting, throwing]
  hurt: no
  seen-and-heard: "{SECRET}"
  others-at-risk: no
"""
STEPS = ("keep calm", "stay or leave", "Ring your manager", "write down what happened")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    office.countersigned()
    return office.at(NOW + timedelta(hours=4))


def form(office: Office, text: str = FORM) -> str:
    path = office.folder / "incident.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def record(office: Office, *words: str, text: str = FORM, who: str = "sam") -> Any:
    someone = getattr(office, who)
    return someone.done("incident", office.ref, "--answers", form(office, text), "--yes", *words)


def test_what_to_do_first_is_said_before_anything_is_asked(office: Office) -> None:
    ran = office.sam.run("incident", office.ref)
    assert ran.code != 0
    places = [ran.err.index(step) for step in STEPS]
    assert places == sorted(places)
    assert places[-1] < ran.err.index("--print-answers")


def test_a_list_of_steps_that_is_broken_holds_nobody_up(office: Office) -> None:
    own = office.folder / "own"
    own.mkdir()
    (own / "should-not.yaml").write_text("format: 1\nkind: should-not\nid: should-not\n", encoding="utf-8")
    ran = office.sam.run("incident", office.ref, VISITSAFE_CHECKLISTS=str(own))
    assert "dial 999" in ran.err


def test_it_is_recorded_from_a_file_and_says_what_happens_now(office: Office) -> None:
    ran = record(office)
    for said in ("What happens now", "visitsafe debrief", "--correct", "ring your manager"):
        assert said in ran.out
    assert "RIDDOR" not in ran.out
    (body,) = entries(office, "incident")
    assert body["behaviours"] == ["shouting", "throwing"]
    assert {"id": "hurt", "answer": "no"}.items() <= {one["id"]: one for one in body["shown"]}["hurt"].items()


def test_the_printed_answers_file_can_be_filled_in_and_signed(office: Office) -> None:
    printed = office.sam.done("incident", office.ref, "--print-answers").out
    filled = printed.replace("  near-miss:", "  near-miss: yes").replace(
        "  others-at-risk:", "  others-at-risk: not sure"
    )
    shape = record(office, "--json", text=filled).json
    assert (shape["near_miss"], shape["hurt"]) == (True, "no")
    assert [duty["trigger"] for duty in shape["sharing"]] == ["incident-alert"]


def test_hurt_brings_the_days_of_the_law_counted_from_when_it_happened(office: Office) -> None:
    ran = record(office, "--happened", "11:15", text=FORM.replace("hurt: no", "hurt: yes"))
    assert "Thursday 3 December 2026" in ran.out
    assert "Check with your health and safety lead" in ran.out
    assert entries(office, "incident")[0]["happened"] == "2026-11-23T11:15:00Z"


def test_an_agencys_own_question_means_what_its_form_says_it_means(office: Office) -> None:
    own = office.folder / "own"
    own.mkdir()
    shipped = (shipped_folder() / "incident.yaml").read_text(encoding="utf-8")
    text = shipped.replace("id: hurt\n", "id: any-injury\n        means: hurt\n").replace(
        "{hurt:", "{any-injury:"
    )
    (own / "incident.yaml").write_text(text.replace(" hurt:", " any-injury:"), encoding="utf-8")
    here = {"VISITSAFE_CHECKLISTS": str(own)}
    said = FORM.replace("hurt: no", "any-injury: yes")
    words = ("incident", office.ref, "--answers", form(office, said), "--yes")
    ran = office.sam.done(*words, **here)
    assert "because somebody was hurt" in ran.out
    (body,) = entries(office, "incident")
    assert (body["hurt"], body["answers"]["hurt"]) == ("yes", "yes")
    short = form(office, "checklist: incident\nanswers:\n  police: told\n")
    ran = office.sam.done("incident", office.ref, "--correct", "--answers", short, "--yes", "--json", **here)
    assert "Anybody hurt: yes" in ran.err
    assert ran.json["hurt"] == "yes"


def test_what_lies_ahead_has_not_happened(office: Office) -> None:
    ran = office.sam.run("incident", office.ref, "--happened", "tomorrow 11:15")
    assert ran.code == 2
    assert "--happened" in ran.err


@pytest.mark.parametrize(
    "words", [("--for", "Sam"), ("--known-by", "the voice"), ("--for", "Sam", "--known-by", "  ")]
)
def test_whose_word_it_is_goes_with_how_that_was_known(office: Office, words: tuple[str, ...]) -> None:
    ran = office.mo.run("incident", office.ref, *words)
    assert ran.code == 2
    assert not entries(office, "incident")


def test_a_near_miss_on_the_telephone_is_signed_by_who_took_the_call(office: Office) -> None:
    text = FORM.replace("  near-miss: no\n", "").replace("  hurt: no\n", "")
    words = ("--near-miss", "--for", "Sam", "--known-by", "rang on the work phone")
    record(office, *words, text=text, who="mo")
    (body,) = entries(office, "incident")
    assert body["near_miss"]
    assert body["heard"]["known_by"] == "rang on the work phone"


def test_a_correction_needs_only_what_is_new_and_the_earlier_one_stays(office: Office) -> None:
    record(office)
    text = "checklist: incident\nanswers:\n  police: told\n  police-reference: CR-77\n"
    shape = record(office, "--correct", "--json", text=text).json
    assert shape["incidents"] == 1
    old, new = entries(office, "incident")
    assert new["answers"]["seen-and-heard"] == old["answers"]["seen-and-heard"] == SECRET
    assert new["answers"]["police-reference"] == "CR-77"
    assert new["happened"] == "2026-11-23T12:00:00Z"


def test_there_is_nothing_to_correct_before_it_was_recorded(office: Office) -> None:
    ran = office.sam.run("incident", office.ref, "--correct", "--answers", form(office), "--yes")
    assert ran.code == 1
    assert "leave out --correct" in ran.err


def test_managers_see_it_in_what_is_waiting_until_it_was_talked_over_and_the_worker_does_not_see_that_line(
    office: Office,
) -> None:
    record(office)
    line = f"{office.ref}: incident on the visit of Sam, recorded by Sam, not talked over yet"
    assert line in office.mo.done().out
    assert SECRET not in office.mo.done().out
    assert line not in office.sam.done().out


def test_a_refused_plan_and_a_closed_visit_take_one_too(office: Office) -> None:
    office.at(NOW)
    office.plan(case='"CF-2"')
    words = ("--decision", "refuse", "--reason", "Too risky.", "--instead", "At school.")
    office.mo.done("review", office.ref, *words)
    record(office)
    assert office.ref in office.mo.done().out


def test_what_was_corrected_is_still_shown_in_full_wherever_the_correction_is(office: Office) -> None:
    record(office, text=FORM.replace("hurt: no", "hurt: yes").replace("risk: no", "risk: yes"))
    mild = FORM.replace(SECRET, "Nothing much.").replace("[shouting, throwing]", "[shouting]")
    record(office, "--correct", text=mild)
    shown = office.mo.done("show", office.ref, "--json").json["after"]["incidents"][0]["before"]
    assert [(one["hurt"], one["answers"]["seen-and-heard"]) for one in shown] == [("yes", SECRET)]
    page, pack = office.folder / "page.md", office.folder / "pack.md"
    office.mo.done("export", office.ref, "--format", "md", "--out", str(page))
    office.mo.done("export", "--case", "CF-1", "--format", "md", "--out", str(pack))
    for text in (office.mo.done("show", office.ref).out, page.read_text("utf-8"), pack.read_text("utf-8")):
        assert "Corrected; it said before" in text
        assert SECRET in " ".join(text.replace("\\", "").split())
    assert "Alert the others at once" in office.mo.done("share", office.ref).out


def test_what_is_to_be_told_at_once_is_due_now_on_every_page(office: Office) -> None:
    """It became a duty this morning; that it is late from tomorrow on is only the latest."""
    record(office, text=FORM.replace("risk: no", "risk: yes"))
    page = office.mo.done("export", office.ref).out
    pack = office.mo.done("export", "--case", "CF-1").out
    pages = (
        office.mo.done("share", office.ref).out,
        page,
        pack,
        office.sam.done().out,
        office.mo.done("share").out,
    )
    for text in pages:
        plain = " ".join(text.replace("*", "").replace("\\", "").split())
        assert re.search(r"\b[Nn]ow, and by (Tuesday )?24 November 2026 at the latest", plain), plain


def test_a_correction_says_whether_anybody_is_told_again(office: Office) -> None:
    record(office)
    more = "checklist: incident\nanswers:\n  police: told\n"
    assert "who was told of it is not told again" in record(office, "--correct", text=more).out
    worse = "checklist: incident\nanswers:\n  hurt: yes\n"
    assert "told again" not in record(office, "--correct", text=worse).out


def test_a_draft_of_another_incident_is_not_gone_on_with_as_a_correction(office: Office) -> None:
    record(office)

    def begun(*words: str) -> bool:
        command = ["-m", "visitsafe", "incident", office.ref, "--plain", *words]
        own: Any = {**os.environ, **office.sam.environ}
        child = pexpect.spawn(sys.executable, command, env=own, encoding="utf-8", timeout=LIMIT)
        child.expect(r"more\): $")  # a prompt, and not the beginning of a remark
        said = str(child.before)
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        return "You began this before" in said

    assert [begun(), begun(), begun("--correct"), begun("--correct")] == [False, True, False, True]


def test_who_is_not_all_right_gets_a_number_before_the_next_question(office: Office) -> None:
    office.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    command = ["-m", "visitsafe", "incident", office.ref, "--plain"]
    own: Any = {**os.environ, **office.sam.environ}
    child = pexpect.spawn(sys.executable, command, env=own, encoding="utf-8", timeout=LIMIT)
    child.expect(r"more\): $")
    child.sendline("3")  # not all right, or not sure
    child.expect(r"more\): $")
    said = " ".join(str(child.before).split())
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    places = [
        said.index(one) for one in ("999", "ring your manager", "duty desk: 0161 496 0000", "near miss")
    ]
    assert places == sorted(places)


def test_a_flood_of_incidents_is_ten_lines_at_home(office: Office) -> None:
    for number in range(12):
        record(office, text=FORM.replace(SECRET, f"Number {number}."))
    said = office.mo.done().out
    assert said.count("recorded by Sam, not talked over yet") == 10
    assert "and 2 more incidents" in said


def test_with_duress_on_the_record_the_worker_is_answered_word_for_word_the_same(tmp_path: Path) -> None:
    said = []
    for number, spoken in enumerate(((), ("--duress",))):
        folder = tmp_path / str(number)
        folder.mkdir()
        office = Office(folder).open()
        dee = office.duty()
        office.countersigned()
        office.at(NOW + timedelta(hours=2))
        dee.now = NOW + timedelta(hours=2)
        office.sam.done("depart", office.ref)
        dee.done("ok", office.ref, "--for", "Sam", "--known-by", "the voice", *spoken)
        ran = record(office)
        said.append((ran.out + ran.err).replace(office.ref, "REF"))
    assert said[0] == said[1]


def test_the_real_watch_tells_the_managers_once_and_nothing_of_what_happened(tmp_path: Path) -> None:
    office = Office(tmp_path)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    office.at(now - timedelta(hours=4)).open()
    start, due = now - timedelta(hours=3), now + timedelta(hours=1)
    office.countersigned(
        start=f'"{start:%d %B %Y %H:%M} UTC"', due_back=f'"{due:%d %B %Y %H:%M} UTC"', how_seen='"Playing."'
    )
    office.at(start)
    office.sam.done("depart", office.ref)
    office.at(now)
    office.sam.done("back", office.ref)
    screen = tmp_path / "screen.txt"
    screen.touch()
    with MailServer() as mail:
        settings(office.mo, mail)
        watch = Watch(office.mo, screen, "--every", "1")
        watch.says("watched")  # from its first heartbeat on, the answer tells of it
        office.at(datetime.now(UTC).replace(microsecond=0))  # its heartbeat is by the real clock
        ran = record(office)
        mail.wait_for(1)
        watch.kill()
        again = Watch(office.mo, screen, "--every", "1")
        until(lambda: entries(office, "notified"), "a message on the record", so_far=screen.read_text)
        again.end()
        got = [(one.subject, one.body) for one in mail.mails]
    assert "The watch sends them a message too" in ran.out
    assert len(got) in {1, 2}  # killed between sending and writing it down, it says it once more
    subject, body = got[0]
    assert "incident recorded" in subject
    assert "speak to Sam yourself" in body
    assert all(word not in f"{subject} {body}" for word in (SECRET, "shouting", "CF-1"))
    assert "INCIDENT" in screen.read_text(encoding="utf-8")


def test_without_a_reference_the_steps_are_shown_first_also_where_no_visit_is_found(office: Office) -> None:
    ran = office.mo.run("incident")
    assert ran.code == 1
    assert ran.err.index("In danger, leave and dial 999") < ran.err.index("no visit under way")
    wrong = office.mo.run("incident", "AAAA-AA")
    assert "In danger, leave and dial 999" in wrong.err


def test_without_a_reference_it_is_about_my_visit_under_way(office: Office) -> None:
    office.at(NOW)
    office.countersigned(start='"23 November 2026 08:30"', due_back='"10:00"')
    office.sam.done("depart", office.ref)
    shape = office.sam.done("incident", "--answers", form(office), "--yes", "--json").json
    assert shape["ref"] == office.ref


def test_who_was_quoted_corrects_what_was_written_down_for_them(office: Office) -> None:
    record(office, "--for", "Sam", "--known-by", "rang on the work phone", who="mo")
    text = "checklist: incident\nanswers:\n  hurt: not-sure\n"
    ran = record(office, "--correct", "--json", text=text)
    assert "as it was before, for the file does not say: What was seen and heard" in ran.err
    old, new = entries(office, "incident")
    assert (new["hurt"], new["heard"], old["heard"]["known_by"]) == (
        "not-sure",
        None,
        "rang on the work phone",
    )
    assert ran.json["incidents"] == 1
    assert office.mo.done("verify").code == 0
    assert "nothing" not in office.mo.done("show", office.ref).err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("31 February", "there is no 31 February; check the date"),
        ("31/2", "there is no 31 February; check the date"),
        ("29 February 2027", "there is no 29 February in 2027; check the date"),
        ("25:00", "25:00 is no time of day\n"),
        ("20 November", "this names a day but no time"),
    ],
)
def test_a_day_or_time_that_there_is_not_is_refused_in_one_sentence(
    office: Office, typed: str, said: str
) -> None:
    ran = office.sam.run("incident", office.ref, "--happened", typed, "--answers", form(office), "--yes")
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("type it like") <= 1
    assert not entries(office, "incident")


def test_a_day_without_a_year_is_the_last_such_day(office: Office) -> None:
    words = ("incident", office.ref, "--happened", "20 Nov 15:30", "--answers", form(office), "--yes")
    assert office.sam.done(*words, "--json").json["happened"] == "2026-11-20T15:30:00Z"
