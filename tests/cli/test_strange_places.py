"""Settings, folders and names that cannot be: one sentence each, never a traceback."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from office import Office, Ran


def assert_refused(ran: Ran, code: int = 1) -> None:
    assert ran.code == code, ran.err
    assert ran.err.startswith("visitsafe: ")
    assert len(ran.err) < 2000


@pytest.mark.parametrize("name", ["VISITSAFE_HOME", "VISITSAFE_STORE"])
def test_the_home_of_somebody_unknown_is_refused(office: Office, name: str) -> None:
    ran = office.sam.run("list", **{name: "~nosuchuser/x"})
    assert_refused(ran)
    assert name in ran.err


@pytest.mark.parametrize(
    "text", ['[me]\nname = "Sam"\nkey = "keys/\\u0000"\n', "a = " + "[" * 100_000, "a = {" * 10_000]
)
def test_settings_that_cannot_be_are_named_and_kept(office: Office, text: str) -> None:
    settings = office.sam.home / "settings.toml"
    settings.write_text(text)
    for words in (["list"], [], ["key", "show"], ["plan", "--answers", office.answers(), "--yes"]):
        ran = office.sam.run(*words)
        assert_refused(ran)
        assert "settings.toml" in ran.err
    assert settings.read_text() == text


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--answers", "a\0b", "--yes"],
        ["plan", "--checklist", "a\0b", "--print-answers"],
        ["plan", "--checklist", "x" * 5000, "--print-answers"],
        ["checklist", "check", "a\0b"],
        ["checklist", "list", "--checklist", "a\0b"],
        ["checklist", "new", "ours", "--out", "a\0b"],
    ],
)
def test_what_cannot_name_a_file_is_refused(office: Office, words: list[str]) -> None:
    assert office.sam.run(*words).code in {1, 2}


def test_an_export_to_what_cannot_name_a_file_is_refused(office: Office) -> None:
    office.plan()
    assert_refused(office.sam.run("export", office.ref, "--out", "a\0b"), 2)


@pytest.mark.parametrize("checklist", ["x" * 5000, '"a\\0b"'])
def test_a_checklist_that_no_name_can_be_is_refused(office: Office, checklist: str) -> None:
    plan = Path(office.answers())
    plan.write_text(plan.read_text().replace("checklist: home-visit", f"checklist: {checklist}"))
    assert_refused(office.sam.run("plan", "--answers", str(plan), "--yes"))


def test_a_folder_as_an_answers_file_is_called_a_folder(office: Office) -> None:
    ran = office.sam.run("plan", "--answers", str(office.folder), "--yes")
    assert_refused(ran)
    assert "is a folder" in ran.err


def test_endless_problems_are_counted_after_fifty(office: Office) -> None:
    plan = Path(office.answers())
    plan.write_text("checklist: home-visit\nanswers:\n" + "".join(f"  k{n}: x\n" for n in range(3000)))
    ran = office.sam.run("plan", "--answers", str(plan), "--yes")
    assert ran.code == 1
    assert len(ran.err.splitlines()) < 60
    assert " more" in ran.err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs Unix")
def test_an_endless_passphrase_file_ends(office: Office) -> None:
    secret = office.folder / "secret"
    secret.write_text("correct horse\n")
    ann = office.person("ann")
    words = ("key", "new", "--name", "Ann", "--email", "ann@salford.example")
    ann.done(*words, VISITSAFE_PASSPHRASE_FILE=str(secret))
    assert_refused(ann.run("team", "join", VISITSAFE_PASSPHRASE_FILE="/dev/zero"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize(("mode", "warns"), [(0o777, True), (0o770, True), (0o755, False), (0o700, False)])
def test_a_home_that_others_can_write_to_is_said(office: Office, mode: int, warns: bool) -> None:
    office.sam.home.chmod(mode)
    ran = office.sam.done("list")
    assert ("chmod 700" in ran.err) == warns
    assert stat.S_IMODE(office.sam.home.stat().st_mode) == mode


@pytest.mark.parametrize("url", ["{folder}", "{folder}/", "sqlite:///{folder}", "sqlite:///{folder}/"])
def test_a_folder_named_as_the_store_means_the_store_in_it(office: Office, url: str) -> None:
    office.plan()
    named = url.format(folder=office.store.parent)
    assert office.sam.done("list", "--json", VISITSAFE_STORE=named).json[0]["ref"] == office.ref


def test_a_folder_without_that_store_names_the_one_that_is_in_it(office: Office, tmp_path: Path) -> None:
    office.store.rename(tmp_path / "visits.db")
    ran = office.mo.run("list", VISITSAFE_STORE=str(tmp_path))
    assert_refused(ran)
    assert f"if you mean visits.db: VISITSAFE_STORE=sqlite:///{tmp_path / 'visits.db'}" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("export", "REF"),
        ("export", "REF", "--format", "html"),
        ("export", "--case", "CF-1"),
        ("report", "--from", "1 November", "--to", "30 November", "--format", "csv"),
        ("team", "export"),
        ("checklist", "new", "ours"),
    ],
)
def test_a_dash_for_a_file_is_standard_output(office: Office, words: tuple[str, ...]) -> None:
    office.plan()
    words = tuple(office.ref if word == "REF" else word for word in words)
    ran = office.mo.done(*words, "--out", "-")
    assert ran.out == office.mo.done(*words).out
    assert "wrote" not in ran.err
    assert not Path("-").exists()


def test_a_bundle_goes_down_a_pipe_and_comes_in_again(office: Office, tmp_path: Path) -> None:
    office.plan()
    command = [sys.executable, "-m", "visitsafe", "export", office.ref, "--format", "bundle", "--out", "-"]
    made = subprocess.run(command, env={**os.environ, **office.mo.environ}, capture_output=True, check=True)
    (tmp_path / "bundle.zip").write_bytes(made.stdout)
    assert office.mo.done("verify", str(tmp_path / "bundle.zip")).code == 0
