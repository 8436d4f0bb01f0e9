"""What holds when people had not seen each other's entries, or when entries are missing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from story import (
    MO,
    NIA,
    NOW,
    SAM,
    Story,
    begun,
    calm_visit,
)
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.entry import Entry
from visitsafe.record.terms import Decision, Status
from visitsafe.state.fold import fold

PLANNED = begun().planned()


# People who had not seen each other's entries


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("countersign", "return", Status.RETURNED),
        ("countersign", "refuse", Status.REFUSED),
        ("return", "refuse", Status.REFUSED),
    ],
)
def test_of_two_decisions_at_once_the_more_cautious_stands(one: str, other: str, status: Status) -> None:
    mo, nia = PLANNED.decided(one, by=MO), PLANNED.decided(other, by=NIA, at=NOW - timedelta(hours=1))
    assert (mo | nia).state.status is status
    assert (nia | mo).state.status is status


def test_who_has_seen_both_decides() -> None:
    both = PLANNED.decided("countersign", by=MO) | PLANNED.decided("refuse", by=NIA)
    assert both.decided("countersign", by=MO).state.status is Status.COUNTERSIGNED


def test_who_has_seen_only_one_does_not_settle_it() -> None:
    mo, nia = PLANNED.decided("return", by=MO), PLANNED.decided("refuse", by=NIA)
    assert (mo.decided("countersign", by=MO) | nia).state.status is Status.REFUSED


def test_a_withdrawal_stands_against_a_countersignature_at_the_same_time() -> None:
    assert (PLANNED.decided() | PLANNED.withdrawn()).state.status is Status.WITHDRAWN


def test_a_withdrawal_stands_against_a_revision_at_the_same_time() -> None:
    assert (PLANNED.revised() | PLANNED.withdrawn()).state.status is Status.WITHDRAWN


def test_of_two_withdrawals_both_must_be_followed_by_the_new_version() -> None:
    one, other = PLANNED.withdrawn(), PLANNED.withdrawn(reason="Ill.")
    assert (one.revised() | other).state.status is Status.WITHDRAWN
    assert (one | other).revised().state.status is Status.AWAITING


@pytest.mark.parametrize("decision", ["countersign", "refuse"])
def test_a_revision_at_the_same_time_as_a_decision_awaits_a_new_one(decision: str) -> None:
    assert (PLANNED.decided(decision) | PLANNED.revised()).state.status is Status.AWAITING


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_a_decision_that_the_countersigner_had_not_seen_stands_against_it(decision: str) -> None:
    """Mo decided on the first version, Nia on the second without knowing of it."""
    mo, nia = PLANNED.decided(decision, by=MO), PLANNED.revised().decided("countersign", by=NIA)
    both = mo | nia
    assert both.state.status is Status.after(Decision(decision))
    assert both.decided("countersign", by=NIA).state.status is Status.COUNTERSIGNED


def test_a_revision_answers_a_refusal_that_its_author_had_seen() -> None:
    assert PLANNED.decided("refuse").revised().decided(by=NIA).state.status is Status.COUNTERSIGNED


def test_two_revisions_at_once_await_a_decision_and_name_each_other() -> None:
    office, home = PLANNED.revised(), PLANNED.revised(body=calm_visit(nonce=""))
    both = office.decided() | home
    assert both.state.status is Status.AWAITING
    assert {both.state.version.id, *both.state.rivals} == {office.newest.id, home.newest.id}
    assert both.decided().state.status is Status.COUNTERSIGNED


# A damaged record


def test_bytes_that_were_signed_twice_are_one_entry_in_every_copy() -> None:
    once = PLANNED.newest
    again = msgspec.structs.replace(once, entry=Entry(once.entry.payload, once.entry.signature + "\n"))
    states = [fold(PLANNED.plan, entries, PLANNED.roster) for entries in ([once, again], [again, once])]
    assert states[0] == states[1]
    assert len(states[0].judged) == 1


def test_a_missing_entry_is_named() -> None:
    whole = PLANNED.decided("refuse").decided("countersign")
    gap = replace(whole, entries=(whole.entries[0], whole.entries[2]))
    assert gap.state.problems == (f"an entry that others follow is not here: {whole.entries[1].id[:12]}",)


@pytest.mark.parametrize(
    ("holding_back", "status"),
    [
        (lambda story: story.withdrawn(), Status.WITHDRAWN),
        (lambda story: story.revised(), Status.AWAITING),
        (lambda story: story.decided("refuse", by=NIA), Status.REFUSED),
        (lambda story: story.decided("return", by=NIA), Status.RETURNED),
    ],
    ids=["withdrawn", "revised", "refused", "returned"],
)
@pytest.mark.parametrize("minutes", [5, -5], ids=["right clock", "wrong clock"])
def test_what_holds_a_visit_back_is_not_lost_with_an_entry_between(
    holding_back: Callable[[Story], Story], status: Status, minutes: int
) -> None:
    """Whoever removes an entry that a withdrawal follows cannot bring the countersignature back to life."""
    story = PLANNED.decided()
    strange = story.entry(SAM, "strange", WithdrawnBody(reason="?"))
    whole = holding_back(replace(strange, at=NOW + timedelta(minutes=minutes)))
    gap = replace(whole, entries=(*story.entries, whole.newest))
    assert gap.state.status is status
    assert gap.state.problems


def test_a_countersignature_is_lost_with_an_entry_between() -> None:
    whole = PLANNED.entry(SAM, "strange", WithdrawnBody(reason="?")).decided()
    gap = replace(whole, entries=(whole.entries[0], whole.entries[2]))
    assert gap.state.status is Status.AWAITING


def test_damage_is_passed_on() -> None:
    assert fold(PLANNED.plan, PLANNED.entries, PLANNED.roster, ["entry 12 does not hold"]).problems == (
        "entry 12 does not hold",
    )


def test_a_plan_without_entries_does_not_hold() -> None:
    with pytest.raises(VerificationError, match="has no entries"):
        fold(PLANNED.plan, [], PLANNED.roster)
