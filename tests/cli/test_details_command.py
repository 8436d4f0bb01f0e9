"""`visitsafe details` and `trace` as people meet them; and that nothing sealed leaks anywhere."""

import contextlib
import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import traceback
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pexpect  # type: ignore[import-untyped]
import pytest

from office import NOW, Office, Ran, Someone
from patience import LIMIT
from visitsafe.cli.app import app
from visitsafe.opening import Invocation
from visitsafe.record.seal import new_identity
from visitsafe.settings import KeyPlace, load, switch_key
from visitsafe.team.details import LABELS

GUIDE = Path(__file__).parents[2] / "docs" / "tracing-details.md"
NUMBERS = {"home-phone": "0161 496 0771", "mobile": "07700 900772", "next-of-kin-phone": "01632 960773"}
MARKS = {name: f"xq{number}z mark" for number, name in enumerate(LABELS)} | NUMBERS
"""Values that are found wherever they leak to; `mark` is looked for without its neighbour too."""


def words(values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def give(office: Office, **values: str) -> Ran:
    named = {name.replace("_", "-"): value for name, value in values.items()} or MARKS
    return office.sam.done("details", *words(named))


def marked(text: str | bytes) -> bool:
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return re.search("|".join((r"xq\d+z", *NUMBERS.values())).encode(), raw) is not None


def kinds(office: Office) -> list[str]:
    return [entry["kind"] for entry in office.show()["entries"]]


# keeping them


def test_they_are_kept_encrypted_for_their_owner_alone(office: Office) -> None:
    give(office)
    path = office.sam.home / "details.age"
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert path.stat().st_mode & 0o777 == 0o600
    shown = office.sam.done("details", "--show")
    assert all(value in shown.out for value in MARKS.values())
    shutil.copy(path, office.mo.home / "details.age")
    stolen = office.mo.run("details", "--show")
    assert stolen.code == 1
    assert "do not open" in stolen.err


def test_one_is_changed_and_the_others_stay_as_old_as_they_were(office: Office) -> None:
    give(office, mobile="07700 900001", home_phone="0161 496 0002")
    office.sam.now += timedelta(days=240)
    changed = office.sam.done("details", "--set", "mobile=07700900003", "--set", "home-phone=")
    assert "looked over 7 months ago" in changed.err
    assert "--confirm" in changed.err
    shown = office.sam.done("details", "--show")
    assert shown.out == "Mobile number: 07700 900003\n"
    assert "looked over today" in office.sam.done("details", "--confirm").err


def test_a_file_or_a_pipe_stands_for_all_of_them(office: Office, tmp_path: Path) -> None:
    give(office, mobile="07700 900001", home_phone="0161 496 0002")
    file = tmp_path / "mine.yaml"
    file.write_text("mobile: 07700 900123\nhome-address: |\n  12 Acacia Road\n  Salford\n", encoding="utf-8")
    office.sam.done("details", "--from", str(file))
    shown = office.sam.done("details", "--show").out
    assert shown == "Home address: 12 Acacia Road\nSalford\nMobile number: 07700 900123\n"
    with patch("sys.stdin", io.TextIOWrapper(io.BytesIO(b"mobile: '07700900004'\n"))):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            app(
                ["details", "--from", "-"],
                obj=Invocation(lambda: NOW, office.sam.environ, print),
                standalone_mode=False,
            )
    assert office.sam.done("details", "--show").out == "Mobile number: 07700 900004\n"


@pytest.mark.parametrize(
    "flags",
    [
        ["--set", "xq1z mark"],
        ["--set", "xq1z=mark"],
        ["--set", "mobile=" + "xq1z" * 200],
        ["--set", "mobile=xq1z", "--show"],
        ["--clear", "--set", "mobile=xq1z"],
        ["--set", "mobile=\x1b[0m"],
        ["--confirm"],
        [],
    ],
)
def test_what_does_not_fit_is_refused_without_repeating_it(office: Office, flags: list[str]) -> None:
    ran = office.sam.run("details", *flags)
    assert ran.code in {1, 2}
    assert "hint: " in ran.err
    assert not marked(ran.out + ran.err)
    assert not (office.sam.home / "details.age").exists()


@pytest.mark.parametrize(
    "text",
    [
        "xq1z: mark",
        "mobile: [xq1z]",
        "xq1z",
        "mobile: xq1z\nmobile: xq2z",
        "mobile: &xq1z a",
        "mobile: 'xq1z",
        "",
    ],
)
def test_a_file_that_does_not_fit_is_refused_without_quoting_it(office: Office, text: str) -> None:
    (office.folder / "bad.yaml").write_text(text, encoding="utf-8")
    ran = office.sam.run("details", "--from", str(office.folder / "bad.yaml"))
    assert ran.code in {1, 2}
    assert not marked(ran.out + ran.err)


def test_what_is_wrong_in_a_file_is_told_by_line_and_column(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    lines = [
        "home-address: Flat #2",
        "mobil: xq1z",
        "mobile: xq2z",
        "car-make: [xq3z]",
        "recognise: xq4z # tall",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    ran = office.sam.run("details", "--from", str(file))
    assert ran.code == 1
    for said in (
        "mine.yaml:1:15: what stands after # is not read; put all of it in quotes",
        "mine.yaml:2:1: there is no tracing detail of that name; do you mean mobile?",
        "mine.yaml:3:9: Mobile number: this is not a telephone number; it has letters in it",
        "mine.yaml:4:11: one text is needed here",
        "mine.yaml:5:12: what stands after # is not read",
    ):
        assert said in ran.err
    assert not marked(ran.out + ran.err)


@pytest.mark.parametrize("number", ["07700 90012", "O7700 900123", "999", "ask at reception"])
def test_what_is_no_telephone_number_is_refused_without_repeating_it(office: Office, number: str) -> None:
    ran = office.sam.run("details", "--set", f"next-of-kin-phone={number}", "--set", "mobile=07700 900123")
    assert (ran.code, "Their telephone number: this is not a telephone number" in ran.err) == (2, True)
    assert number not in ran.err
    assert office.sam.run("details", "--show").code == 1  # nothing of it was kept


def test_a_number_of_the_teams_own_country_and_of_another(office: Office) -> None:
    office.mo.done("team", "set", "--country", "ie")
    office.sam.done("list")
    office.sam.done("details", "--set", "home-phone=022 12345", "--set", "mobile=+447700900123")
    shown = office.sam.done("details", "--show").out
    assert shown == "Home telephone: (022) 12345\nMobile number: +44 7700 900123\n"


def test_a_file_of_them_that_others_can_read_is_warned_of(office: Office, tmp_path: Path) -> None:
    clear = tmp_path / "details.yaml"
    clear.write_text("mobile: '07700 900123'\n")
    clear.chmod(0o644)
    assert f"others can read your details in {clear}" in office.sam.done("details", "--from", str(clear)).err
    clear.chmod(0o600)
    assert "others can read" not in office.sam.done("details", "--from", str(clear)).err


def test_clearing_removes_them_from_this_computer_only(office: Office) -> None:
    give(office)
    office.plan()
    office.sam.done("details", "--clear")
    assert office.sam.run("details", "--clear").code == 1
    assert office.sam.run("details", "--show").code == 1
    assert MARKS["mobile"] in office.mo.done("trace", office.ref, "--reason", "not back").out


def test_damaged_details_are_one_sentence_and_do_not_stop_a_plan(office: Office) -> None:
    give(office)
    (office.sam.home / "details.age").write_bytes(b"age-encryption.org/v1\nrubbish")
    shown = office.sam.run("details", "--show")
    assert (shown.code, len(shown.err.splitlines())) == (1, 2)
    planned = office.sam.done("plan", "--answers", office.answers(), "--yes")
    assert "no tracing details go with this plan" in planned.err


# in a terminal


def terminal(someone: Someone, *flags: str, **environ: str) -> Any:
    code = (
        f"import datetime, sys\nfrom visitsafe.cli import main\nsys.exit(main({list(flags)!r}, now={NOW!r}))"
    )
    env = {**os.environ, **someone.environ, **environ}
    wide = {"dimensions": (24, 200), "encoding": "utf-8", "timeout": LIMIT}
    return pexpect.spawn(sys.executable, ["-c", code], env=env, **wide)


def fill(window: Any, **typed: str) -> None:
    """Type an answer for each line that is asked; Enter for what is not named."""
    for name, label in LABELS.items():
        window.expect_exact(label)
        window.expect_exact(": ")
        window.sendline(typed.get(name.replace("-", "_"), ""))


def test_they_are_asked_one_line_each_and_kept_once_read_back_and_agreed_to(office: Office) -> None:
    give(office, mobile="07700 900123", home_phone="0161 496 0000")
    window = terminal(office.sam, "details")
    fill(window, home_address="a stray line", home_phone="-", recognise="tall")
    for line in ("Home address: a stray line", "Mobile number: 07700 900123", "How to recognise you: tall"):
        window.expect_exact(f"visitsafe: {line}\r\n")
    for said in ("", "perhaps", "n"):
        window.expect_exact("Keep this? (y/n): ")
        window.sendline(said)
    fill(window, home_address="12 Acacia Road")
    window.expect_exact("Home address: 12 Acacia Road\r\n")
    window.expect_exact("Keep this? (y/n): ")
    window.sendline("y")
    window.expect(pexpect.EOF)
    window.close()
    assert window.exitstatus == 0
    shown = office.sam.done("details", "--show").out
    assert shown == "Home address: 12 Acacia Road\nMobile number: 07700 900123\nHow to recognise you: tall\n"


def test_what_does_not_fit_is_quoted_under_the_label_of_its_question(office: Office) -> None:
    window = terminal(office.sam, "details")
    for label, typed, wrong in (
        # As far as no window breaks the line.
        ("Home address", "12 Acacia Road " * 30, '"12 Acacia Road 12 Acacia Road 12 Acac..."'),
        ("Home telephone", "at reception", '"at reception" is not a telephone number'),
        ("Mobile number", "07700 90012", '"07700 90012" is not a telephone number'),
    ):
        window.expect_exact(f"{label}: ")
        window.sendline(typed)
        window.expect_exact(f"{label}: {wrong}")
        window.expect_exact(f"{label}: ")
        window.sendline("")
    window.sendintr()
    window.expect(pexpect.EOF)
    assert "home-phone" not in window.before


@pytest.mark.parametrize("at_the_end", [False, True])
def test_stopping_changes_nothing_and_says_so(office: Office, at_the_end: bool) -> None:
    give(office, mobile="07700 900123")
    window = terminal(office.sam, "details")
    if at_the_end:
        fill(window, home_address="12 Acacia Road")
        window.expect_exact("Keep this? (y/n): ")
    else:
        window.expect_exact("Home address: ")
        window.sendline("12 Acacia Road")
        window.expect_exact("Home telephone: ")
    window.sendintr()
    window.expect_exact("stopped; nothing was changed")
    window.expect(pexpect.EOF)
    window.close()
    assert window.exitstatus == 130
    assert office.sam.done("details", "--show").out == "Mobile number: 07700 900123\n"


@pytest.fixture
def careful(office: Office) -> Someone:
    """Somebody in the team whose key has a passphrase, with tracing details."""
    zoe = office.person("zoe")
    secret = office.folder / "passphrase"
    secret.write_text("long enough\n")
    unlocked = {"VISITSAFE_PASSPHRASE_FILE": str(secret)}
    zoe.done("key", "new", "--name", "Zoe", "--email", "zoe@salford.example", **unlocked)
    office.mo.done(
        "team",
        "add",
        zoe.done("team", "join", **unlocked).out.strip(),
        "--role",
        "practitioner",
        "--role",
        "duty",
    )
    zoe.done("details", "--set", "mobile=07700 900999", **unlocked)
    return zoe


def test_one_unlocking_serves_signing_and_sealing(office: Office, careful: Someone) -> None:
    window = terminal(careful, "plan", "--answers", office.answers(), "--yes")
    window.expect_exact("Passphrase of your key: ")
    window.sendline("long enough")
    window.expect_exact("your tracing details go with it, sealed to Mo")
    assert window.expect([pexpect.EOF, "Passphrase"]) == 0
    window.close()
    assert window.exitstatus == 0


def test_one_unlocking_serves_recording_and_opening(office: Office, careful: Someone) -> None:
    give(office, mobile="07700 900123")
    office.plan()
    window = terminal(careful, "trace", office.ref, "--reseal", "--reason", "drill")
    window.expect_exact("Passphrase of your key: ")
    window.sendline("long enough")
    assert window.expect([pexpect.EOF, "Passphrase"]) == 0
    assert "sealed again to Mo, Zoe" in window.before
    assert kinds(office) == ["planned", "opened", "resealed"]


def test_a_wrong_passphrase_opens_and_records_nothing(office: Office, careful: Someone) -> None:
    give(office)
    office.plan()
    wrong = office.folder / "wrong"
    wrong.write_text("not it\n")
    ran = careful.run("trace", office.ref, "--reason", "drill", VISITSAFE_PASSPHRASE_FILE=str(wrong))
    assert ran.code == 1
    assert "does not open the key" in ran.err
    assert not marked(ran.out + ran.err)
    assert kinds(office) == ["planned"]


# in a plan, and opened


def test_a_plan_shows_that_details_are_sealed_and_how_old_and_never_what(office: Office) -> None:
    give(office)
    office.sam.now = office.mo.now = NOW + timedelta(days=12)
    office.plan(start='"5 December 2026 13:00"', due_back='"14:00"')
    said = "Tracing details: sealed to Mo; looked over 12 days ago"
    assert said in office.mo.done("show", office.ref).out
    assert said in office.mo.done("export", office.ref).out
    sealed = office.show()["tracing_details"]
    assert [one["name"] for one in sealed["to"]] == ["Mo"]
    assert (sealed["given"], sealed["past_date"]) == ("2026-11-23T08:00:00Z", False)


def test_old_details_are_flagged_to_the_worker_and_to_whoever_opens_them(office: Office) -> None:
    give(office)
    office.sam.now = office.mo.now = NOW + timedelta(days=240)
    planned = office.sam.done("plan", "--answers", office.answers(start='"21 July 2027 10:00"'), "--yes")
    assert "you looked them over 7 months ago" in planned.err
    ref = planned.out.split()[0]
    opened = office.mo.done("trace", ref, "--reason", "not back").out
    assert "Looked over 7 months ago: past its date" in opened
    assert office.mo.done("show", ref, "--json").json["tracing_details"]["past_date"] is True


def test_the_wizard_seals_them_into_a_plan_too(office: Office) -> None:
    give(office)
    office.plan()
    window = terminal(office.sam, "plan", "--repeat", office.ref, "--plain")
    for typed in ("24 November 2026 10:00", "y", "11:30", "y", "nnyynnnnnn", "1", "y", "ok", "sign"):
        window.expect(r"more\): ")
        window.sendline(typed)
    window.expect_exact("your tracing details go with it, sealed to Mo")
    window.expect(r"(\S+) is signed")
    ref = window.match[1]
    window.expect(pexpect.EOF)
    assert MARKS["mobile"] in office.mo.done("trace", ref, "--reason", "drill").out
    assert list((office.sam.home / "drafts").glob("*.json")) == []


def test_a_plan_without_details_is_signed_and_says_so(office: Office) -> None:
    planned = office.sam.done("plan", "--answers", office.answers(), "--yes")
    assert "no tracing details go with this plan" in planned.err
    assert "visitsafe details" in planned.err
    office.ref = planned.out.split()[0]
    assert office.show()["tracing_details"] is None
    ran = office.mo.run("trace", office.ref, "--reason", "not back")
    assert ran.code == 1
    assert "no tracing details are sealed" in ran.err
    assert office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Fine.").code == 0


def test_a_new_version_carries_what_was_given_last(office: Office) -> None:
    give(office, mobile="07700 900111")
    office.plan()
    give(office, mobile="07700 900222")
    office.sam.done("plan", "--revise", office.ref, "--answers", office.answers(), "--yes")
    assert "07700 900222" in office.mo.done("trace", office.ref, "--reason", "not back").out


def test_details_in_a_plan_that_the_list_hides_are_sealed_again_with_the_others(office: Office) -> None:
    give(office)
    office.plan()
    office.join(office.person("nia"), "manager")
    with contextlib.closing(sqlite3.connect(office.store)) as raw:
        raw.execute("UPDATE plans SET closed = newest, start = '2000-01-01T00:00:00Z'")
        raw.commit()
    done = office.mo.done("trace", "--reseal", "--all", "--reason", "Nia is new")
    assert f"{office.ref}: sealed again to" in done.out


def test_opening_prints_numbers_first_and_puts_who_when_and_why_on_the_record(office: Office) -> None:
    give(office)
    office.plan()
    opened = office.mo.done("trace", office.ref, "--reason", "Not back, no answer.")
    assert opened.out.index(MARKS["mobile"]) < opened.out.index(MARKS["home-address"])
    assert all(value in opened.out for value in MARKS.values())
    entry = office.show()["entries"][-1]
    assert (entry["kind"], entry["by"]["name"], entry["reason"]) == ("opened", "Mo", "Not back, no answer.")
    assert "Reason: Not back, no answer." in office.sam.done("show", office.ref).out
    assert "Tracing details opened by Mo" in office.sam.done("export", office.ref).out


@pytest.mark.parametrize(
    "flags", [["--json", "--reason", "x"], [], ["--reason", " \x07"], ["--all", "--reason", "x"]]
)
def test_opening_needs_a_reason_and_is_never_json(office: Office, flags: list[str]) -> None:
    give(office)
    office.plan()
    ran = office.mo.run("trace", office.ref, *flags)
    assert ran.code == 2
    assert not marked(ran.out)
    assert kinds(office) == ["planned"]


def test_nothing_is_sealed_to_a_computer_that_only_watches(office: Office) -> None:
    """Its key lies on a disk with its passphrase beside it."""
    box = office.join(office.person("box"), "watch")
    give(office)
    office.plan()
    assert [one["name"] for one in office.show()["tracing_details"]["to"]] == ["Mo"]
    assert office.show()["tracing_details"]["not_to"] == []
    ran = box.run("trace", office.ref, "--reason", "I want to look.")
    assert (ran.code, ran.out) == (1, "")
    assert "needs the role manager or duty" in ran.err


def test_those_who_may_not_open_are_told_who_can(office: Office) -> None:
    give(office)
    office.plan()
    for who in (
        office.sam,
        office.join(office.person("nia"), "manager"),
        office.join(office.person("al"), "admin"),
    ):
        ran = who.run("trace", office.ref, "--reason", "x")
        assert ran.code == 1
        assert "who can open them: Mo" in ran.err
    assert kinds(office) == ["planned"]


def test_resealing_everything_opens_each_plan_that_somebody_cannot_and_no_other(office: Office) -> None:
    give(office)
    refs = [office.plan()["ref"] for _ in range(2)]
    nia = office.join(office.person("nia"), "duty")
    newest = office.plan()["ref"]
    ran = office.mo.done("trace", "--reseal", "--all", "--reason", "Nia is on duty")
    assert sorted(line.split(":")[0] for line in ran.out.splitlines()) == sorted(refs)
    for ref in (*refs, newest):
        assert MARKS["mobile"] in nia.done("trace", ref, "--reason", "not back").out
    assert (
        "every manager and duty officer"
        in office.mo.done("trace", "--reseal", "--all", "--reason", "again").out
    )


def test_resealing_everything_names_what_it_could_not_open(office: Office) -> None:
    give(office)
    office.plan()
    nia = office.join(office.person("nia"), "duty")
    ran = nia.run("trace", "--reseal", "--all", "--reason", "I am new")
    assert ran.code == 1
    assert office.ref in ran.err


def test_a_plan_that_only_its_companion_could_open_is_countersigned_after_resealing(office: Office) -> None:
    give(office)
    office.plan(joint_visit="yes", companions="[Mo]")
    nia = office.join(office.person("nia"), "manager")
    decision = ("review", office.ref, "--decision", "countersign", "--reason", "Fine.")
    refused = nia.run(*decision)
    assert refused.code == 1
    assert "visitsafe trace" in refused.err
    assert "--reseal" in refused.err
    assert nia.run("review", office.ref, "--decision", "return", "--reason", "Seal it to me.").code == 0
    office.mo.done("trace", office.ref, "--reseal", "--reason", "Nia stays behind")
    assert nia.run(*decision).code == 0


def test_somebody_whose_key_cannot_decrypt_opens_with_their_age_key(office: Office) -> None:
    nia = office.person("nia")
    office.key(nia)
    own = new_identity()
    path = nia.home / "keys" / "sealing.txt"
    path.write_bytes(own.private)
    path.chmod(0o600)
    settings = load(nia.environ)
    switch_key(settings, KeyPlace(nia.home / "keys" / "id_ed25519", seal=own.recipient))
    office.mo.done("team", "add", nia.done("team", "join").out.strip(), "--role", "duty")
    give(office)
    office.plan()
    assert MARKS["mobile"] in nia.done("trace", office.ref, "--reason", "not back").out
    path.unlink()
    refused = nia.run("trace", office.ref, "--reason", "not back")
    assert (refused.code, refused.out) == (3, "")
    assert "ring one of: Mo" in refused.err


# nothing leaks


def story(office: Office) -> Iterator[Ran]:
    """Everything that happens to a plan, and every way of looking at it but for opening."""
    yield give(office)
    yield office.sam.done("details", "--confirm")
    office.plan()
    yield office.sam.done("plan", "--revise", office.ref, "--answers", office.answers(), "--yes", "--json")
    office.join(office.person("nia"), "manager")
    yield office.mo.done("trace", office.ref, "--reseal", "--reason", "Nia is new")
    yield office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Fine.", "--json")
    for flags in (["--json"], ["--include-details"], ["--json", "--include-details"]):
        yield office.mo.done("show", office.ref, *flags)
    for form in ("md", "html", "json"):
        yield office.mo.done("export", office.ref, "--format", form, "--include-details")
    yield office.mo.done("export", office.ref, "--format", "bundle", "-o", str(office.folder / "bundle.zip"))
    for words in (["list", "--json"], ["verify", "--json"], ["verify", office.ref], []):
        yield office.mo.done(*words)
    yield office.sam.run("trace", office.ref, "--reason", "x")
    yield office.mo.run("trace", office.ref, "--json", "--reason", "x")


def test_nothing_sealed_is_found_anywhere_in_clear(office: Office) -> None:
    for ran in story(office):
        assert not marked(ran.out + ran.err)
    with zipfile.ZipFile(office.folder / "bundle.zip") as bundle:
        assert not any(marked(bundle.read(name)) for name in bundle.namelist())
    files = [path for path in office.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if marked(path.read_bytes())] == []
    with contextlib.closing(sqlite3.connect(office.store)) as database:
        assert not any(marked(line) for line in database.iterdump())


class Closed(io.StringIO):
    """A terminal that goes away in the middle of a line."""

    def write(self, text: str, /) -> int:
        raise RuntimeError("a defect")


def test_a_traceback_while_they_are_shown_does_not_name_them(office: Office) -> None:
    give(office)
    office.plan()
    context = Invocation(lambda: NOW, office.mo.environ, print)
    with pytest.raises(RuntimeError) as caught, contextlib.redirect_stdout(Closed()):
        app(["trace", office.ref, "--reason", "x"], obj=context, standalone_mode=False)
    told = "".join(traceback.format_exception(caught.value))
    assert "show_details" in told
    assert not marked(told)
    assert kinds(office) == ["planned", "opened"]


# without visitsafe


def test_the_documented_commands_open_it_with_the_stock_tool(office: Office, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("the age tool is not installed")
    give(office)
    office.plan()
    office.join(office.person("nia"), "duty")
    office.mo.done("trace", office.ref, "--reseal", "--reason", "Nia is new")
    office.mo.done("export", office.ref, "--format", "bundle", "-o", str(tmp_path / "bundle.zip"))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        bundle.extractall(tmp_path)
    recipe = re.search(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipe is not None
    for someone, kind in (("mo", "planned"), ("mo", "resealed"), ("nia", "resealed")):
        (entry,) = (path for path in tmp_path.rglob("*.json") if f"-{kind}-" in path.name)
        key = office.folder / someone / "keys" / "id_ed25519"
        command = recipe[1].replace("ENTRY", str(entry)).replace("KEY", str(key))
        done = subprocess.run(command, shell=True, capture_output=True, check=True)
        assert {name: msgspec.json.decode(done.stdout)[name] for name in MARKS} == MARKS
