"""Nothing is removed by a wrong clock, or by a rule that was agreed on a moment ago."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from by_hand import desk
from office import NOW, Office
from postgres import Cluster
from sqlite_files import tampered
from visitsafe.errors import NotPermittedError
from visitsafe.retention.purge_clock import check_clock
from visitsafe.retention.store_purge import open_purge

PHRASE = "Rex the dog bites"
YEARS = NOW + timedelta(days=3650)
CLEAN = ("store", "purge", "--yes", "--reason", "clean-up")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A visit is over, in a team that keeps records for seven years."""
    office = Office(tmp_path).open()
    office.mo.done("team", "set", "--keep-days", "2555")
    office.countersigned(case='"CF-1"', purpose=f'"{PHRASE}"')
    office.sam.now = NOW + timedelta(hours=3)
    office.sam.done("depart", office.ref)
    office.sam.done("back", office.ref)
    return office.at(NOW + timedelta(hours=4))


def is_here(office: Office) -> bool:
    return any(PHRASE.encode() in path.read_bytes() for path in office.folder.glob("store.sqlite3*"))


def test_a_clock_that_is_years_ahead_removes_nothing(office: Office) -> None:
    ran = office.at(YEARS).mo.run(*CLEAN)
    assert ran.code == 1
    assert "this computer's clock says 20 November 2036, and nothing shows that it is right" in ran.err
    assert "--today YYYY-MM-DD" in ran.err
    assert "it would be refused" in office.mo.done("store", "purge", "--dry-run").err
    ran = office.mo.run("store", "erase", "CF-1", "--yes", "--reason", "Asked for.")
    assert "nothing shows that it is right" in ran.err
    ran = office.mo.run(*CLEAN, "--today", "2026-11-23")
    assert "says 20 November 2036, and you say 23 November 2026" in ran.err
    assert office.mo.run(*CLEAN, "--today", "yesterday").code == 2
    assert is_here(office)


def test_what_the_same_person_did_by_the_wrong_clock_shows_nothing(office: Office) -> None:
    office.at(YEARS).mo.done("store", "hold", "CF-2", "--reason", "x", "--yes")
    assert "nothing shows that it is right" in office.mo.run(*CLEAN).err
    assert is_here(office)


@pytest.mark.parametrize("day", ["2036-11-19", "2036-11-20", "2036-11-21"])
def test_a_person_who_says_the_day_is_enough(office: Office, day: str) -> None:
    office.at(YEARS).mo.done(*CLEAN, "--today", day)
    assert not is_here(office)


def test_somebody_elses_entry_of_the_week_before_shows_that_the_clock_is_right(office: Office) -> None:
    office.sam.now = YEARS - timedelta(days=6)
    office.plan(case='"CF-2"', start='"15 November 2036 10:00"', due_back='"15 November 2036 11:00"')
    office.mo.now = YEARS
    office.mo.done(*CLEAN)
    assert not is_here(office)


def test_a_column_that_somebody_altered_shows_nothing(office: Office) -> None:
    office.at(NOW).plan(case='"CF-2"')
    plan = office.mo.done("show", office.ref, "--json").json["plan"]
    tampered(office.store, f"UPDATE entries SET at = '2036-11-20T08:00:00Z' WHERE stream = '{plan}'")
    assert "nothing shows that it is right" in office.at(YEARS).mo.run(*CLEAN).err
    assert is_here(office)


def test_verify_faults_a_removal_that_claims_a_time_to_come(office: Office) -> None:
    ref = office.ref
    office.at(YEARS).mo.done(*CLEAN, "--today", "2036-11-20")
    assert office.mo.done("verify").code == 0
    for words in (("verify",), ("verify", ref)):
        ran = office.at(NOW + timedelta(days=1)).mo.run(*words)
        assert ran.code == 3
        assert "what removed it says 2036-11-20T08:00:00Z, and it is only 2026-11-24T08:00:00Z now" in ran.err


def test_what_was_received_long_before_and_came_in_after_puts_a_removal_in_doubt(office: Office) -> None:
    office.at(YEARS).mo.done(*CLEAN, "--today", "2036-11-20")
    office.at(NOW + timedelta(days=1)).plan(
        case='"CF-2"', start='"25 November 2026 10:00"', due_back='"25 November 2026 11:00"'
    )
    ran = office.at(YEARS + timedelta(days=1)).mo.done("verify")
    assert (
        "what removed it says 2036-11-20T08:00:00Z, and an entry that came in after it was received"
        in ran.out
    )


def test_a_shorter_time_removes_nothing_for_a_week(office: Office) -> None:
    office.at(NOW + timedelta(days=30)).mo.done("team", "set", "--keep-days", "1")
    for days in (30, 36):
        then = NOW + timedelta(days=days, hours=23)
        ran = office.at(then).mo.done(*CLEAN, "--today", f"{then:%Y-%m-%d}")
        assert "Nothing was removed" in ran.out
        assert "less than a week ago: until that is over, records go after 2555 days" in (
            office.mo.done("store", "purge", "--dry-run").err
        )
    assert is_here(office)
    then = NOW + timedelta(days=37)
    office.at(then).mo.done(*CLEAN, "--today", f"{then:%Y-%m-%d}")
    assert not is_here(office)
    assert office.mo.done("verify").code == 0


def test_a_longer_time_counts_at_once(office: Office) -> None:
    then = NOW + timedelta(days=2560)
    office.at(then).mo.done("team", "set", "--keep-days", "3000")
    assert office.mo.done("store", "purge", "--dry-run", "--json").json["going"] == []


def test_who_agrees_on_less_than_a_year_is_told_how_many_cases_that_is(office: Office) -> None:
    ran = office.at(NOW + timedelta(days=30)).mo.done("team", "set", "--keep-days", "1")
    assert "that keeps records for 1 day only, which is less than a year" in ran.err
    assert "1 case is older than that now" in ran.err
    assert "nothing goes by a shorter time before 2026-12-30" in ran.err
    assert office.mo.done("team", "set", "--keep-days", "2555").err == ""
    assert "older" not in office.mo.done("team", "set", "--desk-phone", "0161 555 0100").err


def test_the_clock_of_a_databases_server_decides(office: Office) -> None:
    mine = desk(office, office.mo)
    with closing(mine.store):
        check_clock(mine, mine.now + timedelta(minutes=9), None)
        for apart in (timedelta(minutes=11), timedelta(days=-3650)):
            with pytest.raises(NotPermittedError, match="and the database's server"):
                check_clock(mine, mine.now + apart, mine.now.date())


def test_the_server_is_asked_but_in_a_store_for_rehearsals(cluster: Cluster) -> None:
    name = cluster.store()
    cluster.execute(
        "DO $$ BEGIN CREATE ROLE keeper LOGIN IN ROLE visitsafe_retention;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    keeper = open_purge(cluster.url(name, "keeper"))
    with closing(keeper.store):
        assert keeper.clock() is None
        with cluster.connect(name) as raw:
            raw.execute("DELETE FROM visitsafe.meta WHERE key = 'any_time'")
            row = raw.execute("SELECT clock_timestamp()").fetchone()
        found = keeper.clock()
        assert found is not None
        assert abs(found - row[0]) < timedelta(seconds=30)
