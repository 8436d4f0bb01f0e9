"""Taking in a bundle: all or nothing, only this team's, and a union in whatever order."""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles import bundle_of, members_of, packed, zip_of
from story import ADA, EVE, MO, NIA, NOW, SAM, Story, begun, founded, hostile_visit
from visitsafe.desk import summariser
from visitsafe.errors import NotPermittedError, VerificationError, VisitsafeError
from visitsafe.exchange.bundle import Bundle, Packed, parse_bundle
from visitsafe.exchange.importing import Incoming, check, incoming, take_in, team_in
from visitsafe.record.bodies import RevokedBody, WithdrawnBody
from visitsafe.record.entry import Entry
from visitsafe.record.refs import reference
from visitsafe.record.stored import Store
from visitsafe.store.open import create_store

BEGUN = begun()
TEAM = BEGUN.team[0].id
PLANNED = BEGUN.planned()
REF = reference(PLANNED.plan)


@contextmanager
def store_of(*stories: Story) -> Iterator[Store]:
    """A new store that holds these copies of a record."""
    with tempfile.TemporaryDirectory() as folder:
        store = create_store(f"sqlite:///{Path(folder) / 'store.sqlite3'}", NOW)
        try:
            for story in stories:
                entries = [one.entry for one in (*story.team, *story.entries)]
                store.append(entries, NOW, summariser(story.roster))
            yield store
        finally:
            store.close()


def imported(store: Store, bundle: Bundle, team: str = TEAM) -> Incoming:
    added = incoming(check(fresh(bundle)), team, store.history, store.head()[0], NOW)
    take_in(store, added, NOW)
    return added


def fresh(bundle: Bundle) -> Bundle:
    """The same bundle, as it comes through a file."""
    return parse_bundle(zip_of(members_of(bundle)))


def ids(store: Store) -> set[str]:
    return {row.id for row in store.scan()}


def unchanged(store: Store, bundle: Bundle, error: type[VisitsafeError] = VerificationError) -> str:
    """Refused, and nothing of it kept; the sentence."""
    before = store.head(), store.plans()
    with pytest.raises(error) as caught:
        imported(store, bundle)
    assert (store.head(), store.plans()) == before
    return f"{caught.value.message} {caught.value.hint}"


def test_a_plan_that_was_not_here_comes_with_its_status() -> None:
    with store_of(BEGUN) as store:
        added = imported(store, bundle_of(PLANNED.decided()))
        (change,) = added.changes
        assert (change.ref, change.new, change.before, change.after) == (REF, 2, "", "countersigned")
        assert [row.status for row in store.plans()] == ["countersigned"]


def test_importing_twice_brings_nothing_new() -> None:
    with store_of(BEGUN) as store:
        imported(store, bundle_of(PLANNED))
        before = store.head()
        again = imported(store, bundle_of(PLANNED))
        assert (again.entries, again.changes, again.known) == ((), (), 5)
        assert store.head() == before


def test_what_disagrees_is_named_and_the_cautious_one_stands() -> None:
    with store_of(PLANNED.withdrawn()) as store:
        added = imported(store, bundle_of(PLANNED.decided()))
        (change,) = added.changes
        assert (change.before, change.after) == ("withdrawn", "withdrawn")
        assert "Mo Khan countersigned while Sam Okafor withdrew it" in change.disagreement
        assert change.disagreement.endswith("withdrawn stands")


def test_two_managers_of_one_mind_do_not_disagree() -> None:
    with store_of(PLANNED.decided()) as store:
        assert imported(store, bundle_of(PLANNED.decided(by=NIA))).changes[0].disagreement == ""


def test_new_members_are_named() -> None:
    with store_of(founded()) as store:
        assert imported(store, bundle_of(PLANNED)).joined == ("Mo Khan", "Nia Price", "Sam Okafor")


def test_a_machine_without_a_store_takes_the_only_team_in_the_bundle() -> None:
    slips = check(fresh(bundle_of(PLANNED)))
    assert team_in(slips).team_id == TEAM
    added = incoming(slips, TEAM, lambda _stream: (), 0, NOW)
    assert len(added.entries) == 5


def test_a_bundle_without_a_team_or_with_two_founds_nothing() -> None:
    other = founded(by=EVE)
    for bundle in (packed(*PLANNED.entries), packed(*BEGUN.team, *other.team)):
        with pytest.raises(NotPermittedError):
            team_in(check(bundle))


def damaged_payload(one: Packed) -> Packed:
    payload = one.entry.payload.replace(b"hostile", b"gentle ").replace(b'"v":1', b'"v": 1')
    return Packed(one.name, Entry(payload, one.entry.signature))


def other_signature(one: Packed) -> Packed:
    return Packed(one.name, Entry(one.entry.payload, EVE.signer.sign(one.entry.payload)))


def broken_signature(one: Packed) -> Packed:
    blob = bytearray(base64.b64decode("".join(one.entry.signature.splitlines()[1:-1])))
    blob[-1] ^= 1
    text = base64.b64encode(bytes(blob)).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    armour = f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"
    return Packed(one.name, Entry(one.entry.payload, armour))


def no_entry(one: Packed) -> Packed:
    return Packed(one.name, Entry(b"[1]", one.entry.signature))


def other_name(one: Packed) -> Packed:
    return Packed(f"entries/0009-planned-{'0' * 12}.json", one.entry)


@pytest.mark.parametrize("harm", [damaged_payload, other_signature, broken_signature, no_entry, other_name])
@pytest.mark.parametrize("which", [0, -1])
def test_one_entry_that_does_not_hold_and_nothing_is_taken_in(harm: object, which: int) -> None:
    bundle = bundle_of(PLANNED)
    entries = list(bundle.entries)
    entries[which] = harm(entries[which])  # type: ignore[operator]
    with store_of(BEGUN) as store:
        sentence = unchanged(store, Bundle(tuple(entries), b""))
        assert "nothing was taken in" in sentence
        assert entries[which].name in sentence


def test_another_teams_bundle_is_refused() -> None:
    other = founded(by=EVE).added(SAM, "practitioner").added(MO, "manager")
    plan = replace(other, at=NOW).planned()
    with store_of(BEGUN) as store:
        assert "another team" in unchanged(store, bundle_of(plan), NotPermittedError)
        assert "another team" in unchanged(store, packed(*plan.team[1:], *plan.entries))
        unchanged(store, packed(*plan.entries))  # the same people, but in the other team
        assert "another team" in unchanged(store, packed(*BEGUN.team, *plan.team), NotPermittedError)


def test_what_nobody_of_the_team_signed_is_refused() -> None:
    stranger = PLANNED.entry(EVE, "withdrawn", WithdrawnBody(reason="Mine."))
    unknown = PLANNED.entry(EVE, "waved", WithdrawnBody(reason="Mine."))
    joins_by_herself = PLANNED.added(EVE, "admin", by=EVE)
    with store_of(BEGUN) as store:
        for story in (stranger, unknown, joins_by_herself):
            assert "never in the team" in unchanged(store, bundle_of(story))


def test_a_member_whom_the_bundle_itself_brings_may_sign() -> None:
    with store_of(founded()) as store:
        assert imported(store, bundle_of(PLANNED)).changes[0].after == "awaiting"


def test_an_unknown_kind_is_kept() -> None:
    waved = PLANNED.entry(SAM, "waved", WithdrawnBody(reason="Hello."))
    with store_of(BEGUN) as store:
        imported(store, bundle_of(waved))
        assert waved.newest.id in ids(store)


def test_an_entry_whose_forerunner_is_missing_is_kept_and_said_not_to_hold() -> None:
    story = PLANNED.decided("return").revised()
    with store_of(BEGUN) as store:
        added = imported(store, packed(*story.team, story.entries[0], story.entries[2]))
        assert "is not here" in added.changes[0].problems[0]
        assert imported(store, bundle_of(story)).changes[0].problems == ()


def test_a_team_record_with_a_gap_is_refused() -> None:
    with store_of(founded()) as store:
        assert "not whole" in unchanged(store, packed(BEGUN.team[0], *BEGUN.team[2:]))


def test_a_plan_without_any_version_that_counts_is_refused() -> None:
    story = PLANNED.decided()
    with store_of(BEGUN) as store:
        unchanged(store, packed(*story.team, story.entries[1]))
        nobody = replace(BEGUN, plan="0" * 16).planned()
        unchanged(store, bundle_of(nobody))


def test_an_empty_bundle_is_refused() -> None:
    with store_of(BEGUN) as store:
        unchanged(store, packed(), NotPermittedError)


def actions(story: Story, steps: list[str]) -> Story:
    """What one copy of the record goes through by itself."""
    for number, step in enumerate(steps):
        story = replace(story, at=NOW + timedelta(minutes=5 + number))
        if step == "revise":
            story = story.revised(body=hostile_visit(nonce="", urgent=f"Version {number}."))
        elif step == "withdraw":
            story = story.withdrawn()
        elif step == "wave":
            story = story.entry(SAM, "waved", WithdrawnBody(reason=f"{number}"))
        else:
            story = story.decided(step, by=NIA if number % 2 else MO)
    return story


STEPS = st.lists(
    st.sampled_from(["revise", "withdraw", "wave", "countersign", "return", "refuse"]), max_size=3
)


@settings(max_examples=25)
@given(STEPS, STEPS, STEPS)
def test_union_through_the_store_is_the_same_in_any_order_and_any_number_of_times(
    one: list[str], two: list[str], three: list[str]
) -> None:
    copies = [bundle_of(actions(PLANNED, steps)) for steps in (one, two, three)]
    results = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2, 1, 0)):
        with store_of(BEGUN) as store:
            for number in order:
                imported(store, copies[number])
            (row,) = store.plans()
            results.append((ids(store), msgspec.structs.replace(row, newest="")))
    assert results[0] == results[1] == results[2]


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_bundle_changes_nothing_or_holds_only_what_was_signed(data: st.DataObject) -> None:
    whole = members_of(bundle_of(PLANNED.decided()))
    raw = bytearray(zip_of(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    signed = {one.id for one in (*BEGUN.team, *PLANNED.decided().entries)}
    with store_of(BEGUN) as store:
        before = store.head()
        with suppress(VisitsafeError):
            imported_raw(store, bytes(raw))
        assert ids(store) <= signed
        assert store.head() == before or ids(store) == signed


def imported_raw(store: Store, raw: bytes) -> None:
    take_in(store, incoming(check(parse_bundle(raw)), TEAM, store.history, store.head()[0], NOW), NOW)


def test_an_admin_of_another_machine_may_have_added_somebody_meanwhile() -> None:
    here = founded().added(SAM, "practitioner", by=ADA)
    there = founded().added(MO, "manager", by=ADA)
    with store_of(here) as store:
        assert imported(store, bundle_of(there), here.team[0].id).joined == ("Mo Khan",)


def revoked(story: Story) -> Story:
    """Mo has left, an hour later."""
    later = replace(story, at=NOW + timedelta(hours=1))
    body = RevokedBody(key=MO.fingerprint, reason="Has left.")
    return later._team_entry(ADA, "revoked", body)


def test_a_colleague_who_left_does_not_take_their_decisions_from_a_new_members_copy() -> None:
    with store_of() as store:
        (change,) = imported(store, bundle_of(revoked(PLANNED.decided()))).changes
        assert change.after == "countersigned"
        assert "only its author's word" in change.doubts[0]


def test_a_decision_that_comes_after_its_author_left_is_doubted_and_grants_nothing() -> None:
    with store_of(PLANNED) as store:
        assert imported(store, packed(*revoked(PLANNED).team)).left == ("Mo Khan",)
        (change,) = imported(store, bundle_of(revoked(PLANNED.decided()))).changes
        assert change.after == "awaiting"
        assert "Mo Khan, decided: it reached this store after" in change.doubts[0]
