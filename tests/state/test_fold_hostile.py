"""What somebody with a key of the team, or with the file, writes by a program of their own."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from story import EVE, MO, NIA, NOW, SAM, START, Actor, Story, begun, decision_on, hostile_visit, visit
from visitsafe.record.bodies import Companion, WithdrawnBody
from visitsafe.record.entry import Content, Entry, Verified
from visitsafe.record.order import MOST_HEADS, Order
from visitsafe.record.refs import reference, references
from visitsafe.record.terms import Status
from visitsafe.state.fold import FEW_UNKNOWN
from visitsafe.team.roster import Roster

PLANNED = begun().planned()
NIAS_OTHER = Actor("N. Price", "NIA@example.org", key="second")


def with_companion(name: str, key: str | None = None) -> Story:
    companion = Companion(name=name, key=key)
    return begun().planned(body=hostile_visit(visit=visit(companions=(companion,))))


def why_not(story: Story) -> str:
    return next(j.why_not for j in story.state.judged if j.entry.id == story.newest.id)


def test_leaving_a_second_key_out_of_what_one_has_seen_does_not_make_another_person() -> None:
    """Nia's other key goes along; she countersigns with the team as it was before that key."""
    before = begun()
    story = before.added(NIAS_OTHER, "practitioner").planned(
        body=hostile_visit(visit=visit(companions=(NIAS_OTHER.companion,)))
    )
    hidden = replace(story, team=before.team).decided(by=NIA, of=story.newest.id)
    assert (story | hidden).state.status is Status.AWAITING
    assert why_not(story | hidden) == "nobody decides on a plan that they are the companion on"


def test_a_second_key_does_not_hide_whose_plan_it_is() -> None:
    before = begun()
    story = before.added(NIAS_OTHER, "practitioner").planned(by=NIAS_OTHER)
    blind = decision_on(story.newest.id, "countersign")
    # Made on a copy of the team without the second key, on top of a plan that this copy cannot judge.
    hidden = replace(story, team=before.team).entry(NIA, "decided", blind)
    assert why_not(story | hidden) == "nobody decides on their own plan"


def test_a_key_added_later_takes_no_refusal_away() -> None:
    story = with_companion("N. Price").decided("refuse", by=NIA)
    assert story.added(NIAS_OTHER, "practitioner").state.status is Status.REFUSED


def test_a_key_added_later_takes_a_countersignature_away() -> None:
    story = with_companion("N. Price").decided(by=NIA)
    assert story.state.status is Status.COUNTERSIGNED
    assert story.added(NIAS_OTHER, "practitioner").state.status is Status.AWAITING


def test_a_decision_on_an_old_version_silences_no_refusal() -> None:
    """Nia goes along on the second version: she may not wipe out Eve's refusal by way of the first."""
    story = begun().added(EVE, "manager").planned()
    second = story.revised(body=hostile_visit(nonce="", visit=visit(companions=(NIA.companion,))))
    refused, unaware = story.decided("refuse", by=EVE), second.decided("countersign", by=MO)
    wiped = refused.decided("countersign", by=NIA)
    assert (refused | unaware).state.status is Status.REFUSED
    assert (refused | unaware | wiped).state.status is Status.REFUSED
    assert (refused | unaware | wiped).decided("countersign", by=MO).state.status is Status.COUNTERSIGNED


def test_an_entry_that_does_not_count_damages_nothing() -> None:
    for by, kind in ((EVE, "note"), (SAM, "note"), (EVE, "decided"), (SAM, "decided")):
        lost = PLANNED.entry(by, "note", WithdrawnBody(reason="x"))
        junk = lost.entry(by, kind, WithdrawnBody(reason="x"))
        state = replace(PLANNED, entries=(*PLANNED.entries, junk.newest)).state
        assert (state.status, state.problems) == (Status.AWAITING, ())


def test_the_next_entry_names_what_counts_and_little_else() -> None:
    junk = [PLANNED.entry(EVE, "note", WithdrawnBody(reason=str(number))).newest for number in range(30)]
    odd = [PLANNED.entry(SAM, "note", WithdrawnBody(reason=str(number))).newest for number in range(30)]
    state = replace(PLANNED, entries=(*PLANNED.entries, *junk, *odd)).state
    assert state.heads[0] == PLANNED.newest.id
    assert len(state.heads) == 1 + FEW_UNKNOWN
    assert not {entry.id for entry in junk} & set(state.heads)


def test_outsiders_entries_are_no_heads_of_the_team() -> None:
    story = begun()
    junk = [story._team_entry(EVE, "x", WithdrawnBody(reason=str(number))).team[-1] for number in range(20)]
    roster = Roster((*story.team, *junk), story.team[0].id)
    assert roster.heads == story.roster.heads
    assert len(roster.problems) == 20


def unsigned(number: int, after: tuple[str, ...] = ()) -> Verified:
    content = Content(v=1, plan="", kind="note", at="2026-11-23T08:00:00Z", by="", after=after, body={})
    return Verified(id=f"{number:064x}", content=content, entry=Entry(b"", str(number)), key="")


def test_thousands_of_entries_at_once_are_ordered_quickly() -> None:
    entries = [unsigned(number) for number in range(3000)]
    started = time.process_time()
    order = Order(entries)
    assert len(order.heads) == 3000
    assert len(order.heads_of({entry.id for entry in entries})) == MOST_HEADS
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("minutes", "status"),
    [(-5, Status.COUNTERSIGNED), (-11, Status.AWAITING), (-60 * 24 * 300, Status.AWAITING)],
)
def test_a_countersignature_is_not_dated_back_beyond_what_it_follows(minutes: int, status: Status) -> None:
    assert PLANNED.decided(at=NOW + timedelta(minutes=minutes)).state.status is status


def test_a_refusal_counts_whatever_its_clock_said() -> None:
    assert PLANNED.decided("refuse", at=START - timedelta(days=900)).state.status is Status.REFUSED


@pytest.mark.parametrize(
    "name",
    [
        "Nia Price (manager)",
        "mailto:nia@example.org",
        "Nia Price and Priya",
        "Priya, Nia Price",
        "Price, Nia",
        "Nia\u00ad Pr\u200bice",
        "Nia/nia @example.org",
    ],
)
def test_a_companion_is_known_among_other_words(name: str) -> None:
    story = with_companion(name).decided(by=NIA)
    assert why_not(story) == "nobody decides on a plan that they are the companion on"


@pytest.mark.parametrize("name", ["Nia", "Nia Pricey", "Ronia Price", "xnia@example.org.uk", "Price", ""])
def test_a_part_of_a_name_is_nobody(name: str) -> None:
    assert with_companion(name).decided(by=NIA).state.status is Status.COUNTERSIGNED


def test_another_founding_is_named_as_what_it_is() -> None:
    other = begun().team
    foreign = replace(begun(), team=())._team_entry(EVE, "founded", WithdrawnBody(reason="x")).team
    roster = Roster((*other, *foreign), other[0].id)
    assert "founds another team" in roster.problems[0]


@pytest.mark.parametrize("text", ["", "zzz", "\x1b[31mK", "é" * 16, "team"])
def test_what_is_no_id_has_a_harmless_name(text: str) -> None:
    assert reference(text).isprintable()


def test_two_plans_of_one_short_reference_get_long_ones() -> None:
    one, other, third = "K7Q2M00000000000", "K7Q2MZZZZZZZZZZZ", "0000000000000000"
    refs = references([one, other, third, third])
    assert refs[third] == reference(third)
    assert len({refs[one], refs[other]}) == 2
