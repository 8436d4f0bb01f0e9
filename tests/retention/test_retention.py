"""Retention: what may go, who may say so, and what is left of a plan afterwards."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from after_story import debriefed, incident
from story import ADA, DUE_BACK, MO, NIA, NOW, SAM, Actor, Story, hostile_visit, visit
from team_story import agreed, changed, said
from visit_story import DEE, START, at, back, countersigned, departed, raised, stood_down
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    ERASURE,
    KEEP_DAYS,
    KEEP_DAYS_INCIDENT,
    AgreedBody,
    Gone,
    HeldBody,
    PlanBody,
    PurgedBody,
    ReleasedBody,
)
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Status
from visitsafe.retention.carrying_out import over_for_certain, why_not_carried_out
from visitsafe.retention.holds import Holds, holds_in
from visitsafe.retention.policy import CaseVerdict, facts_of, gone_of, in_cases, named_in, verdict
from visitsafe.retention.purge_survey import Survey
from visitsafe.state.duties import owed
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.removed import NOT_CARRIED_OUT, Removed, RemovedError
from visitsafe.state.rules import days_in_force
from visitsafe.team.roster import case_key
from visitsafe.text.clock import to_text

DAYS = 100
LATER = DUE_BACK + timedelta(days=DAYS, hours=1)
AGREED = AgreedBody(keep_days=DAYS, keep_days_incident=2 * DAYS)


def over() -> Story:
    """A team that keeps records for 100 days, and a visit that Sam is back from."""
    story = agreed(countersigned(), by=ADA, keep_days=DAYS)
    return at(back(departed(at(story, START))), LATER)


OVER = over()


def by_rule(story: Story, **changes: Any) -> PurgedBody:
    facts = facts_of(story.state)
    plain: dict[str, Any] = {
        "rule": KEEP_DAYS,
        "reason": "Yearly clean-up.",
        "days": DAYS,
        "since": facts.last,
        "start": facts.start,
        "due_back": facts.due_back,
        "removed": gone_of(story.state),
    }
    return PurgedBody(**{**plain, **changes})


def purged(story: Story, by: Actor = MO, **changes: Any) -> Story:
    return story.entry(by, Kind.PURGED, by_rule(story, **changes))


def emptied(story: Story, *spared: str, team: Story | None = None) -> PlanState:
    """The plan as a store has it in which the content of every entry but the `purged` ones is gone."""
    live = [one for one in story.entries if one.content.kind == Kind.PURGED or one.id in spared]
    blank = [one for one in story.entries if one not in live]
    return fold(story.plan, live, (team or story).roster, blanked=_gone(blank))


def _gone(entries: Iterable[Verified]) -> tuple[Gone, ...]:
    return tuple(
        Gone(id=one.id, kind=one.content.kind, at=one.content.at, by=one.content.by) for one in entries
    )


def removed(story: Story, *spared: str) -> Removed:
    with pytest.raises(RemovedError) as caught:
        emptied(story, *spared)
    assert caught.value.exit_code == 1
    return caught.value.removed


def why_not(story: Story) -> str:
    return story.state.judged[-1].why_not


def test_content_removed_by_rule_leaves_when_who_and_why() -> None:
    gone = removed(purged(OVER))
    assert gone.words == (
        "removed on 3 March 2027 by Mo Khan: retention, 100 days after the case's last visit"
        " (Yearly clean-up.)"
    )
    assert [one.kind for one in gone.gone] == ["planned", "decided", "departed", "back"]
    assert (gone.left, gone.pending, gone.problems) == ((), (), ())


def test_a_removal_that_is_signed_changes_nothing_while_the_content_is_here() -> None:
    """Nobody can hide a visit under way by signing that it is removed."""
    out = departed(at(agreed(countersigned(), keep_days=DAYS), NOW, 60))
    signed = purged(at(out, LATER), rule=ERASURE)
    assert why_not(signed) == ""
    assert (signed.state.visit, signed.state.status) == (out.state.visit, out.state.status)
    assert (signed.state.closed, signed.state.problems) == ("", ())


def test_content_that_is_gone_without_a_signature_is_damage() -> None:
    with pytest.raises(VerificationError, match="nobody who may has signed that it was removed") as caught:
        emptied(OVER)
    assert not isinstance(caught.value, RemovedError)
    decided = OVER.entries[1]
    live = [one for one in OVER.entries if one is not decided]
    state = fold(OVER.plan, live, OVER.roster, blanked=_gone([decided]))
    assert state.problems
    assert "its content is gone" in state.problems[0]


def test_taking_out_a_refusal_alone_never_brings_the_plan_back() -> None:
    """Whoever signs that one entry is removed, and removes it, has no plan left, and not another state."""
    story = countersigned().decided("refuse", by=NIA)
    refusal = story.newest
    cheat = story.entry(MO, Kind.PURGED, by_rule(story, rule=ERASURE, removed=_gone([refusal])))
    live = [one for one in cheat.entries if one is not refusal]
    with pytest.raises(RemovedError) as caught:
        fold(cheat.plan, live, cheat.roster, blanked=_gone([refusal]))
    assert [one.entry.content.kind for one in caught.value.removed.judged][:2] == ["planned", "decided"]
    assert len(caught.value.removed.left) == 2


def test_an_entry_that_names_what_is_not_here_hides_no_version_that_is() -> None:
    ghost = Gone(id="ab" * 32, kind="planned", at=to_text(NOW), by=SAM.fingerprint)
    story = purged(OVER, rule=ERASURE, removed=(ghost,), by=NIA)
    assert story.state.status is Status.COUNTERSIGNED
    assert story.state.problems == ()


def test_a_bundle_without_the_content_reads_like_the_store() -> None:
    story = purged(OVER)
    with pytest.raises(RemovedError) as caught:
        fold(story.plan, [story.newest], story.roster)
    assert caught.value.removed == removed(story)


def test_what_came_in_since_keeps_the_plan_on_the_list() -> None:
    story = purged(OVER)
    late = departed(story)
    gone = removed(late, late.newest.id)
    assert gone.left == (late.newest.id,)
    assert gone.problems == ()


def test_columns_that_say_otherwise_than_what_was_signed_are_damage() -> None:
    story = purged(OVER)
    forged = [*_gone(OVER.entries[:-1]), replaced_by(OVER.entries[-1], "opened")]
    with pytest.raises(RemovedError) as caught:
        fold(story.plan, [story.newest], story.roster, blanked=forged)
    assert ["its content is gone" in text for text in caught.value.removed.problems] == [True]


def replaced_by(entry: Verified, kind: str) -> Gone:
    return Gone(id=entry.id, kind=kind, at=entry.content.at, by=entry.content.by)


EARLY = at(OVER, LATER, -120)


@pytest.mark.parametrize(
    ("story", "said_why"),
    [
        (lambda: purged(OVER, by=SAM), "not a manager or admin"),
        (lambda: purged(OVER, by=DEE), "not a manager or admin"),
        (lambda: purged(OVER, reason=" "), "no reason"),
        (lambda: purged(OVER, removed=()), "names no entries"),
        (lambda: purged(OVER, removed=(gone_of(OVER.state)[0],) * 2), "names no entries"),
        (lambda: purged(OVER, rule="whim"), "does not know the rule"),
        (lambda: purged(EARLY), "was not over"),
        (lambda: purged(OVER, days=DAYS - 1), "so short a time"),
        (lambda: purged(OVER, since=to_text(NOW - timedelta(days=900))), "younger than it says"),
        (lambda: purged(OVER, since="soon"), "no times"),
        (lambda: purged(OVER, days=10**9), "was not over"),
        (lambda: purged(at(back(departed(at(countersigned(), START))), LATER)), "so short a time"),
        (lambda: purged(changed(OVER, SAM, "manager"), by=SAM, rule=ERASURE), "a plan of their own"),
    ],
)
def test_what_does_not_count_removes_nothing(story: Any, said_why: str) -> None:
    made = story()
    assert said_why in why_not(made)
    with pytest.raises(VerificationError, match="nobody who may has signed"):
        emptied(made)


def test_a_shorter_time_agreed_on_after_the_removal_does_not_make_it_good() -> None:
    early = purged(EARLY)
    assert why_not(agreed(early, keep_days=1)) == why_not(early) != ""


def test_a_shorter_time_counts_for_a_removal_only_a_week_after_it_was_agreed_on() -> None:
    then = DUE_BACK + timedelta(days=30)
    for after, counts in ((timedelta(days=7) - timedelta(seconds=1), False), (timedelta(days=7), True)):
        shorter = agreed(at(OVER, then), keep_days=1)
        signed = purged(at(shorter, then + after), days=1)
        assert (why_not(signed) == "") is counts
    # Nor does a first one: until then they were kept for ever.
    story = at(back(departed(at(countersigned(), START))), then)
    assert "not agreed" in why_not(purged(at(agreed(story, keep_days=1), then, 60), days=1))


def test_what_is_in_force_is_the_longest_of_the_week_before() -> None:
    def stood(*days: int | None) -> AgreedBody:
        several = [
            (to_text(NOW + timedelta(days=day)), AgreedBody(keep_days=one)) for day, one in enumerate(days)
        ]
        return days_in_force([("", AgreedBody()), *several], to_text(NOW + timedelta(days=7, hours=1)))

    assert stood().keep_days is None
    assert stood(300).keep_days == 300
    assert stood(300, 100).keep_days == 300
    assert stood(100, 300).keep_days == 300
    assert stood(300, None, 100).keep_days is None
    incident = [("", AgreedBody()), (to_text(NOW), AgreedBody(keep_days=9, keep_days_incident=50))]
    assert days_in_force(incident, to_text(LATER)) == AgreedBody(keep_days=9, keep_days_incident=50)
    assert days_in_force(incident, "0001-01-02T00:00:00Z") == AgreedBody()


@pytest.mark.parametrize("named", [True, False])
def test_an_entry_that_is_missing_because_its_removal_is_signed_is_said_to_be_that(named: bool) -> None:
    """As after an old backup: the end of the visit is removed, and its beginning is here again."""
    gone = gone_of(OVER.state) if named else gone_of(OVER.state)[:-1]
    story = purged(OVER, rule=ERASURE, removed=gone, by=NIA)
    missing = OVER.entries[-1]
    state = fold(story.plan, [one for one in story.entries if one is not missing], story.roster)
    facts = facts_of(state)
    assert (facts.open, facts.cut) == (True, named)
    assert (state.problems == (NOT_CARRIED_OUT,)) is named
    assert bool(facts.problem) is not named
    over = over_for_certain(facts)
    if named:
        assert "looks open here" in why_not_carried_out(state, {}, over - timedelta(seconds=1))
        assert why_not_carried_out(state, {}, over) == ""
    else:
        assert "does not hold" in why_not_carried_out(state, {}, over)


def test_the_own_plan_goes_by_rule_but_not_by_erasure_with_a_second_key() -> None:
    story = changed(OVER, SAM, "practitioner", "manager")
    assert why_not(purged(story, by=SAM)) == ""
    again = replace(SAM, key="third")
    story = story.added(again, "manager")
    assert "of their own" in why_not(purged(story, by=again, rule=ERASURE))
    assert why_not(purged(story, by=NIA, rule=ERASURE)) == ""


def judged(story: Story, now: datetime, agreed_on: AgreedBody = AGREED, holds: Holds | None = None) -> Any:
    (case,) = in_cases([facts_of(story.state)])
    return verdict(case, agreed_on, holds or {}, now)


def test_a_case_goes_when_its_days_are_over_and_not_a_second_before() -> None:
    end = DUE_BACK + timedelta(days=DAYS)
    assert judged(OVER, end).why_not == ""
    assert judged(OVER, end - timedelta(seconds=1)).why_not == f"kept until {to_text(end)[:10]}"


def test_an_incident_keeps_a_case_longer() -> None:
    late = raised(at(departed(countersigned()), DUE_BACK, 15), "duty-rings")
    calm, bad = (stood_down(late, because=one) for one in (Because.SAFE, Because.INCIDENT))
    assert judged(calm, LATER + timedelta(days=1)).rule == KEEP_DAYS
    assert judged(calm, LATER + timedelta(days=1)).why_not == ""
    assert judged(bad, LATER + timedelta(days=1)).rule == KEEP_DAYS_INCIDENT
    assert "kept until" in judged(bad, LATER + timedelta(days=1)).why_not
    assert judged(bad, LATER + timedelta(days=DAYS + 1)).why_not == ""
    shorter = AgreedBody(keep_days=DAYS, keep_days_incident=1)
    assert judged(bad, LATER + timedelta(days=1), shorter).days == DAYS


def test_what_is_open_stays_however_old_it_is() -> None:
    assert "not closed" in judged(departed(countersigned()), LATER + timedelta(days=9999)).why_not
    assert "not closed" in judged(countersigned(), LATER + timedelta(days=9999)).why_not


def test_nothing_goes_where_the_team_has_agreed_on_no_time() -> None:
    assert "agreed on no time" in judged(OVER, LATER + timedelta(days=9999), AgreedBody()).why_not


def test_something_written_about_a_case_later_begins_its_days_anew() -> None:
    after = at(OVER, LATER, -60).entry(ADA, "debriefed", ReleasedBody(case=""))
    assert "kept until" in judged(after, LATER).why_not


def test_the_plans_of_one_case_go_together_however_it_is_spelt() -> None:
    one = facts_of(OVER.state)
    other = facts_of(
        over_with(
            hostile_visit(visit=visit(case=" c-1042  ", due_back="2027-02-01T10:00:00Z"), nonce="77")
        ).state
    )
    (case,) = in_cases([one, other])
    assert {facts.plan for facts in case} == {one.plan, other.plan}
    assert "kept until 2027-05-12" in verdict(case, AGREED, {}, LATER).why_not


def over_with(body: Any) -> Story:
    return back(departed(at(countersigned(body), START)))


def held(story: Story, case: str, by: Actor = MO) -> Story:
    return said(story, by, Kind.HELD, HeldBody(case=case, reason="The inquest."))


def released(story: Story, case: str, by: Actor = NIA) -> Story:
    return said(story, by, Kind.RELEASED, ReleasedBody(case=case))


def test_a_held_case_stays_until_somebody_releases_it() -> None:
    story = held(OVER, " c-1042 ")
    holds = holds_in(story.roster)
    assert "held since 2027-03-03 by Mo Khan: The inquest." in judged(OVER, LATER, holds=holds).why_not
    assert holds_in(released(story, "C-1042").roster) == {}
    assert holds_in(released(story, "C-1043").roster) == holds
    assert story.roster.problems == []


def test_a_release_ends_no_hold_that_its_author_had_not_seen() -> None:
    first = held(OVER, "C-1042")
    apart = released(first, "C-1042") | held(first, "C-1042", by=NIA)
    (hold,) = holds_in(apart.roster)[case_key("C-1042")]
    assert hold.by == "Nia Price"


def test_a_hold_by_somebody_who_may_not_does_not_count() -> None:
    for who in (SAM, DEE):
        story = held(OVER, "C-1042", by=who)
        assert holds_in(story.roster) == {}
        assert len(story.roster.problems) == 1
    assert len(holds_in(held(OVER, "C-1042", by=ADA).roster)) == 1


def test_a_hold_on_a_case_that_an_earlier_version_named_keeps_the_plan() -> None:
    body = hostile_visit(visit=visit(case="C-2"), nonce="")
    story = back(departed(at(countersigned().revised(body=body).decided(by=NIA), START)))
    holds = holds_in(held(story, "C-1042").roster)
    assert "held" in judged(story, LATER, holds=holds).why_not


def test_whose_removal_is_signed_is_known_entry_by_entry() -> None:
    signed = purged(OVER)
    assert named_in(signed.state) == {gone.id: signed.newest.id for gone in gone_of(OVER.state)}
    assert gone_of(signed.state) == gone_of(OVER.state)


@given(order=st.permutations(range(5)), spared=st.sets(st.integers(0, 3)))
@settings(max_examples=60, deadline=None)
def test_what_is_left_reads_the_same_in_every_order(order: list[int], spared: set[int]) -> None:
    story = purged(OVER)
    kept = {OVER.entries[number].id for number in spared}
    live = [one for one in story.entries if one.content.kind == Kind.PURGED or one.id in kept]
    blank = [one for one in story.entries if one not in live]
    shuffled = [story.entries[number] for number in order]
    if not blank:
        assert fold(story.plan, shuffled, story.roster).status is Status.COUNTERSIGNED
        return
    with pytest.raises(RemovedError) as caught:
        fold(
            story.plan,
            [one for one in shuffled if one in live],
            story.roster,
            blanked=_gone(one for one in shuffled if one in blank),
        )
    assert set(caught.value.removed.pending) == kept
    assert {one.id for one in caught.value.removed.gone} == {one.id for one in blank}
    assert caught.value.removed.left == ()


def test_cases_with_sealed_details_go_first() -> None:
    plain = judged(OVER, LATER)
    sealed = msgspec.structs.replace(
        plain, plans=tuple(msgspec.structs.replace(one, sealed=True) for one in plain.plans)
    )
    assert Survey(0, (plain, sealed), (), {}).going == [sealed, plain]


# Incidents that were recorded


def over_soon(body: PlanBody | None = None) -> Story:
    """A visit that Sam is just back from."""
    return back(departed(at(agreed(countersigned(body), by=ADA, keep_days=DAYS), START)))


def verdict_on(story: Story, days: int) -> CaseVerdict:
    return verdict([facts_of(story.state)], AGREED, {}, DUE_BACK + timedelta(days=days))


def test_a_recorded_incident_or_near_miss_gives_its_case_the_longer_time() -> None:
    for story in (incident(over_soon()), incident(over_soon(), near_miss=True)):
        found = verdict_on(debriefed(story), DAYS + 1)
        assert (found.rule, found.why_not[:10]) == (KEEP_DAYS_INCIDENT, "kept until")
        assert not verdict_on(debriefed(story), 2 * DAYS + 1).why_not


def test_an_incident_that_was_corrected_to_a_near_miss_counts_still() -> None:
    story = incident(over_soon())
    story = incident(story, replaces=story.newest.id, near_miss=True)
    assert facts_of(story.state).incident


def test_an_incident_that_nobody_talked_over_keeps_its_case_until_the_longer_time_is_over() -> None:
    story = incident(over_soon())
    assert "was not talked over" in verdict_on(story, DAYS + 1).why_not
    assert "was not talked over" in verdict_on(story, 2 * DAYS - 1).why_not
    assert not verdict_on(story, 2 * DAYS + 1).why_not


def test_a_visit_under_way_stays_whatever_was_recorded_on_it() -> None:
    story = incident(departed(at(agreed(countersigned(), by=ADA, keep_days=DAYS), NOW, 60)))
    assert "is not closed" in verdict_on(story, 20 * DAYS).why_not


def test_what_nobody_recorded_as_shared_keeps_nothing() -> None:
    story = over_soon(hostile_visit())
    assert owed(story.state)
    assert not verdict_on(story, DAYS + 1).why_not
