"""The whole story between two machines that share no store, by sending files."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from by_hand import made, put, roster
from office import NOW, Office, Someone
from story_plan import decision_on


@dataclass
class Apart(Office):
    """Mo and Sam as in the office, but each with a store of their own and only files between them."""

    sent: int = 0

    def person(self, name: str) -> Someone:
        return Someone(name, self.folder / name, f"sqlite:///{self.folder / name / 'store.sqlite3'}")

    def open(self) -> "Apart":
        """Mo founds; Sam sends a join line, and Mo the team."""
        self.key(self.mo)
        self.mo.done("team", "found", "--role", "manager", "--place", "Salford, 53.49, -2.29")
        self.join(self.sam, "practitioner")
        return self

    def send(self, sender: Someone, *what: str) -> str:
        """Export a bundle to a new file."""
        self.sent += 1
        path = self.folder / f"mail-{self.sent}.zip"
        sender.done("export", *what, "--out", str(path))
        return str(path)

    def bring(self, sender: Someone, receiver: Someone, *what: str) -> str:
        return receiver.done("import", self.send(sender, *what)).out

    def team_id(self) -> str:
        return str(self.mo.done("team", "list", "--json").json["id"])

    def status(self, someone: Someone) -> Any:
        return someone.done("show", self.ref, "--json").json

    def move(self, minutes: int) -> None:
        self.sam.now = self.mo.now = NOW + timedelta(minutes=minutes)


@pytest.fixture
def apart(tmp_path: Path) -> Apart:
    return Apart(tmp_path).open()


def begin(apart: Apart) -> None:
    """Sam takes the team in, plans, and Mo has the plan."""
    apart.sam.done("import", apart.send(apart.mo, "--team"), "--team-id", apart.team_id())
    apart.plan()
    apart.bring(apart.sam, apart.mo, apart.ref, "--format", "bundle")


def decide(apart: Apart, decision: str) -> None:
    apart.mo.done("review", apart.ref, "--decision", decision, "--reason", "Because.")


def test_a_plan_goes_there_and_back_and_is_countersigned_on_both_machines(apart: Apart) -> None:
    begin(apart)
    assert f"visitsafe review {apart.ref}" in apart.mo.done().out
    decide(apart, "countersign")
    said = apart.bring(apart.mo, apart.sam, apart.ref, "--format", "bundle")
    assert "awaiting before, countersigned now" in said
    shown = apart.status(apart.sam)
    assert (shown["status"], shown["decision"]["by"]["name"]) == ("countersigned", "Mo")
    for someone in (apart.sam, apart.mo):
        assert "Everything holds" in someone.done("verify").out


def test_what_both_did_at_the_same_time_stands_on_both_machines_the_cautious_way(apart: Apart) -> None:
    begin(apart)
    apart.move(10)
    changed = apart.answers(joint_visit="yes", companions='["Priya Nair"]')
    apart.sam.done("plan", "--revise", apart.ref, "--answers", changed, "--yes")
    decide(apart, "return")
    from_mo, from_sam = apart.send(apart.mo, "--all"), apart.send(apart.sam, "--all")
    told = apart.sam.done("import", from_mo).out, apart.mo.done("import", from_sam).out
    assert all("Mo returned it" in said and "Sam made a new version" in said for said in told)
    sam, mo = apart.status(apart.sam), apart.status(apart.mo)
    assert sam == mo
    assert sam["status"] == "awaiting"
    assert sorted(entry["kind"] for entry in sam["entries"]) == ["decided", "planned", "revised"]
    apart.move(20)
    decide(apart, "countersign")
    apart.bring(apart.mo, apart.sam, apart.ref, "--format", "bundle")
    assert apart.status(apart.sam)["status"] == apart.status(apart.mo)["status"] == "countersigned"


def test_a_withdrawal_beats_a_countersignature_made_at_the_same_time(apart: Apart) -> None:
    begin(apart)
    apart.sam.done("withdraw", apart.ref, "--reason", "They moved away.")
    decide(apart, "countersign")
    apart.bring(apart.sam, apart.mo, "--all")
    said = apart.bring(apart.mo, apart.sam, "--all")
    assert "withdrawn stands" in said
    assert apart.status(apart.sam)["status"] == apart.status(apart.mo)["status"] == "withdrawn"


def test_importing_twice_says_that_nothing_is_new(apart: Apart) -> None:
    begin(apart)
    assert "Nothing new" in apart.bring(apart.sam, apart.mo, "--all")
    assert apart.mo.done("import", apart.send(apart.sam, "--all"), "--json").json["new"] == 0


def test_a_new_machine_is_never_given_a_team_without_being_asked(apart: Apart) -> None:
    file = apart.send(apart.mo, "--team")
    ran = apart.sam.run("import", file)
    assert ran.code == 2
    assert apart.team_id() in ran.err
    assert "--team-id" in ran.err
    assert not (apart.folder / "sam" / "store.sqlite3").exists()
    wrong = apart.sam.run("import", file, "--team-id", "0" * 64)
    assert (wrong.code, apart.team_id() in wrong.err) == (1, True)
    assert "belongs to the team" in apart.sam.done("import", file, "--yes").err
    assert apart.sam.done("team", "list", "--json").json["id"] == apart.team_id()


def test_a_lost_store_comes_back_from_a_colleague(apart: Apart) -> None:
    begin(apart)
    for path in (apart.folder / "sam").glob("store.sqlite3*"):
        path.unlink()
    apart.bring(apart.mo, apart.sam, "--all")
    assert apart.status(apart.sam)["status"] == "awaiting"


def test_another_teams_file_is_refused_on_a_machine_that_has_one(apart: Apart, tmp_path: Path) -> None:
    begin(apart)
    other = apart.person("eve")
    apart.key(other)
    other.done("team", "found", "--role", "manager")
    ran = apart.sam.run("import", apart.send(other, "--team"))
    assert (ran.code, "another team" in ran.err) == (1, True)
    lost = apart.folder / "sam" / "store.sqlite3"
    for path in lost.parent.glob("store.sqlite3*"):
        path.unlink()
    ran = apart.sam.run("import", apart.send(other, "--team"), "--yes")
    assert (ran.code, "another team" in ran.err, lost.exists()) == (1, True, False)


def test_a_file_that_was_tampered_with_is_refused_with_code_3(apart: Apart) -> None:
    from bundles import members_of, zip_of
    from visitsafe.exchange.bundle import read_bundle

    begin(apart)
    files = members_of(read_bundle(Path(apart.send(apart.sam, "--all"))))
    name = next(name for name in files if "planned" in name and name.endswith(".json"))
    files[name] = files[name].replace(b"Ordsall", b"Salford")
    path = apart.folder / "tampered.zip"
    path.write_bytes(zip_of(files))
    for command in (("import", str(path)), ("verify", str(path))):
        ran = apart.mo.run(*command)
        assert (ran.code, name in ran.err) == (3, True)


def test_what_is_exported_is_said_exactly_once(apart: Apart) -> None:
    begin(apart)
    assert apart.sam.run("export").code == 2
    assert apart.sam.run("export", apart.ref, "--team").code == 2
    assert apart.sam.run("export", "--all", "--format", "md").code == 2


def forged(apart: Apart) -> str:
    """A bundle with a countersignature that Sam, a practitioner, made by hand: signed, and of no effect."""
    begin(apart)
    theirs, plan = Office(apart.folder / "sam"), apart.status(apart.sam)
    after = [plan["version"], *roster(theirs).heads]
    put(theirs, made(apart.sam, plan["plan"], "decided", after, decision_on(plan["version"])))
    return apart.send(apart.sam, apart.ref, "--format", "bundle")


def test_an_entry_that_does_not_count_is_named_and_not_taken_in_unasked(apart: Apart) -> None:
    bundle = forged(apart)
    refused = apart.mo.run("import", bundle)
    assert (refused.code, refused.out) == (1, "")
    why = f"{apart.ref}: Sam, decided: its author was not a manager when it was made"
    assert why in refused.err
    assert "nothing was taken in" in refused.err
    assert "--uncounted" in refused.err
    assert len(apart.status(apart.mo)["entries"]) == 1
    assert apart.mo.done("verify").out.startswith("Everything holds.")


def test_once_taken_in_it_is_said_and_the_record_holds(apart: Apart) -> None:
    taken = apart.mo.done("import", forged(apart), "--uncounted")
    assert "does not count: Sam, decided: its author was not a manager" in taken.out
    assert apart.status(apart.mo)["status"] == "awaiting"
    for words in (("verify",), ("verify", apart.ref)):
        said = apart.mo.done(*words).out
        assert said.startswith("Everything holds; 1 entry does not count:\n  DOES NOT COUNT: ")
        assert "its author was not a manager when it was made" in said
    shape = apart.mo.done("verify", "--json").json
    assert (shape["holds"], shape["problems"], len(shape["uncounted"])) == (True, [], 1)
    assert apart.mo.done("verify", apart.send(apart.mo, apart.ref, "--format", "bundle")).code == 0
    again = apart.mo.done("import", apart.send(apart.sam, apart.ref, "--format", "bundle"))
    assert "Nothing new" in again.out


def test_a_change_of_the_team_names_the_visits_that_stand_otherwise_before_it_is_taken_in(
    tmp_path: Path,
) -> None:
    """An admin elsewhere takes the role from the manager who countersigned, by a clock that is slow."""
    office = Office(tmp_path).open()
    nia, dee = office.join(office.person("nia"), "manager"), office.duty()
    ref = office.plan()["ref"]
    nia.now = NOW + timedelta(minutes=30)
    nia.done("review", ref, "--decision", "countersign", "--reason", "Fine.")
    copy = tmp_path / "desk.sqlite3"
    with closing(sqlite3.connect(office.store)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there)
    dee.store, dee.now = f"sqlite:///{copy}", NOW + timedelta(hours=1)
    office.mo.now = NOW + timedelta(minutes=5)
    office.mo.done("team", "role", "Nia", "--role", "practitioner", "--yes")
    file = tmp_path / "team.zip"
    office.mo.done("export", "--team", "--out", str(file))
    ran = dee.run("import", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert f"{ref}, Sam: countersigned before, awaiting with this" in ran.err
    assert "1 open visit stands otherwise" in ran.err
    assert "nothing was taken in" in ran.err
    assert dee.done("show", ref, "--json").json["status"] == "countersigned"
    assert f"{ref}, Sam: " in dee.done("import", str(file), "--uncounted").err
    assert "Nothing new" in dee.done("import", str(file)).out
