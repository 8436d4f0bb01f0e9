"""The real command at a real terminal: first run, a whole plan, stopping and going on, a manager's talk."""

import json
import os
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office, Someone
from patience import LIMIT

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"
FACTS = [
    "CF-7",
    "tomorrow 10:00",
    "y",
    "tomorrow 11:00",
    "y",
    "Ordsall",
    "",
    "Talk about nursery.",
    "Playing.",
]
"""Case, start and its yes, due back and its yes, area, no address, purpose, how seen."""


@pytest.fixture
def today(tmp_path: Path) -> Office:
    """A team founded a moment ago: the real command has the real clock."""
    office = Office(tmp_path)
    office.sam.now = office.mo.now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    return office.open()


def at_terminal(someone: Someone, *words: str, **environ: str) -> Any:
    """Run the command in a terminal of its own, in plain lines."""
    env = {**os.environ, **someone.environ, "ACCESSIBLE": "1", **environ}
    return pexpect.spawn(COMMAND, list(words), env=env, dimensions=(40, 80), encoding="utf-8", timeout=LIMIT)


def answer(child: Any, *lines: str) -> None:
    """Type each line when a question is there: a prompt ends in a colon and a space."""
    for line in lines:
        child.expect(r": $")
        child.sendline(line)


def ended(child: Any) -> tuple[int, str]:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before


def test_the_first_run_asks_who_you_are_and_goes_on_to_the_plan(tmp_path: Path) -> None:
    new = Someone("new", tmp_path / "home", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    child = at_terminal(new, "plan")
    answer(child, "Sam Carter", "sam@salford.example", "", "Family support", "1 2", "Manchester")
    child.expect("Which case is it")
    answer(child, ":q")
    code, text = ended(child)
    assert code == 130
    assert "visitsafe plan --resume" in text
    assert (tmp_path / "home" / "keys" / "id_ed25519").stat().st_mode & 0o777 == 0o600
    assert "Family support" in new.done("team", "list").out


def test_a_plan_that_is_stopped_goes_on_where_it_was(today: Office) -> None:
    child = at_terminal(today.sam, "plan")
    answer(child, *FACTS[:6])
    child.expect("What is the address")
    child.expect(r": $")
    child.kill(9)
    child.close()
    child = at_terminal(today.sam, "plan", "--resume")
    child.expect("What is the address")
    answer(child, *FACTS[6:])
    child.expect("Will it be light")
    answer(child, "q")
    code, _ = ended(child)
    assert code == 130
    assert "--resume" in today.sam.done().out


def test_a_draft_whose_start_has_come_goes_on_as_an_urgent_one(today: Office) -> None:
    child = at_terminal(today.sam, "plan")
    answer(child, FACTS[0], "now")
    child.expect("the start has passed")
    child.expect("--urgent")
    answer(child, ":q")
    assert ended(child)[0] == 130
    child = at_terminal(today.sam, "plan", "--resume", "--urgent", "--reason", "Screams were heard.")
    answer(child, "now", "y")
    child.expect("90 minutes after the start")
    answer(child, ":q")
    assert ended(child)[0] == 130


def unlock(child: Any, *passphrases: str) -> None:
    for words in passphrases:
        child.expect("Passphrase of your key: $")
        child.sendline(words)


def whole_plan(child: Any, *passphrases: str) -> tuple[int, str]:
    """Answer every question of a routine visit, and sign."""
    answer(child, *FACTS, "y", "n n n n y", "y y y", "none", "1", "none", "Near the door.", "y y y y")
    answer(child, "n n n n n n", "y")
    child.expect("Is everything right")
    answer(child, "ok")
    child.expect("By signing you say")
    answer(child, "sign")
    unlock(child, *passphrases)
    return ended(child)


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_whole_plan_can_be_signed_in_plain_lines(today: Office, term: str) -> None:
    code, text = whole_plan(at_terminal(today.sam, "plan", TERM=term))
    assert code == 0, text
    assert "is signed" in text
    assert "\x1b" not in text
    (row,) = today.mo.done("list", "--json").json
    assert (row["status"], row["case"]) == ("awaiting", "CF-7")
    assert list((today.sam.home / "drafts").glob("*.json")) == []


def test_a_manager_decides_at_the_terminal(today: Office) -> None:
    today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"', phone="no")
    child = at_terminal(today.mo, "review")
    child.expect("What is worrying")
    answer(child, "1", "The duty phone is free.", " ; ; ", "Take the duty phone; Ring me at noon", "1")
    code, text = ended(child)
    assert (code, "is countersigned" in text) == (0, True), text
    assert today.show()["decision"]["conditions"] == ["Take the duty phone", "Ring me at noon"]


def test_a_manager_is_told_of_an_incident_that_came_after_the_signature(today: Office) -> None:
    first = today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')["ref"]
    later = today.plan(start='"tomorrow 14:00"', due_back='"tomorrow 15:00"')["ref"]
    form = today.folder / "incident.yaml"
    lines = ("near-miss: no", "behaviours: [physical-violence]", "hurt: yes", "seen-and-heard: 'A cup.'")
    form.write_text("checklist: incident\nanswers:\n" + "".join(f"  {line}\n" for line in lines))
    form.write_text(form.read_text() + "  others-at-risk: no\n")
    today.sam.done("incident", first, "--answers", str(form), "--yes")
    child = at_terminal(today.mo, "review", later)
    child.expect(r"What is worrying[^\r\n]*\r\n  - [^:\r\n]*: there was an incident: Physical")
    answer(child, ":q")
    ended(child)


def test_a_slip_in_the_e_mail_costs_only_the_e_mail(tmp_path: Path) -> None:
    new = Someone("new", tmp_path / "home", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    child = at_terminal(new, "plan")
    answer(child, "Sam Carter", "sam at salford")
    child.expect("is not an e-mail address")
    answer(child, "sam@salford.example")
    child.expect("Passphrase")
    answer(child, "", "Family support", "1", "Manchester")
    child.expect("Which case is it")
    answer(child, ":q")
    ended(child)
    assert "Sam Carter <sam@salford.example>" in new.done("key", "show").out


@pytest.mark.parametrize(("given", "added"), [("y", True), ("n", False)])
def test_an_admin_is_asked_about_the_fingerprint_before_anybody_is_added(
    today: Office,
    given: str,
    added: bool,
) -> None:
    eve = today.person("eve")
    today.key(eve)
    line = eve.done("team", "join").out.strip()
    child = at_terminal(today.mo, "team", "add", line, "--role", "practitioner", COLUMNS="200")
    child.expect(eve.done("key", "show").out.splitlines()[1].replace("+", r"\+"))
    answer(child, "perhaps", given)
    code, _ = ended(child)
    assert (code == 0) == added
    assert ("Eve <" in today.mo.done("team", "list").out) == added


def test_messages_break_between_words_and_what_is_copied_never(today: Office) -> None:
    env = {**os.environ, **today.sam.environ, "COLUMNS": "30"}
    narrow: dict[str, Any] = {"env": env, "dimensions": (40, 30), "encoding": "utf-8", "timeout": LIMIT}
    child = pexpect.spawn(COMMAND, ["verify"], **narrow)
    _, text = ended(child)
    lines = text.replace("\r\n", "\n").splitlines()
    assert max(len(line) for line in lines if "SHA256:" not in line) < 30
    assert "who had seen what when they signed" in " ".join(" ".join(lines).split())
    child = pexpect.spawn(COMMAND, ["team", "join"], **narrow)
    _, text = ended(child)
    assert any(line.startswith("visitsafe-join-1.") and len(line) > 300 for line in text.split("\r\n"))


def test_a_returned_plan_shows_the_reason_and_its_draft_is_offered_again_or_thrown_away(
    today: Office,
) -> None:
    ref = today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"', phone="no")["ref"]
    today.mo.done("review", ref, "--decision", "return", "--reason", "Take the duty phone.")
    child = at_terminal(today.sam, "plan", "--revise", ref)
    child.expect("Returned by .*: Take the duty phone.")
    answer(child, "q")
    assert ended(child)[0] == 130
    child = at_terminal(today.sam, "plan", "--revise", ref)
    child.expect(rf"Go on with the new version of\s+{ref}")
    child.expect(r"last\s+changed")
    answer(child, "3")
    child.expect("cannot be got back")
    answer(child, "1")
    child.expect("Returned by .*: Take the duty phone.")
    answer(child, "q")
    assert ended(child)[0] == 130
    assert len(list((today.sam.home / "drafts").glob("*.json"))) == 1


def test_the_draft_of_a_new_version_that_outlived_its_signature_makes_no_second_one(today: Office) -> None:
    ref = today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')["ref"]
    child = at_terminal(today.sam, "plan", "--revise", ref)
    child.expect("has changed, go on")
    answer(child, "ok")
    child.expect("Sign|sign")
    child.expect(r": $")
    (draft,) = (today.sam.home / "drafts").glob("*.json")
    left = draft.read_bytes()
    child.sendline("sign")
    assert ended(child)[0] == 0
    assert not draft.exists()
    draft.write_bytes(left)  # as if it had been killed before it threw the draft away
    child = at_terminal(today.sam, "plan", "--resume")
    code, text = ended(child)
    assert (code, "This draft was signed before visitsafe stopped." in text) == (0, True)
    assert not draft.exists()
    assert len(today.sam.done("show", ref, "--json").json["entries"]) == 2


def test_a_mistyped_passphrase_is_asked_for_again_and_costs_no_draft(today: Office, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("right")
    nia = today.person("nia")
    nia.now = today.mo.now
    locked = {"VISITSAFE_PASSPHRASE_FILE": str(tmp_path / "words")}
    nia.done("key", "new", "--name", "Nia", "--email", "nia@salford.example", **locked)
    today.mo.done("team", "add", nia.done("team", "join", **locked).out.strip(), "--role", "practitioner")
    code, text = whole_plan(at_terminal(nia, "plan"), "wrong", "wrong", "wrong")
    assert (code, "your draft is kept" in " ".join(text.split())) == (1, True), text
    child = at_terminal(nia, "plan", "--resume")
    child.expect("Case reference: CF-7")
    answer(child, "sign")
    unlock(child, "wrong", "right")
    assert ended(child)[0] == 0


def test_no_sentence_of_the_wizard_names_a_flag_that_cannot_be_given_there(today: Office) -> None:
    child = at_terminal(today.sam, "plan")
    answer(child, "CF-7", "yesterday 16:00", "now")
    child.expect("Not accepted: the start has passed; type a time that is still to come.")
    child.expect(r"run:\s+visitsafe\s+plan\s+--resume\s+--urgent")
    answer(child, "q")
    ended(child)
    child = at_terminal(today.sam, "plan", "--resume", "--urgent", "--reason", "The child rang.")
    answer(child, "now", "y", "in 2 hours", "y", ":q")
    assert ended(child)[0] == 130


def test_a_passphrase_is_asked_for_as_often_everywhere_and_before_what_it_could_lose(
    today: Office, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("right")
    nia, locked = today.person("nia"), {"VISITSAFE_PASSPHRASE_FILE": str(tmp_path / "words")}
    nia.now = today.mo.now
    nia.done("key", "new", "--name", "Nia", "--email", "nia@salford.example", **locked)
    line = nia.done("team", "join", **locked).out.strip()
    today.mo.done("team", "add", line, "--role", "manager", "--role", "practitioner")
    today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    child = at_terminal(nia, "review")
    unlock(child, "wrong", "wrong", "right")  # and only then is anything typed
    answer(child, "1", "She knows them well.", "1")
    assert ended(child)[0] == 0
    assert today.show()["decision"]["rationale"] == "She knows them well."
    answers = today.answers(start='"tomorrow 14:00"', due_back='"tomorrow 15:00"')
    for words in (("details", "--set", "mobile=07700 900123"), ("plan", "--answers", answers, "--yes")):
        child = at_terminal(nia, *words)
        unlock(child, "wrong", "wrong", "wrong")
        code, text = ended(child)
        assert (code, "does not open" in " ".join(text.split())) == (1, True), text


def test_going_back_in_a_review_keeps_what_was_typed(today: Office) -> None:
    today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    child = at_terminal(today.mo, "review")
    answer(child, "1", "She knows them well.", "2")
    child.expect("So far: She knows them well.")
    answer(child, "", "1")
    assert ended(child)[0] == 0
    assert today.show()["decision"]["rationale"] == "She knows them well."


def test_whose_refusal_is_overruled_is_said_before_it_is_signed(today: Office) -> None:
    nia = today.join(today.person("nia"), "manager")
    today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    refusal = ("--decision", "refuse", "--reason", "Not alone.", "--instead", "At school.")
    nia.done("review", today.ref, *refusal)
    child = at_terminal(today.mo, "review", today.ref)
    answer(child, "1", "She knows them well.")
    child.expect("you overrule another manager:")
    child.expect('Nia refused it: "Not alone."')
    answer(child, "1")
    assert ended(child)[0] == 0
    assert today.show()["status"] == "countersigned"


def test_who_refused_meanwhile_is_named_when_a_countersignature_does_not_stand(today: Office) -> None:
    nia = today.join(today.person("nia"), "manager")
    today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    child = at_terminal(today.mo, "review", today.ref)
    answer(child, "1", "She knows them well.")
    child.expect("Sign this decision")
    refusal = ("--decision", "refuse", "--reason", "Not alone.", "--instead", "At school.")
    nia.done("review", today.ref, *refusal)
    answer(child, "1")
    code, text = ended(child)
    said = " ".join(text.split())
    assert code == 0
    assert 'does not stand: Nia refused it: "Not alone."' in said
    assert f"{today.ref} is refused" in said


def test_each_visit_of_who_leaves_is_asked_about_before_anything_is_signed(today: Office) -> None:
    nia = today.join(today.person("nia"), "practitioner")
    days = [f"{today.sam.now + timedelta(days=number):%d %B %Y}" for number in (1, 2, 3)]
    refs = [today.plan(start=f'"{day} 10:00"', due_back=f'"{day} 11:00"')["ref"] for day in days]
    child = at_terminal(today.mo, "team", "leave", "Sam")
    for said in (("1",), ("2", "Sam", "Nia"), ("3",)):
        answer(child, *said)
    child.expect(r"Revoke the keys of Sam\? \(y/n\): $")
    child.sendline("n")
    assert ended(child)[0] == 130
    assert today.mo.done("list", "--json").json[0]["author"]["name"] == "Sam"
    assert "Sam <sam@salford.example>" in today.mo.done("team", "list").out
    child = at_terminal(today.mo, "team", "leave", "Sam")
    answer(child, "1", "2", "Nia", "3")
    child.expect(r"\(y/n\): $")
    child.sendline("y")
    code, text = ended(child)
    words = " ".join(text.split())
    assert code == 0, text
    assert words.count("is closed: not made") == 1
    assert words.count("is handed to Nia") == 1
    assert words.count("is open; a manager closes it") == 1
    status = {one["ref"]: one["status"] for one in nia.done("list", "--all", "--json").json}
    assert sorted(status[ref] for ref in refs) == ["awaiting", "withdrawn", "withdrawn"]


def test_a_move_is_asked_about_and_no_moves_nothing(today: Office, tmp_path: Path) -> None:
    new = f"sqlite:///{tmp_path}/new.db"
    for said, code in (("n", 130), ("y", 0)):
        child = at_terminal(today.mo, "store", "move", new)
        child.expect(r"\(y/n\): $")
        child.sendline(said)
        assert ended(child)[0] == code
        assert (tmp_path / "new.db").exists() == (code == 0)


def test_a_duty_to_share_is_picked_by_the_number_that_the_list_gives_it(today: Office) -> None:
    yes = {"share_hostility": "yes", "share_fear": "yes", "share_less_than_honest": "yes"}
    today.countersigned(
        start='"tomorrow 10:00"', due_back='"tomorrow 11:30"', share_decision="share",
        share_with='["Health visitor, NHS"]', **yes,
    )  # fmt: skip
    words = ("--with", "Health visitor, NHS", "--how", "by telephone", "--what", "Two of us go.")
    today.sam.done("share", today.ref, "--duty", "1", *words)
    listed = today.sam.done("share", today.ref).out
    assert "\n3  Held something back: due" in listed
    child = at_terminal(today.sam, "share", today.ref)
    answer(child, "1")
    child.expect("Not accepted. Type a number of a line: 2, 3")
    answer(child, "3")
    child.expect("3  Held something back: what became of it")
    answer(child, "2", "They know.")
    ended(child)
    duties = today.sam.done("share", today.ref, "--json").json["duties"]
    assert [one["state"] for one in duties] == ["shared", "due", "not shared"]


def test_a_report_long_before_the_start_is_asked_about(today: Office) -> None:
    day = (today.mo.now + timedelta(days=2)).strftime("%d %B %Y")
    today.countersigned(start=f'"{day} 10:00"', due_back=f'"{day} 11:30"')
    for said, code, what in (("no", 130, "nothing was recorded"), ("yes", 0, "set out at")):
        child = at_terminal(today.sam, "depart", today.ref)
        child.expect(r"visit starts in \d+ hours; your[ \r\n]+clock says[^?]*\nIs it this one\? \(y/n\): ")
        child.sendline(said)
        ran = ended(child)
        assert ran[0] == code
        assert what in ran[1]


def test_help_is_told_at_once_and_not_only_before_signing(today: Office) -> None:
    today.countersigned(start='"tomorrow 10:00"', due_back='"tomorrow 11:30"')
    child = at_terminal(today.sam, "incident", today.ref)
    child.expect("Are you all right")
    answer(child, "3")
    child.expect("Get help first: 999")
    child.expect("Was it a near miss")
    answer(child, "q")
    assert ended(child)[0] == 130


def test_whoever_writes_a_letter_sees_each_line_before_it_is_written(today: Office) -> None:
    today.countersigned(
        start='"tomorrow 10:00"', due_back='"tomorrow 11:30"', share_hostility="yes", share_fear="yes",
        share_decision="share", share_with='["Health visitor, NHS"]',
    )  # fmt: skip
    child = at_terminal(today.sam, "share", today.ref, "--letter")
    child.expect("2. A professional is afraid")
    answer(child, "2")
    child.expect(r"2. \[left out\] A professional is afraid")
    answer(child, "3")
    code, written = ended(child)
    assert code == 0
    letter = written[written.index("# Safety of professionals") :]
    assert "A professional is afraid" not in letter
    assert "An adult in the family has been hostile" in " ".join(letter.split())


def test_who_revises_a_countersigned_plan_is_told_first_what_that_costs(today: Office) -> None:
    today.countersigned(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    child = at_terminal(today.sam, "plan", "--revise", today.ref)
    child.expect(r"A new version needs a manager's\s+decision; until then you are expected")
    child.expect(rf"visitsafe\s+withdraw\s+{today.ref}")
    answer(child, "q")
    assert ended(child)[0] == 130


def test_the_queue_says_where_violence_is_on_record(today: Office) -> None:
    first = today.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')["ref"]
    form = today.folder / "incident.yaml"
    answers = (
        'near-miss: no, behaviours: [physical-violence], hurt: yes, seen-and-heard: "x", others-at-risk: no'
    )
    form.write_text(f"checklist: incident\nanswers: {{{answers}}}\n", encoding="utf-8")
    today.sam.done("incident", first, "--answers", str(form), "--yes")
    later = today.plan(start='"tomorrow 13:00"', due_back='"tomorrow 14:00"')["ref"]
    child = at_terminal(today.mo, "review")
    child.expect(rf"{later}[^\r]*")
    child.expect("on record: violence, or somebody hurt")
    child.sendline("q")
    ended(child)


def at_the_time(someone: Someone, *words: str) -> Any:
    """Run a command in a wide terminal of its own, in plain lines, at the time of somebody's clock."""
    said = f"main({list(words)!r}, now={someone.now!r})"
    code = f"import datetime, sys\nfrom visitsafe.cli import main\nsys.exit({said})"
    env = {**os.environ, **someone.environ, "ACCESSIBLE": "1"}
    wide: dict[str, Any] = {"dimensions": (60, 200), "encoding": "utf-8", "timeout": LIMIT}
    return pexpect.spawn(sys.executable, ["-c", code], env=env, **wide)


@pytest.fixture
def over(tmp_path: Path) -> Office:
    """A visit that is over, and one that waits for a decision."""
    office = Office(tmp_path).open()
    office.countersigned(share_hostility="yes")
    visit = office.ref
    office.at(NOW + timedelta(hours=2)).sam.done("depart")
    office.at(NOW + timedelta(hours=3)).sam.done("back")
    office.plan(start='"24 November 2026 10:00"', due_back='"24 November 2026 11:00"')
    office.ref = visit
    return office


STOPS: list[Any] = [
    lambda child: child.sendintr(),
    lambda child: child.sendeof(),
    lambda child: child.kill(signal.SIGTERM),
    lambda child: child.kill(signal.SIGHUP),
]
"""Ctrl+C, Ctrl+D, a computer that is switched off, and a window that is closed."""


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("plan", "CF-7"),
        ("incident REF", "2"),
        ("debrief REF", "n"),
        ("document agreement REF", "1, 2"),
        ("document supervision REF", "He stands in the door."),
        ("audit", "y"),
    ],
)
def test_however_a_wizard_is_stopped_its_answers_are_kept_and_offered_again(
    over: Office, words: str, first: str
) -> None:
    who = over.mo if words == "audit" else over.sam
    command = words.replace("REF", over.ref).split()
    kept: list[Any] = []
    for stop in STOPS:
        child = at_the_time(who, *command)
        if kept:
            child.expect("(begun|began) this before")
            answer(child, "1")
        else:
            child.expect(r"more\): $")
            child.sendline(first)
        child.expect(r"more\): $")
        for sent in (signal.SIGSTOP, signal.SIGCONT):  # Ctrl+Z, and back
            child.kill(sent)
        stop(child)
        code, text = ended(child)
        gone = stop is STOPS[-1]  # there is no window left to say it in
        assert (code, "kept" in text) == (130, not gone), text
        (draft,) = (who.home / "drafts").rglob("*.json")
        kept.append(json.loads(draft.read_text(encoding="utf-8"))["answers"])
    assert kept[0]
    assert kept == kept[:1] * len(STOPS)
    child = at_the_time(who, *command)
    child.expect("(begun|began) this before")
    child.expect(r"more\): $")
    child.sendintr()
    code, text = ended(child)
    assert (code, "kept" in text) == (130, True), text


@pytest.mark.parametrize("stop", STOPS[:2])
@pytest.mark.parametrize(
    ("words", "first", "said"),
    [
        ("review", "1", "nothing was decided and nothing was signed"),
        ("share REF", "1", "nothing was decided and nothing was signed"),
        ("details", "12 Acacia Road", "nothing was changed"),
        ("team add JOIN --role duty", "perhaps", "nothing was changed"),
    ],
)
def test_what_keeps_none_says_that_nothing_was_done(
    over: Office, words: str, first: str, said: str, stop: Any
) -> None:
    who = over.sam if words.startswith(("share", "details")) else over.mo
    if "JOIN" in words:
        eve = over.person("eve")
        over.key(eve)
        words = words.replace("JOIN", eve.done("team", "join").out.strip())
    before = over.mo.done("verify", "--json").json["entries"]
    child = at_the_time(who, *words.replace("REF", over.ref).split())
    answer(child, first)
    child.expect(r": $")
    stop(child)
    code, text = ended(child)
    assert (code, said in text) == (130, True), text
    assert over.mo.done("verify", "--json").json["entries"] == before
