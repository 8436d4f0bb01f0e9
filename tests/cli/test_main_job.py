"""The main job through the command line: plan, decide, read, export, verify."""

import re
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office

DOCS = Path(__file__).resolve().parents[2] / "docs"
STOPPED = {"phone": "no"}
"""One answer that makes a stop finding."""


def review(office: Office, decision: str, *more: str) -> int:
    return office.mo.run("review", office.ref, "--decision", decision, "--reason", "Because.", *more).code


def shell(command: str, folder: Path) -> str:
    """What a command printed, run as a person would paste it."""
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False).stdout


def alter(office: Office, statement: str) -> None:
    """Change the store's file as somebody would who has it and knows SQL."""
    with closing(sqlite3.connect(office.store)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)
        database.commit()


def test_answers_that_were_signed_already_are_found_and_make_no_second_visit(office: Office) -> None:
    words = ("plan", "--answers", office.answers(), "--yes")
    first = office.sam.done(*words, "--json").json["ref"]  # and killed before anybody read that
    office.at(NOW + timedelta(minutes=5))
    again = office.sam.done(*words)
    assert again.out.startswith(f"{first} is signed: ")
    assert "you signed it before, with the same answers; nothing was signed again" in again.err
    assert [one["ref"] for one in office.sam.done("list", "--json").json] == [first]
    assert office.sam.done(*words, "--another", "--json").json["ref"] != first
    other = office.answers("other.yaml", purpose='"Talk about school."')
    assert office.sam.done("plan", "--answers", other, "--yes", "--json").json["ref"] != first
    office.sam.done("withdraw", first, "--reason", "They have moved.")


def test_a_new_version_that_was_signed_already_is_found_and_signed_once(office: Office) -> None:
    office.countersigned()
    words = ("plan", "--revise", office.ref, "--answers", office.answers(purpose='"School."'), "--yes")

    def versions() -> int:
        page = office.sam.done("show", office.ref, "--json").json
        return sum(one["kind"] in {"planned", "revised"} for one in page["entries"])

    office.sam.done(*words)  # and killed before anybody read that
    office.at(NOW + timedelta(minutes=5))
    again = office.sam.done(*words)
    assert again.out.startswith(f"{office.ref} is signed: ")
    assert "you signed it before, with the same answers; nothing was signed again" in again.err
    assert versions() == 2
    assert review(office, "return") == 0
    assert "signed it before" not in office.sam.done(*words).err
    assert versions() == 3
    assert "signed it before" not in office.sam.done(*words, "--another").err
    assert versions() == 4


def test_a_routine_plan_comes_out_clean_and_waits_for_a_manager(office: Office) -> None:
    shape = office.plan()
    assert (shape["status"], shape["findings"], shape["decision"]) == ("awaiting", [], None)
    assert shape["answers"]["daylight"] == "yes"
    assert shape["visit"]["start"] == "2026-11-23T10:00:00Z"


def test_a_countersigned_plan_says_who_when_and_why(office: Office) -> None:
    office.plan()
    assert review(office, "countersign") == 0
    shown = office.show()
    assert shown["status"] == "countersigned"
    assert shown["decision"]["by"]["name"] == "Mo"
    assert shown["decision"]["rationale"] == "Because."
    assert [entry["kind"] for entry in shown["entries"]] == ["planned", "decided"]
    assert {entry["signature"] for entry in shown["entries"]} == {"good"}


def test_a_stop_finding_can_only_be_countersigned_with_conditions(office: Office) -> None:
    office.plan(**STOPPED)
    assert review(office, "countersign") == 1
    assert office.show()["status"] == "awaiting"
    assert review(office, "countersign", "--condition", "Take the duty phone.") == 0
    assert office.show()["decision"]["conditions"] == ["Take the duty phone."]


def test_a_refusal_says_how_the_purpose_will_be_met_instead(office: Office) -> None:
    office.plan()
    ran = office.mo.run("review", office.ref, "--decision", "refuse", "--reason", "Too risky.")
    assert ran.code == 1
    assert "--instead" in ran.err
    assert review(office, "refuse", "--instead", "School will see them tomorrow.") == 0
    assert office.show()["decision"]["purpose_met"] == "School will see them tomorrow."


def test_a_managers_refusal_is_overruled_only_by_saying_so_and_whose_it_was_is_told(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    nia.done(
        "review", office.ref, "--decision", "refuse", "--reason", "Not alone.", "--instead", "At school."
    )
    fine = ("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    refused = office.mo.run(*fine)
    assert (refused.code, refused.out) == (1, "")
    assert 'Nia refused it: "Not alone."' in refused.err
    assert "--overrule" in refused.err
    assert office.show()["status"] == "refused"
    done = office.mo.done(*fine, "--overrule")
    assert 'this overrules Nia: Nia refused it: "Not alone."' in done.err
    assert office.show()["status"] == "countersigned"
    again = ("review", office.ref, "--decision", "countersign", "--reason", "Looked again.")
    assert "overrules" not in office.mo.done(*again).err


def test_a_refusal_of_an_earlier_version_is_not_forgotten_with_the_new_one(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    nia.done(
        "review", office.ref, "--decision", "refuse", "--reason", "Not alone.", "--instead", "At school."
    )
    revised = office.answers(purpose='"Talk about school."')
    office.sam.done("plan", "--revise", office.ref, "--answers", revised, "--yes")
    ran = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert (ran.code, 'Nia refused it: "Not alone."' in ran.err) == (1, True)
    nia.done("review", office.ref, "--decision", "countersign", "--reason", "Better.")  # her own word


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_plan_anew_for_the_same_case_and_time_is_no_way_round_a_refusal(
    office: Office, withdrawn: bool
) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    refused = office.ref
    nia.done("review", refused, "--decision", "refuse", "--reason", "Not alone.", "--instead", "At school.")
    if withdrawn:
        office.sam.done("withdraw", refused, "--reason", "Planned anew.")
    office.plan(start='"23 November 2026 11:00"', due_back='"12:00"', case='"cf-1"')
    fine = ("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    ran = office.mo.run(*fine)
    assert ran.code == 1
    assert f'Nia refused {refused}, of this case at this time: "Not alone."' in ran.err
    assert "--overrule" in ran.err
    assert office.show()["status"] == "awaiting"
    assert f"this overrules Nia: Nia refused {refused}" in office.mo.done(*fine, "--overrule").err
    office.countersigned(start='"24 November 2026 10:00"')  # another day is another question


def test_what_was_returned_and_changed_is_countersigned_by_any_manager(office: Office) -> None:
    nia = office.join(office.person("nia"), "manager")
    office.plan()
    nia.done("review", office.ref, "--decision", "return", "--reason", "Take Priya along.")
    ran = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert (ran.code, 'Nia returned it: "Take Priya along."' in ran.err) == (1, True)
    revised = office.answers(purpose='"Talk about school."')
    office.sam.done("plan", "--revise", office.ref, "--answers", revised, "--yes")
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.")


def test_a_decision_needs_reasons(office: Office) -> None:
    office.plan()
    assert office.mo.run("review", office.ref, "--decision", "countersign", "--reason", " \x1b[2J ").code == 1


def test_a_returned_plan_that_is_revised_needs_a_new_decision(office: Office) -> None:
    office.plan()
    review(office, "return")
    assert office.show()["status"] == "returned"
    changed = office.answers(joint_visit="yes", companions='["Priya Nair"]')
    office.sam.done("plan", "--revise", office.ref, "--answers", changed, "--yes")
    assert office.show()["status"] == "awaiting"
    assert review(office, "countersign") == 0
    assert office.show()["status"] == "countersigned"


def test_nobody_decides_on_their_own_plan(office: Office) -> None:
    shape = office.mo.done("plan", "--answers", office.answers(), "--yes", "--json").json
    ran = office.mo.run("review", shape["ref"], "--decision", "countersign", "--reason", "Fine.")
    assert ran.code == 1
    assert "own plan" in ran.err


@pytest.mark.parametrize("named", ["Mo", "mo@salford.example", "MO"])
def test_nobody_decides_on_a_plan_that_they_are_the_companion_on(office: Office, named: str) -> None:
    office.plan(joint_visit="yes", companions=f'["{named}"]')
    ran = office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert ran.code == 1
    assert "go along" in ran.err


def test_deciding_needs_the_role_manager(office: Office) -> None:
    office.plan()
    ron = office.join(office.person("ron"), "practitioner", "duty")
    ran = ron.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    assert (ran.code, "role manager" in ran.err) == (1, True)


def test_planning_needs_the_role_practitioner_or_manager(office: Office) -> None:
    ron = office.join(office.person("ron"), "duty")
    ran = ron.run("plan", "--answers", office.answers(), "--yes")
    assert (ran.code, "practitioner" in ran.err) == (1, True)


def test_a_plan_whose_start_has_passed_cannot_be_countersigned(office: Office) -> None:
    office.plan()
    office.mo.now = NOW + timedelta(hours=3)
    assert review(office, "countersign") == 1
    assert office.show()["expired"] is True


def test_an_urgent_plan_can_be_countersigned_after_its_start(office: Office) -> None:
    words = (
        "plan",
        "--answers",
        office.answers(),
        "--yes",
        "--json",
        "--urgent",
        "--reason",
        "Child at risk.",
    )
    office.ref = office.sam.done(*words).json["ref"]
    office.mo.now = NOW + timedelta(hours=3)
    assert review(office, "countersign") == 0


def test_an_urgent_plan_comes_first_in_the_queue(office: Office) -> None:
    first = office.plan()["ref"]
    later = office.answers(start='"25 November 2026 10:00"')
    urgent = office.sam.done(
        "plan", "--answers", later, "--yes", "--json", "--urgent", "--reason", "Now."
    ).json
    waiting = office.mo.done().out
    assert waiting.index(urgent["ref"]) < waiting.index(first)


def test_a_withdrawn_plan_cannot_be_decided_on(office: Office) -> None:
    office.plan()
    office.sam.done("withdraw", office.ref, "--reason", "They moved away.")
    assert review(office, "countersign") == 1
    assert office.show()["status"] == "withdrawn"


def test_only_its_author_withdraws_or_revises_a_plan(office: Office) -> None:
    office.plan()
    assert office.mo.run("withdraw", office.ref, "--reason", "No.").code == 1
    assert office.mo.run("plan", "--revise", office.ref, "--answers", office.answers(), "--yes").code == 1


def test_a_plan_for_yesterday_is_refused_with_its_line(office: Office) -> None:
    ran = office.sam.run("plan", "--answers", office.answers(start='"22 November 2026 10:00"'), "--yes")
    assert ran.code == 1
    assert "answers.yaml:5:" in ran.err


def test_all_errors_of_an_answers_file_come_at_once(office: Office) -> None:
    path = Path(office.answers(phone="perhaps", daylight="maybe"))
    path.write_text(path.read_text() + "  no-such-question: yes\n")
    err = office.sam.run("plan", "--answers", str(path), "--yes").err
    assert all(word in err for word in ("phone", "daylight", "no-such-question"))


def test_standing_answers_are_asked_once(office: Office) -> None:
    office.plan()
    lines = Path(office.answers()).read_text().splitlines()
    fewer = [line for line in lines if not line.startswith(("  training", "  private-details"))]
    (office.folder / "fewer.yaml").write_text("\n".join(fewer))
    again = office.sam.done("plan", "--answers", str(office.folder / "fewer.yaml"), "--yes", "--json").json
    assert again["answers"]["training"] == "yes"
    assert again["standing"]["training"] == "2026-11-23T08:00:00Z"


def test_standing_answers_that_ran_out_are_asked_again(office: Office) -> None:
    office.plan()
    office.sam.now = NOW + timedelta(days=366)
    path = Path(office.answers(start='"25 November 2027 10:00"'))
    path.write_text(path.read_text().replace("  training: yes\n", ""))
    ran = office.sam.run("plan", "--answers", str(path), "--yes")
    assert (ran.code, "training" in ran.err) == (1, True)


def test_an_unsafe_standing_answer_is_not_kept(office: Office) -> None:
    office.plan(training="no")
    path = Path(office.answers())
    path.write_text(path.read_text().replace("  training: yes\n", ""))
    assert office.sam.run("plan", "--answers", str(path), "--yes").code == 1


def test_the_address_is_left_out_unless_it_is_asked_for(office: Office) -> None:
    office.plan(address='"14 Elm Court"')
    for words in (["show", office.ref], ["export", office.ref], ["export", office.ref, "--format", "html"]):
        assert "Elm Court" not in office.mo.done(*words).out
        assert "Elm Court" in office.mo.done(*words, "--include-details").out
    assert "Elm Court" not in office.mo.done("list").out


def unpacked(office: Office, folder: Path) -> Path:
    """The bundle of a countersigned plan, as somebody who has never heard of visitsafe unpacks it."""
    office.mo.done("export", office.ref, "--format", "bundle", "--out", str(folder / "b.zip"))
    with zipfile.ZipFile(folder / "b.zip") as archive:
        archive.extractall(folder / "b")
    return folder / "b"


def lines_of(text: str, beginning: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith(beginning)]


def test_a_bundle_verifies_with_openssh_alone(office: Office, tmp_path: Path) -> None:
    office.countersigned()
    folder = unpacked(office, tmp_path)
    read_me = (folder / "README.txt").read_text()
    commands = lines_of(read_me, "ssh-keygen -Y")
    assert len(commands) == len(list(folder.glob("entries/*.json"))) == 4
    assert all(shell(command, folder).startswith("Good") for command in commands)
    changed = next(folder.glob("entries/*planned*.json"))
    changed.write_bytes(changed.read_bytes().replace(b"Ordsall", b"Salford"))
    assert [shell(command, folder).startswith("Good") for command in commands] == [True, True, False, True]


def test_one_line_checks_every_entry_of_a_bundle(office: Office, tmp_path: Path) -> None:
    """The one in the bundle's README, and the one in the documentation, which takes nothing from it."""
    ann = office.person("ann")
    ann.done("key", "new", "--name", "Ann O'Brien", "--email", "o'brien@x.example", "--no-passphrase")
    office.mo.done("team", "add", ann.done("team", "join").out.strip(), "--role", "manager")
    office.plan()
    ann.done("review", office.ref, "--decision", "countersign", "--reason", "Because.")
    folder = unpacked(office, tmp_path)
    [of_read_me] = lines_of((folder / "README.txt").read_text(), "grep")
    [of_docs] = lines_of((DOCS / "proof.md").read_text(encoding="utf-8"), "for f in")
    for line in (of_read_me, of_docs):
        ran = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=True)
        assert ran.stdout.count("Good") == 5
        assert "signature for o+27brien@x.example" in ran.stdout
    changed = next(folder.glob("entries/*planned*.json"))
    changed.write_bytes(changed.read_bytes().replace(b"Ordsall", b"Salford"))
    for line in (of_read_me, of_docs):
        assert subprocess.run(line, shell=True, cwd=folder, capture_output=True, check=False).returncode


def test_the_lines_for_windows_say_the_same_and_the_one_for_all_finds_each(
    office: Office, tmp_path: Path
) -> None:
    office.countersigned()
    folder = unpacked(office, tmp_path)
    read_me = (folder / "README.txt").read_text()
    every, *each = lines_of(read_me, "cmd /c")
    assert each == ['cmd /c "' + line.replace("/", "\\") + '"' for line in lines_of(read_me, "ssh-keygen -Y")]
    assert not set("".join(each)) & set("%^&|$`'")
    pattern = re.compile(every.split()[5])
    assert [line for line in read_me.splitlines() if pattern.match(line)] == each


def test_verify_says_that_everything_holds(office: Office) -> None:
    office.plan()
    assert "Everything holds" in office.mo.done("verify").out
    assert "Everything holds" in office.mo.done("verify", office.ref).out


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET payload = CAST(replace(CAST(payload AS TEXT), 'Ordsall', 'Salford') AS BLOB)",
        "UPDATE entries SET signature = replace(signature, 'U1NIU0lH', 'U1NIU0lI') WHERE kind = 'decided'",
        "UPDATE entries SET id = substr(id, 2) || substr(id, 1, 1) WHERE kind = 'decided'",
        "DELETE FROM entries WHERE kind = 'planned'",
        "DELETE FROM entries WHERE kind = 'added'",
        "UPDATE entries SET position = 99 WHERE kind = 'planned'",
        "UPDATE entries SET received = '2020-01-01T00:00:00Z' WHERE kind = 'decided'",
        "UPDATE plans SET status = 'countersigned', level = 'note'",
        "DELETE FROM plans",
    ],
)
def test_whatever_is_altered_in_the_store_is_found(office: Office, damage: str) -> None:
    office.plan(**STOPPED)
    review(office, "return")
    alter(office, damage)
    ran = office.mo.run("verify")
    assert ran.code == 3
    assert "does not hold" in ran.err


def test_a_plan_that_fails_verification_cannot_be_decided_on(office: Office) -> None:
    office.plan()
    alter(office, "UPDATE entries SET payload = CAST(payload || ' ' AS BLOB) WHERE kind = 'planned'")
    assert review(office, "countersign") == 3


def test_list_shows_open_plans_and_all_with_a_flag(office: Office) -> None:
    office.plan()
    review(office, "refuse", "--instead", "By telephone today.")
    assert office.mo.done("list", "--json").json == []
    assert [row["ref"] for row in office.mo.done("list", "--all", "--json").json] == [office.ref]


def test_visitsafe_alone_says_what_is_waiting(office: Office) -> None:
    office.plan()
    assert f"visitsafe review {office.ref}" in office.mo.done().out
    review(office, "return")
    assert f"visitsafe plan --revise {office.ref}" in office.sam.done().out
