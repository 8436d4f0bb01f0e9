"""Who sees that an ok was spoken under duress."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest

from after_story import HAPPENED, incident, shared
from story import EVE, MO, NIA, NOW, SAM, Actor, Story, hostile_visit, visit
from visit_story import (
    DEE,
    DUE_BACK,
    OLA,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    duress,
    extended,
    heard_from,
    late,
    minutes_after,
    notified,
    planned,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Companion, OpenedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Stage
from visitsafe.state.duress_redaction import hides_duress, hides_phrase
from visitsafe.state.duties import owed
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import to_raise, unowned
from visitsafe.supervision.page import supervision_page
from visitsafe.team.people import Member


def out() -> Story:
    return departed(at(countersigned(), DUE_BACK, -60))


def member(story: Story, who: Actor) -> Member | None:
    return story.roster.members.get(who.fingerprint)


def seen_by(story: Story, who: Actor) -> PlanState:
    return hides_duress(story.state, member(story, who))


def handled() -> Story:
    """Duress, raised at the top of the ladder, told, taken on; the details opened."""
    story = duress(out())
    due = story.newest.content.at
    story = raised(story, "manager-acts", due)
    story = notified(story, story.newest.id, "manager by text")
    story = story.entry(MO, Kind.OPENED, OpenedBody(of=story.state.version.id, reason="duress phrase"))
    return acknowledged(story, "manager-acts", by=MO)


def kinds(state: PlanState) -> list[str]:
    return [one.entry.content.kind for one in state.judged]


def everything(state: PlanState) -> str:
    """Every text that the state holds, the signed bytes among them."""

    def raw(value: Any) -> Any:
        return value.decode() if isinstance(value, bytes) else sorted(value)

    told = msgspec.json.encode(msgspec.to_builtins(state, builtin_types=(bytes,), enc_hook=raw), enc_hook=raw)
    return told.decode().replace("\\", "").lower()


@pytest.mark.parametrize("who", [MO, NIA, DEE])
def test_managers_and_duty_officers_see_duress(who: Actor) -> None:
    story = handled()
    assert seen_by(story, who) == story.state


@pytest.mark.parametrize("who", [SAM, OLA, EVE])
def test_everybody_else_sees_an_ok_and_nothing_of_what_followed(who: Actor) -> None:
    state = seen_by(handled(), who)
    assert kinds(state) == ["planned", "decided", "departed", "ok"]
    assert state.visit.duress is None
    assert not state.visit.alarm.raised
    assert not state.visit.needs_standing_down
    assert '"duress":true' not in everything(state)
    assert "duress phrase" not in everything(state)


def test_the_hidden_state_is_that_of_the_same_visit_with_an_ok() -> None:
    told = seen_by(handled(), OLA)
    plain = reported(out(), Kind.OK, DEE).state.visit
    shown = told.visit
    assert (shown.stage, shown.due_back, shown.closed) == (plain.stage, plain.due_back, plain.closed)
    assert [one.kind for one in shown.reports] == [one.kind for one in plain.reports]
    assert shown.alarms == plain.alarms


def test_words_that_may_tell_of_the_phrase_are_not_shown() -> None:
    heard = heard_from(known_by="She asked for the purple file.")
    story = reported(out(), Kind.OK, DEE, duress=True, heard=heard, note="The purple file!")
    assert "purple" not in everything(seen_by(story, OLA))
    assert "purple" in everything(seen_by(story, MO))


def test_a_manager_who_makes_the_visit_or_goes_along_does_not_see_it() -> None:
    along = watched_plan(visit=msgspec.structs.replace(watched_plan().visit, companions=(NIA.companion,)))
    story = duress(departed(at(countersigned(along), DUE_BACK, -60)))
    assert seen_by(story, NIA).visit.duress is None
    assert seen_by(story, MO).visit.duress is not None

    promoted = replace(planned(), at=NOW).decided(by=MO)
    manager = member(promoted, SAM)
    assert manager is not None
    manager = msgspec.structs.replace(manager, roles=frozenset(member(promoted, MO).roles))  # type: ignore[union-attr]
    own = duress(departed(at(promoted, DUE_BACK, -60)))
    assert hides_duress(own.state, manager).visit.duress is None


def test_back_under_duress_looks_like_the_end_of_the_visit_to_others() -> None:
    story = back(handled())
    assert not story.state.closed
    assert seen_by(story, OLA).closed
    assert seen_by(story, OLA).visit.stage is Stage.BACK


def test_a_visit_that_was_stood_down_is_over_for_everybody() -> None:
    story = stood_down(handled(), by=MO, note="duress, police sent")
    state = seen_by(story, OLA)
    assert state.closed
    assert "stood-down" not in kinds(state)
    assert state.closed in {one.entry.id for one in state.judged}
    assert "police" not in everything(state)


def test_the_time_due_back_that_a_stand_down_gave_holds_for_everybody() -> None:
    story = stood_down(handled(), by=MO, until="2026-11-23T18:00:00Z")
    assert seen_by(story, OLA).visit.due_back == "2026-11-23T18:00:00Z"
    assert not seen_by(story, OLA).closed


def test_the_all_clear_after_duress_is_hidden_too() -> None:
    story = stood_down(handled(), by=MO)
    story = notified(story, story.newest.id, "manager by text")
    assert "notified" not in kinds(seen_by(story, OLA))


def test_an_alarm_from_before_the_phrase_stays_and_its_end_is_seen() -> None:
    story = raised(late(out(), 15), "duty-rings")
    story = duress(story)
    story = raised(story, "manager-acts", story.newest.content.at)
    assert [one.body.step for one in seen_by(story, OLA).visit.alarm.raised] == ["duty-rings"]
    over = stood_down(story, by=MO, note="It was duress.")
    state = seen_by(over, OLA)
    assert state.closed == over.newest.id
    assert "it was duress" not in everything(state)


def test_a_later_alarm_of_a_visit_that_goes_on_is_seen() -> None:
    story = stood_down(handled(), by=MO, until="2026-11-23T18:00:00Z")
    story = raised(at(story, "2026-11-23T18:15:00Z"), "duty-rings")
    assert [one.body.step for one in seen_by(story, OLA).visit.alarm.raised] == ["duty-rings"]


def test_a_refused_stand_down_does_not_tell_why() -> None:
    story = stood_down(handled(), by=DEE)
    assert "only a manager stands down" in everything(story.state)
    assert "stands down" not in everything(seen_by(story, OLA))


def test_a_visit_without_duress_is_shown_as_it_is_but_for_what_could_differ_under_duress() -> None:
    story = raised(late(out(), 15), "duty-rings")
    story = notified(story, story.newest.id, "manager by text")
    told, true = hides_duress(story.state, None).visit, story.state.visit
    assert (told.due_back, told.stage, told.reports) == (true.due_back, true.stage, true.reports)
    assert [(one.body.step, one.at) for one in told.alarm.raised] == [("duty-rings", true.alarm.raised[0].at)]
    assert (len(told.alarm.sent), len(true.alarm.sent)) == (0, 1)
    assert hides_duress(countersigned().state, None) == countersigned().state


def test_a_companion_who_is_only_named_is_still_told_apart() -> None:
    body = watched_plan()
    visit = msgspec.structs.replace(body.visit, companions=(Companion(name="a taxi driver"),))
    story = duress(departed(at(countersigned(watched_plan(visit=visit)), DUE_BACK, -60)))
    assert seen_by(story, MO).visit.duress is not None


# As an ordinary visit under a live watch

STEPS = {"reminder": -10, "overdue": 0, "nudge": 5, "duty-rings": 15, "second-contact": 20}


def ordinary(minutes: int) -> Story:
    """An ok, passed on, and a watch that raised every step when it was due."""
    story = reported(out(), Kind.OK, DEE)
    for step, after in STEPS.items():
        if after <= minutes:
            story = raised(late(story, after), step)
            story = notified(story, story.newest.id, "desk")
    return late(story, minutes)


def pressed(minutes: int) -> Story:
    """The same under duress, which Dee's watch raised and Mo took on."""
    story = duress(out())
    story = raised(story, "manager-acts", story.newest.content.at)
    return late(acknowledged(story, "manager-acts", by=MO), minutes)


def steps(state: PlanState) -> list[tuple[str, str, str]]:
    return [(one.body.step, one.body.due, one.at) for one in state.visit.alarm.raised]


@pytest.mark.parametrize("minutes", [-20, 3, 16, 22])
@pytest.mark.parametrize("who", [SAM, OLA])
def test_overdue_under_duress_looks_like_overdue_under_a_live_watch(who: Actor, minutes: int) -> None:
    now = DUE_BACK + timedelta(minutes=minutes)
    hidden = hides_duress(pressed(minutes).state, member(out(), who), now)
    usual = hides_duress(ordinary(minutes).state, member(out(), who), now)
    assert steps(hidden) == steps(usual)
    assert kinds(hidden) == kinds(usual)
    assert to_raise(hidden, now) == to_raise(usual, now) == []
    assert (hidden.closed, hidden.visit.needs_standing_down) == ("", usual.visit.needs_standing_down)
    pages = [supervision_page(state, now, UTC) for state in (hidden, usual)]
    assert [page.split("## Who signed what")[0] for page in pages] == [
        pages[0].split("## Who signed what")[0]
    ] * 2


@pytest.mark.parametrize(("minutes", "over"), [(-5, True), (10, True), (17, False)])
def test_back_under_duress_leaves_open_what_it_would_have_left_open(minutes: int, over: bool) -> None:
    hidden, usual = (seen_by(back(story(minutes)), SAM) for story in (pressed, ordinary))
    assert bool(hidden.closed) is bool(usual.closed) is over
    assert hidden.visit.needs_standing_down is usual.visit.needs_standing_down is not over


def test_where_nobody_has_watched_since_nothing_is_shown_as_raised() -> None:
    now = DUE_BACK + timedelta(minutes=20)
    hidden = hides_duress(duress(out()).state, member(out(), SAM), now)
    usual = hides_duress(reported(out(), Kind.OK, DEE).state, member(out(), SAM), now)
    assert steps(hidden) == []
    assert to_raise(hidden, now) == to_raise(usual, now) != []


def test_an_extension_under_duress_leaves_raised_what_had_been_raised() -> None:
    hidden, usual = (
        seen_by(extended(story(17), minutes_after(out().state.visit.due_back, 60)), SAM)
        for story in (pressed, ordinary)
    )
    assert steps(hidden) == steps(usual)
    assert hidden.visit.needs_standing_down


def test_a_stand_down_that_everybody_expects_is_seen_by_everybody() -> None:
    story = stood_down(pressed(40), by=MO, note="It was duress.")
    state = seen_by(story, SAM)
    assert state.closed == story.newest.id
    assert "it was duress" not in everything(state)


def test_a_colleague_who_took_on_what_they_saw_goes_on_seeing_it() -> None:
    story = acknowledged(pressed(16), "duty-rings", by=OLA)
    now = DUE_BACK + timedelta(minutes=17)
    seen = hides_duress(story.state, member(story, OLA), now)
    assert [one.author.person.name for one in seen.visit.alarm.owned] == ["Ola Field"]
    assert not unowned(seen)


def test_how_a_caller_was_known_is_told_to_nobody_who_may_not_know() -> None:
    story = reported(out(), Kind.ARRIVED, DEE, heard=heard_from(known_by="He has a cold."))
    assert "cold" not in everything(seen_by(story, OLA))
    assert "cold" in everything(seen_by(story, MO))
    assert "knew" not in supervision_page(seen_by(story, OLA), NOW, UTC)


def test_the_watchers_own_screen_keeps_what_is_on_record_of_an_ordinary_alarm() -> None:
    story = ordinary(16)
    assert hides_phrase(story.state, member(story, SAM)) == story.state
    assert "escalated" not in kinds(hides_phrase(pressed(16).state, member(story, SAM)))


def told_under_duress() -> Story:
    """Duress, and a duty officer who writes down what happened while it is open."""
    story = incident(
        duress(out()), by=DEE, shown=(msgspec.structs.replace(HAPPENED, answer="Duress phrase!"),)
    )
    return shared(story, by=MO, recipients=("Police",), what="The duress phrase was spoken.")


@pytest.mark.parametrize("who", [SAM, OLA, EVE])
def test_what_those_who_know_recorded_is_not_seen_while_the_duress_is_open(who: Actor) -> None:
    state = seen_by(told_under_duress(), who)
    assert (state.after.incidents, state.after.shared, owed(state)) == ((), (), "")
    assert not {"incident", "shared"} & set(kinds(state))
    assert "duress phrase" not in everything(state)
    assert state.settled == seen_by(duress(out()), who).settled


@pytest.mark.parametrize("who", [MO, NIA, DEE])
def test_those_who_must_act_see_it(who: Actor) -> None:
    story = told_under_duress()
    assert seen_by(story, who).after == story.state.after
    assert len(story.state.after.incidents) == 1


def test_what_somebody_recorded_who_may_not_know_is_seen_by_all() -> None:
    story = incident(duress(out()), by=OLA)
    assert len(seen_by(story, SAM).after.incidents) == 1
    assert owed(seen_by(story, SAM)) == owed(story.state)


def test_what_a_manager_recorded_who_goes_along_is_seen_by_them_and_all() -> None:
    along = Companion(name=MO.name, key=MO.fingerprint)
    body = hostile_visit(visit=visit(companions=(along,)))
    story = incident(duress(departed(at(planned(body).decided(by=NIA), DUE_BACK, -60))), by=MO)
    assert [len(seen_by(story, who).after.incidents) for who in (MO, SAM, NIA)] == [1, 1, 1]


def test_when_the_duress_is_over_it_is_not_seen_either_nor_what_names_it() -> None:
    told = told_under_duress()
    (hidden,) = told.state.after.incidents
    story = back(stood_down(told, by=MO))
    for longer in (story, incident(shared(story, of=hidden.id, by=MO), by=MO, replaces=hidden.id)):
        state = seen_by(longer, SAM)
        assert (state.after.incidents, state.after.shared, owed(state)) == ((), (), "")
        assert not {"incident", "shared"} & set(kinds(state))
        assert owed(seen_by(longer, MO))


def test_what_is_recorded_after_the_duress_is_seen_in_full_by_all() -> None:
    story = incident(back(stood_down(told_under_duress(), by=MO)), by=MO)
    (said,) = seen_by(story, SAM).after.incidents
    assert said.body.shown == (HAPPENED,)


def test_who_was_told_of_an_incident_is_left_out_for_those_who_may_not_know() -> None:
    story = incident(back(out()), by=OLA, heard=heard_from(known_by="Bring the red folder."))
    story = notified(story, story.newest.id, "manager by text")
    assert (len(story.state.after.told), seen_by(story, SAM).after.told) == (1, ())
    assert "red folder" not in everything(seen_by(story, SAM))


def test_how_a_caller_was_known_is_left_out_of_a_form_about_a_visit_that_nobody_reported_on() -> None:
    story = incident(planned(), by=OLA, heard=heard_from(known_by="Bring the red folder."))
    assert "red folder" not in everything(seen_by(story, SAM))
    assert "red folder" in everything(seen_by(story, NIA))
