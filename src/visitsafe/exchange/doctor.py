"""What `visitsafe doctor` looks at in a store and its team: what is wrong, and the command that mends it.

Nothing is changed and no key is opened. What is looked at costs what is open, and the last entries; `verify`
looks at all of them. What belongs to this computer is looked at elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import VerificationError, VisitsafeError
from visitsafe.exchange.findings import row_from, state_of
from visitsafe.record.chain import GENESIS
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import Store, Stored
from visitsafe.record.terms import ANSWERERS, ROLE_WORDS, TEAM_STREAM, WATCHERS, Role
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_watched
from visitsafe.state.removed import NOT_CARRIED_OUT, Removed
from visitsafe.store.copies import sentences
from visitsafe.team.people import Member, as_heard
from visitsafe.team.roster import Roster
from visitsafe.text.clean import things
from visitsafe.text.clock import in_minutes, to_text
from visitsafe.watch.heartbeat import SILENCE, read_beats, watch_at

TAIL = 1000
"""How many of the last entries are looked at."""
CLOCKS_DIFFER = SILENCE
SET_CLOCK = "set this computer's clock by the network: timedatectl set-ntp true"
VERIFY = "visitsafe verify"
_NAMED = 3
MOST_NAMED = 5
"""How many findings about the list are shown; the others are counted."""


class State(StrEnum):
    """How something is."""

    OK = "ok"
    LOOK = "look"
    BAD = "bad"


class HealthFinding(msgspec.Struct, frozen=True):
    """What was found about one thing: a name, how it is, a sentence, and what mends it."""

    name: str
    state: State
    text: str
    mend: str = ""


def guarded(name: str, check: Callable[[], Iterable[HealthFinding]]) -> list[HealthFinding]:
    """What a check finds; what it cannot look at is bad."""
    try:
        return list(check())
    except VisitsafeError as error:
        return [HealthFinding(name, State.BAD, error.message, error.hint or "")]


def good(name: str, text: str) -> HealthFinding:
    """Something that is as it should be."""
    return HealthFinding(name, State.OK, text)


def told(name: str, text: str, _mend: str = "") -> HealthFinding:
    """Something that somebody else looks after."""
    return HealthFinding(name, State.OK, text)


def look(name: str, text: str, mend: str = "") -> HealthFinding:
    """Something that works, and that somebody should look at."""
    return HealthFinding(name, State.LOOK, text, mend)


def bad(name: str, text: str, mend: str = "") -> HealthFinding:
    """Something that does not work, or on which somebody's safety may hang."""
    return HealthFinding(name, State.BAD, text, mend)


def check_me(roster: Roster, fingerprint: str) -> Iterator[HealthFinding]:
    """Whether this person's key is in the team, and with which roles."""
    me, ended = roster.members.get(fingerprint), roster.known.get(fingerprint)
    if me is not None and me.roles:
        roles = ", ".join(ROLE_WORDS[role] for role in sorted(me.roles))
        yield good("my key", f"it is in the team: {me.person.name}, {roles}")
    elif me is not None:
        yield look(
            "my key", "it is in the team, without a role", "ask an admin: visitsafe team role WHO --add ROLE"
        )
    elif ended is not None:
        yield bad("my key", f"it counts no more: {ended.why_ended}", "visitsafe key replace --lost")
    elif fingerprint:
        yield bad("my key", "it is not in the team", "visitsafe team join, and send the line to an admin")


def check_team(roster: Roster, fingerprint: str) -> Iterator[HealthFinding]:
    """Whether the team can be looked after and can answer an alarm when one person is away.

    What only an admin can mend is said to admins.
    """
    name, mine = "team", roster.members.get(fingerprint)
    admin = mine is not None and Role.ADMIN in mine.roles
    if admin and not [one for one in roster.with_role(Role.ADMIN) if not one.same_person(mine)]:
        yield look(name, "there is no other admin than you to add people or revoke a key", _give(Role.ADMIN))
    for role, words in ((Role.DUTY, "duty officer"), (Role.MANAGER, "manager")):
        if admin and not roster.with_role(role):
            yield look(name, f"nobody in the team is a {words}", _give(role))
    for problem in roster.problems:
        yield look(name, problem, VERIFY)
    for text in roster.unsound.damaged[:_NAMED]:
        yield bad(name, f"its record does not hold: {text}", VERIFY)
    for text in roster.unsound.junk[:_NAMED]:
        yield bad(name, f"something stands in its record that nobody signed: {text}", VERIFY)
    if roster.missing:
        yield bad(name, f"entries of the team are missing: {roster.missing[0][:12]}", VERIFY)
    ended = [one for one in roster.known.values() if one.until]
    people = len({as_heard(one.person.email) for one in roster.members.values()})
    gone = f", {things(len(ended), 'key')} revoked or replaced" if ended else ""
    yield good(name, f"{roster.name}: {people} in the team{gone}")


def check_agreed(roster: Roster, fingerprint: str) -> Iterator[HealthFinding]:
    """What everyone must agree on before the first alarm; an admin can see to it, others are told."""
    agreed, mine = roster.settings, roster.members.get(fingerprint)
    lacking = look if mine is not None and Role.ADMIN in mine.roles else told
    if agreed.desk_phone:
        yield good("desk telephone", "agreed")
    else:
        mend = "visitsafe team set --desk-phone NUMBER"
        yield lacking("desk telephone", "none is agreed, so no message names one", mend)
    if agreed.duress is not None:
        yield good("duress phrase", "agreed")
    else:
        yield lacking("duress phrase", "none is agreed", "visitsafe team duress --set")


def open_plans(desk: Desk) -> tuple[list[PlanState], list[HealthFinding]]:
    """The open plans, as their entries have them and whoever asks may see them; what is wrong with the list.

    A plan that the list hides as closed is found if its row cannot be right, or if it is in the last entries.
    """
    states: list[PlanState] = []
    found: list[HealthFinding] = []
    doubted = set(desk.store.doubtful())
    rows = {row.plan: row for row in desk.store.plans(open_only=True)}
    newest = {row.stream for row in _tail(desk.store)} - {TEAM_STREAM}
    for plan in dict.fromkeys([*rows, *sorted(doubted | newest)]):
        if not is_plan_id(plan):
            found.append(bad("list", f"it names {plan[:40]!r}, which is no plan", VERIFY))
            continue
        history = desk.store.history(plan)
        try:
            state = state_of(plan, history, desk.roster)
        except VerificationError as error:
            found.append(bad("list", error.message, f"{VERIFY} {reference(plan)}"))
            continue
        if plan in doubted or row_from(state, history) != (rows.get(plan) or desk.store.row(plan)):
            text = f"it shows {state.ref} otherwise than its entries do"
            found.append(bad("list", text, f"{VERIFY} {state.ref}, then: visitsafe store rebuild"))
        seen = hides_duress(state, desk.me, desk.now) if isinstance(state, PlanState) else None
        if seen is not None and not seen.settled:
            states.append(seen)
        found += _about_plan(state)
    if not found:
        found.append(good("list", f"{things(len(states), 'open plan')}, as their entries have them"))
    return states, _few(found)


def _about_plan(state: PlanState | Removed) -> Iterator[HealthFinding]:
    """What is the matter with a plan; that its content was removed by rule is not."""
    mend = f"{VERIFY} {state.ref}"
    for text in state.problems:
        if text == NOT_CARRIED_OUT:
            yield look("list", f"{state.ref}: {text}", "visitsafe store purge --dry-run")
        else:
            yield bad("list", f"{state.ref}: {text}", mend)
    if isinstance(state, Removed) and state.left:
        came = things(len(state.left), "entry", "entries")
        text = f"{state.ref} was removed, and {came} came in since; nobody can say what that means"
        yield look("list", text, mend)


def _few(found: Sequence[HealthFinding]) -> list[HealthFinding]:
    """The worst of them, and how many more there are."""
    worst = sorted(found, key=lambda one: one.state is not State.BAD)
    if len(found) <= MOST_NAMED:
        return worst
    more = look("list", f"and {len(found) - MOST_NAMED} more like these", VERIFY)
    return [*worst[:MOST_NAMED], msgspec.structs.replace(more, state=worst[MOST_NAMED].state)]


def check_sealing(desk: Desk, states: Sequence[PlanState]) -> Iterator[HealthFinding]:
    """Whether somebody could find each worker: details are there, and somebody at hand can open them.

    That a worker gave none is said to them, and to those who would have to find them.
    """
    name, me = "sealing", desk.me
    finds = me is not None and not me.roles.isdisjoint(ANSWERERS)
    without = [state for state in states if state.sealed is None]
    lacking = [one.ref for one in without if finds or (me is not None and me.same_person(one.author))]
    shut = [state.ref for state in states if state.sealed is not None and not state.sealed.at_hand]
    if shut:
        mend = f"visitsafe trace {shut[0]} --reseal, by one who can; else its worker: visitsafe plan --revise"
        yield bad(name, f"nobody at hand can open the tracing details in {_listed(shut)}", mend)
    if lacking:
        text = f"no tracing details are in {_listed(lacking)}"
        yield look(name, text, "the worker: visitsafe details, then visitsafe plan --revise REF")
    if not shut and not lacking:
        sealed = things(len(states) - len(without), "open plan")
        yield good(name, f"somebody at hand can open the details in each of {sealed} with any")


def check_watcher(desk: Desk, states: Sequence[PlanState], zone: tzinfo) -> Iterator[HealthFinding]:
    """Whether anybody is watching, and was all day, by the open plans as whoever asks may see them."""
    name, now = "watcher", desk.now
    watch = watch_at(read_beats(desk.store, desk.roster), now, zone)
    watched = [state.ref for state in states if is_watched(state, now)]
    last = f", the last one at {watch.last.at}" if watch.last else ""
    if watch.anybody:
        yield good(name, f"{things(len(watch.alive), 'watcher')} at it")
    elif watched:
        mend = "visitsafe watch" if is_watcher(desk.me) else "ring the duty desk, so that somebody watches"
        yield bad(name, f"nobody is watching{last}, and {_listed(watched)} should be", mend)
    else:
        nobody = look if is_watcher(desk.me) else told
        yield nobody(name, f"nobody is watching{last}; no visit is to be watched now", "visitsafe watch")
    for beat in watch.troubled:
        yield bad(name, f"{beat.author.person.name} reports: {beat.body.trouble or 'not healthy'}")
    for beat in watch.ahead:
        yield bad("clock", f"the watcher of {beat.author.person.name} is ahead: {beat.at}", SET_CLOCK)
    if watch.gap:
        yield look(name, f"nobody was watching today from {watch.gap.since} to {watch.gap.until}")


def check_tail(store: Store, now: datetime) -> Iterator[HealthFinding]:
    """Whether the last entries hold, and whether any comes from the future."""
    rows = list(_tail(store))
    after = (0, GENESIS)
    if rows and rows[0].position > 1:
        after = (rows[0].position, rows[0].chain)
        rows = rows[1:]
    faults = list(sentences(rows, after))
    for text in faults[:_NAMED]:
        yield bad("record", text, VERIFY)
    if not faults:
        yield good("record", f"the last {things(len(rows), 'entry', 'entries')} hold; all: {VERIFY}")
    latest = to_text(now + CLOCKS_DIFFER)
    for what, times in (
        ("were made", [row.at for row in rows]),
        ("were received", [row.received for row in rows]),
    ):
        ahead = [at for at in times if at > latest]
        if ahead:
            number = things(len(ahead), "entry says", "entries say")
            text = f"{number} that they {what} later than it is now: {max(ahead)}"
            yield look("clock", text, "compare the clocks of this computer and of those who signed")


def check_clock(now: datetime, others: Sequence[tuple[str, datetime]]) -> Iterator[HealthFinding]:
    """Whether this computer's clock agrees with others, and nothing here comes from the future.

    Args:
        now: By this computer's clock.
        others: What they are, and the times by them; one of a file cannot be later than now.
    """
    behind = [(what, at - now) for what, at in others if at - now > CLOCKS_DIFFER]
    for what, by in behind:
        minutes = in_minutes(int(by / timedelta(minutes=1)))
        yield bad("clock", f"this computer's clock is {minutes} behind {what}", SET_CLOCK)
    if not behind:
        yield good("clock", f"{to_text(now)}, and nothing here says otherwise")


def is_watcher(member: Member | None) -> bool:
    """Whether somebody answers alarms, so that their computer needs channels."""
    return member is not None and not member.roles.isdisjoint(WATCHERS)


def ahead_or_behind(now: datetime, server: datetime) -> Iterator[HealthFinding]:
    """Whether this computer and a server agree on the time, in both directions."""
    apart = abs(server - now)
    if apart > CLOCKS_DIFFER:
        minutes = in_minutes(int(apart / timedelta(minutes=1)))
        yield bad("clock", f"this computer and the database's server are {minutes} apart", SET_CLOCK)
    else:
        yield good("clock", "as the database's server has it")


def _tail(store: Store) -> Iterator[Stored]:
    """The last entries, behind one whose running hash they follow."""
    yield from store.scan(max(0, store.head()[0] - TAIL - 1))


def _give(role: Role) -> str:
    return f"visitsafe team role PERSON --add {role}"


def _listed(refs: Sequence[str]) -> str:
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    return ", ".join(refs[:_NAMED]) + more
