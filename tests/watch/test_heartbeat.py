"""Whether anybody is watching."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beats import beat, office
from story import ADA, EVE, MO, NOW, SAM, Actor, Story
from visit_story import DEE
from visitsafe.record.bodies import RevokedBody
from visitsafe.record.entry import Verified, compose, seal_entry, verify_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import BEAT, TEAM_STREAM
from visitsafe.text.clock import to_text
from visitsafe.watch.heartbeat import WatchersNow, counted_beats, watch_at


def watch(*beats: Verified, now: datetime = NOW, story: Story | None = None) -> WatchersNow:
    return watch_at(counted_beats(beats, (story or office()).roster), now, UTC)


@pytest.mark.parametrize("who", [DEE, MO])
def test_a_manager_or_duty_officer_watches(who: Actor) -> None:
    assert watch(beat(who)).anybody


@pytest.mark.parametrize("who", [SAM, EVE])
def test_nobody_else_watches(who: Actor) -> None:
    seen = watch(beat(who))
    assert not seen.anybody
    assert seen.last is None


def test_a_watcher_whose_key_was_revoked_does_not_watch() -> None:
    body = RevokedBody(key=DEE.fingerprint, reason="has left")
    story = office()._team_entry(ADA, Kind.REVOKED, body)
    assert not watch(beat(DEE), story=story).anybody


def test_only_a_heartbeat_of_the_team_counts() -> None:
    assert not watch(beat(kind="founded")).anybody
    assert not watch(beat(stream="0" * 16)).anybody


@given(seconds=st.integers(min_value=-3600, max_value=3600))
def test_a_heartbeat_counts_for_three_minutes_either_way(seconds: int) -> None:
    seen = watch(beat(at=NOW - timedelta(seconds=seconds)))
    assert seen.anybody == (-180 <= seconds <= 180)


def test_a_heartbeat_from_the_future_hides_no_silence() -> None:
    seen = watch(beat(at=NOW + timedelta(hours=2)), beat(at=NOW - timedelta(hours=1), watcher="w2"))
    assert not seen.anybody
    assert seen.last is not None
    assert seen.last.at == to_text(NOW - timedelta(hours=1))
    assert len(seen.ahead) == 1


def test_when_nobody_watches_the_last_one_seen_is_told() -> None:
    hour_ago, two_ago = NOW - timedelta(hours=1), NOW - timedelta(hours=2)
    seen = watch(beat(at=two_ago, host="OLD", watcher="w0"), beat(at=hour_ago, host="DESK-PC"))
    assert seen.last is not None
    assert (seen.last.at, seen.last.body.host) == (to_text(hour_ago), "DESK-PC")


def test_a_watcher_in_trouble_still_watches_and_is_told() -> None:
    seen = watch(beat(healthy=False), beat(MO, watcher="w2"))
    assert seen.anybody
    assert [one.body.watcher for one in seen.troubled] == ["w1"]


def test_a_watcher_that_has_ended_is_gone_at_once() -> None:
    seen = watch(beat(ended=True), beat(MO, watcher="w2", at=NOW - timedelta(minutes=1)))
    assert [one.body.watcher for one in seen.alive] == ["w2"]
    alone = watch(beat(ended=True))
    assert not alone.anybody
    assert alone.last is not None


def test_the_last_gap_of_today_is_told_and_yesterdays_is_not() -> None:
    def gap(hours_ago: float, watcher: str) -> Verified:
        until = NOW - timedelta(hours=hours_ago)
        since = to_text(until - timedelta(minutes=30))
        return beat(watcher=watcher, gap_from=since, gap_until=to_text(until))

    assert watch(gap(9, "w1")).gap is None  # NOW is 08:00
    seen = watch(gap(5, "w1"), gap(2, "w2"), gap(9, "w3")).gap
    assert seen is not None
    assert seen.until == to_text(NOW - timedelta(hours=2))


@pytest.mark.parametrize(("since", "until"), [("x", "y"), ("", ""), ("2026-11-23T07:00:00Z", "")])
def test_a_gap_that_is_no_time_is_no_gap(since: str, until: str) -> None:
    assert watch(beat(gap_from=since, gap_until=until)).gap is None


def test_a_heartbeat_without_its_form_does_not_count() -> None:
    body = msgspec.defstruct("Odd", [("watcher", int)])(3)
    payload = compose(TEAM_STREAM, BEAT, NOW, DEE.fingerprint, (), body)
    assert not watch(verify_entry(seal_entry(payload, DEE.signer))).anybody
