"""What a verification says about a bundle's file: every fault by name, and nothing taken on trust."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bundles import bundle_of, packed
from story import ADA, EVE, MO, NOW, SAM, Story, begun, founded
from visitsafe.errors import UsageError
from visitsafe.exchange.bundle import Bundle, Packed
from visitsafe.exchange.findings import VerifyReport, timed_entries
from visitsafe.exchange.verify import verify_file
from visitsafe.record.bodies import RevokedBody, WithdrawnBody
from visitsafe.record.entry import Entry
from visitsafe.text.clock import to_text

BEGUN = begun()
TEAM = BEGUN.team[0].id
PLANNED = BEGUN.planned()
DECIDED = PLANNED.decided()


def verified(story: Story) -> VerifyReport:
    return verify_file(bundle_of(story), TEAM)


def texts(report: VerifyReport) -> str:
    return "\n".join(fault.text for fault in report.faults)


def test_a_good_file_holds_and_names_who_signed() -> None:
    report = verified(DECIDED)
    assert (report.faults, report.entries, report.plans, report.pinned) == ((), 6, 1, True)
    assert [signer.name for signer in report.signers] == ["Ada Founder", "Mo Khan", "Sam Okafor"]
    assert report.signers[1].since == BEGUN.team[2].content.at


def test_the_founders_key_is_as_good_as_the_teams_id() -> None:
    bundle = bundle_of(DECIDED)
    assert verify_file(bundle, team_key=f"{ADA.person.key} ada@example.org").faults == ()
    assert "another team" in texts(verify_file(bundle, team_key=EVE.person.key))
    assert "another team" in texts(verify_file(bundle, team_id="0" * 64))
    with pytest.raises(UsageError):
        verify_file(bundle, team_key="ssh-ed25519 nonsense")


def test_without_either_the_rest_is_checked_and_the_team_is_not() -> None:
    report = verify_file(bundle_of(DECIDED))
    assert (report.faults, report.pinned) == ((), False)


def test_every_fault_is_named_and_not_only_the_first() -> None:
    good = bundle_of(DECIDED).entries
    swapped = [
        Packed(one.name, Entry(one.entry.payload, EVE.signer.sign(one.entry.payload))) for one in good[-2:]
    ]
    report = verify_file(Bundle((*good[:-2], *swapped), b""), TEAM)
    named = texts(report)
    assert all(one.name in named for one in swapped)
    assert all(fault.means and fault.do for fault in report.faults)


def test_a_removed_entry_that_a_later_one_names_is_missed() -> None:
    story = PLANNED.decided("return").revised()
    report = verify_file(packed(*story.team, story.entries[0], story.entries[2]), TEAM)
    assert f"not here: {story.entries[1].id[:12]}" in texts(report)
    assert report.faults[0].ref == story.state.ref
    assert story.entries[1].id.startswith(report.faults[0].entry)


def test_what_may_not_be_done_is_named_with_its_signer_unhurt() -> None:
    report = verified(PLANNED.decided(by=SAM))
    assert report.faults == ()
    assert "not a manager" in report.uncounted[0].text
    assert "not in the team" in texts(verified(PLANNED.entry(EVE, "withdrawn", WithdrawnBody(reason="x"))))


def test_an_unknown_kind_by_a_member_is_a_note_and_by_a_stranger_a_fault() -> None:
    body = WithdrawnBody(reason="x")
    report = verified(PLANNED.entry(SAM, "waved", body))
    assert report.faults == ()
    assert "does not know the kind" in report.notes[0]
    assert verified(PLANNED.entry(EVE, "waved", body)).faults


def test_a_file_that_mixes_teams_or_has_none_does_not_hold() -> None:
    other = founded(by=EVE)
    assert "several teams" in texts(verify_file(packed(*BEGUN.team, *other.team), TEAM))
    assert "beginning of any team" in texts(verify_file(packed(*PLANNED.entries)))
    assert verify_file(packed()).faults


def test_a_forged_allowed_signers_is_found() -> None:
    forged = f'mo@example.org namespaces="visitsafe" {EVE.person.key}\n'.encode()
    bundle = bundle_of(DECIDED)._replace(signers=forged)
    assert EVE.fingerprint in texts(verify_file(bundle, TEAM))
    honest = f'mo@example.org namespaces="visitsafe" {MO.person.key}\n'.encode()
    assert verify_file(bundle._replace(signers=honest), TEAM).faults == ()


def test_a_time_is_bounded_by_the_first_other_person_who_signed_after_it() -> None:
    later = NOW + timedelta(hours=1)
    planned, revised, decided = timed_entries(PLANNED.revised().decided(at=later).state)
    assert (planned.latest, planned.latest_by) == (to_text(later), "Mo Khan")
    assert (revised.latest, revised.latest_by) == (to_text(later), "Mo Khan")
    assert (decided.latest, decided.latest_by) == ("", "")


def test_somebody_who_had_not_seen_it_bounds_nothing() -> None:
    apart = PLANNED.withdrawn() | PLANNED.decided()
    withdrawn = next(one for one in timed_entries(apart.state) if one.kind == "withdrawn")
    assert withdrawn.latest == ""


def test_clocks_that_contradict_each_other_are_noted() -> None:
    report = verified(PLANNED.decided(at=NOW - timedelta(minutes=30)))
    assert "a clock was wrong" in report.notes[0]


def test_a_disagreement_is_noted() -> None:
    assert "withdrawn stands" in verified(PLANNED.withdrawn() | PLANNED.decided()).notes[0]


def test_a_key_that_has_ended_says_so_and_what_only_its_word_dates_is_doubtful() -> None:
    later = replace(DECIDED, at=NOW + timedelta(hours=1))
    story = later._team_entry(ADA, "revoked", RevokedBody(key=MO.fingerprint, reason="Has left."))
    report = verified(story)
    assert report.faults == ()
    assert report.doubts[0].startswith(f"{story.state.ref}: the decided entry")
    assert report.signers[1].until == to_text(NOW + timedelta(hours=1))
