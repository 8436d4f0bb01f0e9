"""Who sees that an ok was spoken under duress."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from story import EVE, MO, NIA, NOW, SAM, Actor, Story
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
    heard_from,
    late,
    notified,
    planned,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.domain.discretion import hides_duress
from visitsafe.domain.fold import PlanState
from visitsafe.domain.plan import Companion, OpenedBody
from visitsafe.domain.roster import Member
from visitsafe.domain.terms import Kind, Stage


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


def test_a_visit_without_duress_is_shown_as_it_is() -> None:
    story = raised(late(out(), 15), "duty-rings")
    assert hides_duress(story.state, None) == story.state


def test_a_companion_who_is_only_named_is_still_told_apart() -> None:
    body = watched_plan()
    visit = msgspec.structs.replace(body.visit, companions=(Companion(name="a taxi driver"),))
    story = duress(departed(at(countersigned(watched_plan(visit=visit)), DUE_BACK, -60)))
    assert seen_by(story, MO).visit.duress is not None
