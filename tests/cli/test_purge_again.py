"""What was removed and came back goes again, what is held stays, and no unsigned list decides what goes."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from by_hand import desk, made, put, roster
from office import NOW, Office
from sqlite_files import tampered
from visitsafe.record.bodies import ERASURE, PurgedBody, ReportBody
from visitsafe.record.stored import Store, Stored
from visitsafe.retention.policy import gone_of
from visitsafe.retention.purge_survey import survey
from visitsafe.retention.purging import remove
from visitsafe.retention.store_purge import open_purge

PHRASE = "Rex the dog bites"
LATER = NOW + timedelta(days=120)
TODAY = ("--today", f"{LATER:%Y-%m-%d}")
CLEAN = ("store", "purge", "--yes", "--reason", "clean-up")
ERASE = ("store", "erase", "CF-1", "--yes", "--reason", "Asked for.")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    office.mo.done("team", "set", "--keep-days", "100")
    return office


def visited(office: Office, case: str = "CF-1") -> str:
    """Sam's visit to a case, countersigned and over; its reference."""
    office.at(NOW)
    office.countersigned(case=f'"{case}"', purpose=f'"{PHRASE} at {case}"')
    office.sam.now = NOW + timedelta(hours=3)
    office.sam.done("depart", office.ref)
    office.sam.done("back", office.ref)
    office.at(NOW + timedelta(hours=4))
    return office.ref


def copied(office: Office, name: str) -> Office:
    """The same people at a copy of the store as it is now, as after a backup."""
    other = Office(office.folder)
    with closing(sqlite3.connect(office.store)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = shutil.copy(office.store, office.folder / f"{name}.db")
    for who in (other.sam, other.mo):
        who.store = f"sqlite:///{path}"
    other.ref = office.ref
    return other.at(office.mo.now)


def taken_over(office: Office, other: Office, name: str) -> Any:
    """Have the other store take in all that the office's has."""
    bundle = str(office.folder / name)
    office.mo.done("export", "--all", "--out", bundle)
    return other.mo.done("import", bundle)


def bytes_of(office: Office) -> bytes:
    return Path(office.mo.store.removeprefix("sqlite:///")).read_bytes()


@pytest.fixture
def brought_back(office: Office) -> Office:
    """A store from a backup in which the case is open, that learns of its withdrawal and its erasure."""
    office.plan(case='"CF-1"', purpose=f'"{PHRASE}"')
    backup = copied(office, "backup")
    office.sam.done("withdraw", office.ref, "--reason", "Not needed.")
    office.mo.done(*ERASE)
    ran = taken_over(office, backup, "all.zip")
    assert "doubtful: some of it is not here because its removal is signed" in ran.out
    return backup


def test_what_an_erasure_took_out_of_an_older_backup_is_no_fault_but_waits(brought_back: Office) -> None:
    office = brought_back
    ran = office.mo.done("verify")
    assert "some of it is not here because its removal is signed" in ran.out
    assert "run visitsafe store purge" in ran.out
    # Nobody acts on what is left of it.
    ran = office.mo.run("plan", "--revise", office.ref, "--answers", office.answers(), "--yes")
    assert ran.code != 0
    found = {one["name"]: one["state"] for one in office.mo.run("doctor", "--json").json}
    assert found["list"] == "look"


def test_it_goes_by_hand_at_once(brought_back: Office) -> None:
    office = brought_back
    office.mo.done(*ERASE)
    assert office.mo.done("show", office.ref, "--json").json["status"] == "removed"
    assert PHRASE.encode() not in bytes_of(office)
    assert office.mo.done("verify").code == 0


def test_by_rule_it_goes_only_when_nobody_can_be_out_on_it(brought_back: Office) -> None:
    office = brought_back
    dry = office.mo.done("store", "purge", "--dry-run").out
    assert "looks open here: it goes from 2026-11-30 on, or at once with visitsafe store erase" in dry
    assert "Nothing was removed" in office.mo.done(*CLEAN).out
    assert PHRASE.encode() in bytes_of(office)
    later = NOW + timedelta(days=8)
    office.at(later).mo.done(*CLEAN, "--today", f"{later:%Y-%m-%d}")
    assert office.mo.done("show", office.ref, "--json").json["status"] == "removed"
    assert PHRASE.encode() not in bytes_of(office)
    ran = office.mo.done("verify")
    assert "not here" not in ran.out


def test_a_hold_keeps_it(brought_back: Office) -> None:
    office = brought_back
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest.")
    later = NOW + timedelta(days=8)
    ran = office.at(later).mo.done("store", "purge", "--dry-run", "--json").json
    assert [one["why_not"].split(" by ")[0] for one in ran["staying"]] == ["held since 2026-11-23"]
    assert office.mo.run(*ERASE, "--today", f"{later:%Y-%m-%d}").code == 1
    assert PHRASE.encode() in bytes_of(office)


def test_what_came_in_later_stays_and_what_is_signed_goes_all_the_same(office: Office) -> None:
    ref = visited(office)
    backup, colleague = copied(office, "backup"), copied(office, "colleague")
    plan = office.mo.done("show", ref, "--json").json
    office.mo.done(*ERASE)
    note = made(office.sam, plan["plan"], "note-of-later", [plan["entries"][-1]["id"]], ReportBody(of=""))
    _put_into(colleague, note)
    taken_over(colleague, office, "colleague.zip")
    taken_over(office, backup, "all.zip")
    ran = backup.mo.done("verify")
    assert "the removal of 4 entries is signed and not carried out here" in ran.out
    assert PHRASE.encode() in bytes_of(backup)
    backup.mo.done(*CLEAN)
    assert PHRASE.encode() not in bytes_of(backup)
    shape = backup.mo.done("show", ref, "--json").json
    assert (shape["status"], shape["left"]) == ("removed", [note.id])
    assert shape["left"] == office.mo.done("show", ref, "--json").json["left"]


def _put_into(office: Office, *entries: Any) -> None:
    class There(Office):
        @property
        def store(self) -> Path:
            return Path(office.mo.store.removeprefix("sqlite:///"))

    put(There(office.folder), *entries)


def test_a_removal_that_names_a_part_of_what_its_author_had_seen_is_not_carried_out(office: Office) -> None:
    """Mo signs, with a program of her own, that the decision alone goes."""
    ref = visited(office)
    plan = office.mo.done("show", ref, "--json").json
    mine = desk(office, office.mo)
    one = next(gone for gone in gone_of(mine.plan(plan["plan"])) if gone.kind == "decided")
    mine.store.close()
    body = PurgedBody(rule=ERASURE, reason="none", removed=(one,))
    after = [plan["entries"][-1]["id"], *roster(office).heads]
    put(office, made(office.mo, plan["plan"], "purged", after, body))
    ran = office.mo.done("store", "purge", "--dry-run", "--json").json
    assert [(each["rule"], "only a part" in each["why_not"]) for each in ran["staying"]] == [("signed", True)]
    assert "Nothing was removed" in office.mo.done(*CLEAN).out
    assert office.mo.done("show", ref, "--json").json["status"] == "countersigned"


def test_a_signature_alone_does_not_take_out_a_visit_under_way(office: Office) -> None:
    """Mo signs the removal of what is under way, and names an entry that nobody ever made."""
    office.countersigned(case='"CF-1"')
    office.sam.now = NOW + timedelta(hours=2)
    office.sam.done("depart", office.ref)
    office.at(NOW + timedelta(hours=2))
    plan = office.mo.done("show", office.ref, "--json").json
    mine = desk(office, office.mo)
    gone = gone_of(mine.plan(plan["plan"]))
    mine.store.close()
    ghost = msgspec.structs.replace(gone[0], id="ab" * 32, kind="withdrawn")
    body = PurgedBody(rule=ERASURE, reason="none", removed=(*gone, ghost))
    after = [plan["entries"][-1]["id"], ghost.id, *roster(office).heads]
    put(office, made(office.mo, plan["plan"], "purged", after, body))
    assert "its removal is signed" in office.mo.done("verify").out
    assert "Nothing was removed" in office.mo.done(*CLEAN).out
    assert office.ref in office.mo.run("board").out
    assert office.mo.done("show", office.ref, "--json").json["stage"] != "planned"


@pytest.mark.parametrize(
    "change",
    [
        "case_ref = 'ZZ', due_back = '2099-01-01T10:00:00Z'",
        "status = 'removed', case_ref = '', closed = newest",
        "case_ref = ''",
    ],
)
def test_no_unsigned_list_decides_that_a_case_goes(office: Office, change: str) -> None:
    visited(office)
    office.at(NOW).plan(case='"cf-1"')
    plan = office.mo.done("show", office.ref, "--json").json["plan"]
    tampered(office.store, f"UPDATE plans SET {change} WHERE plan = '{plan}'")
    office.at(LATER)
    ran = office.mo.done("store", "purge", "--dry-run", "--json").json
    assert ran["going"] == []
    assert any("is not closed" in one["why_not"] for one in ran["staying"])
    assert "is not closed" in office.mo.run(*ERASE, *TODAY).err
    office.mo.done(*CLEAN, *TODAY)
    assert PHRASE.encode() in bytes_of(office)


def test_a_plan_of_the_case_that_cannot_be_read_keeps_it(office: Office) -> None:
    visited(office)
    office.at(NOW).plan(case='"CF-1"')
    plan = office.mo.done("show", office.ref, "--json").json["plan"]
    tampered(
        office.store,
        "UPDATE entries SET payload = CAST(replace(CAST(payload AS TEXT), 'Ordsall', 'Salford') AS BLOB)"
        f" WHERE stream = '{plan}'",
    )
    ran = office.at(LATER).mo.done("store", "purge", "--dry-run", "--json").json
    assert (ran["going"], "does not hold" in ran["staying"][0]["why_not"]) == ([], True)


class _Meanwhile:
    """A store in which something happens while it is read."""

    def __init__(self, store: Store, happens: Callable[[], object]) -> None:
        self._store, self._happens = store, happens

    def scan(self, after: int = 0) -> Iterator[Stored]:
        self._happens()
        return self._store.scan(after)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_hold_that_is_recorded_while_the_store_is_read_is_seen(office: Office) -> None:
    visited(office)
    purge = open_purge(str(office.store))
    held: list[Any] = []

    def happens() -> None:
        if not held:
            held.append(office.mo.done("store", "hold", "CF-1", "--reason", "The inquest."))

    slow = cast("Store", _Meanwhile(purge.store, happens))
    mine = desk(office, office.mo)
    at_desk = msgspec.structs.replace(mine, store=slow, now=LATER)
    found = survey(at_desk)
    done = remove(at_desk, purge, found, "clean-up", LATER.date())
    mine.store.close()
    purge.store.close()
    assert [one.why_not.split(" by ")[0] for one in found.staying] == ["held since 2026-11-23"]
    assert done.entries == 0
    assert PHRASE.encode() in bytes_of(office)


def test_verify_asks_about_a_removal_by_somebody_who_had_not_seen_a_hold(office: Office) -> None:
    ref = visited(office)
    other = copied(office, "other")
    other.mo.done(*ERASE)
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest.")
    taken_over(other, office, "other.zip")
    tidy = office.mo.run(*CLEAN)
    assert "Nothing was removed" in tidy.out
    office.mo.done("store", "release", "CF-1")
    office.mo.done("store", "hold", "CF-9", "--reason", "Another.", "--yes")
    third = copied(office, "third")
    third.mo.done(*CLEAN)
    assert third.mo.done("show", ref, "--json").json["status"] == "removed"
    assert "having seen that the case" not in third.mo.done("verify").out
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest, again.")
    taken_over(office, other, "office.zip")
    assert "having seen that the case" not in other.mo.done("verify").out  # it came after the removal


def test_a_hold_on_a_case_that_nobody_has_is_only_made_on_purpose(office: Office) -> None:
    visited(office)
    visited(office)
    ran = office.mo.run("store", "hold", "CF-l", "--reason", "The inquest.")
    assert ran.code == 1
    assert "no plan in this store is for the case 'CF-l', so a hold on it would keep nothing" in ran.err
    assert "the nearest is 'CF-1'; to hold 'CF-l' all the same, add: --yes" in ran.err
    assert office.mo.done("store", "purge", "--dry-run", "--json").json["holds"] == []
    assert "0 plans of it" in office.mo.done("store", "hold", "CF-l", "--reason", "x", "--yes").out
    assert "2 plans of it" in office.mo.done("store", "hold", "cf-1", "--reason", "x").out


def test_after_a_removal_nothing_is_bad_and_nobody_is_warned(office: Office) -> None:
    ref = visited(office)
    office.mo.done(*ERASE)
    found = office.mo.run("doctor", "--json").json
    assert [one for one in found if one["name"] == "list"] == [
        {"name": "list", "state": "ok", "text": "0 open plans, as their entries have them", "mend": ""}
    ]
    ran = office.at(NOW).sam.done("plan", "--answers", office.answers(case='"CF-2"'), "--yes")
    assert ref not in ran.err
    assert "removed" not in ran.err
