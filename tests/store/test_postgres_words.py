"""What a person reads when a store in PostgreSQL cannot be used; and never a password."""

import ipaddress
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postgres import PASSWORD, Cluster
from sqlite_files import NOW, counted, entry
from visitsafe.errors import StoreError, VisitsafeError
from visitsafe.store.postgres_door import open_store, store_exists
from visitsafe.store.postgres_url import understood


def refusal(action: Callable[[], object]) -> StoreError:
    """The error that comes of something, once it is certain that it can be shown."""
    with pytest.raises(StoreError) as caught:
        action()
    error: BaseException | None = caught.value
    while error is not None:
        said = f"{error!s} {error!r} {getattr(error, 'hint', '')}"
        assert PASSWORD not in said
        error = error.__cause__ or error.__context__
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert "psycopg" not in caught.value.message
    return caught.value


def test_a_server_that_is_away_is_named(cluster: Cluster) -> None:
    url = f"postgresql://desk:{PASSWORD}@/db?host={cluster.folder}&port=1"
    named = f"the store in database 'db' on {cluster.folder}:1 (as desk)"
    said = refusal(lambda: open_store(url, wait=0.1)).message
    assert said == f"{named} does not answer: its server is not running, or is just starting"
    assert refusal(lambda: store_exists(url, wait=0.1)).message == said


def test_a_wrong_password_and_none_at_all_are_told(cluster: Cluster) -> None:
    name = cluster.store()
    wrong = cluster.url(name, f"locked:{PASSWORD}x")
    assert "the name or the password is not right" in refusal(lambda: open_store(wrong)).message
    none = refusal(lambda: open_store(cluster.url(name, "locked")))
    assert "wants a password, and none was given" in none.message
    assert ".pgpass" in str(none.hint)
    right = cluster.url(name, f"locked:{PASSWORD}", visitsafe_allow_owner="1")
    with closing(open_store(right)) as store:
        assert PASSWORD not in repr(store.warnings)
    assert (
        "could take entries away"
        in refusal(lambda: open_store(cluster.url(name, f"locked:{PASSWORD}"))).message
    )


def test_a_missing_database_user_and_store_are_told_apart(cluster: Cluster) -> None:
    name = cluster.database()
    assert "no such database" in refusal(lambda: open_store(cluster.url("nowhere"))).message
    assert "does not let this user in" in refusal(lambda: open_store(cluster.url(name, "nobody"))).message
    assert "is not a visitsafe store" in refusal(lambda: open_store(cluster.url(name))).message


def test_a_user_without_the_role_is_told_which(cluster: Cluster) -> None:
    name = cluster.store()
    cluster.execute(f"CREATE ROLE stranger_{name} LOGIN")
    error = refusal(lambda: open_store(cluster.url(name, f"stranger_{name}")))
    assert "does not permit that" in error.message
    assert "visitsafe_app" in str(error.hint)


@pytest.mark.parametrize(
    ("version", "said"), [("1", "an older"), ("99", "a newer"), ("two", "damaged"), ("", "damaged")]
)
def test_a_store_of_another_version_is_refused(cluster: Cluster, version: str, said: str) -> None:
    name = cluster.store()
    cluster.execute(f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'", name)
    assert said in refusal(lambda: open_store(cluster.url(name))).message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("53100", "the server's disk is full; nothing was written"),
        ("57014", "takes too long to answer; nothing was written"),
        ("25006", "only lets itself be read: it is a copy, or a standby; nothing was written"),
        ("40P01", "kept busy by another program; nothing was written"),
        ("XX001", "has damaged pages; nothing was written"),
        ("P0001", "cannot do it: told; nothing was written"),
    ],
)
def test_what_a_server_refuses_is_said_in_words(cluster: Cluster, code: str, said: str) -> None:
    name = cluster.store()
    cluster.execute(
        "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '{code}'; END $$;"
        " CREATE TRIGGER a BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION told()",
        name,
    )
    with closing(open_store(cluster.url(name), wait=0.2)) as store:
        assert said in refusal(lambda: store.append([entry(1)], NOW, counted)).message
        assert list(store.scan()) == []


def test_a_statement_that_takes_too_long_is_given_up(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = cluster.store()
    monkeypatch.setattr("visitsafe.store.postgres_link._LONGEST_STATEMENT", 3.0)
    cluster.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;"
        " CREATE TRIGGER a BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION slow()",
        name,
    )
    with closing(open_store(cluster.url(name), wait=0.1)) as store:
        assert "takes too long" in refusal(lambda: store.append([entry(1)], NOW, counted)).message


def test_text_that_postgresql_cannot_keep_is_refused(cluster: Cluster) -> None:
    name = cluster.store()
    with closing(open_store(cluster.url(name))) as store:
        with pytest.raises(VisitsafeError, match="zero character"):
            store.history("a\0b")
        assert store.append([entry(1)], NOW, counted) == 1


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://desk:{PASSWORD}%zz@host/db",
        f"postgresql://desk:{PASSWORD}@host/db?foo=1",
        f"postgresql://desk:{PASSWORD}@host",
        f"postgresql://desk:{PASSWORD}@host:port/db%0a",
        f"postgresql://[{PASSWORD}/db",
        "postgresql://",
        "postgres:db",
    ],
)
def test_a_url_that_means_nothing_is_refused_without_showing_it(url: str) -> None:
    assert "is not one that visitsafe can use" in refusal(lambda: understood(url, 5)).message


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("host/db?sslmod=require", "knows no sslmod"),
        ("host/db?sslmode=disabled", "sslmode in the store's URL is not one that PostgreSQL knows"),
        ("host:abc/db", "port in the store's URL is no number"),
        ("host:99999/db", "port in the store's URL is no number"),
        ("host/db?sslrootcert=/nowhere/ca.crt", "there is no file /nowhere/ca.crt"),
    ],
)
def test_a_slip_in_a_url_is_named_and_not_taken_for_the_network(rest: str, said: str) -> None:
    assert said in refusal(lambda: understood(f"postgresql://desk:{PASSWORD}@{rest}", 5)).message


def test_what_stands_where_a_port_should_is_not_shown_for_it_may_be_the_password() -> None:
    refusal(lambda: understood(f"postgresql://host:{PASSWORD}/db", 5))


def test_without_psycopg_a_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from visitsafe.store.open import open_store\n"
        f"try: open_store('postgresql://desk:{PASSWORD}@host/db')\n"
        "except Exception as error: print(type(error).__name__, error.message, error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("StoreError this visitsafe was installed without")
    assert "visitsafe[postgres]" in done.stdout
    assert PASSWORD not in done.stdout


@pytest.fixture
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_no_environment")
@pytest.mark.parametrize(
    ("rest", "mode", "warned"),
    [
        ("desk@db.example/safe", "verify-full", False),
        ("desk@db.example/safe?sslmode=verify-full", "verify-full", False),
        ("desk@db.example/safe?sslmode=require", "require", True),
        ("desk@db.example/safe?sslmode=verify-ca", "verify-ca", True),
        ("desk@localhost/safe?sslmode=disable", "disable", True),
        ("desk@/safe?hostaddr=10.0.0.1&sslmode=prefer", "prefer", True),
        ("desk@/safe?host=/run/pg,db.example&sslmode=prefer", "prefer", True),
        ("desk@/safe?host=/run/pg&sslmode=disable", "disable", False),
        ("/safe", "verify-full", False),
    ],
)
def test_a_way_that_is_not_checked_has_to_be_said_and_warns(rest: str, mode: str, warned: bool) -> None:
    address = understood(f"postgresql://{rest}", 5)
    assert address.parameters["sslmode"] == mode
    assert bool(address.warnings) == warned
    assert all(f"sslmode={mode}" in sentence for sentence in address.warnings)


def test_a_server_without_tls_is_refused_unless_the_url_takes_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLMODE", "disable")
    name = cluster.store()
    url = f"postgresql://locked:{PASSWORD}@127.0.0.1:{cluster.port}/{name}?visitsafe_allow_owner=1"
    assert "trusted" in refusal(lambda: open_store(url)).message
    with closing(open_store(f"{url}&sslmode=disable")) as store:
        assert "sslmode=disable" in store.warnings[0]


def certificate(address: str) -> tuple[bytes, bytes]:
    """A certificate for an address of this computer, signed by itself, and its private key."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem), key.private_bytes(pem, *form)


@pytest.fixture
def presented(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[bytes]:
    """A server that shows a certificate for an address: the certificate."""
    shown, key = certificate(request.param)
    cluster.write("server.crt", shown)
    cluster.write("server.key", key)
    cluster.execute("ALTER SYSTEM SET ssl = on")
    cluster.restart()
    yield shown
    cluster.execute("ALTER SYSTEM RESET ssl")
    cluster.restart()


def secure(cluster: Cluster, name: str, trusted: bytes, folder: Path) -> str:
    """A URL over the network that trusts a certificate."""
    (folder / "root.crt").write_bytes(trusted)
    place = f"127.0.0.1:{cluster.port}/{name}?visitsafe_allow_owner=1&sslrootcert={folder / 'root.crt'}"
    return f"postgresql://locked:{PASSWORD}@{place}"


@pytest.mark.parametrize("presented", ["127.0.0.1"], indirect=True)
def test_a_server_that_proves_who_it_is_is_used_without_a_warning_about_the_way(
    cluster: Cluster, presented: bytes, tmp_path: Path
) -> None:
    with closing(open_store(secure(cluster, cluster.store(), presented, tmp_path))) as store:
        assert store.append([entry(1)], NOW, counted) == 1
        assert not any("sslmode" in sentence for sentence in store.warnings)
    stranger, _ = certificate("127.0.0.1")
    url = secure(cluster, cluster.store(), stranger, tmp_path)
    assert "certificate does not hold" in refusal(lambda: open_store(url)).message


@pytest.mark.parametrize("presented", ["127.0.0.2"], indirect=True)
def test_a_certificate_of_another_server_is_refused(
    cluster: Cluster, presented: bytes, tmp_path: Path
) -> None:
    url = secure(cluster, cluster.store(), presented, tmp_path)
    assert "certificate does not hold" in refusal(lambda: open_store(url)).message
