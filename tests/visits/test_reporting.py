"""Reports at the desk: what is accepted counts, whose visit is meant, and which time is."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office import NOW, Office, Someone
from visitsafe.cli.doorstep import happened, until
from visitsafe.desk import Desk, open_roster
from visitsafe.errors import NotFoundError, NotPermittedError, StoreError, UsageError
from visitsafe.record.bodies import DecidedBody, MarkedBody, OpenedBody, WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.ssh import load
from visitsafe.record.stored import PlanRow
from visitsafe.record.terms import Decision, Stage
from visitsafe.state.rules import Bodies
from visitsafe.store.open import open_store
from visitsafe.store.sqlite import SqliteStore
from visitsafe.text.clock import from_text, to_text
from visitsafe.visits.report import Report, find_visit, make_report, seen_by_worker

LONDON = ZoneInfo("Europe/London")
LATER = to_text(NOW + timedelta(hours=5))


@contextmanager
def desk_of(office: Office, someone: Someone) -> Iterator[Desk]:
    """The desk at which somebody sits."""
    with closing(open_store(someone.store)) as store:
        roster = open_roster(store, store.history("team")[0].id)
        signer = load(someone.home / "keys" / "id_ed25519", None)
        me = roster.members.get(signer.fingerprint)
        yield Desk(store, roster, office.sam.now, me, lambda: signer)


@pytest.mark.parametrize("by_telephone", [False, True])
@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        (Kind.DEPARTED, Stage.DEPARTED),
        (Kind.ARRIVED, Stage.ARRIVED),
        (Kind.LEFT, Stage.LEFT),
        (Kind.BACK, Stage.BACK),
        (Kind.OK, Stage.PLANNED),
        (Kind.EXTENDED, Stage.PLANNED),
    ],
)
def test_every_report_that_is_accepted_counts(
    office: Office, kind: Kind, stage: Stage, by_telephone: bool
) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=10, minute=30))
    who, known_by = ("Sam", "voice") if by_telephone else ("", "")
    until_ = LATER if kind is Kind.EXTENDED else ""
    with desk_of(office, office.mo if by_telephone else office.sam) as desk:
        report = Report(kind=kind, who=who, known_by=known_by, until=until_)
        done = make_report(desk, find_visit(desk, report, LONDON), report)
        last = desk.plan(done.after.plan).judged[-1]
    assert (last.entry.content.kind, last.why_not) == (kind, "")
    assert done.after.visit.stage is stage
    assert bool(done.after.visit.closed) == (kind is Kind.BACK)


@pytest.mark.parametrize(
    "report",
    [
        Report(kind=Kind.OK, who="Sam"),
        Report(kind=Kind.OK, who="Sam", known_by="voice", happened=LATER),
        Report(kind=Kind.EXTENDED, who="Sam", known_by="voice", until=to_text(NOW + timedelta(days=2))),
        Report(kind=Kind.EXTENDED, who="Sam", known_by="voice", until="soon"),
    ],
)
def test_what_would_not_count_is_refused_and_not_recorded(office: Office, report: Report) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=10))
    with desk_of(office, office.mo) as desk:
        state = find_visit(desk, report, LONDON)
        with pytest.raises(NotPermittedError, match="would not count"):
            make_report(desk, state, report)
        assert desk.plan(state.plan) == state


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (Kind.DECIDED, DecidedBody(of="", decision=Decision.REFUSE, rationale=""), "not seen"),
        (Kind.REVISED, None, "only its author"),
        (Kind.WITHDRAWN, WithdrawnBody(reason="It is off."), "only its author"),
        (Kind.OPENED, OpenedBody(of="", reason="Where is Sam?"), "no sealed details"),
        (Kind.MARKED, MarkedBody(of="", found=False, checked="2026-11-23"), "not seen"),
    ],
)
def test_the_desk_signs_no_entry_that_would_stand_in_the_record_and_not_count(
    office: Office, kind: Kind, body: Bodies | None, why: str
) -> None:
    office.countersigned()
    with desk_of(office, office.mo) as desk:
        state = desk.plan(desk.resolve(office.ref))
        with pytest.raises(NotPermittedError, match=f"would not count: .*{why}"):
            desk.record(state, kind, body or state.body)
        assert desk.plan(state.plan) == state


def test_a_worker_whose_key_was_revoked_can_still_be_reported_on_by_telephone(office: Office) -> None:
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=30)).sam.done("depart")
    office.mo.done("team", "revoke", "Sam", "--reason", "The laptop was stolen.")
    with desk_of(office, office.mo) as desk:
        report = Report(kind=Kind.BACK, who="Sam", known_by="rang back")
        done = make_report(desk, find_visit(desk, report, LONDON), report)
    assert done.after.visit.closed
    assert office.sam.run("ok", office.ref).code == 1


def test_a_visit_planned_with_another_key_of_mine_is_mine(office: Office) -> None:
    office.countersigned()
    at_home = office.person("home")
    at_home.done("key", "new", "--name", "Sam", "--email", "sam@salford.example", "--no-passphrase")
    line = at_home.done("team", "join").out.strip()
    office.mo.done("team", "add", line, "--role", "practitioner", "--second-key")
    office.at(NOW.replace(hour=9, minute=30))
    with desk_of(office, at_home) as desk:
        done = make_report(
            desk, find_visit(desk, Report(kind=Kind.DEPARTED), LONDON), Report(kind=Kind.DEPARTED)
        )
    assert done.after.visit.departed


def test_the_very_same_report_given_twice_is_recorded_once_and_answered_alike(office: Office) -> None:
    office.countersigned()
    report = Report(kind=Kind.DEPARTED)
    with desk_of(office.at(NOW.replace(hour=10)), office.sam) as desk:
        state = find_visit(desk, report, LONDON)
        first = make_report(desk, state, report)
        assert make_report(desk, state, report) == first
        assert desk.plan(state.plan).heads == first.after.heads


def test_what_others_added_meanwhile_is_in_what_stands_after_a_report(office: Office) -> None:
    office.countersigned()
    with desk_of(office.at(NOW.replace(hour=10)), office.sam) as desk:
        state = find_visit(desk, Report(kind=Kind.DEPARTED), LONDON)
        office.mo.done("depart", office.ref, "--for", "Sam", "--known-by", "voice")
        done = make_report(desk, state, Report(kind=Kind.OK))
        assert done.after == seen_by_worker(desk.plan(state.plan))
    assert done.after.visit.stage is Stage.DEPARTED


def test_damage_to_another_visit_keeps_nobody_from_reporting_on_this_one(office: Office) -> None:
    office.countersigned()

    def damaged(*_: object, **__: object) -> list[PlanRow]:
        raise StoreError("the store is damaged", hint="run: visitsafe verify")

    with patch.object(SqliteStore, "plans", damaged):
        ran = office.at(NOW.replace(hour=10)).sam.done("depart", office.ref)
    assert "set out at 10:00" in ran.out
    assert "the other visits of Sam could not be looked at" in ran.err


def test_a_forgotten_visit_is_meant_while_it_is_on_the_board_and_one_under_way_for_good(
    office: Office,
) -> None:
    office.countersigned()
    with desk_of(office.at(NOW.replace(hour=11) + timedelta(days=14)), office.sam) as desk:
        assert find_visit(desk, Report(kind=Kind.BACK), LONDON).ref == office.ref
    with (
        desk_of(office.at(NOW.replace(hour=12) + timedelta(days=14)), office.sam) as desk,
        pytest.raises(NotFoundError),
    ):
        find_visit(desk, Report(kind=Kind.BACK), LONDON)
    office.at(NOW.replace(hour=10)).sam.done("depart")
    with desk_of(office.at(NOW + timedelta(days=9)), office.sam) as desk:
        assert find_visit(desk, Report(kind=Kind.BACK), LONDON).ref == office.ref


MINUTES = st.integers(0, 366 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@given(now=MINUTES, hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_bare_time_is_the_one_that_a_clock_here_shows_within_half_a_day(
    now: datetime, hour: int, minute: int
) -> None:
    text = f"{hour:02}:{minute:02}"
    for read, sign in ((happened, -1), (until, 1)):
        try:
            at = from_text(read(text, now, LONDON))
        except UsageError:
            continue  # a clock change, or too far off to be sure of the day
        assert f"{at.astimezone(LONDON):%H:%M}" == text
        assert timedelta() <= sign * (at - now) <= timedelta(hours=24)


@given(now=MINUTES, back=st.integers(0, 11 * 60 + 59))
def test_every_time_of_the_last_hours_can_be_given(now: datetime, back: int) -> None:
    wanted = now - timedelta(minutes=back)
    local = wanted.astimezone(LONDON)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        assert happened(f"{local:%H:%M}", now, LONDON) == to_text(wanted)
