"""A SQLite store that is damaged, foreign, out of reach or room: one sentence, a hint, nothing lost."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from visitsafe.adapters import schema
from visitsafe.adapters.sqlite_store import SqliteStore
from visitsafe.adapters.store import create_store, open_store, store_exists
from visitsafe.adapters.store_file import located, mounted_as
from visitsafe.domain.entries import Entry, compose
from visitsafe.domain.stored import PlanRow, Stored, check_chain, following
from visitsafe.errors import StoreError

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PLAN = "K7Q2M9K7Q2M9K7Q2"


class Body(msgspec.Struct):
    number: int
    text: str


def entry(number: int, length: int = 200) -> Entry:
    body = Body(number, "words " * (length // 6))
    return Entry(compose(PLAN, "noted", NOW, "SHA256:somebody", (), body), f"signature {number}\n")


def counted(plan: str, history: Sequence[Stored]) -> PlanRow:
    start = "2026-11-24T15:30:00Z"
    return PlanRow(
        plan, "awaiting", True, "me", "CASE-1", "North", start, start, "", False, len(history), history[-1].id
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with sixty entries, which nobody has open."""
    made = tmp_path / "store.db"
    with closing(create_store(str(made), NOW)) as store:
        store.append([entry(number) for number in range(60)], NOW, counted)
    return made


def read_all(path: Path | str) -> None:
    with closing(open_store(str(path))) as store:
        list(store.scan())
        store.plans()


def refusal(path: Path | str) -> StoreError:
    """Open the store and read all of it; the error that comes of it."""
    with pytest.raises(StoreError) as caught:
        read_all(path)
    error = caught.value
    assert error.exit_code == 1
    assert error.hint
    assert "\n" not in error.message
    assert "sqlite3" not in error.message
    return error


def change(path: Path, *statements: str) -> None:
    """Do to a store what somebody with the file and the sqlite3 shell can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def tampered(path: Path, *statements: str) -> None:
    """Change entries as somebody would who covers their tracks: the triggers are put back afterwards."""
    triggers = [
        name for name in schema.SQLITE_OBJECTS if name.startswith("entries_") and name != "entries_stream"
    ]
    drop = [f"DROP TRIGGER {name}" for name in triggers]
    change(path, *drop, *statements, *(schema.SQLITE_OBJECTS[name] for name in triggers))


def problems(path: Path) -> list[tuple[int, str]]:
    with closing(open_store(str(path))) as store:
        return [(one.position, one.text) for one in check_chain(store.scan())]


def reports(path: Path) -> list[str]:
    with closing(open_store(str(path))) as store:
        return store.check_file()


# Opening


def test_a_missing_store_is_not_made_by_opening_it(tmp_path: Path) -> None:
    error = refusal(tmp_path / "none.db")
    assert error.message == f"there is no store at {tmp_path / 'none.db'}"
    assert "store init" in str(error.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_a_folder_that_does_not_exist_is_missing(tmp_path: Path) -> None:
    assert "there is no store" in refusal(tmp_path / "no" / "store.db").message


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path).message


@pytest.mark.parametrize("content", [b"", b"SQLite format 3", b"a shopping list\n" * 400])
def test_a_file_of_another_kind_is_not_a_store(tmp_path: Path, content: bytes) -> None:
    foreign = tmp_path / "list.txt"
    foreign.write_bytes(content)
    assert "is not a visitsafe store" in refusal(foreign).message
    assert foreign.read_bytes() == content


def test_another_programs_sqlite_file_is_not_a_store(tmp_path: Path) -> None:
    foreign = tmp_path / "other.db"
    change(foreign, "CREATE TABLE meta (key, value)", "INSERT INTO meta VALUES ('schema_version', '1')")
    before = foreign.read_bytes()
    assert refusal(foreign).message == f"{foreign} is not a visitsafe store"
    assert foreign.read_bytes() == before


def test_a_store_made_by_a_newer_visitsafe_is_refused_and_left_alone(path: Path) -> None:
    change(path, "UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    before = path.read_bytes()
    error = refusal(path)
    assert "made by a newer visitsafe" in error.message
    assert error.hint == "install a newer visitsafe"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM meta", "DROP TABLE meta", "UPDATE meta SET value = 'x' WHERE key = 'schema_version'"],
)
def test_a_store_that_no_longer_says_what_it_is_is_damaged(path: Path, statement: str) -> None:
    change(path, statement)
    assert "is damaged" in refusal(path).message


def test_opening_does_not_change_the_file(path: Path) -> None:
    before = path.read_bytes()
    open_store(str(path)).close()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////srv/visits.db", "/srv/visits.db"),
        ("sqlite:///visits.db", "{here}/visits.db"),
        ("sqlite:///a folder/100%?.db", "{here}/a folder/100%?.db"),
        ("/srv/visits.db", "/srv/visits.db"),
        ("visits.db", "{here}/visits.db"),
        (":memory:", "{here}/:memory:"),
    ],
)
def test_a_url_or_a_path_names_the_file(url: str, expected: str) -> None:
    assert str(located(url)) == expected.format(here=Path.cwd())


@pytest.mark.parametrize(
    "url", ["", "sqlite:", "sqlite://", "sqlite:///", "mysql://me:secret@host/db", "a\x1b[2J.db", "a\0b"]
)
def test_a_name_that_cannot_be_a_store_is_refused_without_repeating_it(url: str) -> None:
    message = refusal(url).message
    assert message == "the name of the store is not one that visitsafe can use"


@pytest.mark.parametrize("url", ["postgresql://me:secret@host/db", "postgres:db"])
def test_postgresql_is_refused_in_a_sentence_without_the_password(url: str) -> None:
    error = refusal(url)
    assert "PostgreSQL" in error.message
    assert "secret" not in f"{error.message} {error.hint}"


def test_strange_characters_in_a_path_are_part_of_its_name(tmp_path: Path) -> None:
    strange = tmp_path / "a b?mode=memory#%41ü.db"
    with closing(create_store(f"sqlite:///{strange}", NOW)) as store:
        store.append([entry(1)], NOW, counted)
    assert strange.stat().st_size > 0
    assert problems(strange) == []


# Making


def test_a_new_store_and_its_companions_are_for_their_owner_only(tmp_path: Path) -> None:
    made = tmp_path / "store.db"
    before = os.umask(0)
    try:
        with closing(create_store(str(made), NOW)) as store:
            store.append([entry(1)], NOW, counted)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


def test_every_store_gets_an_id_of_its_own(tmp_path: Path) -> None:
    ids = set()
    for name in ("one.db", "two.db"):
        with closing(create_store(str(tmp_path / name), NOW)) as store:
            ids.add(store.store_id)
    assert len(ids) == 2


def test_a_store_is_not_made_over_a_store(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"there is a file at .* already"):
        create_store(str(path), NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"a shopping list\n" * 400, b"short"])
def test_a_store_is_not_made_over_another_file(tmp_path: Path, content: bytes) -> None:
    foreign = tmp_path / "list.txt"
    foreign.write_bytes(content)
    with pytest.raises(StoreError, match="is not a visitsafe store"):
        create_store(str(foreign), NOW)
    assert foreign.read_bytes() == content


def test_a_store_is_not_made_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store can be made at .*: no such file or directory"):
        create_store(str(tmp_path / "no" / "store.db"), NOW)


@pytest.mark.parametrize("statements", [(), ("PRAGMA journal_mode = WAL",)], ids=["empty file", "empty WAL"])
def test_a_store_whose_making_was_interrupted_can_be_made_again(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    made = tmp_path / "store.db"
    made.touch()
    change(made, *statements)
    assert not store_exists(str(made))
    with closing(create_store(str(made), NOW)) as store:
        assert store.append([entry(1)], NOW, counted) == 1
    assert store_exists(str(made))


def test_an_empty_file_that_becomes_a_store_is_closed_to_others(tmp_path: Path) -> None:
    made = tmp_path / "store.db"
    made.touch(0o644)
    create_store(str(made), NOW).close()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_whatever_a_store_must_not_be_made_over_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"a shopping list\n" * 400)
    assert not store_exists(str(tmp_path / "store.db"))
    assert store_exists(str(tmp_path / "list.txt"))
    assert store_exists(str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["list.txt"]


def test_two_people_who_make_a_store_at_once_get_one_store(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime;"
        "from visitsafe.adapters.store import create_store; from visitsafe.errors import StoreError\n"
        "try: print(create_store(sys.argv[1], datetime(2026, 11, 23, tzinfo=UTC)).store_id)\n"
        "except StoreError as error: print(error.hint)"
    )
    made = str(tmp_path / "store.db")
    running = [
        subprocess.Popen([sys.executable, "-c", program, made], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [one.communicate(timeout=60)[0].strip() for one in running]
    with closing(open_store(made)) as store:
        assert said.count(store.store_id) == 1
    refused = {"name another file, or use the store that is there", "wait a moment and try again"}
    assert set(said) - {store.store_id} <= refused
    assert reports(Path(made)) == []


# Out of reach, out of room


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an unprivileged user can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


UNPRIVILEGED = """
import os, sys
from datetime import UTC, datetime
from visitsafe.adapters.store import create_store, open_store
from visitsafe.domain.entries import Entry, compose
from visitsafe.errors import StoreError
import msgspec
class Body(msgspec.Struct):
    pass
now = datetime(2026, 11, 23, tzinfo=UTC)
written = Entry(compose("K7Q2M9K7Q2M9K7Q2", "noted", now, "x", (), Body()), "s")
if os.geteuid() == 0:
    os.setuid(65534)
try:
    store = (create_store(sys.argv[2], now) if sys.argv[1] == "make" else open_store(sys.argv[2]))
    print("read", len(list(store.scan())))
    store.append([written], now, lambda *_: None)
    print("written")
except StoreError as error:
    print(error.message)
"""


def as_somebody_else(doing: str, path: Path) -> list[str]:
    command = [sys.executable, "-c", UNPRIVILEGED, doing, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def moved(path: Path, folder: Path, mode: int, folder_mode: int) -> Path:
    there = Path(shutil.copy(path, folder / "store.db"))
    there.chmod(mode)
    folder.chmod(folder_mode)
    return there


def test_a_read_only_store_can_be_read_and_says_that_nothing_was_written(
    path: Path, public_folder: Path
) -> None:
    there = moved(path, public_folder, 0o444, 0o777)
    assert as_somebody_else("open", there) == [
        "read 60",
        f"the store {there} cannot be written to; nothing was written",
    ]


def test_a_store_in_a_read_only_folder_says_so(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o444, 0o555)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be written to"]


def test_a_store_of_somebody_else_says_that_it_cannot_be_opened(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o000, 0o555)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be opened"]


def test_a_store_in_a_folder_of_somebody_else_cannot_be_reached(path: Path, public_folder: Path) -> None:
    there = moved(path, public_folder, 0o444, 0o000)
    assert as_somebody_else("open", there) == [f"the store {there} cannot be reached: permission denied"]


def test_a_store_cannot_be_made_in_a_read_only_folder(public_folder: Path) -> None:
    there = public_folder / "new.db"
    public_folder.chmod(0o555)
    assert as_somebody_else("make", there) == [f"no store can be made at {there}: permission denied"]


def test_when_the_disk_is_full_nothing_is_written_and_what_was_there_stays(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert isinstance(store, SqliteStore)
        before = list(store.scan()), store.plans()
        store._database.execute("PRAGMA max_page_count = 1").fetchall()
        with pytest.raises(StoreError, match="the disk is full; nothing was written"):
            store.append([entry(number) for number in range(100, 200)], NOW, counted)
        assert (list(store.scan()), store.plans()) == before
        store._database.execute("PRAGMA max_page_count = 100000").fetchall()
        assert store.append([entry(100)], NOW, counted) == 1
    assert (problems(path), reports(path)) == ([], [])


FILLING = """
import resource, sys
from datetime import UTC, datetime
from visitsafe.adapters.store import open_store
from visitsafe.domain.entries import Entry, compose
from visitsafe.errors import StoreError
import msgspec
class Body(msgspec.Struct):
    number: int
    text: str
now = datetime(2026, 11, 23, tzinfo=UTC)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    store = open_store(sys.argv[1])
    for number in range(1000, 2000):
        entry = Entry(compose("K7Q2M9K7Q2M9K7Q2", "noted", now, "x", (), Body(number, "x" * 500)), "s")
        store.append([entry], now, lambda *_: None)
        print(entry.id, flush=True)
except StoreError as error:
    print(error.message)
"""


@pytest.mark.parametrize("room", [4096, 20_000, 33_000, 50_000, 200_000])
def test_a_disk_that_takes_no_more_loses_nothing_that_was_acknowledged(path: Path, room: int) -> None:
    command = [sys.executable, "-c", FILLING, str(path), str(room)]
    *acknowledged, message = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )[:-1]
    assert message.startswith(f"the store {path} ")
    assert "full" in message
    with closing(open_store(str(path))) as store:
        assert [one.id for one in store.scan()][60:] == acknowledged
        assert store.append([entry(100)], NOW, counted) == 1
    assert (problems(path), reports(path)) == ([], [])


def test_the_wal_file_does_not_grow_without_end_while_others_have_the_store_open(path: Path) -> None:
    with closing(open_store(str(path))), closing(open_store(str(path))) as store:
        for number in range(100, 130):
            store.append([entry(number, 900_000)], NOW, lambda *_: None)
        assert Path(f"{path}-wal").stat().st_size < 8 << 20
        assert len(list(store.scan(60))) == 30
    assert (problems(path), reports(path)) == ([], [])


# Damage


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_truncated_store_is_damaged_and_says_so(path: Path, kept: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    error = refusal(path)
    assert error.message.startswith(f"the store {path} is damaged: ")
    assert "backup" in str(error.hint)


def test_a_store_overwritten_in_the_middle_is_found_out(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert reports(path)


def notices(path: Path, entries: list[Entry]) -> bool:
    """Whether the entries are unchanged, or something says that they are not."""
    try:
        with closing(open_store(str(path))) as store:
            rows = list(store.scan())
            return (
                [kept.entry for kept in rows] == entries
                or bool(store.check_file())
                or bool(list(check_chain(rows)))
            )
    except StoreError:
        return True


def test_a_byte_changed_anywhere_in_the_file_never_passes_for_a_sound_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    entries = [entry(number) for number in range(8)]
    with closing(create_store(str(path), NOW)) as store:
        store.append(entries, NOW, counted)
    sound = path.read_bytes()
    unnoticed = []
    for place in range(0, len(sound), 89):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x15]) + sound[place + 1 :])
        if not notices(path, entries):
            unnoticed.append(place)
    assert unnoticed == []


def test_what_sqlite_quotes_from_a_damaged_file_cannot_act_on_the_terminal(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content.replace(b"TABLE plans", b"TABLE \x1b[2J\n"))
    error = refusal(path)
    assert "is damaged" in error.message
    assert error.message.isprintable()


def test_text_which_is_no_longer_text_is_damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content.replace(b"TABLE plans", b"TABLE \xffla\xff "))
    assert "is damaged" in refusal(path).message


@pytest.mark.parametrize("trigger", ["entries_no_update", "entries_no_delete", "entries_in_order"])
def test_a_dropped_trigger_is_noticed(path: Path, trigger: str) -> None:
    change(path, f"DROP TRIGGER {trigger}")
    assert reports(path) == [f"the trigger {trigger} is missing"]


def test_an_altered_trigger_is_noticed(path: Path) -> None:
    change(
        path,
        "DROP TRIGGER entries_no_delete",
        "CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries WHEN 0 BEGIN SELECT 1; END",
    )
    assert reports(path) == ["the trigger entries_no_delete was altered"]


def test_a_trigger_of_somebody_elses_is_noticed(path: Path) -> None:
    change(path, "CREATE TRIGGER hide AFTER INSERT ON plans BEGIN DELETE FROM plans; END")
    assert reports(path) == ["something was added that does not belong there: 'hide'"]


def test_replacing_an_entry_is_refused_although_it_wakes_no_delete_trigger(path: Path) -> None:
    statement = (
        "INSERT OR REPLACE INTO entries"
        " SELECT position, stream, kind, at, by, received, id, payload, 'x', chain FROM entries"
        " WHERE position = 60"
    )
    with pytest.raises(sqlite3.IntegrityError, match="only ever added") as caught:
        change(path, statement)
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT_TRIGGER"
    assert problems(path) == []


def test_a_plan_whose_newest_entry_was_removed_is_noticed(path: Path) -> None:
    tampered(path, "DELETE FROM entries WHERE position = 60")
    assert problems(path) == []
    assert reports(path) == [f"the newest entry of plan {PLAN} is missing"]


@pytest.mark.parametrize(
    ("statement", "position", "text"),
    [
        (
            "payload = CAST(replace(CAST(payload AS TEXT), 'words', 'sword') AS BLOB)",
            30,
            "is not the hash of",
        ),
        ("payload = x'00'", 30, "not readable"),
        ("id = replace(id, substr(id, 1, 8), '00000000')", 30, "is not the hash of"),
        ("signature = signature || ' '", 30, "running hash does not hold"),
        ("position = 3000", 3000, "an entry is missing or was moved"),
        ("stream = '0000000000000000'", 30, "disagree with the signed content: stream"),
        ("kind = 'decided'", 30, "disagree with the signed content: kind"),
        ("at = '2026-11-23T15:30:01Z'", 30, "disagree with the signed content: at"),
        ("by = 'SHA256:somebodyelse'", 30, "disagree with the signed content: by"),
        ("received = '2026-11-23T15:30:01Z'", 30, "running hash does not hold"),
        ("chain = replace(chain, substr(chain, 1, 8), '00000000')", 30, "running hash does not hold"),
    ],
)
def test_a_change_to_anything_in_an_entry_is_found_at_its_position(
    path: Path, statement: str, position: int, text: str
) -> None:
    tampered(path, f"UPDATE entries SET {statement} WHERE position = 30")
    assert reports(path) == []
    found = problems(path)
    assert any(at == position and text in sentence for at, sentence in found), found
    assert {at for at, _ in found} <= {30, 31, 3000}


def test_an_entry_taken_out_is_found_where_it_is_missing(path: Path) -> None:
    tampered(path, "DELETE FROM entries WHERE position = 30")
    assert problems(path)[0] == (
        31,
        "position 31 follows position 29: an entry is missing or was moved",
    )


def test_an_entry_taken_out_with_the_rest_moved_up_is_found_by_the_running_hash(path: Path) -> None:
    tampered(
        path,
        "DELETE FROM entries WHERE position = 59",
        "UPDATE entries SET position = 59 WHERE position = 60",
    )
    assert problems(path) == [(59, "the running hash does not hold at position 59")]


def test_two_entries_that_changed_places_are_found(path: Path) -> None:
    tampered(
        path,
        "UPDATE entries SET position = 100 WHERE position = 30",
        "UPDATE entries SET position = 30 WHERE position = 31",
        "UPDATE entries SET position = 31 WHERE position = 100",
    )
    assert {at for at, _ in problems(path)} == {30, 31, 32}


def test_the_first_entry_cannot_be_taken_out_unnoticed(path: Path) -> None:
    tampered(path, "DELETE FROM entries WHERE position = 1")
    assert problems(path)[0][0] == 2


def test_a_check_can_start_from_a_position_and_hash_that_are_known(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        known = next(row for row in store.scan() if row.position == 40)
        assert list(check_chain(store.scan(40), after=(40, known.chain))) == []
        assert [one.position for one in check_chain(store.scan(40), after=(40, "f" * 64))] == [41]


def test_a_check_of_many_entries_does_not_need_the_memory_for_many() -> None:
    def rows() -> Iterator[Stored]:
        head = (0, "0" * 64)
        for number in range(50):
            row = following(head, entry(number, 500_000), NOW)
            head = row.position, row.chain
            yield row

    tracemalloc.start()
    try:
        assert list(check_chain(rows())) == []
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


# Cost


def steps(store: SqliteStore, ask: Callable[[], object]) -> int:
    """How much work SQLite does for a question, in hundreds of its own instructions."""
    counted_steps = 0

    def count() -> int:
        nonlocal counted_steps
        counted_steps += 1
        return 0

    store._database.set_progress_handler(count, 100)
    ask()
    store._database.set_progress_handler(None, 0)
    return counted_steps


def test_what_is_open_is_listed_at_the_cost_of_what_is_open(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert isinstance(store, SqliteStore)
        (one,) = store.plans()
        few = steps(store, lambda: store.plans(open_only=True))
        closed = [msgspec.structs.replace(one, plan=f"{n:016}", open=False) for n in range(5000)]
        store._database.execute("BEGIN")
        store._database.executemany(schema.ADD_PLAN, map(msgspec.structs.astuple, closed))
        store._database.execute("COMMIT")
        assert steps(store, lambda: store.plans(open_only=True)) <= few + 1
        assert steps(store, lambda: store.plans(limit=1)) <= few + 1
        assert steps(store, lambda: store.plans(case="CASE-2")) <= few + 1
        assert steps(store, lambda: store.find(PLAN[:5])) <= few + 20
        assert steps(store, store.plans) > 100


def test_opening_imports_nothing_heavy() -> None:
    program = (
        "import sys, visitsafe.adapters.store;"
        "print({'pydantic', 'yaml', 'rich', 'questionary', 'cryptography', 'typer'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# Where it lies

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/me/local ext4 rw 0 0
//server/share /mnt/our\\040share cifs rw 0 0
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/store.db", "ext4"),
        ("/home/me/store.db", "nfs4"),
        ("/home/me/local/store.db", "ext4"),
        ("/homes/store.db", "ext4"),
        ("/mnt/our share/store.db", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_longest_mount_above_it(path: str, kind: str) -> None:
    assert mounted_as(Path(path), MOUNTS) == kind


def test_a_store_on_a_local_disk_warns_of_nothing(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        assert store.warnings == ()
