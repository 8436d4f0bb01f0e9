"""A store of an older version: refused when it is opened, brought up to date when asked, no entry touched.

`stores/v1.sqlite3` and its like were made by the code of those versions: a team, a plan countersigned, one
refused, one withdrawn, and one that nobody has decided on. From the second on the countersigned visit is
over; in the third something about it is to be shared, and the content of a fifth plan was removed by rule.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from office import NOW, Someone
from patience import LIMIT
from sqlite_files import change, refusal, tampered
from visitsafe.desk import folded, open_roster, summariser_at
from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.record.stored import PlanRow, Store, Stored, Summarise
from visitsafe.state.plan_row import row_of
from visitsafe.store import schema
from visitsafe.store.marks import MIGRATE
from visitsafe.store.migrations import Migrated
from visitsafe.store.open import create_store, migrate_store, open_store

TEAM = "ab9278360e6f0b35603e9d64535435895bd0013aedbe45c719e86b7a6ebe78ea"
HEAD = 9, "8e1db8c948811191"
TEAM_2 = "df6116e88f8fb42f217f3423ca3338b0db76a9c9b87a2bb263e10f406e81b6c7"
HEAD_2 = 12, "e5e23c77fe9d0a77"
TEAM_3 = "eb9eb874c20cdfd31141a3e5d70c05d5b8305351a04731ca97c0d58af852167d"
HEAD_3 = 17, "27b72cdd042ada6b"
STORES = Path(__file__).parents[1] / "stores"
STATUSES = ["awaiting", "countersigned", "refused", "withdrawn"]
ENTRIES = "SELECT * FROM entries ORDER BY position"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as version 1 left it."""
    return Path(shutil.copy(STORES / "v1.sqlite3", tmp_path / "store.db"))


def raw(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def by_team(store: Store) -> Summarise:
    return summariser_at(store, TEAM)


def counted(plan: str, history: Sequence[Stored]) -> PlanRow:
    return PlanRow(plan, "", "", "", "", "", "", "", "", "", False, len(history), history[-1].id)


def someone(path: Path, *, pinned: bool = True) -> Someone:
    home = path.parent / "home"
    home.mkdir(mode=0o700)
    if pinned:
        (home / "settings.toml").write_text(f'[team]\nid = "{TEAM}"\n')
    return Someone("zoe", home, str(path))


def assert_sound(path: Path, entries: list[Any]) -> None:
    """Everything of the record is as version 1 left it, and the rows are what the entries say."""
    assert raw(path, ENTRIES) == entries
    with closing(open_store(str(path))) as store:
        assert (store.head()[0], store.head()[1][:16]) == HEAD
        assert (store.check_file(), list(check_chain(store.scan()))) == ([], [])
        roster = open_roster(store, TEAM)
        plans = {row.plan: row for row in store.plans()}
        for plan in store.find(""):
            history = store.history(plan)
            assert plans.pop(plan) == row_of(folded(plan, history, roster), history)
        assert (plans, store.doubtful(), store.beats()) == ({}, [], [])
        assert sorted(row.status for row in store.plans()) == STATUSES
        assert sorted(row.status for row in store.plans(open_only=True)) == STATUSES[:2]


def assert_as_it_was(path: Path, entries: list[Any]) -> None:
    """It is a store of version 1 still, and whole."""
    assert raw(path, ENTRIES) == entries
    assert len(raw(path, "SELECT open FROM plans")) == len(STATUSES)
    assert "older visitsafe" in refusal(path).message


def test_a_store_of_an_older_version_is_refused_and_left_alone(old: Path) -> None:
    before = old.read_bytes()
    error = refusal(old)
    assert error.message == f"the store {old} was made by an older visitsafe"
    assert error.hint == MIGRATE
    assert old.read_bytes() == before


def test_an_old_store_is_brought_up_to_date_with_every_entry_untouched(old: Path) -> None:
    entries, meta = raw(old, ENTRIES), raw(old, "SELECT * FROM meta WHERE key <> 'schema_version'")
    assert migrate_store(str(old), by_team) == Migrated(1, 4, 4)
    assert_sound(old, entries)
    assert raw(old, "SELECT * FROM meta WHERE key <> 'schema_version'") == meta


def test_what_is_up_to_date_is_left_as_it_is(old: Path) -> None:
    migrate_store(str(old), by_team)
    before = old.read_bytes()
    assert migrate_store(str(old), by_team) == Migrated(4, 4)
    assert old.read_bytes() == before


def test_a_migrated_store_has_the_schema_of_a_new_one(old: Path, tmp_path: Path) -> None:
    migrate_store(str(old), by_team)
    create_store(str(tmp_path / "new.db"), NOW).close()
    objects = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    assert raw(old, objects) == raw(tmp_path / "new.db", objects)
    assert len(raw(old, objects)) > len(schema.SQLITE_OBJECTS)


def test_of_two_that_migrate_at_once_one_finds_nothing_to_do(old: Path) -> None:
    """The other is quicker: it is done between the first one's look at the store and its transaction."""
    entries, done = raw(old, ENTRIES), []

    def overtaken(store: Store) -> Summarise:
        done.append(migrate_store(str(old), by_team))
        return by_team(store)

    assert migrate_store(str(old), overtaken) == Migrated(4, 4)
    assert done == [Migrated(1, 4, 4)]
    assert_sound(old, entries)


MIGRATING = """
import os, signal, sys
from visitsafe.store.open import migrate_store
from visitsafe.desk import summariser_at
path, team, fatal = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0
def dies():
    global count
    count += 1
    if count == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0
def by_team(store):
    store._database.set_progress_handler(dies, 25)
    return summariser_at(store, team)
done = migrate_store(path, by_team)
print(done.before, done.after, count)
"""


def migrating(path: Path, fatal: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", MIGRATING, str(path), TEAM, str(fatal)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_migrate_at_once_all_succeed_and_one_does_it(old: Path) -> None:
    entries = raw(old, ENTRIES)
    running = [migrating(old) for _ in range(4)]
    outputs = [one.communicate(timeout=LIMIT)[0].split()[:2] for one in running]
    assert [one.returncode for one in running] == [0] * 4
    assert sorted(outputs) == [["1", "4"], ["4", "4"], ["4", "4"], ["4", "4"]]
    assert_sound(old, entries)


def test_a_migration_killed_at_any_moment_has_not_happened_and_can_be_done_again(
    old: Path, tmp_path: Path
) -> None:
    entries = raw(old, ENTRIES)
    trial = Path(shutil.copy(old, tmp_path / "trial.db"))
    moments = int(migrating(trial).communicate(timeout=LIMIT)[0].split()[2])
    assert moments > 20
    for fatal in range(1, moments + 1, moments // 12):
        path = Path(shutil.copy(old, tmp_path / f"killed-{fatal}.db"))
        killed = migrating(path, fatal)
        assert (killed.communicate(timeout=LIMIT)[0], killed.returncode) == ("", -9)
        assert_as_it_was(path, entries)
        assert migrate_store(str(path), by_team) == Migrated(1, 4, 4)
        assert_sound(path, entries)


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_a_migration_that_fails_changes_nothing(old: Path, raised: type[BaseException]) -> None:
    entries = raw(old, ENTRIES)

    def fails(plan: str, history: Sequence[Stored]) -> PlanRow:
        raise raised

    with pytest.raises(raised):
        migrate_store(str(old), lambda _store: fails)
    assert_as_it_was(old, entries)


def test_a_store_that_others_write_to_says_so_and_nothing_is_changed(old: Path) -> None:
    entries = raw(old, ENTRIES)
    with closing(sqlite3.connect(old, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="busy by another program; nothing was written"):
            migrate_store(str(old), by_team, wait=0.05)
    assert_as_it_was(old, entries)


def test_the_last_trace_of_a_refusal_that_is_gone_is_taken_along(old: Path) -> None:
    ((plan,),) = raw(old, "SELECT plan FROM plans WHERE status = 'refused'")
    tampered(old, f"DELETE FROM entries WHERE kind = 'decided' AND stream = '{plan}'")
    assert migrate_store(str(old), by_team) == Migrated(1, 4, 4)
    with closing(open_store(str(old))) as store:
        assert store.check_file() == [f"the newest entry of plan {plan} is missing"]
        row = store.row(plan)
        assert row is not None
        assert (row.status, row.open) == ("refused", True)
        told: list[str] = []
        store.append([store.history(plan)[0].entry], NOW, counted, gone=told.append)
        assert told == [plan]


def test_a_newer_store_is_refused(old: Path) -> None:
    change(old, "UPDATE meta SET value = '5' WHERE key = 'schema_version'")
    before = old.read_bytes()
    with pytest.raises(StoreError, match="made by a newer visitsafe"):
        migrate_store(str(old), by_team)
    assert old.read_bytes() == before


@pytest.mark.parametrize("pinned", [True, False])
def test_the_command_says_what_it_did_and_that_there_is_nothing_left_to_do(old: Path, pinned: bool) -> None:
    entries, zoe = raw(old, ENTRIES), someone(old, pinned=pinned)
    ran = zoe.run("verify")
    assert ran.code == 1
    assert "made by an older visitsafe" in ran.err
    ran = zoe.done("store", "migrate")
    assert "from version 1 to version 4: 4 plans were listed anew" in ran.out
    assert_sound(old, entries)
    assert "nothing to do" in zoe.done("store", "migrate").out
    assert "Everything holds" in zoe.done("verify").out
    assert sorted(one["status"] for one in zoe.done("list", "--all", "--json").json) == STATUSES


def test_a_store_of_another_team_than_the_pinned_one_is_not_migrated(old: Path) -> None:
    """Its rows would all be thrown away: nothing in it holds for this team."""
    entries, zoe = raw(old, ENTRIES), someone(old)
    settings = zoe.home / "settings.toml"
    settings.write_text(settings.read_text().replace(TEAM, "0" * 64))
    assert zoe.run("store", "migrate").code == 3
    assert_as_it_was(old, entries)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A store as version 2 left it."""
    return Path(shutil.copy(STORES / "v2.sqlite3", tmp_path / "two.db"))


def test_a_store_of_version_2_is_brought_up_to_date_with_every_entry_untouched(newer: Path) -> None:
    entries, plans = raw(newer, ENTRIES), raw(newer, "SELECT * FROM plans ORDER BY plan")
    assert "older visitsafe" in refusal(newer).message
    assert migrate_store(str(newer), lambda store: summariser_at(store, TEAM_2)) == Migrated(2, 4, 4)
    assert raw(newer, ENTRIES) == entries
    assert [row[:-1] for row in raw(newer, "SELECT * FROM plans ORDER BY plan")] == plans
    with closing(open_store(str(newer))) as store:
        assert (store.head()[0], store.head()[1][:16]) == HEAD_2
        assert (store.check_file(), list(check_chain(store.scan())), store.doubtful()) == ([], [], [])


@pytest.mark.parametrize(("version", "team"), [("2", TEAM_2), ("3", TEAM_3)])
def test_a_store_of_a_later_version_gets_the_schema_of_a_new_one(
    version: str, team: str, tmp_path: Path
) -> None:
    path = Path(shutil.copy(STORES / f"v{version}.sqlite3", tmp_path / "old.db"))
    migrate_store(str(path), lambda store: summariser_at(store, team))
    create_store(str(tmp_path / "new.db"), NOW).close()
    objects = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    assert raw(path, objects) == raw(tmp_path / "new.db", objects)


@pytest.fixture
def third(tmp_path: Path) -> Path:
    """A store as version 3 left it."""
    return Path(shutil.copy(STORES / "v3.sqlite3", tmp_path / "three.db"))


def test_a_store_of_version_3_learns_what_is_owed_with_every_entry_untouched(third: Path) -> None:
    entries, plans = raw(third, ENTRIES), raw(third, "SELECT * FROM plans ORDER BY plan")
    purges = raw(third, "SELECT * FROM purges ORDER BY id")
    assert (len(plans), len(purges)) == (5, 4)
    assert migrate_store(str(third), lambda store: summariser_at(store, TEAM_3)) == Migrated(3, 4, 5)
    assert (raw(third, ENTRIES), raw(third, "SELECT * FROM purges ORDER BY id")) == (entries, purges)
    assert [row[:-1] for row in raw(third, "SELECT * FROM plans ORDER BY plan")] == plans
    with closing(open_store(str(third))) as store:
        assert (store.head()[0], store.head()[1][:16]) == HEAD_3
        assert (store.check_file(), list(check_chain(store.scan())), store.doubtful()) == ([], [], [])
        (owing,) = store.plans(owed_only=True)
        assert (owing.case_ref, owing.owed) == ("CF-1", "2027-03-24T08:00:00Z")  # to tell others, in two days


def test_the_last_trace_of_a_plan_is_taken_along_from_version_3(third: Path) -> None:
    ((plan,),) = raw(third, "SELECT plan FROM plans WHERE status = 'refused'")
    tampered(third, f"DELETE FROM entries WHERE kind = 'decided' AND stream = '{plan}'")
    migrate_store(str(third), lambda store: summariser_at(store, TEAM_3))
    with closing(open_store(str(third))) as store:
        assert store.check_file() == [f"the newest entry of plan {plan} is missing"]
        row = store.row(plan)
        assert row is not None
        assert (row.status, row.owed) == ("refused", "")


def test_what_an_older_version_left_in_the_list_is_overwritten(newer: Path) -> None:
    """Until version 3, rows of plans were replaced without their old bytes being overwritten."""
    change(
        newer,
        "PRAGMA secure_delete = OFF",
        "UPDATE plans SET area = 'PHRASE' || area",
        "UPDATE plans SET area = 'x'",
    )
    assert b"PHRASE" in newer.read_bytes()
    migrate_store(str(newer), lambda store: summariser_at(store, TEAM_2))
    assert b"PHRASE" not in newer.read_bytes()


def test_a_store_without_a_team_can_be_migrated_by_a_newcomer(old: Path) -> None:
    tampered(old, "DELETE FROM plans", "DELETE FROM entries")
    zoe = someone(old, pinned=False)
    assert "0 plans" in zoe.done("store", "migrate").out
    with closing(open_store(str(old))) as store:
        assert (store.head()[0], store.check_file()) == (0, [])
