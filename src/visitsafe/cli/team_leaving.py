"""`visitsafe team leave`: somebody leaves, with their visits and with what nobody can do from here.

Their keys are revoked first: what closes a visit follows that, so that it is a manager's to do (D18). A visit
on which they are out, or may be, is never closed here: it is watched until somebody has heard from them.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from visitsafe.cli.output import ask, has_terminal, result, say, stands
from visitsafe.errors import InterruptedByUserError, NotFoundError, NotPermittedError, UsageError
from visitsafe.membership.joining import called
from visitsafe.opening import desk_of, later, settings_of, zone_of
from visitsafe.text.clean import one_line, terminal

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.settings import Settings
    from visitsafe.state.fold import PlanState
    from visitsafe.team.people import Member

LEFT = "has left the team"


class Closing(NamedTuple):
    """What becomes of a visit: `to` is who makes it instead; None if nobody does."""

    state: "PlanState"
    to: "Member | None"


class OpenVisits(NamedTuple):
    """The open visits of somebody who leaves: those on which they are or may be out, and the others."""

    out: "Sequence[PlanState]"
    rest: "Sequence[PlanState]"


def leave(
    context: typer.Context,
    who: Annotated[str, typer.Argument(help="A member's name, e-mail, or key fingerprint.")],
    reason: Annotated[str, typer.Option(help="Why; everybody in the team can read it.")] = LEFT,
    not_made: Annotated[
        bool, typer.Option("--not-made", help="Close each of their open visits as not made.")
    ] = False,
    hand_to: Annotated[
        str, typer.Option("--hand-to", help="Somebody who plans each of their open visits anew.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to revoke their keys.")] = False,
) -> None:
    """Somebody leaves: end their keys, see to their open visits, and say what else there is to do."""
    from visitsafe.cli.team_changes import ask_about_clock, ask_back
    from visitsafe.membership.change import revoke
    from visitsafe.membership.details import unlocked_once
    from visitsafe.record.terms import Role
    from visitsafe.text.clean import clean

    if not_made and hand_to:
        raise UsageError("a visit is handed on or not made, not both", hint="leave one of them out")
    with desk_of(context) as desk:
        keys = who_leaves(desk, who)
        person = keys[-1]
        if desk.member().same_person(person):
            raise NotPermittedError(
                "you cannot see to your own leaving: once your key has ended nothing that you sign counts",
                hint="another admin runs this; first make somebody one: visitsafe team role WHO --add admin",
            )
        heir = _heir(desk, hand_to, person) if hand_to else None
        visits, hosts = open_visits(desk, person), _watching_on(desk, person)
        good = [one for one in keys if not one.until]
        say(f"{called(person.person)}: {', '.join(one.fingerprint for one in good) or 'has left already'}")
        for sentence in who_is_out(desk, visits.out):
            say(sentence)
        if good:
            ask_about_clock(desk, yes=yes)
        closing: list[Closing] = []
        if Role.MANAGER in desk.member().roles:
            if heir or not_made:
                closing = [Closing(state, heir) for state in visits.rest]
            else:
                closing = _asked(desk, person, visits.rest)
        if good and not yes and has_terminal():
            ask_back(f"Revoke the keys of {one_line(person.person.name)}?")
        if good:
            revoke(later(context, desk), who, clean(reason) or LEFT)
        after = unlocked_once(later(context, desk))
        lines = [f"{called(person.person)} has left the team"] if good else []
        lines += [_close(after, one, person) for one in closing]
        lines += _left_open(after, visits.rest, closing)
        lines += ["", "What is to be done outside:", *_outside(after, settings_of(context), person, hosts)]
    with stands(f"{person.person.name} has left"):
        result("\n".join(terminal(line) for line in lines))


def who_leaves(desk: "Desk", who: str) -> "Sequence[Member]":
    """All keys of the person who leaves; the ended ones of somebody who has left already, to go on with it.

    Raises:
        NotFoundError: Nobody, or more than one person, is called so.
    """
    from visitsafe.team.roster import selves

    try:
        return desk.roster.keys_of(who)
    except NotFoundError:
        gone = [one for one in desk.roster.known.values() if one.until and one.answers_to(who)]
        if not gone or any(not one.same_person(gone[0]) for one in gone):
            raise
        return [one for one in selves(gone[0], gone) if one in gone]


def _heir(desk: "Desk", who: str, person: "Member") -> "Member":
    """Who makes the visits instead.

    Raises:
        NotPermittedError: They cannot.
    """
    from visitsafe.record.terms import PLANNERS

    found = desk.roster.find(who)
    if found.same_person(person):
        raise NotPermittedError("they leave, so they make none of the visits", hint="name somebody else")
    if not found.roles & PLANNERS:
        raise NotPermittedError(
            f"{found.person.name} may not plan visits", hint="name a practitioner or a manager"
        )
    return found


def open_visits(desk: "Desk", person: "Member") -> OpenVisits:
    """The open visits of somebody, as whoever asks may see them."""
    from visitsafe.find import listed
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.ladder import is_watched
    from visitsafe.state.visit_words import unclosed
    from visitsafe.team.roster import is_self

    mine = [
        hides_duress(one.state, desk.me, desk.now)
        for one in listed(desk)
        if is_self(person, one.state.author, desk.roster.everyone)
    ]
    out, rest = list["PlanState"](), list["PlanState"]()
    for state in (one for one in mine if not one.closed):
        due = is_watched(state, desk.now) and not unclosed(state, desk.now)
        (out if state.visit.out or state.visit.needs_standing_down or due else rest).append(state)
    return OpenVisits(out, rest)


def who_is_out(desk: "Desk", out: "Sequence[PlanState]") -> Iterator[str]:
    """That somebody is out or may be, and who says that they are back once their keys have ended."""
    from visitsafe.text.clock import clock

    said = "they stay on the board, and without a key in the team only the desk can say that they are back"
    for state in out:
        name = state.author.person.name
        due = clock(state.visit.due_back, zone_of(desk.roster), desk.now)
        is_out = state.visit.out or state.visit.needs_standing_down
        off = f"; or, if they are not there, a manager: visitsafe withdraw {state.ref} --reason 'why'"
        yield (
            f"{name} {'is' if is_out else 'may be'} out: {state.ref}, due back {due}; {said}:"
            f" visitsafe back {state.ref} --for '{name}' --known-by HOW{'' if is_out else off}"
        )


def _when(desk: "Desk", state: "PlanState") -> str:
    from visitsafe.text.clock import short_span

    visit = state.body.visit
    return f"{state.ref} ({short_span(visit.start, visit.due_back, zone_of(desk.roster))})"


def _asked(desk: "Desk", person: "Member", rest: "Sequence[PlanState]") -> list[Closing]:
    """What becomes of each visit, as whoever sits here says.

    Raises:
        UsageError: Nobody sits here.
    """
    if not rest:
        return []
    if not has_terminal():
        visits = ", ".join(_when(desk, state) for state in rest)
        raise UsageError(
            f"{person.person.name} has open visits: {visits}; nothing was changed",
            hint="add: --not-made, to close them, or --hand-to PERSON, who plans them anew",
        )
    found: list[Closing] = []
    for state in rest:
        say(f"{_when(desk, state)}:  1 it is not made   2 somebody else makes it   3 leave it open")
        said = ""
        while said not in {"1", "2", "3"}:
            said = ask("Number").strip()
        if said == "1":
            found.append(Closing(state, None))
        elif said == "2":
            found.append(Closing(state, _asked_heir(desk, person)))
    return found


def _asked_heir(desk: "Desk", person: "Member") -> "Member":
    from visitsafe.errors import VisitsafeError

    while True:
        try:
            return _heir(desk, ask("Who makes it"), person)
        except InterruptedByUserError:
            raise
        except VisitsafeError as error:
            say(f"{error.message}; {error.hint}")


def _close(desk: "Desk", closing: Closing, person: "Member") -> str:
    from visitsafe.planning.sign import withdraw

    state, to = closing
    why = f"handed to {to.person.name}, who plans it anew" if to else "not made"
    withdraw(desk, desk.plan(state.plan), f"{why}: {person.person.name} has left the team")
    if to is None:
        return f"{_when(desk, state)} is closed: not made"
    return (
        f"{_when(desk, state)} is handed to {to.person.name}, and is not watched until they have planned it:"
        f" tell them to run: visitsafe plan --repeat {state.ref}"
    )


def _left_open(desk: "Desk", rest: "Sequence[PlanState]", closing: "Sequence[Closing]") -> Iterator[str]:
    closed = {one.state.plan for one in closing}
    for state in rest:
        if state.plan not in closed:
            mend = f"visitsafe withdraw {state.ref} --reason '...'"
            yield f"{_when(desk, state)} is open; a manager closes it: {mend}"


def _outside(desk: "Desk", settings: "Settings", person: "Member", hosts: Sequence[str]) -> Iterator[str]:
    """What no command of ours can end."""
    from visitsafe.store.open import is_postgres, place
    from visitsafe.team.people import meant_by
    from visitsafe.watch.notify import read_reach
    from visitsafe.watch.outbox import GROUPS

    name = person.person.name
    if is_postgres(settings.store):
        yield "- their login in the database, which still reads everything: ALTER ROLE ... NOLOGIN"
    else:
        yield f"- their permission to read {place(settings.store)} and its folder"
    yield "- copies of the record, backups and bundles on their computer, which they can still read"
    contacts = read_reach(settings).contacts
    everyone = desk.roster.everyone

    def is_them(who: str) -> bool:
        return any(one.same_person(person) for one in meant_by(who, everyone))

    for channel in contacts.channels:
        if channel.who not in GROUPS and is_them(channel.who):
            yield f'- the channel "{channel.label}" in {settings.file} reaches them: take it out'
    workers = [one for one, theirs in contacts.line_managers.items() if is_them(theirs)]
    if workers:
        yield f"- {name} is the line manager of {', '.join(workers)} in {settings.file}: name another"
    yield "- channels in the settings of other desks, and mailboxes and telephones that several share"
    if desk.roster.settings.duress is not None:
        yield "- the duress phrase, which they know: visitsafe team duress --set, and tell everybody"
    for host in hosts:
        yield f"- the watch on {host} signs with their key, and nobody heeds it now: start it with another"
    yield from (f"- {text}" for text in _goes_along(desk, person))


def _watching_on(desk: "Desk", person: "Member") -> list[str]:
    """The computers on which a watch signs with their key: once that has ended, nobody heeds it."""
    from visitsafe.watch.heartbeat import read_beats, watch_at

    alive = watch_at(read_beats(desk.store, desk.roster), desk.now, zone_of(desk.roster)).alive
    return [one.body.host for one in alive if one.author.same_person(person)]


def _goes_along(desk: "Desk", person: "Member") -> Iterator[str]:
    """Visits of others that count on them."""
    from visitsafe.find import listed
    from visitsafe.team.roster import is_companion

    for one in listed(desk):
        state = one.state
        if not state.closed and is_companion(person, state.body, desk.roster.everyone):
            worker = state.author.person.name
            yield f"{worker} counts on them to come along on {_when(desk, state)}: tell {worker}"
