"""`verify` and `store checkpoint` through the command line, and the same checks with plain `ssh-keygen`."""

import re
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from office import NOW, Office, Someone


def alter(office: Office, *statements: str) -> None:
    """Change the store's file as somebody would who has it and knows SQL, and covers their traces."""
    with closing(sqlite3.connect(office.store)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(sql for _, sql in triggers)):
            database.execute(statement)
        database.commit()


def decide(office: Office, decision: str = "return") -> None:
    office.mo.done("review", office.ref, "--decision", decision, "--reason", "Because.")


def lodged(office: Office, name: str = "mail.txt") -> str:
    """Mo's checkpoint, in an e-mail."""
    path = office.folder / name
    text = office.mo.done("store", "checkpoint").out
    path.write_text("Dear Ada,\n\n" + "".join(f"> {line}\n" for line in text.splitlines()) + "\nMo\n")
    return str(path)


def bundle(office: Office) -> str:
    path = office.folder / "record.zip"
    office.mo.done("export", office.ref, "--format", "bundle", "--out", str(path))
    return str(path)


@pytest.fixture
def nobody(tmp_path: Path) -> Someone:
    """Somebody with a computer on which visitsafe was never used."""
    return Someone("nobody", tmp_path / "nobody", "sqlite:////nowhere/at/all.sqlite3")


def test_the_good_case_is_short_and_says_what_it_does_not_prove(office: Office) -> None:
    office.plan()
    out = office.mo.done("verify").out
    assert out.startswith("Everything holds.")
    assert len(out.splitlines()) < 16
    assert "does not prove" in out
    assert "in the team since 23 Nov 2026 08:00 UTC" in out


def test_one_plan_says_what_bounds_each_time(office: Office) -> None:
    office.plan()
    assert "nobody else has signed after it" in office.mo.done("verify", office.ref).out
    decide(office)
    out = office.mo.done("verify", office.ref).out
    assert "planned by Sam: claims 23 Nov 2026 08:00 UTC; existed at the latest when Mo signed" in out


def test_a_checkpoint_is_kept_as_long_as_everything_is_there(office: Office) -> None:
    office.plan()
    mail = lodged(office)
    decide(office)
    out = office.sam.done("verify", "--against", mail).out
    assert "The checkpoint that Mo made" in out
    assert (
        office.sam.done("verify", office.ref, "--against", mail, "--json").json["checkpoints"][0]["wrong"]
        == ""
    )


def test_a_cut_end_is_named_exactly_by_a_checkpoint(office: Office) -> None:
    office.plan()
    decide(office)
    mail = lodged(office)
    alter(office, "DELETE FROM entries WHERE position >= 3", "DELETE FROM plans")
    assert office.mo.run("verify").code == 0  # the whole plan is gone, and nothing in the store tells
    ran = office.mo.run("verify", "--against", mail)
    assert ran.code == 3
    assert "the store ends at 2, and the checkpoint was made at 4: at least 2 entries are gone" in ran.err


def test_a_store_made_anew_is_another_store(office: Office) -> None:
    office.plan()
    mail = lodged(office)
    alter(office, "UPDATE meta SET value = '00000000000000000000000000000000' WHERE key = 'store_id'")
    ran = office.mo.run("verify", "--against", mail)
    assert (ran.code, "another store" in ran.err) == (3, True)


@pytest.mark.parametrize("hurt", ["cut in half", "overwritten", "the team's record"])
def test_a_store_that_cannot_be_read_at_all_does_not_verify(office: Office, hurt: str) -> None:
    office.plan()
    path = Path(office.store)
    if hurt == "the team's record":
        alter(office, "UPDATE entries SET payload = x'00' WHERE position = 1")
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sound = path.read_bytes()
        path.write_bytes(sound[: len(sound) // 2] if hurt == "cut in half" else b"\xa5" * len(sound))
    ran = office.mo.run("verify")
    assert (ran.code, ran.out) == (3, "")
    assert re.search("is damaged|was overwritten|does not hold", ran.err)
    assert office.mo.run("list").code == 3


def test_a_text_without_a_checkpoint_is_no_proof(office: Office) -> None:
    office.plan()
    notes = office.folder / "notes.txt"
    notes.write_text("Nothing here.")
    assert office.mo.run("verify", "--against", str(notes)).code == 1
    assert office.mo.run("verify", "--against", str(office.folder / "none.txt")).code == 1


def test_a_text_from_a_word_processor_is_read_too(office: Office) -> None:
    office.plan()
    path = office.folder / "wide.txt"
    path.write_bytes(office.mo.done("store", "checkpoint").out.encode("utf-16"))
    office.mo.done("verify", "--against", str(path))


def test_nobody_vouches_for_a_store_that_does_not_hold(office: Office) -> None:
    office.plan()
    alter(office, "UPDATE entries SET received = '2020-01-01T00:00:00Z' WHERE position = 2")
    ran = office.mo.run("store", "checkpoint")
    assert (ran.code, ran.out) == (3, "")


def test_a_file_is_verified_with_no_store_no_settings_and_no_home(office: Office, nobody: Someone) -> None:
    office.plan()
    decide(office)
    team = office.mo.done("team", "list", "--json").json["id"]
    key = office.mo.done("key", "show").out.splitlines()[2]
    path = bundle(office)
    for pin in (("--team-id", team), ("--team-key", key)):
        out = nobody.done("verify", path, *pin).out
        assert out.startswith("Everything holds.")
        assert "existed at the latest when Mo signed" in out
        assert "not compared with anything" not in out
    out = nobody.done("verify", path).out
    assert "not compared with anything" in out
    assert "The README.txt in the file is not signed" in out
    assert "README" not in office.mo.done("verify").out
    assert nobody.run("verify", path, "--team-id", "0" * 64).code == 3
    assert not nobody.home.exists()


def test_a_pinned_team_is_used_for_a_file(office: Office) -> None:
    office.plan()
    assert "not compared with anything" not in office.mo.done("verify", bundle(office)).out


def test_flags_that_do_not_fit_are_refused(office: Office) -> None:
    office.plan()
    mail = lodged(office)
    assert office.mo.run("verify", bundle(office), "--against", mail).code == 2
    assert office.mo.run("verify", "--team-id", "0" * 64).code == 2


def test_json_says_whether_it_holds_and_what_does_not(office: Office) -> None:
    office.plan()
    good = office.mo.done("verify", "--json").json
    assert (good["holds"], good["problems"], good["subject"], good["plans"]) == (True, [], "store", 1)
    alter(office, "DELETE FROM plans")
    bad = office.mo.run("verify", "--json").json
    assert bad["holds"] is False
    assert bad["problems"][0].keys() >= {"text", "ref", "entry", "means", "do"}


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
def test_a_checkpoint_is_checked_with_openssh_alone_as_the_documentation_says(office: Office) -> None:
    office.plan()
    (office.folder / "mail.txt").write_text(
        "Hello,\n\n" + office.mo.done("store", "checkpoint").out + "\nMo\n"
    )
    with zipfile.ZipFile(bundle(office)) as archive:
        archive.extract("allowed_signers", office.folder)
    for command in documented("## A checkpoint with OpenSSH alone"):
        ran = shell(command.replace("mo@council.example", "mo@salford.example"), office.folder)
    assert "Good" in ran.stdout
    text = office.folder / "checkpoint.txt"
    text.write_text(text.read_text().replace("position: 3", "position: 2"))  # and not the time
    assert shell(command.replace("mo@council.example", "mo@salford.example"), office.folder).returncode != 0


def documented(heading: str) -> list[str]:
    """The indented commands under a heading of docs/proof.md."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "proof.md").read_text(encoding="utf-8")
    section = page.split(heading)[1].split("\n## ")[0]
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


def shell(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)


def spoken(office: Office, *, duress: bool) -> str:
    """What Sam's `verify REF` says after a call that Dee passed on and, under duress, Mo acted on."""
    dee = office.duty()
    office.countersigned()

    def at(minutes: int) -> None:
        for who in (office.sam, office.mo, dee):
            who.now = NOW + timedelta(hours=2, minutes=minutes)

    at(0)
    office.sam.done("depart")
    at(1)
    dee.done("ok", office.ref, "--for", "sam", "--known-by", "voice", *(["--duress"] * duress))
    at(2)
    if duress:
        dee.run("watch", "--once")
        office.mo.done("acknowledge", office.ref)
        assert "escalated by Dee" in office.mo.done("verify", office.ref).out
    return office.sam.done("verify", office.ref).out


def test_a_proof_reads_the_same_to_the_worker_with_duress_and_without(tmp_path: Path) -> None:
    plain, pressed = (
        spoken(Office(tmp_path / name).open(), duress=duress) for name, duress in (("a", False), ("b", True))
    )

    def alike(out: str) -> list[str]:
        known = re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{2}|[0-9a-f]{12,64}|SHA256:\S+", "X", out)
        return sorted(line for line in known.splitlines() if "ends at position" not in line)

    assert alike(plain) == alike(pressed)


def test_a_manager_on_their_own_visit_is_told_no_more_than_any_worker(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    spoken(office, duress=True)
    office.mo.done("team", "role", "sam", "--role", "practitioner", "--role", "manager")
    assert "escalated" not in office.sam.done("verify", office.ref).out
    assert "escalated" not in office.sam.done("verify", office.ref, "--json").out
