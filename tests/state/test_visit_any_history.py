"""Random histories of a visit by people who had not always heard of each other: what must always hold."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from story import EVE, NIA, SAM_AT_HOME, Actor, Story, visit
from team_story import revoked, union
from visit_story import (
    DEE,
    DUE_BACK,
    LADDER,
    MO,
    OLA,
    SAM,
    START,
    acknowledged,
    back,
    countersigned,
    duress,
    extended,
    notified,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import ExtendedBody, Ladder, Rung, StoodDownBody
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.ladder import is_alarming, is_watched, next_due, to_raise, unowned
from visitsafe.text.clock import from_text, to_text
from visitsafe.watch.outbox import Channel, Contacts, Message, messages_due

PEOPLE = (SAM, SAM_AT_HOME, DEE, MO, OLA, NIA, EVE)
"""Nia was a manager and her key has ended, which everybody but she knows; Eve was never in the team."""
WATCHERS = {DEE.fingerprint, MO.fingerprint}
RAISERS = WATCHERS | {SAM_AT_HOME.fingerprint}
"""Sam is a manager too and may run the desk's watcher, which then raises the alarm about Sam's own visit."""
NOBODY_APART = {one.fingerprint for one in (SAM, SAM_AT_HOME, EVE, NIA)}
MUST_BE_OWNED = {rung.id for rung in LADDER.steps if rung.acknowledge}
STEPS = [rung.id for rung in LADDER.steps]
TOOTHLESS = Ladder(grace_minutes=120, steps=(msgspec.structs.replace(LADDER.steps[3], acknowledge=False),))
VERSIONS = {Kind.PLANNED, Kind.REVISED}
OUT = {Kind.DEPARTED, Kind.ARRIVED, Kind.LEFT}


def begun(agreed: Story) -> Story:
    return revoked(
        replace(agreed.added(SAM_AT_HOME, "practitioner", "manager"), at=agreed.at), NIA, at=agreed.at
    )


BEGUN = begun(countersigned())
NOT_THERE = Rung(
    id="not-there", after=20, who=("duty",), do="Ring.", source="s", counts_from="start", missing="arrived"
)
BEGUN_EARLY = begun(
    countersigned(watched_plan(ladder=msgspec.structs.replace(LADDER, steps=(NOT_THERE, *LADDER.steps))))
)
ROSTER = BEGUN.roster
REPORTS = ("departed", "arrived", "ok", "left", "back", "extended", "duress")
DONE = (*REPORTS, "raised", "notified", "owned", "over", "until", "fetch", "fetch")
USUAL = [
    *((0, one) for one in ("departed", "arrived", "ok", "back", "extended", "fetch")),
    *(
        (who, one)
        for who in (2, 3)
        for one in ("raised", "owned", "over", "until", "duress", "fetch", "back")
    ),
]
UNUSUAL = [(who, one) for who in range(len(PEOPLE)) for one in DONE]
Step = tuple[tuple[int, str], int, int]
MINUTES = st.integers(-40, 90)
TOMORROW = visit(start=to_text(START + timedelta(days=1)), due_back=to_text(DUE_BACK + timedelta(days=1)))


def steps_of(acts: list[tuple[int, str]]) -> st.SearchStrategy[list[Step]]:
    chosen = st.one_of(st.sampled_from(acts), st.sampled_from(UNUSUAL))
    return st.lists(st.tuples(chosen, st.integers(0, len(PEOPLE) - 1), MINUTES), max_size=14)


STEPS_TAKEN = steps_of(USUAL)
WITH_VERSIONS = steps_of(
    [
        *USUAL,
        *((0, one) for one in ("revised", "revised", "put off", "urgent", "withdrawn", "early back")),
        *((3, one) for one in ("agreed", "agreed", "return", "refuse", "early back")),
        (2, "early back"),
    ]
)


def played(steps: Sequence[Step], *, in_time: bool = False, first: Story = BEGUN) -> Story:
    """Everybody works on a copy of their own, and with `in_time` by one clock; in the end all are joined."""
    copies = [first] * len(PEOPLE)
    for number, ((who, action), other, minutes) in enumerate(steps):
        if action == "fetch":
            copies[who] = copies[who] | copies[other]
            continue
        moment = START + timedelta(minutes=number * 7) if in_time else DUE_BACK + timedelta(minutes=minutes)
        copies[who] = acted(replace(copies[who], at=moment), PEOPLE[who], action, other, minutes)
    return union(*copies)


def acted(copy: Story, by: Actor, action: str, choice: int, minutes: int) -> Story:
    until = to_text(DUE_BACK + timedelta(minutes=minutes))
    if action in {"departed", "arrived", "ok", "left"}:
        return reported(copy, Kind(action), by, stopped=choice == 1)
    if action == "back":
        return back(copy, by)
    if action == "extended":
        return extended(copy, until, by)
    if action == "duress":
        return duress(copy, by)
    if action == "raised":
        return raised(copy, STEPS[choice], to_text(DUE_BACK), by)
    if action == "notified":
        return notified(copy, copy.entries[-1].id, "desk", by)
    if action == "revised":
        later = visit(due_back=to_text(DUE_BACK + timedelta(hours=9)))
        return copy.entry(by, Kind.REVISED, watched_plan(visit=later, ladder=TOOTHLESS, nonce=""))
    if action in {"put off", "urgent"}:
        times = TOMORROW if action == "put off" else visit()
        body = watched_plan(nonce="", visit=times, urgent="Now." if action == "urgent" else "")
        return copy.entry(by, Kind.REVISED, body)
    if action == "withdrawn":
        return copy.withdrawn(by=by)
    if action == "early back":
        return back(replace(copy, at=START - timedelta(hours=3)), by)
    if action in {"return", "refuse"}:
        of = [one.id for one in copy.entries if one.content.kind in VERSIONS][-1]
        return copy.decided(action, by=by, of=of)
    if action == "agreed":
        return copy.decided(by=by, of=[one.id for one in copy.entries if one.content.kind in VERSIONS][-1])
    if action == "owned":
        return acknowledged(copy, STEPS[choice], by)
    return stood_down(copy, by=by, until=until if action == "until" else "")


def ancestors(story: Story) -> dict[str, set[str]]:
    """For each entry the ids of all that its author had seen, the plain way."""
    seen: dict[str, set[str]] = {}
    here = {entry.id for entry in story.entries}
    left = list(story.entries)
    while left:
        for entry in list(left):
            parents = set(entry.content.after) & here
            if parents <= seen.keys():
                seen[entry.id] = parents.union(*(seen[parent] for parent in parents))
                left.remove(entry)
    return seen


def folded(story: Story) -> PlanState:
    """The state; the team stays as it is."""
    return fold(story.plan, story.entries, ROSTER)


def of_kind(entries: Iterable[Verified], kind: Kind, by: set[str] | None = None) -> list[Verified]:
    return [one for one in entries if one.content.kind == kind and (by is None or one.content.by in by)]


def open_ones(story: Story) -> tuple[list[Verified], list[Verified]]:
    """The steps that must be taken on and that no stand-down had seen; the duress that no manager's had."""
    seen = ancestors(story)
    counted = {one.entry.id for one in folded(story).judged if not one.why_not}
    downs = [one for one in of_kind(story.entries, Kind.STOOD_DOWN, WATCHERS) if one.id in counted]
    steps = [
        one
        for one in of_kind(story.entries, Kind.ESCALATED, RAISERS)
        if one.content.body["step"] in MUST_BE_OWNED and not any(one.id in seen[down.id] for down in downs)
    ]
    team = WATCHERS | {OLA.fingerprint, SAM.fingerprint}
    spoken = [
        one
        for one in of_kind(story.entries, Kind.OK, team)
        if one.content.body["duress"]
        and one.id in counted
        and not any(one.id in seen[down.id] for down in of_kind(downs, Kind.STOOD_DOWN, {MO.fingerprint}))
    ]
    return steps, spoken


@settings(deadline=None, max_examples=150)
@given(WITH_VERSIONS, st.data())
def test_any_order_of_arrival_gives_the_same_visit(steps: list[Step], data: st.DataObject) -> None:
    story = played(steps)
    shuffled = data.draw(st.permutations(story.entries))
    assert fold(story.plan, shuffled, ROSTER) == folded(story)


@settings(deadline=None, max_examples=250)
@given(WITH_VERSIONS)
def test_an_alarm_is_over_only_once_somebody_apart_who_had_seen_it_says_so(steps: list[Step]) -> None:
    story = played(steps)
    state, (steps_open, spoken) = folded(story), open_ones(story)
    assert (state.visit.duress is not None) == bool(spoken)
    assert state.visit.needs_standing_down == bool(steps_open or spoken)
    if steps_open or spoken:
        assert state.closed == ""
        assert is_watched(state, DUE_BACK + timedelta(days=400))
        assert is_alarming(state, DUE_BACK + timedelta(days=400))


@settings(deadline=None, max_examples=300)
@given(WITH_VERSIONS)
def test_nobody_is_unwatched_by_a_technicality(steps: list[Step]) -> None:
    """What ends it is a stand-down, a timely or the desk's `back`, a refusal or a withdrawal."""
    story = played(steps)
    state, seen = folded(story), ancestors(story)
    counted = [one.entry for one in state.judged if not one.why_not]
    begun = [
        one
        for one in counted
        if one.content.kind in OUT or one.content.body.get("decision") == "countersign" or _is_urgent(one)
    ]
    if not begun:
        return
    ends = [one for one in counted if _may_end(one)]
    if not ends:
        assert not state.closed
        assert state.visit.watched
        assert state.visit.due_back <= to_text(DUE_BACK + timedelta(days=1))
    if state.closed:
        assert state.closed in {one.id for one in ends}
        last = [one for one in begun if one.content.kind in OUT and state.closed in seen[one.id]]
        assert not [one for one in last if one.content.kind == Kind.DEPARTED]
    if state.visit.out and state.closed:
        assert any(one.id == state.closed and one.content.kind in {"back", "stood-down"} for one in ends)


def _is_urgent(one: Verified) -> bool:
    return one.content.kind in VERSIONS and bool(one.content.body.get("urgent"))


def _may_end(one: Verified) -> bool:
    body, kind = one.content.body, one.content.kind
    if kind == Kind.BACK:
        by_desk = body["heard"] is not None and one.content.by in WATCHERS
        return by_desk or from_text(one.content.at) >= START - timedelta(hours=2)
    if kind == Kind.STOOD_DOWN:
        return not body["until"]
    return kind == Kind.WITHDRAWN or body.get("decision") == "refuse"


@settings(deadline=None, max_examples=150)
@given(STEPS_TAKEN)
def test_nobody_with_a_part_in_the_visit_takes_it_on_or_ends_it(steps: list[Step]) -> None:
    for alarm in folded(played(steps)).visit.alarms:
        assert not NOBODY_APART & {one.author.fingerprint for one in alarm.owned}
        assert alarm.over is None or alarm.over.author.fingerprint in WATCHERS


@settings(deadline=None, max_examples=150)
@given(STEPS_TAKEN)
def test_of_times_that_nobody_has_reconciled_the_earliest_is_due(steps: list[Step]) -> None:
    story = played(steps)
    state, seen = folded(story), ancestors(story)
    times = {
        one.entry.id: one.body.until
        for one in state.judged
        if not one.why_not and isinstance(one.body, ExtendedBody | StoodDownBody) and one.body.until
    }
    newest = [name for name in times if not any(name in seen[other] for other in times)]
    assert state.visit.due_back == min((times[name] for name in newest), default=to_text(DUE_BACK))


@settings(deadline=None, max_examples=80)
@given(STEPS_TAKEN, st.sampled_from([EVE, NIA]), st.sampled_from(DONE[:-2]), MINUTES)
def test_a_strangers_or_former_members_entry_changes_nothing(
    steps: list[Step], who: Actor, action: str, minutes: int
) -> None:
    story = played(steps)
    after = acted(story, who, action, 3, minutes)
    assert folded(after).visit == folded(story).visit
    assert folded(after).closed == folded(story).closed


LOSES_ITSELF = {Kind.DEPARTED, Kind.ARRIVED, Kind.OK, Kind.LEFT, Kind.EXTENDED, Kind.ESCALATED}


@settings(deadline=None, max_examples=250)
@given(STEPS_TAKEN, st.data())
def test_an_entry_that_is_missing_makes_nobody_less_careful(steps: list[Step], data: st.DataObject) -> None:
    """But for what that entry itself said, if it was a report, a step, or a time: then the gap is told."""
    story = played(steps, in_time=True)
    gone = data.draw(st.sampled_from(story.entries[1:]))
    part = replace(story, entries=tuple(one for one in story.entries if one.id != gone.id))
    whole, left = folded(story), folded(part)
    steps_open, spoken = open_ones(story)
    if gone not in spoken:  # a duty officer's stand-down counts, once nothing shows that it was under duress
        assert not {one.id for one in steps_open} - {gone.id} or left.visit.needs_standing_down
    assert not {one.id for one in spoken} - {gone.id} or left.visit.duress is not None
    if gone.content.kind in LOSES_ITSELF or gone.content.body.get("until"):
        return
    assert whole.closed or not left.closed
    assert left.visit.due_back <= whole.visit.due_back


WRONG_CLOCKS = (-29_000_000, -3_000_000, 600_000, 3_000_000_000)
"""Minutes from the time due back to 1971, 2021, 2028 and the year 7730."""
BY_ANY_CLOCK = st.lists(
    st.tuples(
        st.sampled_from([*UNUSUAL, *USUAL, (0, "revised"), (0, "revised"), (3, "agreed"), (4, "owned")]),
        st.integers(0, len(PEOPLE) - 1),
        MINUTES | st.integers(-90, -40) | st.sampled_from(WRONG_CLOCKS),
    ),
    max_size=14,
)
CONTACTS = Contacts(
    (
        Channel("sam", "lone-worker"),
        Channel("desk", "duty"),
        Channel("team", "manager"),
        Channel("mo", "mo@example.org"),
    )
)
EVERY_MINUTE = range(16)


def is_over(state: PlanState) -> bool:
    """Whether nobody need be told any more: ended, or back while nothing needed standing down."""
    return bool(state.closed) or (state.visit.back is not None and not state.visit.needs_standing_down)


def owed(state: PlanState, now: datetime) -> list[Message]:
    return messages_due(state, CONTACTS, ROSTER.members, now)


@settings(deadline=None, max_examples=300)
@given(BY_ANY_CLOCK, st.integers(0, 3000))
def test_there_is_no_silent_end(steps: list[Step], minutes: int) -> None:
    """Early and backdated words, wrong clocks and new versions silence nothing: somebody will be told."""
    state = folded(played(steps))
    grace = timedelta(minutes=state.visit.ladder.grace_minutes)
    now = from_text(state.visit.due_back) + grace + timedelta(minutes=minutes)
    if is_over(state) or not is_watched(state, now):
        assert is_over(state) or not state.visit.out
        return
    climbs = to_raise(state, now) or (state.visit.back is None and next_due(state, now))
    assert climbs or any(owed(state, now + timedelta(minutes=one)) for one in EVERY_MINUTE)


@settings(deadline=None, max_examples=40)
@given(BY_ANY_CLOCK, st.integers(0, 90))
def test_a_watcher_tells_somebody_in_every_half_hour_until_it_is_over(
    steps: list[Step], minutes: int
) -> None:
    story = played(steps)
    state = folded(story)
    now = from_text(state.visit.due_back) + timedelta(minutes=minutes + state.visit.ladder.grace_minutes)
    if is_over(state) or not is_watched(state, now) or now > DUE_BACK + timedelta(days=365 * 5000):
        return
    told = [now]
    for _ in range(24):
        for due in to_raise(state, now):
            story = raised(replace(story, at=now), due.rung.id, due.at, DEE)
            state = folded(story)
            assert not state.judged[-1].why_not or (due.rung.id, due.at) in _raised(state)
        if owing := owed(state, now):
            for message in owing:
                changes = {"round": message.round, "attempt": message.attempt}
                story = notified(replace(story, at=now), message.about, message.channel.label, DEE, **changes)
                told.append(now)
            state = folded(story)
        assert not to_raise(state, now)
        now += timedelta(minutes=5)
    whole = [*told, now]
    assert max(later - one for one, later in pairwise(whole)) <= timedelta(minutes=30)


def _raised(state: PlanState) -> set[tuple[str, str]]:
    return {(one.body.step, one.body.due) for one in state.visit.alarm.raised}


def test_the_random_histories_reach_what_they_are_about() -> None:
    """A test of the tests: an alarm, duress, an end and a watch that goes on all come up."""
    found: set[str] = set()

    @settings(deadline=None, max_examples=200, database=None, derandomize=True)
    @given(STEPS_TAKEN)
    def look(steps: list[Step]) -> None:
        found.update(_named(folded(played(steps))))

    look()
    assert found >= {"alarm", "owned", "over", "duress", "closed", "open after an end", "extended"}


def _named(state: PlanState) -> Iterable[str]:
    visit = state.visit
    yield "alarm" if visit.alarm.raised else ""
    yield "owned" if visit.alarm.owned else ""
    yield "over" if len(visit.alarms) > 1 else ""
    yield "duress" if visit.duress else ""
    yield "closed" if state.closed else ""
    yield "open after an end" if len(visit.alarms) > 1 and not state.closed else ""
    yield "extended" if visit.due_back != to_text(DUE_BACK) else ""


@settings(deadline=None, max_examples=150)
@given(STEPS_TAKEN, st.integers(0, 60), st.booleans())
def test_nobody_is_watched_less_because_a_report_was_missing(
    steps: Sequence[Step], minutes: int, taken_on: bool
) -> None:
    """Whatever else was said: raising such a step, and taking it on, leaves what comes later as it was."""
    before = played(steps, first=BEGUN_EARLY)
    due = to_text(START + timedelta(minutes=20))
    after = raised(replace(before, at=START + timedelta(minutes=20 + minutes)), "not-there", due, DEE)
    if taken_on:
        after = acknowledged(after, "not-there", DEE)
    for late in (-60, 0, 15, 45, 600):
        now = DUE_BACK + timedelta(minutes=late)
        assert is_watched(after.state, now) >= is_watched(before.state, now)
        assert is_alarming(after.state, now) >= is_alarming(before.state, now)
        rest = {(one.rung.id, one.at) for one in to_raise(before.state, now) if not one.rung.early}
        assert rest <= {(one.rung.id, one.at) for one in to_raise(after.state, now)}
        assert {one.body.step for one in unowned(before.state)} == {
            one.body.step for one in unowned(after.state)
        }
