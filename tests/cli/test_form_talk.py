"""Filling in a form: from a file, and at a real terminal that stops, is killed, and comes back."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

import form_command
from office import QUIET, Office, Ran
from patience import LIMIT
from visitsafe.cli.forms import unfinished
from visitsafe.opening import Invocation

CALM = """\
checklist: mine
answers:
  happened: yesterday 14:30
  what: "He shouted."
  hurt: {hurt}
  share-hostility: no
  share-circumstances: no
  share-fear: no
  share-less-than-honest: no
  share-first-acknowledgement: no
  share-would-want-to-know: no
"""
TESTS = Path(form_command.__file__).parent


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A team with a plan, by the real clock; and an agency's folder with the form `mine`."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "lists").mkdir()
    (folder / "lists" / "mine.yaml").write_text(form_command.FORM, encoding="utf-8")
    office = Office(folder)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    office.sam.now = office.mo.now = now
    office.open()
    day = f"{now + timedelta(days=2):%d %B %Y}"
    plan = folder / "plan.yaml"
    plan.write_text(QUIET.replace("23 November 2026", day), encoding="utf-8")
    office.ref = office.sam.done("plan", "--answers", str(plan), "--yes").out.split()[0]
    return office


def environ(office: Office, **more: str) -> dict[str, str]:
    own = {"VISITSAFE_CHECKLISTS": str(office.folder / "lists"), "PYTHONPATH": str(TESTS)}
    return {**os.environ, **office.sam.environ, **own, **more}


def run(office: Office, *words: str) -> Ran:
    """Run the command as a process with no terminal."""
    line = [sys.executable, "-m", "form_command", "mine", office.ref, *words]
    done = subprocess.run(
        line, env=environ(office), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def at_terminal(office: Office, *words: str, **more: str) -> Any:
    """Run it in a terminal of its own, in plain lines unless `more` says otherwise."""
    line = ["-m", "form_command", "mine", office.ref, *words]
    env = environ(office, **{"ACCESSIBLE": "1", **more})
    return pexpect.spawn(sys.executable, line, env=env, dimensions=(50, 40), encoding="utf-8", timeout=LIMIT)


def answer(child: Any, *lines: str) -> None:
    """Type each line when a question is there: a prompt ends in a colon and a space."""
    for line in lines:
        child.expect(r": $")
        child.sendline(line)


def ended(child: Any) -> tuple[int, str]:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, " ".join(child.before.split())


def drafts(office: Office) -> list[Path]:
    return sorted((office.sam.home / "drafts").glob("**/*.json"))


def incidents(office: Office) -> int:
    """How many are in the store."""
    query = 'SELECT count(*) FROM entries WHERE CAST(payload AS TEXT) LIKE \'%"kind":"incident"%\''
    with closing(sqlite3.connect(office.store)) as database:
        return int(database.execute(query).fetchone()[0])


class TestFromAFile:
    def test_what_it_prints_is_filled_in_and_signed(self, office: Office, tmp_path: Path) -> None:
        printed = run(office, "--print-answers")
        assert printed.code == 0
        assert "checklist: mine\n" in printed.out
        assert f"visitsafe mine {office.ref} --answers FILE --yes" in printed.out
        filled = tmp_path / "filled.yaml"
        given = {"happened:": "happened: today 00:00", "what:": 'what: "A dog."', "hurt:": "hurt: no"}
        lines = [
            next((f"  {new}" for key, new in given.items() if line.strip() == key), line)
            for line in printed.out.splitlines()
        ]
        text = "\n".join(f"{line} no" if line.startswith("  share-") else line for line in lines)
        filled.write_text(text, encoding="utf-8")
        done = run(office, "--answers", str(filled), "--yes")
        assert done.code == 0, done.err
        assert done.json["answers"]["what"] == "A dog."

    def test_it_is_signed_with_what_it_points_out_said_and_the_forms_last_words(
        self, office: Office, tmp_path: Path
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(CALM.format(hurt="not sure"), encoding="utf-8")
        done = run(office, "--answers", str(file), "--yes")
        assert done.code == 0, done.err
        assert [one["rule"] for one in done.json["findings"]] == ["tell-about-injury"]
        assert "to note: Some injuries at work" in done.err
        assert "Talk to somebody about it today." in done.err

    def test_what_is_known_need_not_stand_in_the_file(self, office: Office, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(CALM.format(hurt="no").replace('  what: "He shouted."\n', ""), encoding="utf-8")
        done = run(office, "--answers", str(file), "--yes", "--known", "He rang off.")
        assert done.json["answers"]["what"] == "He rang off."

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (CALM.format(hurt="no").replace("checklist: mine", "checklist: home-visit"), ":1:12: "),
            (CALM.format(hurt="maybe"), ":5:9: hurt: "),
            (
                CALM.format(hurt="no").replace("yesterday 14:30", "tomorrow 9am"),
                ":3:13: happened: that is still",
            ),
            (CALM.format(hurt="no") + "urgent: it is\n", ":12:1: a form has only answers: leave urgent out"),
            (CALM.format(hurt="no") + "visit:\n  case: CF-1\n", ":12:1: a form has only answers"),
        ],
    )
    def test_whatever_is_wrong_is_said_with_its_line_and_nothing_is_signed(
        self, office: Office, tmp_path: Path, text: str, line: str
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(text, encoding="utf-8")
        before = incidents(office)
        done = run(office, "--answers", str(file), "--yes")
        assert done.code == 1
        assert line in done.err
        assert f"visitsafe mine {office.ref} --print-answers" in done.err
        assert incidents(office) == before

    def test_a_file_is_not_signed_without_a_yes_and_without_a_terminal_nothing_is_asked(
        self, office: Office, tmp_path: Path
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(CALM.format(hurt="no"), encoding="utf-8")
        assert (run(office, "--answers", str(file)).code, run(office).code) == (2, 2)
        assert f"visitsafe mine {office.ref} --answers FILE --yes" in run(office).err


FACTS = ["yesterday 14:30", "y", "He shouted.", "y"]
"""When and its yes, what happened, and that somebody was hurt."""


READY, DOWN = r"\x1b\[\?25h", "\x1b[B"
"""What the terminal is told when a prompt waits for keys, and the key that moves down."""


def press(child: Any, shown: str, keys: str) -> None:
    """Press keys when a question is there and waits."""
    child.expect(shown)
    child.expect(READY)
    child.send(keys)


class TestAtATerminal:
    def test_it_goes_on_where_it_was_stopped_or_killed_and_signs(self, office: Office) -> None:
        child = at_terminal(office)
        child.expect("Are you safe now")
        answer(child, *FACTS[:2])
        child.expect("see and hear")
        answer(child, ":q")
        code, text = ended(child)
        assert (code, f"visitsafe mine {office.ref}" in text) == (130, True)

        child = at_terminal(office)
        child.expect("You began this before")
        answer(child, "1")
        answer(child, *FACTS[2:])
        child.expect("Who was hurt")
        child.expect(r": $")
        child.kill(9)
        child.close()

        child = at_terminal(office)
        answer(child, "1")
        child.expect("Who was hurt")
        answer(child, "none", "nnnnnn", "ok")
        child.expect("Some injuries at work")
        child.expect("sign this record")
        answer(child, "sign")
        code, text = ended(child)
        assert code == 0
        assert json.JSONDecoder().raw_decode(text, text.index("{"))[0]["answers"]["what"] == "He shouted."
        assert drafts(office) == []

    def test_no_list_of_unfinished_plans_shows_it(self, office: Office) -> None:
        child = at_terminal(office)
        answer(child, *FACTS)
        child.sendintr()
        assert ended(child)[0] == 130
        (draft,) = drafts(office)
        assert draft.stat().st_mode & 0o777 == 0o600
        assert draft.parent.stat().st_mode & 0o777 == 0o700
        assert "unfinished plan" not in office.sam.run().out
        found = unfinished(Invocation(lambda: office.sam.now, office.sam.environ, print))
        assert found == [(office.ref, f"visitsafe mine {office.ref}")]
        child = at_terminal(office)
        answer(child, "2")
        child.expect("When was it")
        answer(child, "q")
        ended(child)
        assert "He shouted" not in drafts(office)[0].read_text(encoding="utf-8")
        drafts(office)[0].unlink()

    def test_a_crash_after_signing_does_not_record_it_twice(self, office: Office) -> None:
        before = incidents(office)
        child = at_terminal(office, "--die")
        answer(child, *FACTS, "none", "nnnnnn", "ok", "sign")
        assert ended(child)[0] == form_command.CRASHED
        child = at_terminal(office)
        code, text = ended(child)
        assert (code, "signed and recorded before" in text) == (0, True)
        assert incidents(office) == before + 1
        assert drafts(office) == []

    def test_a_damaged_draft_is_set_aside_and_the_form_begins_again(self, office: Office) -> None:
        child = at_terminal(office)
        answer(child, "q")
        ended(child)
        drafts(office)[0].write_text("{", encoding="utf-8")
        child = at_terminal(office)
        child.expect("could not be read")
        child.expect("When was it")
        answer(child, "q")
        ended(child)
        drafts(office)[0].unlink()

    def test_what_is_known_is_not_asked_and_can_be_changed(self, office: Office) -> None:
        child = at_terminal(office, "--known", "He rang off.")
        answer(child, *FACTS[:2], "n", "nnnnnn")
        child.expect("He rang off")
        answer(child, "2", "He hung up.", "ok", "sign")
        code, text = ended(child)
        assert code == 0
        assert json.JSONDecoder().raw_decode(text, text.index("{"))[0]["answers"]["what"] == "He hung up."

    def test_with_arrows_it_is_signed_as_a_record_and_not_as_a_plan(self, office: Office) -> None:
        child = at_terminal(office, TERM="xterm", ACCESSIBLE="", NO_COLOR="1")
        press(child, "When was it", "yesterday 14:30\r")
        press(child, "see and hear", "He shouted.\r")
        press(child, "Was anybody hurt", "n")
        press(child, "Do others need to know", "nnnnnn\r")
        press(child, "Everything is right, go on", DOWN + "\r")
        press(child, "Sign this record", DOWN + "\r")
        assert ended(child)[0] == 0
