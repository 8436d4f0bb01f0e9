"""A SQLite store that was damaged or tampered with: something says so, and where."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sqlite_files import NOW, PLAN, change, counted, entry, filled, problems, refusal, reports, tampered
from visitsafe.errors import StoreError, VerificationError
from visitsafe.record.chain import check_chain, following
from visitsafe.record.entry import Entry
from visitsafe.record.stored import Stored
from visitsafe.store import schema
from visitsafe.store.open import create_store, open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with sixty entries, which nobody has open."""
    return filled(tmp_path, 60)


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
    """Whether the entries are unchanged, or something says that they are not; nothing else is ever raised."""
    try:
        with closing(open_store(str(path))) as store:
            rows = list(store.scan())
            sound = not store.check_file() and not list(check_chain(rows))
            store.plans(open_only=True)
            store.find(PLAN[:5])
            same = [kept.entry for kept in store.history(PLAN)] == [kept.entry for kept in rows] == entries
            store.append([entry(100)], NOW, counted)
            return same or not sound
    except (StoreError, VerificationError):
        return True


def test_pages_that_lead_in_a_circle_do_not_make_reading_endless(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(create_store(str(path), NOW)) as store:
        store.append([entry(number) for number in range(8)], NOW, counted)
    sound = path.read_bytes()
    roots = [place for place in range(0, len(sound), 4096) if sound[place] == 5]  # interior pages of a table
    assert roots
    for root in roots:
        for last_child in range(1, len(sound) // 4096 + 1):
            path.write_bytes(sound[: root + 8] + last_child.to_bytes(4) + sound[root + 12 :])
            assert notices(path, [entry(number) for number in range(8)])


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


@pytest.mark.parametrize("position", [60, 61], ids=["at its position", "at the end"])
def test_replacing_an_entry_is_refused_although_it_wakes_no_delete_trigger(path: Path, position: int) -> None:
    statement = (
        f"INSERT OR REPLACE INTO entries SELECT {position}, stream, kind, at, by, received, id, payload, 'x',"
        " chain FROM entries WHERE position = 60"
    )
    with pytest.raises(sqlite3.IntegrityError, match="only ever added") as caught:
        change(path, statement)
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT_TRIGGER"
    assert problems(path) == []


def test_a_table_exchanged_for_one_that_holds_other_things_is_damage(path: Path) -> None:
    loose = schema.SQLITE_OBJECTS["entries"].replace("STRICT", "").replace("BLOB", "TEXT")
    change(
        path,
        "CREATE TABLE kept AS SELECT * FROM entries",
        "DROP TABLE entries",
        loose,
        "INSERT INTO entries SELECT position, stream, kind, at, by, received, id, CAST(payload AS TEXT),"
        " signature, chain FROM kept",
    )
    assert refusal(path).message.endswith("is damaged: a row does not have the form of its table")


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
