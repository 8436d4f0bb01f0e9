"""Bad input is normal input: one sentence, what to do next, the right exit code, nothing lost."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from office import Office, Ran, Someone


def assert_one_sentence(ran: Ran, code: int = 1) -> None:
    """No traceback, no escape sequence, a sentence and a hint."""
    assert ran.code == code
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert ran.err.startswith("visitsafe: ")
    assert "hint:" in ran.err


def test_a_machine_without_anything_is_told_how_to_begin(tmp_path: Path) -> None:
    fresh = Someone("new", tmp_path / "new", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    ran = fresh.run("list")
    assert_one_sentence(ran)
    assert "visitsafe plan" in ran.err
    assert "visitsafe plan" in fresh.done().out


def test_a_missing_store_is_never_made_by_the_way(office: Office) -> None:
    office.sam.store = f"sqlite:///{office.folder / 'elsewhere.sqlite3'}"
    assert_one_sentence(office.sam.run("list"))
    assert not (office.folder / "elsewhere.sqlite3").exists()


def test_a_file_that_is_no_store_is_refused_and_left_alone(office: Office) -> None:
    other = office.folder / "notes.txt"
    other.write_text("nothing to do with visitsafe\n" * 100)
    office.sam.store = f"sqlite:///{other}"
    # Nobody can tell it from a store that was overwritten.
    assert_one_sentence(office.sam.run("list"), code=3)
    assert other.read_text().startswith("nothing to do")


def test_somebody_elses_database_is_refused(office: Office) -> None:
    with closing(sqlite3.connect(office.folder / "other.db")) as database:
        database.execute("CREATE TABLE things (name TEXT)")
        database.commit()
    office.sam.store = f"sqlite:///{office.folder / 'other.db'}"
    assert_one_sentence(office.sam.run("list"))


def test_another_teams_store_is_refused(office: Office, tmp_path: Path) -> None:
    office.plan()
    other = Office(tmp_path / "other")
    other.folder.mkdir()
    other.found()
    office.sam.store = f"sqlite:///{other.store}"
    ran = office.sam.run("list")
    assert_one_sentence(ran, 3)
    assert "team" in ran.err


def test_a_store_of_a_newer_version_is_refused(office: Office) -> None:
    with closing(sqlite3.connect(office.store)) as database:
        database.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
        database.commit()
    ran = office.sam.run("list")
    assert_one_sentence(ran)
    assert "newer" in ran.err


def test_a_truncated_store_is_named(office: Office) -> None:
    office.plan()
    with closing(sqlite3.connect(office.store)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(office.store, office.store.stat().st_size // 2)
    ran = office.mo.run("verify")
    assert ran.code in {1, 3}
    assert "Traceback" not in ran.err
    assert str(office.store) in ran.err + ran.out


def test_a_wrong_passphrase_signs_nothing(office: Office) -> None:
    secret, wrong = office.folder / "secret", office.folder / "wrong"
    secret.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    ann = office.person("ann")
    words = ("key", "new", "--name", "Ann", "--email", "ann@salford.example")
    ann.done(*words, VISITSAFE_PASSPHRASE_FILE=str(secret))
    assert_one_sentence(ann.run("team", "join", VISITSAFE_PASSPHRASE_FILE=str(wrong)))
    assert_one_sentence(ann.run("team", "join"))
    assert ann.done("team", "join", VISITSAFE_PASSPHRASE_FILE=str(secret)).out.startswith("visitsafe-join-1.")


def test_a_key_is_never_overwritten(office: Office) -> None:
    key = office.sam.home / "keys" / "id_ed25519"
    before = key.read_bytes()
    ran = office.sam.run("key", "new", "--name", "Eve", "--email", "e@x.example", "--no-passphrase")
    assert_one_sentence(ran)
    assert key.read_bytes() == before


def test_a_key_that_others_can_read_is_refused(office: Office) -> None:
    (office.sam.home / "keys" / "id_ed25519").chmod(0o644)
    ran = office.sam.run("plan", "--answers", office.answers(), "--yes")
    assert_one_sentence(ran)
    assert "chmod" in ran.err


def test_a_checklist_that_vanished_is_named(office: Office) -> None:
    folder = office.folder / "ours"
    folder.mkdir()
    made = office.mo.done("checklist", "new", "our-visit").out
    (folder / "our-visit.yaml").write_text(made)
    ran = office.sam.run(
        "plan", "--checklist", "our-visit", "--print-answers", VISITSAFE_CHECKLISTS=str(folder)
    )
    assert ran.code == 0, ran.err
    assert_one_sentence(office.sam.run("plan", "--checklist", "our-visit", "--print-answers"))


def test_an_export_outlives_its_checklist(office: Office) -> None:
    office.plan()
    empty = office.folder / "bad.yaml"
    empty.write_text("format: 1\nkind: visit\nid: home-visit\n")
    ran = office.mo.run("export", office.ref, VISITSAFE_CHECKLISTS=str(empty))
    assert ran.code == 0
    assert "without supervision prompts" in ran.err
    assert "Talk about nursery" in ran.out


def test_an_export_never_overwrites(office: Office) -> None:
    office.plan()
    there = office.folder / "page.md"
    there.write_text("mine")
    assert_one_sentence(office.mo.run("export", office.ref, "--out", str(there)))
    assert there.read_text() == "mine"


@pytest.mark.parametrize("ref", ["K7Q2-M8", "hello", "", "\x1b[2J", "K7Q2-M9", "' OR 1=1 --"])
def test_a_reference_that_cannot_be_is_refused(office: Office, ref: str) -> None:
    assert_one_sentence(office.sam.run("show", ref))


def test_control_characters_in_names_and_answers_do_nothing(office: Office) -> None:
    eve = office.person("eve")
    office.key(eve)
    office.mo.done("team", "add", eve.done("team", "join").out.strip(), "--role", "practitioner")
    plan = office.answers(purpose='"Look \\e[2J\\u202e here"', area='"O\\nrdsall"')
    office.ref = eve.done("plan", "--answers", plan, "--yes", "--json").json["ref"]
    for words in (["show", office.ref], ["list"], ["export", office.ref], ["team", "list"], ["verify"], []):
        out = office.mo.done(*words).out
        assert "\x1b" not in out
        assert "\u202e" not in out


@pytest.mark.parametrize(
    "line", ["", "hello", "visitsafe-join-1.", "visitsafe-join-1.AAAA.BBBB", "visitsafe-join-1.é"]
)
def test_a_join_line_that_is_not_whole_is_refused(office: Office, line: str) -> None:
    assert_one_sentence(office.mo.run("team", "add", line, "--role", "practitioner"), 2)


def test_a_join_line_with_another_name_put_in_is_refused(office: Office) -> None:
    eve, ann = office.person("eve"), office.person("ann")
    office.key(eve)
    office.key(ann)
    mine, hers = (who.done("team", "join").out.strip().split(".") for who in (eve, ann))
    forged = ".".join([mine[0], hers[1], mine[2]])
    assert_one_sentence(office.mo.run("team", "add", forged, "--role", "manager"), 2)


def test_somebody_outside_the_team_can_add_nothing(office: Office) -> None:
    eve = office.person("eve")
    office.key(eve)
    assert_one_sentence(eve.run("plan", "--answers", office.answers(), "--yes"))


def test_only_an_admin_adds_people(office: Office) -> None:
    eve = office.person("eve")
    office.key(eve)
    line = eve.done("team", "join").out.strip()
    assert_one_sentence(office.sam.run("team", "add", line, "--role", "manager"))


def test_broken_settings_are_named_and_kept(office: Office) -> None:
    settings = office.sam.home / "settings.toml"
    settings.write_text("[me\nname = ")
    assert_one_sentence(office.sam.run("list"))
    assert settings.read_text() == "[me\nname = "


def test_a_damaged_draft_is_set_aside_and_said(office: Office) -> None:
    drafts = office.sam.home / "drafts"
    drafts.mkdir()
    (drafts / "abc.json").write_text('{"draft": 1, "answers": {"case"')
    out = office.sam.done().out
    assert "kept as" in out
    assert len(list(drafts.glob("*.damaged"))) == 1


def test_a_wizard_without_a_terminal_names_the_way_out(office: Office) -> None:
    ran = office.sam.run("plan")
    assert_one_sentence(ran, 2)
    assert "--answers FILE" in ran.err
    ran = office.mo.run("review")
    assert_one_sentence(ran, 2)


def test_a_review_without_a_terminal_names_its_own_flags(office: Office) -> None:
    office.plan()
    assert "--decision" in office.mo.run("review", office.ref).err


ROOM = 33 << 10
"""What SQLite needs to open a store, and little more."""


def when_full(words: Sequence[str], someone: Someone, room: int) -> Ran:
    """What a command says when no file may grow beyond so many bytes: as if the disk were full there."""
    script = f"""
import resource, signal
from datetime import UTC, datetime
from visitsafe.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
raise SystemExit(main({words!r}, now=datetime(2026, 11, 23, 8, tzinfo=UTC), environ={someone.environ!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_full_disk_is_said_and_nothing_is_lost(office: Office) -> None:
    office.plan()
    ran = when_full(["plan", "--answers", office.answers(), "--yes", "--another"], office.sam, ROOM)
    assert ran.code == 1
    assert "nothing was written" in ran.err
    assert "Traceback" not in ran.err
    assert "Everything holds" in office.mo.done("verify").out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("words", "room"),
    [
        ("key new --name Nia --email nia@salford.example --no-passphrase", 100),
        ("checklist new night-visits --out", 100),
        ("store backup", ROOM),
    ],
)
def test_on_a_full_disk_a_new_file_is_whole_or_not_there_at_all(
    office: Office, words: str, room: int
) -> None:
    someone = office.person("nia") if words.startswith("key") else office.mo
    folder = office.folder / "new"
    folder.mkdir()
    ran = when_full(
        [*words.split(), *([] if words.startswith("key") else [str(folder / "it")])], someone, room
    )
    assert_one_sentence(ran)
    left = [path for path in (*folder.rglob("*"), *(office.folder / "nia").rglob("*")) if path.is_file()]
    assert left == []


def test_help_is_there_for_every_command(office: Office) -> None:
    words = ["plan", "review", "show", "list", "export", "verify", "withdraw", "team", "key", "checklist"]
    for word in words:
        assert "Usage" in office.sam.done(word, "--help").out


def test_the_installed_command_runs_and_says_its_version() -> None:
    command = shutil.which("visitsafe", path=str(Path(sys.executable).parent))
    assert command is not None
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("visitsafe ")


@pytest.mark.parametrize("place", ["Salford, 53,49, -2,29", "Salford, 53.49", "Salford, 530, 2", "Atlantis"])
def test_a_place_that_could_be_misread_is_refused(office: Office, place: str) -> None:
    assert_one_sentence(office.mo.run("team", "set", "--place", place), 2)


def test_an_empty_reference_is_not_taken_for_the_whole_store(office: Office) -> None:
    assert office.mo.run("verify", "").code == 1


def test_a_member_whose_store_is_away_is_not_told_to_found_another_team(office: Office) -> None:
    office.plan()
    office.store.unlink()
    for words in (("list",), ("board",), ("plan", "--answers", office.answers(), "--yes"), ("doctor",), ()):
        ran = office.sam.run(*words)
        assert ran.code == 1, words
        said = ran.out + ran.err
        assert f"there is no store at {office.store}" in said
        assert "visitsafe store restore FILE" in said
        assert "found" not in said.replace("not found", ""), words


@pytest.mark.parametrize(
    "words",
    [
        ("export", "--case", "x\udcff"),
        ("marker", "--case", "x\udcff"),
        ("list", "--case", "\ud800"),
        ("back", "x\udcff", "--note", "x"),
        ("back", "--note=\udcff"),
        ("import", "x\udcff.zip"),
        ("x\udcff",),
        ("team", "role", "x\udcff", "--role", "admin"),
    ],
)
def test_bytes_that_are_no_text_are_refused_wherever_they_stand(
    office: Office, words: tuple[str, ...]
) -> None:
    ran = office.mo.run(*words)
    assert_one_sentence(ran, code=2)
    assert "not UTF-8" in ran.err


@pytest.mark.parametrize("name", ["-", "--", "-x", "--yes"])
@pytest.mark.parametrize(
    "words",
    [
        ("export", "REF", "--out=NAME"),
        ("export", "--case", "CF-1", "--out=NAME"),
        ("report", "--format", "md", "--out=NAME"),
        ("team", "export", "--out=NAME"),
        ("checklist", "new", "mine", "--out=NAME"),
        ("store", "backup", "--", "NAME"),
        ("store", "move", "--yes", "--", "NAME"),
        ("store", "move", "--yes", "sqlite:///NAME"),
    ],
)
def test_no_file_is_written_that_is_called_like_a_flag(
    office: Office, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], name: str
) -> None:
    """`-` is standard output where a text is written; where a file is needed, a sentence says so."""
    office.plan()
    here = office.folder / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    ran = office.mo.run(*(word.replace("REF", office.ref).replace("NAME", name) for word in words))
    assert list(here.iterdir()) == []
    if name == "-" and "--out=NAME" in words:
        assert (ran.code, ran.out != "") == (0, True)
    else:
        assert ran.code == 2
        assert f"{name} is not taken for the name of a new file" in ran.err
        assert "name a file that does not begin with -" in ran.err


def test_a_store_is_not_made_under_a_name_like_a_flag(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office.folder)
    assert office.mo.run("store", "init", VISITSAFE_STORE="--").code == 2
    assert not (office.folder / "--").exists()
