"""Cases whose time is over go by rule, whole, and everybody who reads the record is told."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from by_hand import desk, made, put, roster
from office import NOW, Office, Someone
from sqlite_files import tampered
from visitsafe.desk import Desk
from visitsafe.errors import StoreError
from visitsafe.record.bodies import ERASURE, HeldBody, PurgedBody, ReportBody
from visitsafe.record.stored import Store
from visitsafe.retention.policy import gone_of
from visitsafe.retention.purge_survey import survey
from visitsafe.retention.purging import remove
from visitsafe.retention.store_purge import open_purge
from visitsafe.store.open import open_store
from visitsafe.store.sqlite import SqlitePurge
from visitsafe.watch.watch_view import View

PHRASE = "Rex the dog bites"
DAYS = 100
LATER = NOW + timedelta(days=DAYS + 20)
TODAY = ("--today", f"{LATER:%Y-%m-%d}")
"""A person says which day it is: nobody else has signed anything for long."""
CLEAN = ("store", "purge", "--yes", "--reason", "clean-up", *TODAY)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path).open()
    office.mo.done("team", "set", "--keep-days", str(DAYS), "--keep-days-incident", str(2 * DAYS))
    return office


def visited(office: Office, case: str, phrase: str = "") -> str:
    """Sam's visit to a case, countersigned and over; its reference."""
    office.at(NOW)
    office.countersigned(case=f'"{case}"', purpose=f'"{phrase or PHRASE} at {case}"')
    office.sam.now = NOW + timedelta(hours=2)
    office.sam.done("depart", office.ref)
    office.sam.now = NOW + timedelta(hours=3)
    office.sam.done("back", office.ref)
    office.at(NOW)
    return office.ref


def all_bytes(office: Office) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(office.folder.glob("store.sqlite3*")))


def going(ran: Any) -> list[str]:
    return [one["case"] for one in ran.json["going"]]


def staying(ran: Any) -> dict[str, str]:
    return {one["case"]: one["why_not"] for one in ran.json["staying"]}


def test_what_would_go_is_shown_with_why_and_what_stays(office: Office) -> None:
    visited(office, "CF-1")
    visited(office, "CF-2")
    office.plan(case='"CF-3"')
    office.mo.done("store", "hold", "cf-2", "--reason", "The inquest.")
    before = office.at(LATER).mo.done("verify").out
    ran = office.mo.done("store", "purge", "--dry-run", "--json")
    assert going(ran) == ["CF-1"]
    stays = staying(ran)
    assert "held since 2026-11-23 by Mo: The inquest." in stays["CF-2"]
    assert "is not closed" in stays["CF-3"]
    words = office.mo.done("store", "purge", "--dry-run")
    assert "CF-1" in words.out
    assert "until it is released" in words.out
    assert "not reached: drafts, files that were exported" in words.err
    assert office.mo.done("verify").out == before


def test_nothing_goes_before_its_time_or_without_an_agreed_time(office: Office) -> None:
    visited(office, "CF-1")
    assert going(office.mo.done("store", "purge", "--dry-run", "--json")) == []
    assert "Nothing was removed" in office.mo.done(*CLEAN).out
    assert "1 case more: the time is not over." in office.mo.done("store", "purge", "--dry-run").out


def test_the_bytes_of_what_was_removed_are_in_no_file_of_the_store(office: Office) -> None:
    visited(office, "CF-1")
    visited(office, "CF-2", "Another phrase")
    assert all_bytes(office).count(PHRASE.encode()) == 1
    office.at(LATER).mo.done("store", "hold", "CF-2", "--reason", "Still needed.")
    ran = office.mo.done(*CLEAN)
    assert "Removed the content of 4 entries of 1 plan, 1 case." in ran.out
    assert PHRASE.encode() not in all_bytes(office)
    assert b"CF-1" not in all_bytes(office)
    assert b"Another phrase" in all_bytes(office)


def test_everything_that_reads_a_removed_plan_says_so_and_goes_on(office: Office, tmp_path: Path) -> None:
    gone, kept = visited(office, "CF-1"), visited(office, "CF-2")
    office.at(LATER).mo.done("store", "hold", "CF-2", "--reason", "Still needed.")
    office.mo.done(*CLEAN)
    said = "removed on 23 March 2027 by Mo: retention, 100 days after the case's last visit (clean-up)"
    assert said in office.mo.done("show", gone).out
    shape = office.mo.done("show", gone, "--json").json
    assert (shape["status"], len(shape["entries"]), shape["removed"]["rule"]) == ("removed", 4, "keep_days")
    listed = {one["ref"]: one for one in office.mo.done("list", "--all", "--json").json}
    assert (listed[gone]["status"], listed[gone]["entries"]) == ("removed", 5)
    assert listed[kept]["status"] == "countersigned"
    assert gone in office.mo.done("list", "--all").out
    assert gone not in office.mo.done("list").out
    for form in ("md", "html", "json"):
        assert "removed on 23 March 2027" in office.mo.done("export", gone, "--format", form).out
    assert office.mo.run("export", gone, "--format", "card").code == 1
    verified = office.mo.done("verify")
    assert "The content of 4 entries was removed by rule" in verified.out
    assert office.mo.done("verify", "--json").json["removed"] == 4
    assert "removed" in office.mo.done("verify", gone).out
    assert office.mo.done("board").code == 0
    assert office.mo.done("store", "rebuild").code == 0
    assert office.mo.done("verify").out == verified.out
    for words in (("depart", gone), ("back", gone), ("withdraw", gone, "--reason", "x")):
        refused = office.sam.run(*words)
        assert refused.code == 1, refused.err
        assert "was removed on 23 March 2027" in refused.err
    assert kept in office.mo.done("list", "--all").out
    assert PHRASE not in office.mo.done("show", gone).out


def test_a_checkpoint_made_before_still_fits(office: Office) -> None:
    visited(office, "CF-1")
    visited(office, "CF-2")
    mail = office.folder / "mail.txt"
    mail.write_text(office.mo.done("store", "checkpoint").out)
    office.at(LATER).mo.done(*CLEAN)
    assert (
        "agrees: everything up to there is still there"
        in office.mo.done("verify", "--against", str(mail)).out
    )
    assert office.mo.done("store", "checkpoint").code == 0


def test_a_payload_that_nobody_signed_away_is_a_fault(office: Office) -> None:
    gone = visited(office, "CF-1")
    tampered(office.store, "UPDATE entries SET payload = x'' WHERE kind = 'decided'")
    ran = office.mo.run("verify")
    assert ran.code == 3
    assert "its content is gone, and nobody who may has signed that it was removed" in ran.err
    assert office.sam.run("depart", gone).code != 0


def test_only_a_manager_or_admin_removes_and_with_a_reason(office: Office) -> None:
    visited(office, "CF-1")
    office.at(LATER)
    for who, words in ((office.sam, CLEAN), (office.mo, (*CLEAN[:3], *CLEAN[5:]))):
        ran = who.run(*words)
        assert ran.code == 1
    assert office.sam.run("store", "hold", "CF-1", "--reason", "x").code == 1
    assert office.sam.run("store", "erase", "CF-1", "--reason", "x", "--yes").code == 1
    assert office.mo.run("store", "purge").code == 2
    assert PHRASE.encode() in all_bytes(office)


def test_an_erasure_removes_the_whole_case_and_refuses_while_held_or_open(office: Office) -> None:
    visited(office, "CF-1")
    visited(office, "CF-1")
    visited(office, "CF-2")
    office.plan(case='"CF-2"')
    erase = ("--reason", "Asked for.", "--yes")
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest.")
    ran = office.mo.run("store", "erase", "CF-1", *erase)
    assert (ran.code, "held since" in ran.err) == (1, True)
    ran = office.mo.run("store", "erase", "CF-2", *erase)
    assert (ran.code, "is not closed" in ran.err) == (1, True)
    office.mo.done("store", "release", "CF-1")
    assert office.mo.run("store", "release", "CF-1").code == 1
    ran = office.mo.run("store", "erase", "CF-1", "--reason", "Asked for.")
    assert (ran.code, "needs a yes" in ran.err) == (2, True)
    assert PHRASE.encode() + b" at CF-1" in all_bytes(office)
    ran = office.mo.done("store", "erase", "cf-1", *erase)
    assert "Removed the content of 8 entries of 2 plans, 1 case." in ran.out
    assert "ids, kinds, times, signers" in ran.err
    assert PHRASE.encode() + b" at CF-1" not in all_bytes(office)
    assert "erasure (Asked for.)" in office.mo.done("verify").out
    assert office.mo.run("store", "erase", "CF-1", *erase).code == 1


def test_nobody_erases_their_own_plan(office: Office) -> None:
    office.mo.done("team", "role", "Sam", "--role", "practitioner", "--role", "manager")
    visited(office, "CF-1")
    ran = office.sam.run("store", "erase", "CF-1", "--reason", "Asked for.", "--yes")
    assert ran.code == 1
    assert "is your own plan" in ran.err
    assert PHRASE.encode() in all_bytes(office)


class PowerCutError(Exception):
    """The computer stops."""


def test_an_interruption_between_signing_and_emptying_is_finished_by_running_it_again(office: Office) -> None:
    ref = visited(office, "CF-1")
    office.at(LATER)

    def cut(*_: object, **__: object) -> int:
        raise PowerCutError

    with patch.object(SqlitePurge, "blank", cut), pytest.raises(PowerCutError):
        office.mo.run("store", "erase", "CF-1", "--reason", "Asked for.", "--yes", *TODAY)
    assert PHRASE.encode() in all_bytes(office)
    assert office.mo.done("show", ref, "--json").json["status"] == "countersigned"
    assert office.mo.done("verify").code == 0
    entries = len(office.mo.done("show", ref, "--json").json["entries"])
    ran = office.mo.done(*CLEAN)
    assert "Removed the content of 4 entries" in ran.out
    assert PHRASE.encode() not in all_bytes(office)
    assert len(office.mo.done("show", ref, "--json").json["entries"]) == entries - 1
    assert office.mo.done("verify").code == 0


def test_a_store_that_goes_away_half_way_is_not_said_to_have_kept_everything(office: Office) -> None:
    visited(office, "CF-1")
    office.at(LATER)

    def away(*_: object, **__: object) -> int:
        raise StoreError("the store was cut off; nothing was written", hint="try again")

    with patch.object(SqlitePurge, "blank", away):
        ran = office.mo.run("store", "erase", "CF-1", "--reason", "Asked for.", "--yes", *TODAY)
    assert ran.code == 1
    assert "the removal stopped half way: the store was cut off" in ran.err
    assert "what was removed until then is removed; run the same command again" in ran.err


def test_what_is_recorded_while_it_runs_keeps_its_case(office: Office) -> None:
    visited(office, "CF-1")
    visited(office, "CF-2")
    office.at(LATER)
    mine, purge = desk(office, office.mo), open_purge(str(office.store))
    at_desk = _at(mine, purge.store, LATER)
    found = survey(at_desk)
    office.plan(case='"cf-2"', start='"24 March 2027 10:00"', due_back='"24 March 2027 11:00"')
    done = remove(at_desk, purge, found, "clean-up", at_desk.now.date())
    assert [case for case, _ in done.left] == ["CF-2"]
    assert done.entries == 4
    close(purge.store, mine.store)
    assert PHRASE.encode() + b" at CF-2" in all_bytes(office)
    assert office.mo.done("verify").code == 0


def test_a_hold_that_comes_while_it_runs_stops_everything(office: Office) -> None:
    visited(office, "CF-1")
    mine, purge = desk(office, office.mo), open_purge(str(office.store))
    found = survey(_at(mine, purge.store, LATER))
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest.")
    with pytest.raises(Exception, match="the team's record changed meanwhile"):
        remove(_at(mine, purge.store, LATER), purge, found, "clean-up", LATER.date())
    close(purge.store, mine.store)
    assert PHRASE.encode() in all_bytes(office)


def close(*stores: Store) -> None:
    for store in stores:
        store.close()


def _at(mine: Desk, store: Store, now: datetime) -> Desk:
    return msgspec.structs.replace(mine, store=store, now=now)


def test_a_reader_in_the_way_is_said_and_the_bytes_go_the_next_time(office: Office) -> None:
    visited(office, "CF-1")
    mine, purge = desk(office, office.mo), open_purge(str(office.store), wait=0.05)
    at_desk = _at(mine, purge.store, LATER)
    with closing(sqlite3.connect(office.store, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        done = remove(at_desk, purge, survey(at_desk), "clean-up", LATER.date())
        assert "run visitsafe store purge --yes once more" in done.still
        assert PHRASE.encode() in all_bytes(office)
        reader.execute("COMMIT")
    close(purge.store, mine.store)
    assert "Nothing was removed" in office.at(LATER).mo.done(*CLEAN).out
    assert PHRASE.encode() not in all_bytes(office)


def machine(office: Office, name: str) -> Someone:
    """Somebody with a store of their own, filled from Mo's."""
    bundle = str(office.folder / f"for-{name}.zip")
    office.mo.done("export", "--all", "--out", bundle)
    own = Someone(name, office.folder / name, f"sqlite:///{office.folder / name}.db", office.mo.now)
    own.done("import", bundle, "--yes")
    return own


def test_a_removal_is_carried_out_in_another_store_that_learns_of_it(office: Office) -> None:
    ref = visited(office, "CF-1")
    zoe = machine(office, "zoe")
    office.key(zoe)
    line = zoe.done("team", "join").out.strip()
    office.mo.done("team", "add", line, "--role", "manager")
    zoe.now = office.at(NOW + timedelta(days=1)).mo.now
    office.mo.done("store", "erase", "CF-1", "--reason", "Asked for.", "--yes")
    bundle = str(office.folder / "removed.zip")
    office.mo.done("export", "--all", "--out", bundle)
    zoe.done("import", bundle)
    assert zoe.done("show", ref, "--json").json["status"] == "countersigned"
    found = zoe.done("store", "purge", "--dry-run", "--json")
    assert going(found) == ["CF-1"]
    zoe.done(*CLEAN[:-2])  # Sam was back the day before, by his own clock
    assert zoe.done("show", ref, "--json").json["removed"]["rule"] == ERASURE
    assert PHRASE.encode() not in Path(office.folder / "zoe.db").read_bytes()
    assert zoe.done("verify").code == 0


def test_a_file_with_the_old_content_does_not_bring_it_back(office: Office) -> None:
    ref = visited(office, "CF-1")
    bundle = str(office.folder / "old.zip")
    office.mo.done("export", ref, "--format", "bundle", "--out", bundle)
    office.at(LATER).mo.done(*CLEAN)
    assert "Nothing new" in office.mo.done("import", bundle).out
    assert office.mo.done("show", ref, "--json").json["status"] == "removed"
    assert PHRASE.encode() not in all_bytes(office)


def test_a_report_that_comes_in_after_the_removal_is_told_on_board_and_list(office: Office) -> None:
    """It may be a visit under way: nobody can say, so everybody is told."""
    ref = visited(office, "CF-1")
    plan = office.mo.done("show", ref, "--json").json
    office.at(LATER).mo.done(*CLEAN)
    head = plan["entries"][-1]["id"]
    report = made(
        office.sam, plan["plan"], "departed", [head], ReportBody(of=plan["version"]), "2027-03-23T08:00:00Z"
    )
    put(office, report)
    assert "came in since" in office.mo.done("list").err
    assert ref in office.mo.run("board").out
    verified = office.mo.done("verify")
    assert "came in after its content was removed" in verified.out
    assert office.mo.done("store", "purge", "--dry-run", "--json").json["unfinished"][0]["ref"] == ref
    much_later = LATER + timedelta(days=3 * DAYS)
    office.at(much_later).mo.done(*CLEAN[:-1], f"{much_later:%Y-%m-%d}")
    assert len(office.mo.done("show", ref, "--json").json["entries"]) == 5
    assert "came in after its content was removed" not in office.mo.done("verify").out
    assert "came in" not in office.mo.done("list").err


def test_a_watcher_is_not_troubled_by_a_removal(office: Office) -> None:
    visited(office, "CF-1")
    view = View(roster(office), lambda *_: None)
    with closing(open_store(str(office.store))) as store:
        view.read(store, NOW)
        office.at(LATER).mo.done(*CLEAN)
        view.read(store, LATER)
        view.read(store, LATER)
    assert (view.lost, view.unreadable) == ({}, {})


def test_the_board_of_then_says_what_it_cannot_show_any_more(office: Office) -> None:
    ref = visited(office, "CF-1")
    office.at(LATER).mo.done(*CLEAN)
    then = office.mo.run("board", "--at", "2026-11-23 10:30", "--json").json
    assert [one["ref"] for one in then["faults"]] == [ref]
    later = office.mo.run("board", "--at", "2027-01-10 10:30", "--json").json
    assert later["faults"] == []


def test_a_signature_on_a_removal_by_somebody_who_may_not_removes_nothing(office: Office) -> None:
    """Sam writes the entry with a program of his own, and empties the file's entries past visitsafe."""
    ref = visited(office, "CF-1")
    plan = office.mo.done("show", ref, "--json").json
    mine = desk(office, office.sam)
    gone = gone_of(mine.plan(plan["plan"]))
    mine.store.close()
    body = PurgedBody(rule=ERASURE, reason="none", removed=gone)
    put(office, made(office.sam, plan["plan"], "purged", [plan["entries"][-1]["id"]], body))
    with closing(sqlite3.connect(office.store, isolation_level=None)) as raw:
        (name,) = raw.execute("SELECT id FROM entries WHERE kind = 'purged'").fetchone()
        for one in gone:
            raw.execute("INSERT INTO purges VALUES (?, ?, '')", (one.id, name))
        raw.execute("UPDATE entries SET payload = x'' WHERE stream = ? AND kind <> 'purged'", (plan["plan"],))
    assert office.mo.run("verify").code == 3
    assert "no version that holds" in office.mo.run("show", ref).err


def test_a_hold_and_a_release_are_entries_of_the_team(office: Office) -> None:
    office.mo.done("store", "hold", "CF-1", "--reason", "The inquest.", "--yes")
    with closing(open_store(str(office.store))) as store:
        held = [row.entry.content for row in store.history("team") if row.kind == "held"]
    assert [one.body for one in held] == [{"case": "CF-1", "reason": "The inquest."}]
    assert HeldBody(**held[0].body).case == "CF-1"
    assert office.mo.done("verify").code == 0


def test_a_moved_store_refuses_to_be_purged(office: Office) -> None:
    with closing(sqlite3.connect(office.store)) as raw, raw:
        raw.execute("INSERT INTO meta VALUES ('moved', 'elsewhere')")
    with pytest.raises(StoreError, match="was moved to elsewhere"):
        open_purge(str(office.store))


CASES = ("CF-1", "CF-2", "CF-3", "CF-4")


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, dict[str, str], Path]:
    """An office with a visit to each of four cases, their references, and a checkpoint made then."""
    office = Office(tmp_path_factory.mktemp("four")).open()
    refs = {case: visited(office, case) for case in CASES}
    mail = office.folder / "mail.txt"
    mail.write_text(office.mo.done("store", "checkpoint").out)
    with closing(sqlite3.connect(office.store)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return office, refs, mail


@given(gone=st.lists(st.sampled_from(CASES), unique=True, max_size=4))
@settings(max_examples=8, deadline=None)
def test_whatever_is_removed_the_proof_of_all_else_is_as_before(
    four: tuple[Office, dict[str, str], Path], gone: list[str]
) -> None:
    office, refs, mail = four
    copy = Path(shutil.copy(office.store, office.folder / "copy.db"))
    try:
        mo = Someone("mo", office.mo.home, str(copy))
        before = {case: mo.done("show", ref, "--json").json for case, ref in refs.items()}
        for case in gone:
            mo.done("store", "erase", case, "--reason", "Asked for.", "--yes")
        assert mo.done("verify", "--against", str(mail), "--json").json["removed"] == 4 * len(gone)
        for case, ref in refs.items():
            now = mo.done("show", ref, "--json").json
            assert now["status"] == ("removed" if case in gone else "countersigned")
            assert now == before[case] or case in gone
            assert [one["id"] for one in now["entries"]] == [one["id"] for one in before[case]["entries"]]
            assert (f"{PHRASE} at {case}".encode() in copy.read_bytes()) is (case not in gone)
    finally:
        for path in office.folder.glob("copy.db*"):
            path.unlink()
