"""Retention in PostgreSQL: its own role, and stores of earlier versions brought up to date."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from office import NOW, Office, Someone
from postgres import Cluster
from visitsafe.desk import summariser_at
from visitsafe.errors import StoreError
from visitsafe.record.chain import check_chain
from visitsafe.record.stored import Store, Summarise
from visitsafe.retention.store_purge import open_purge
from visitsafe.store.marks import MIGRATE
from visitsafe.store.migrations import Migrated
from visitsafe.store.open import migrate_store, open_file
from visitsafe.store.postgres_check import damages
from visitsafe.store.postgres_door import open_store

STORES = Path(__file__).parents[1] / "stores"
TEAM_3 = "eb9eb874c20cdfd31141a3e5d70c05d5b8305351a04731ca97c0d58af852167d"
TEAM_2 = "df6116e88f8fb42f217f3423ca3338b0db76a9c9b87a2bb263e10f406e81b6c7"
ENTRIES = "SELECT position, stream, kind, at, by, received, id, payload, signature, chain FROM entries"


class SharedOffice(Office):
    """An office whose store is in PostgreSQL; everybody logs in as `desk`."""

    url = database = ""

    def person(self, name: str) -> Someone:
        return Someone(name, self.folder / name, self.url)


@pytest.fixture
def office(cluster: Cluster, tmp_path: Path) -> SharedOffice:
    SharedOffice.database = cluster.store()
    SharedOffice.url = cluster.url(SharedOffice.database)
    office = SharedOffice(tmp_path)
    office.open()
    office.mo.done("team", "set", "--keep-days", "100")
    office.countersigned(case='"CF-1"')
    office.sam.now = NOW + timedelta(hours=2)
    office.sam.done("depart", office.ref)
    office.sam.done("back", office.ref)
    office.at(NOW + timedelta(days=120))
    return office


def keeper(cluster: Cluster, url: str) -> str:
    cluster.execute(
        "DO $$ BEGIN CREATE ROLE keeper LOGIN IN ROLE visitsafe_retention;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    return url.replace("//desk@", "//keeper@")


def test_the_application_is_told_which_role_removes_and_the_retention_role_does_nothing_else(
    cluster: Cluster, office: SharedOffice
) -> None:
    clean = ("store", "purge", "--yes", "--reason", "clean-up", "--today", "2027-03-23")
    assert office.mo.done("store", "purge", "--dry-run", "--json").json["going"][0]["case"] == "CF-1"
    refused = office.mo.run(*clean)
    assert refused.code == 1
    assert "may not remove anything from it" in refused.err
    assert "visitsafe_retention" in refused.err
    office.mo.store = keeper(cluster, office.url)
    everyday = office.mo.run("list")
    assert everyday.code == 1
    assert "could take entries away" in everyday.err
    ran = office.mo.done(*clean)
    assert "Removed the content of 4 entries of 1 plan, 1 case." in ran.out
    assert "VACUUM" in ran.err
    assert "removed on 23 March 2027" in office.sam.done("show", office.ref).out
    assert office.sam.done("verify").code == 0
    with cluster.connect(office.database) as raw:
        found = raw.execute("SELECT count(*) FROM entries WHERE length(payload) = 0").fetchone()
    assert found == (4,)


def test_the_login_for_retention_looks_before_it_removes_and_holds_a_case(
    cluster: Cluster, office: SharedOffice
) -> None:
    office.mo.store = keeper(cluster, office.url)
    dry = office.mo.done("store", "purge", "--dry-run", "--json")
    assert dry.json["going"][0]["case"] == "CF-1"
    assert "rights to take entries away" not in dry.err
    assert office.mo.done("store", "erase", "CF-1", "--reason", "request", "--dry-run").code == 0
    held = office.mo.done("store", "hold", "CF-1", "--reason", "inquest").out
    assert "the case CF-1 is held, 1 plan of it" in held
    assert office.mo.done("store", "purge", "--dry-run", "--json").json["going"] == []
    assert "is released" in office.mo.done("store", "release", "CF-1").out
    for everyday in (("list",), ("withdraw", office.ref, "--reason", "x"), ("board",)):
        assert "could take entries away" in office.mo.run(*everyday).err


def test_whoever_could_take_entries_away_does_not_purge_either(
    cluster: Cluster, office: SharedOffice
) -> None:
    owner = office.url.replace("//desk@", "//superuser@")
    with pytest.raises(StoreError, match="could take entries away"):
        open_purge(owner)
    open_purge(f"{owner}&visitsafe_allow_owner=1").store.close()


def older(cluster: Cluster, version: int = 2) -> str:
    """A database with a store of an earlier version in it, with what `v2.sqlite3` or `v3.sqlite3` holds."""
    cluster.store()  # so that the roles are there
    name = cluster.database()
    with cluster.connect(name) as raw, closing(sqlite3.connect(STORES / f"v{version}.sqlite3")) as two:
        raw.execute("BEGIN")
        raw.execute((STORES / f"v{version}.sql").read_text(encoding="utf-8"))
        raw.execute("RESET ROLE")
        meta = dict(two.execute("SELECT key, value FROM meta")) | {
            f"role_{part}": f"visitsafe_{part}" for part in ("owner", "app", "retention")
        }
        for key, value in meta.items():
            raw.execute("INSERT INTO visitsafe.meta VALUES (%s, %s)", (key, value))
        for table in ("entries", "plans", *(["purges"] if version > 2 else [])):
            for row in two.execute(f"SELECT * FROM {table} ORDER BY 1"):
                marks = ", ".join(["%s"] * len(row))
                raw.execute(f"INSERT INTO visitsafe.{table} VALUES ({marks})", row)
        raw.execute("COMMIT")
    return name


def by_team(store: Store) -> Summarise:
    return summariser_at(store, TEAM_2)


def rows(cluster: Cluster, name: str) -> list[Any]:
    with cluster.connect(name) as raw:
        return list(raw.execute(f"{ENTRIES} ORDER BY position").fetchall())


def test_a_store_of_version_2_is_brought_up_to_date_by_its_owner(cluster: Cluster) -> None:
    name = older(cluster)
    before = rows(cluster, name)
    with pytest.raises(StoreError, match="older visitsafe") as caught:
        open_store(cluster.url(name))
    assert caught.value.hint == MIGRATE
    owner = cluster.url(name, "superuser")
    assert migrate_store(owner, by_team) == Migrated(2, 4, 4)
    assert migrate_store(owner, by_team) == Migrated(4, 4)
    assert rows(cluster, name) == before
    with closing(open_store(cluster.url(name))) as store:
        assert (damages(store._link), store.doubtful(), list(check_chain(store.scan()))) == ([], [], [])
        assert sorted(row.status for row in store.plans()) == [
            "awaiting",
            "countersigned",
            "refused",
            "withdrawn",
        ]
    open_purge(keeper(cluster, cluster.url(name))).store.close()


def test_a_store_of_version_3_learns_what_is_owed(cluster: Cluster) -> None:
    name = older(cluster, 3)
    before, owner = rows(cluster, name), cluster.url(name, "superuser")
    assert migrate_store(owner, lambda store: summariser_at(store, TEAM_3)) == Migrated(3, 4, 5)
    assert rows(cluster, name) == before
    with closing(open_store(cluster.url(name))) as store:
        assert (damages(store._link), store.doubtful(), list(check_chain(store.scan()))) == ([], [], [])
        assert [row.owed for row in store.plans(owed_only=True)] == ["2027-03-24T08:00:00Z"]


@pytest.mark.parametrize(("version", "team"), [(2, TEAM_2), (3, TEAM_3)])
def test_a_migrated_store_has_the_definitions_of_a_new_one(cluster: Cluster, version: int, team: str) -> None:
    old, new = older(cluster, version), cluster.store()
    migrate_store(cluster.url(old, "superuser"), lambda store: summariser_at(store, team))
    triggers = (
        "SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    )
    functions = (
        "SELECT proname, prosrc, proconfig FROM pg_proc WHERE pronamespace = 'visitsafe'::regnamespace"
    )
    rights = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'visitsafe'::regnamespace"
    columns = (
        "SELECT table_name, ordinal_position, column_name, data_type, collation_name, is_nullable,"
        " column_default FROM information_schema.columns WHERE table_schema = 'visitsafe' ORDER BY 1, 2"
    )
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'visitsafe' ORDER BY 1"
    rights = f"{rights} AND relkind = 'r' ORDER BY 1"
    for statement in (triggers, f"{functions} ORDER BY 1", rights, columns, indexes):
        with cluster.connect(old) as one, cluster.connect(new) as other:
            found, expected = one.execute(statement).fetchall(), other.execute(statement).fetchall()
        assert [_sorted_rights(row) for row in found] == [_sorted_rights(row) for row in expected]


def _sorted_rights(row: Any) -> list[Any]:
    return [sorted(re.findall(r"[^{},]+", cell)) if "visitsafe_" in str(cell) else cell for cell in row]


def test_a_user_who_does_not_own_the_store_learns_what_has_to_be_run_first(cluster: Cluster) -> None:
    name = older(cluster)
    before = rows(cluster, name)
    with pytest.raises(StoreError, match="may not bring the store in") as caught:
        migrate_store(cluster.url(name), by_team)
    assert 'GRANT "visitsafe_owner" TO "desk"' in str(caught.value.hint)
    assert rows(cluster, name) == before
    with pytest.raises(StoreError, match="older visitsafe"):
        open_store(cluster.url(name))


@pytest.mark.parametrize("version", [2, 3])
def test_a_database_of_an_older_version_is_backed_up_as_a_file_of_this_one(
    cluster: Cluster, tmp_path: Path, version: int
) -> None:
    name = older(cluster, version)
    before = rows(cluster, name)
    admin = Someone("admin", tmp_path / "admin", cluster.url(name), datetime(2027, 6, 1, 8, 0, tzinfo=UTC))
    admin.done("store", "backup", str(tmp_path / "b.db"))
    assert rows(cluster, name) == before
    admin.store = str(tmp_path / "b.db")
    assert admin.done("verify", "--json").json["holds"] is True
    with closing(open_file(admin.store)) as store, cluster.connect(name) as raw:
        kept = [(row.id, row.payload) for row in store.scan()]
        there = raw.execute("SELECT id, payload FROM visitsafe.entries ORDER BY position").fetchall()
        assert kept == [(entry, bytes(payload)) for entry, payload in there]
