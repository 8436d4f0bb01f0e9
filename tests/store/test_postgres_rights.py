"""What the application's role cannot do to a store in PostgreSQL, and what is noticed that others did."""

from contextlib import closing

import psycopg
import pytest

from postgres import Cluster
from sqlite_files import NOW, PLAN, counted, entry
from visitsafe.errors import StoreError
from visitsafe.store.postgres_door import create_postgres, create_store, open_store, store_exists
from visitsafe.store.postgres_schema import Roles

COLUMNS = "(position, stream, kind, at, by, received, id, payload, signature, chain)"
COPY = "stream, kind, at, by, received, 'another', payload, signature, chain FROM entries WHERE position = 1"
NO_MORE = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
RIGHTS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)


def make(cluster: Cluster) -> str:
    name = cluster.store()
    with closing(open_store(cluster.url(name))) as store:
        store.append([entry(1), entry(2), entry(3)], NOW, counted)
    return name


@pytest.fixture
def filled(cluster: Cluster) -> str:
    """The name of a database with a store of three entries."""
    return make(cluster)


@pytest.fixture(scope="module")
def unharmed(cluster: Cluster) -> str:
    """The same, for all tests in which nothing happens to it."""
    return make(cluster)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET signature = 'forged'",
        "UPDATE entries SET payload = '' WHERE false",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "TRUNCATE plans, entries",
        "DROP TABLE entries",
        "DROP SCHEMA visitsafe CASCADE",
        "DROP TRIGGER entries_no_change ON entries",
        "DROP FUNCTION visitsafe.demand_next CASCADE",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "ALTER TABLE entries RENAME TO gone",
        "ALTER TABLE entries ENABLE ROW LEVEL SECURITY",
        "ALTER FUNCTION visitsafe.demand_next() RESET search_path",
        f"CREATE OR REPLACE FUNCTION visitsafe.demand_next() {NO_MORE}",
        "CREATE TRIGGER swallow BEFORE INSERT ON entries EXECUTE FUNCTION visitsafe.refuse_change()",
        "CREATE RULE swallow AS ON INSERT TO entries DO INSTEAD NOTHING",
        "CREATE TABLE visitsafe.more (x int)",
        "CREATE INDEX more ON entries (at)",
        "SET session_replication_role = replica",
        "SET ROLE visitsafe_owner",
        "SET SESSION AUTHORIZATION superuser",
        "UPDATE meta SET value = 'another'",
        "DELETE FROM meta",
        "BEGIN; LOCK TABLE entries IN ACCESS EXCLUSIVE MODE",
        "SELECT * FROM entries FOR UPDATE",
        f"INSERT INTO entries {COLUMNS} SELECT 1, {COPY}",
        f"INSERT INTO entries {COLUMNS} SELECT 3, {COPY}",
        f"INSERT INTO entries {COLUMNS} SELECT 5, {COPY}",
        f"INSERT INTO entries {COLUMNS} SELECT 1, {COPY} ON CONFLICT (position) DO UPDATE SET kind = ''",
        "MERGE INTO entries AS e USING meta AS m ON e.position = 1 WHEN MATCHED THEN DELETE",
    ],
)
def test_the_application_cannot_change_or_remove_an_entry(
    cluster: Cluster, unharmed: str, statement: str
) -> None:
    with closing(open_store(cluster.url(unharmed))) as store:
        before = list(store.scan())
        with cluster.connect(unharmed, "desk") as raw, pytest.raises(RIGHTS):
            raw.execute(statement)
        assert list(store.scan()) == before
        assert store.check_file() == []


def test_the_application_cannot_give_itself_a_right(cluster: Cluster, unharmed: str) -> None:
    with closing(open_store(cluster.url(unharmed))) as store, cluster.connect(unharmed, "desk") as raw:
        raw.execute("GRANT ALL ON entries TO desk")  # a warning of the server's, and nothing else
        assert store.check_file() == []


def test_a_table_of_the_same_name_in_ones_own_session_does_not_move_the_end(
    cluster: Cluster, unharmed: str
) -> None:
    with cluster.connect(unharmed, "desk") as raw:
        raw.execute("CREATE TEMPORARY TABLE entries (LIKE visitsafe.entries)")
        raw.execute("SET search_path = pg_temp, pg_catalog")
        with pytest.raises(psycopg.errors.RestrictViolation):
            raw.execute(
                f"INSERT INTO visitsafe.entries {COLUMNS} SELECT 1, {COPY}".replace(
                    "FROM ", "FROM visitsafe."
                )
            )


@pytest.mark.parametrize(
    "statement", ["UPDATE entries SET kind = 'x'", "DELETE FROM entries", "TRUNCATE entries"]
)
@pytest.mark.parametrize("replica", [False, True])
def test_not_even_a_superuser_removes_an_entry_by_accident(
    cluster: Cluster, unharmed: str, statement: str, replica: bool
) -> None:
    with cluster.connect(unharmed) as raw:
        if replica:
            raw.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.RestrictViolation, match="an entry is never"):
            raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET payload = ''",
        "UPDATE entries SET payload = 'another'",
        "UPDATE entries SET signature = ''",
        "UPDATE entries SET payload = '', kind = 'x'",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "UPDATE meta SET value = ''",
        "DELETE FROM purges",
        "UPDATE purges SET entry = ''",
        f"INSERT INTO entries {COLUMNS} SELECT 1, {COPY}",
    ],
)
def test_the_retention_role_changes_nothing_that_nobody_signed_for(
    cluster: Cluster, unharmed: str, statement: str
) -> None:
    with closing(open_store(cluster.url(unharmed))) as store, cluster.connect(unharmed) as raw:
        before = list(store.scan())
        raw.execute("SET ROLE visitsafe_retention")
        with pytest.raises(RIGHTS):
            raw.execute(statement)
        assert list(store.scan()) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "ALTER TABLE entries DISABLE TRIGGER entries_no_change",
            "the trigger entries_no_change was altered",
        ),
        ("ALTER TABLE entries ENABLE TRIGGER entries_in_order", "the trigger entries_in_order was altered"),
        ("DROP TRIGGER entries_in_order ON entries", "the trigger entries_in_order is missing"),
        (
            f"CREATE OR REPLACE FUNCTION visitsafe.refuse_change() {NO_MORE}",
            "the function refuse_change was altered",
        ),
        ("GRANT DELETE ON entries TO visitsafe_app", "visitsafe_app was given a right on entries"),
        ("GRANT SELECT ON entries TO PUBLIC", "everybody was given a right on entries"),
        ("GRANT UPDATE (payload) ON entries TO visitsafe_app", "visitsafe_app was given a right on entries"),
        ("ALTER TABLE entries ENABLE ROW LEVEL SECURITY", "rows of entries can be hidden"),
        ("CREATE VIEW visitsafe.more AS SELECT 1", "rows of more can be hidden"),
        ("DROP INDEX visitsafe.entries_stream", "the index entries_stream is missing"),
        ("ALTER TABLE entries ADD COLUMN more text", "does not belong there: the column entries.more"),
        ("ALTER TABLE entries OWNER TO desk", "part of the store belongs to desk"),
    ],
)
def test_what_somebody_did_to_the_protection_is_named(
    cluster: Cluster, filled: str, statement: str, said: str
) -> None:
    with closing(open_store(cluster.url(filled))) as store:
        cluster.execute(statement, filled)
        assert [said in found for found in store.check_file()].count(True) == 1


def test_a_plan_whose_entries_a_superuser_took_away_is_named_and_stays_named(
    cluster: Cluster, filled: str
) -> None:
    with cluster.connect(filled) as raw:
        raw.execute("ALTER TABLE entries DISABLE TRIGGER ALL")
        raw.execute("DELETE FROM entries WHERE position = 3")
        raw.execute("ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_no_change")
        raw.execute("ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_in_order")
        raw.execute("ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_blanked")
    with closing(open_store(cluster.url(filled))) as store:
        assert store.check_file() == [f"the newest entry of plan {PLAN} is missing"]
        told: list[str] = []
        store.append([entry(4)], NOW, counted, gone=told.append)
        assert told == [PLAN]
        assert store.check_file() == [f"the newest entry of plan {PLAN} is missing"]


@pytest.mark.parametrize(
    "right",
    [
        "ALTER ROLE {0} SUPERUSER",
        "ALTER ROLE {0} CREATEROLE",
        "GRANT visitsafe_owner TO {0}",
        "CREATE ROLE by_{0} NOINHERIT IN ROLE visitsafe_owner; GRANT by_{0} TO {0}",
        "ALTER DATABASE {1} OWNER TO {0}",
        "GRANT DELETE ON entries TO {0}",
        "GRANT UPDATE (payload) ON entries TO {0}",
    ],
)
def test_whoever_could_take_entries_away_is_refused_unless_the_url_says_so(
    cluster: Cluster, filled: str, right: str
) -> None:
    user = f"mighty_{filled}"
    cluster.execute(f"CREATE ROLE {user} LOGIN IN ROLE visitsafe_app")
    open_store(cluster.url(filled, user)).close()
    cluster.execute(right.format(user, filled), filled)
    with pytest.raises(StoreError, match="could take entries away") as caught:
        open_store(cluster.url(filled, user))
    assert "visitsafe_allow_owner=1" in str(caught.value.hint)
    with closing(open_store(cluster.url(filled, user, visitsafe_allow_owner="1"))) as store:
        assert ["with rights to take entries away" in sentence for sentence in store.warnings] == [True]


def test_a_superuser_who_puts_on_the_applications_role_is_still_refused(
    cluster: Cluster, unharmed: str
) -> None:
    with pytest.raises(StoreError, match="could take entries away"):
        open_store(cluster.url(unharmed, "superuser", options="-crole%3Dvisitsafe_app"))


def test_a_store_is_made_once_and_with_the_names_that_were_asked_for(cluster: Cluster) -> None:
    name = cluster.database()
    url = cluster.url(name, "superuser", visitsafe_allow_owner="1")
    assert not store_exists(url)
    roles = Roles(f'own"{name}', f"app_{name}", f"keep_{name}")
    create_postgres(url, NOW, roles)
    assert store_exists(url)
    with closing(open_store(url)) as store:
        assert store.check_file() == []
        assert len(store.store_id) == 32
    with pytest.raises(StoreError, match="there is a store in"):
        create_store(url, NOW)


def test_whoever_may_not_make_a_store_learns_what_has_to_be_run_first(cluster: Cluster) -> None:
    name = cluster.database()
    cluster.execute(f"CREATE ROLE maker_{name} LOGIN")
    url = cluster.url(name, f"maker_{name}")
    roles = Roles(f"own_{name}", f"app_{name}", f"keep_{name}")
    hints = []
    for _ in range(2):
        with pytest.raises(StoreError, match="may not make a store") as caught:
            create_postgres(url, NOW, roles)
        assert str(caught.value.hint).startswith("for this once, ")
        assert not store_exists(url)
        hints.append(str(caught.value.hint))
        cluster.execute(hints[-1].partition(": ")[2])
    assert "CREATE ROLE" in hints[0]
    assert "GRANT CREATE ON DATABASE" in hints[1]
    create_postgres(url, NOW, roles)
    cluster.execute(f"GRANT app_{name} TO desk")
    open_store(cluster.url(name)).close()
