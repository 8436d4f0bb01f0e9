"""`visitsafe team duress`: one phrase for the team, sealed to those who answer the telephone."""

import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from office import NOW, Office, Ran
from patience import LIMIT

PHRASE = "Could you look up the green folder"


def agree(office: Office, phrase: str = PHRASE) -> Ran:
    file = office.folder / "phrase.txt"
    file.write_text(phrase + "\n", encoding="utf-8")
    ran = office.mo.run("team", "duress", "--set", "--from-file", str(file))
    file.unlink()
    return ran


def test_managers_and_duty_officers_can_look_it_up_and_others_cannot(office: Office) -> None:
    nia = office.join(office.person("nia"), "duty")
    assert agree(office).code == 0
    for who in (office.mo, nia):
        assert who.done("team", "duress", "--show").out == f"{PHRASE}\n"
    refused = office.sam.run("team", "duress", "--show")
    assert (refused.code, refused.out) == (1, "")
    assert "managers and duty officers" in refused.err


def test_only_an_admin_agrees_on_one(office: Office) -> None:
    file = office.folder / "phrase.txt"
    file.write_text(PHRASE)
    assert office.sam.run("team", "duress", "--set", "--from-file", str(file)).code == 1
    assert office.mo.run("team", "duress", "--show").code == 1


def test_a_later_phrase_takes_the_place_of_the_first_and_is_for_those_of_then(office: Office) -> None:
    agree(office)
    nia = office.join(office.person("nia"), "duty")
    refused = nia.run("team", "duress", "--show")
    assert (refused.code, refused.out) == (1, "")
    assert "--set" in refused.err
    agree(office, "Is the blue car back")
    assert nia.done("team", "duress", "--show").out == "Is the blue car back\n"


def test_it_stands_in_clear_nowhere(office: Office) -> None:
    ran = agree(office)
    office.plan()
    office.mo.done("export", office.ref, "--format", "bundle", "-o", str(office.folder / "bundle.zip"))
    for shown in (ran, office.mo.done("team", "list", "--json"), office.mo.done("verify", "--json")):
        assert "green folder" not in shown.out + shown.err
    files = [path for path in office.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"green folder" in path.read_bytes()] == []


@pytest.mark.parametrize("phrase", ["", " \x1b[0m ", "x" * 300])
def test_a_phrase_that_cannot_be_one_is_refused_without_being_repeated(office: Office, phrase: str) -> None:
    ran = agree(office, phrase)
    assert ran.code == 2
    assert "xxxx" not in ran.err


@pytest.mark.parametrize(
    "flags",
    [[], ["--set", "--show"], ["--show", "--from-file", "x"], ["--set"], ["--set", "--from-file", "none"]],
)
def test_flags_that_do_not_fit_are_refused(office: Office, flags: list[str]) -> None:
    ran = office.mo.run("team", "duress", *flags)
    assert ran.code in {1, 2}
    assert "hint: " in ran.err


@pytest.mark.parametrize(("second", "code"), [(PHRASE, 0), ("something else", 2)])
def test_at_a_terminal_it_is_typed_twice_and_not_shown(office: Office, second: str, code: int) -> None:
    command = ["team", "duress", "--set"]
    script = f"import datetime, sys\nfrom visitsafe.cli import main\nsys.exit(main({command!r}, now={NOW!r}))"
    env = {**os.environ, **office.mo.environ}
    window = pexpect.spawn(sys.executable, ["-c", script], env=env, encoding="utf-8", timeout=LIMIT)
    window.logfile_read = (office.folder / "screen.txt").open("w", encoding="utf-8")
    for prompt, typed in (("Duress phrase", PHRASE), ("The same again", second)):
        window.expect_exact(prompt)
        window.sendline(typed)
    window.expect(pexpect.EOF)
    window.close()
    window.logfile_read.close()
    assert window.exitstatus == code
    assert "green folder" not in Path(office.folder / "screen.txt").read_text(encoding="utf-8")
    assert office.mo.run("team", "duress", "--show").code == (0 if code == 0 else 1)
