"""`visitsafe team`: founding, joining, who is in it, what changes, who leaves, the phrase for duress.

Each command says what it does and what it cannot do. Whatever takes somebody out of the team names their
open visits, and asks where somebody may be out.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from visitsafe.cli.output import agreed, ask, deliver, has_terminal, result, result_json, say, stands
from visitsafe.errors import (
    InterruptedByUserError,
    NotFoundError,
    NotPermittedError,
    SettingsError,
    UsageError,
)
from visitsafe.membership.joining import (
    called,
    check_email,
    fingerprint_of,
    found_team,
    myself,
    namesakes,
    read_line,
    read_place,
)
from visitsafe.opening import (
    UK,
    desk_of,
    later,
    settings_of,
    signer_of,
    warn_if_open,
    zone_of,
)
from visitsafe.record.bodies import KEEP_DAYS_INCIDENT
from visitsafe.record.terms import ROLE_WORDS, Role
from visitsafe.state.rules import agreed_days
from visitsafe.text.clean import one_line, terminal, things
from visitsafe.text.clock import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from visitsafe.desk import Desk
    from visitsafe.record.bodies import AgreedBody, Person, Place
    from visitsafe.settings import Settings
    from visitsafe.state.fold import PlanState
    from visitsafe.team.people import Member
    from visitsafe.team.roster import Roster


LONGEST = 200


def duress(
    context: typer.Context,
    new: Annotated[bool, typer.Option("--set", help="Agree on a new phrase.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show it, to managers and duty officers.")] = False,
    file: Annotated[
        Path | None, typer.Option("--from-file", help="With --set: read the phrase from this file.")
    ] = None,
) -> None:
    """The phrase by which a colleague says on the telephone that they are not safe."""
    if new == show or (file and not new):
        raise UsageError("set the phrase, or show it", hint="visitsafe team duress --set, or --show")
    if new:
        _set(context, file)
    else:
        _show(context)


def _set(context: typer.Context, file: Path | None) -> None:
    from visitsafe.membership.change import agree
    from visitsafe.opening import opened
    from visitsafe.record.bodies import AgreedBody
    from visitsafe.text.clean import clean
    from visitsafe.visits.phrase import seal_phrase

    with desk_of(context) as desk:
        signing = opened(desk) if file is None else desk
        phrase = clean(_typed() if file is None else _read(file))
        if not phrase or len(phrase) > LONGEST:
            raise UsageError(
                f"the phrase is empty, or longer than {LONGEST} characters", hint="choose another"
            )
        agree(signing, AgreedBody(duress=seal_phrase(signing, phrase)))
    say("tell everybody who visits, by word of mouth; nobody should have to look it up")
    with stands("the duress phrase is agreed"):
        result("the duress phrase is agreed, sealed to managers and duty officers")


def _show(context: typer.Context) -> None:
    from visitsafe.cli.details import unlock
    from visitsafe.visits.phrase import open_phrase

    with desk_of(context) as desk:
        result(terminal(open_phrase(desk, desk.roster.settings.duress, unlock(context))))


def _typed() -> str:
    """The phrase, typed twice without showing it."""
    from getpass import getpass

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("there is no terminal to type the phrase at", hint="add: --from-file FILE")
    try:
        first = getpass("Duress phrase (not shown): ")
        if getpass("The same again: ") != first:
            raise UsageError("the two were not the same; nothing was changed", hint="try again")
    except EOFError:
        raise InterruptedByUserError("stopped; nothing was changed") from None
    return first


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            warn_if_open(say, opened.fileno(), "the phrase", file)
            return opened.read()
    except FileNotFoundError:
        raise NotFoundError("the file with the phrase is not there", hint=f"looked at: {file}") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("the file with the phrase cannot be read", hint=f"looked at: {file}") from None


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


YEAR = 365
"""Days: who keeps records for less is told what that removes."""
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Who = Annotated[str, typer.Argument(help="A member's name, e-mail, or key fingerprint.")]

REVOKING = (
    "what revoking does: nothing that is signed with this key from now on counts, and it never comes back",
    "what was signed and taken in before stays as it is; look through it with: visitsafe list",
    "what it does not do: it takes nothing back from this person",
    "copies of the record that they have, and details that were sealed to their key, they can still read",
    "other stores learn of it when they take in the team's record",
    "for somebody who leaves there is one command, which sees to their open visits too: visitsafe team leave",
)


def ask_about_clock(desk: "Desk", *, yes: bool) -> None:
    """Warn and ask where the record holds what this clock has not reached yet, before somebody loses a right.

    It is asked and not refused: one entry by a clock that is years ahead must not keep a key from being
    revoked.

    Raises:
        UsageError: There is nobody to ask, and no `--yes`.
        InterruptedByUserError: The clock is not right.
    """
    from visitsafe.membership.change import newest_claim
    from visitsafe.opening import zone_of
    from visitsafe.text.clock import from_text, in_full

    newest = newest_claim(desk)
    if not newest:
        return
    zone = zone_of(desk.roster)
    mine, theirs = in_full(desk.now, zone), in_full(from_text(newest), zone)
    say(f"your clock says {mine}, and the record holds something from {theirs}: one of the two is wrong")
    say(
        "by your clock this comes before that: decisions to go ahead, reports of being back and alarms ended "
        "since then would count no more; plans, refusals and departures stay, and nobody is watched less"
    )
    if yes:
        return
    if not has_terminal():
        raise UsageError("nothing was changed", hint="set the clock; if yours is the right one, add: --yes")
    ask_back("Is your clock right?")


def role(
    context: typer.Context,
    who: Who,
    roles: Annotated[
        list[Role] | None,
        typer.Option("--role", help="The roles in place of those they have; repeat it for each."),
    ] = None,
    add: Annotated[
        list[Role] | None, typer.Option("--add", help="A role besides those they have; may be repeated.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Give a member a role besides those they have, or a new set of roles.

    There are practitioner, manager, duty and admin; and watch, for a computer that watches and at which
    nobody sits, which goes with no other.
    """
    from visitsafe.membership.change import change_roles

    if bool(roles) == bool(add):
        raise UsageError(
            "say which role they get, or which roles they have from now on",
            hint="visitsafe team role WHO --add admin, or: --role practitioner --role admin",
        )
    with desk_of(context) as desk:
        ask_about_clock(desk, yes=yes)
        before = change_roles(later(context, desk), who, roles or add or [], keep=bool(add))
    held = sorted({held for member in before for held in member.roles})
    roles = roles or [*held, *(one for one in add or [] if one not in held)]
    say(f"before: {', '.join(held) or 'no role'}; what they signed until now keeps the roles of its time")
    with stands("the roles are changed"):
        result(f"{called(before[0].person)} is now: {', '.join(dict.fromkeys(roles))}")


def revoke(
    context: typer.Context,
    who: Who,
    reason: Annotated[str, typer.Option(help="Why, in a few words; everybody in the team can read it.")],
    yes: Yes = False,
) -> None:
    """Revoke a member's keys, or the one key with a fingerprint: it counts no more."""
    from visitsafe.membership.change import revoke as revoke_in
    from visitsafe.membership.change import who_is_meant
    from visitsafe.text.clean import clean

    with desk_of(context) as desk:
        meant = who_is_meant(desk, who)
        say(f"{called(meant[0].person)}: {', '.join(member.fingerprint for member in meant)}")
        for sentence in (*REVOKING, *who_is_out(desk, open_visits(desk, meant[0]).out)):
            say(sentence)
        ask_about_clock(desk, yes=yes)
        if not yes and has_terminal():
            ask_back("Revoke?")
        revoke_in(later(context, desk), who, clean(reason))
    say("if plans carry details sealed to managers and duty officers, the next plan leaves this person out")
    with stands("the key is revoked"):
        result(f"revoked {called(meant[0].person)}")


def replace(
    context: typer.Context,
    who: Who,
    line: Annotated[str, typer.Argument(help="What `visitsafe team join` printed with their new key.")],
    yes: Yes = False,
) -> None:
    """Replace a key that a member has lost by their new one, which takes over the roles."""
    from visitsafe.membership.change import replace_lost
    from visitsafe.team.people import fingerprint_in

    person = read_line(line)
    with desk_of(context) as desk:
        check_fingerprint(person)
        ask_about_clock(desk, yes=yes)
        old = replace_lost(later(context, desk), who, person)
    say(f"the old key {old.fingerprint} counts no more, and never comes back")
    with stands("the key is replaced"):
        result(f"{called(old.person)} now has the key {fingerprint_in(person)}")


def set_(
    context: typer.Context,
    place: Annotated[
        str, typer.Option(help="Where the team works, for daylight: a town, or 'Salford, 53.49, -2.29'.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="The team's time zone, such as Europe/London.")] = "",
    desk_phone: Annotated[
        str | None, typer.Option(help="The duty desk's telephone number; '' takes it out.")
    ] = None,
    country: Annotated[
        str, typer.Option(help="Whose telephone numbers are meant where none is named: GB, IE, ...")
    ] = "",
    keep_days: Annotated[
        int | None, typer.Option(help="For how many days a case's records are kept after its last visit.")
    ] = None,
    keep_days_incident: Annotated[
        int | None, typer.Option(help="The same for a case with an incident, if that is longer.")
    ] = None,
) -> None:
    """Set what everyone in the team must agree on; what is not named stays as it is."""
    from msgspec import UNSET

    from visitsafe.membership.change import agree
    from visitsafe.record.bodies import AgreedBody

    with desk_of(context) as desk:
        before = desk.roster.settings
        own = _country(country)
        agreed = AgreedBody(
            place=_place(place, timezone, desk.roster.place),
            desk_phone=None if desk_phone is None else _phone(desk_phone, own or before.country or ""),
            country=own or UNSET,
            keep_days=keep_days,
            keep_days_incident=keep_days_incident,
        )
        agree(desk, agreed)
        for sentence in (*_if_shorter(desk, before, agreed), *_cards(desk, before, agreed)):
            say(sentence)
    with stands("the team has agreed on it"):
        result("the team has agreed on it; to see it: visitsafe team list")


def export(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
) -> None:
    """Print the team as an OpenSSH allowed_signers file, with the time in which each key was good."""
    from visitsafe.membership.change import allowed_signers

    with desk_of(context) as desk:
        text = allowed_signers(desk.roster)
    how = f"ssh-keygen -Y verify -f {out} -Overify-time=..."
    deliver(out, text, f"; OpenSSH 9.1 or newer reads it: {how}")


def _if_shorter(desk: "Desk", before: "AgreedBody", agreed: "AgreedBody") -> "Iterator[str]":
    """What a shorter time for which records are kept does, and from when on; for less than a year always."""
    from visitsafe.record.bodies import KEEP_DAYS, KEEP_DAYS_INCIDENT
    from visitsafe.retention.purge_scan import cases_older_than
    from visitsafe.state.rules import WAITING, agreed_days

    rules = (KEEP_DAYS, KEEP_DAYS_INCIDENT)
    was, now = ([agreed_days(each, rule) for rule in rules] for each in (before, _with(before, agreed)))
    days = min(filter(None, now), default=0)
    shorter = any(new and (not old or new < old) for old, new in zip(was, now, strict=True))
    if not days or was == now or not (shorter or days < YEAR):
        return
    count = cases_older_than(desk.store, desk.now, days)
    if days < YEAR:
        yield f"that keeps records for {things(days, 'day')} only, which is less than a year"
    cases = things(count, "case is", "cases are")
    yield f"{cases} older than that now, and can go with visitsafe store purge; what is open or held stays"
    if shorter:
        since = (desk.now + WAITING).date()
        yield f"nothing goes by a shorter time before {since}: until then you can set it back"


def _with(before: "AgreedBody", agreed: "AgreedBody") -> "AgreedBody":
    """What stands once something more was agreed on."""
    import msgspec

    given = msgspec.structs.asdict(agreed).items()
    stated = {name: value for name, value in given if value not in {None, msgspec.UNSET}}
    return msgspec.structs.replace(before, **stated)


def ask_back(question: str) -> None:
    """Go on only with a yes.

    Raises:
        InterruptedByUserError: It was a no.
    """
    if not agreed(question):
        raise InterruptedByUserError("stopped; nothing was changed")


def _place(text: str, timezone: str, current: "Place | None") -> "Place | None":
    """The place to agree on; a time zone alone goes with the place as it is."""
    import msgspec

    from visitsafe.membership.joining import read_place

    if not text.strip() and not timezone.strip():
        return None
    found = read_place(text, timezone.strip() or (current.timezone if current else UK)) or current
    if found is None:
        raise UsageError("the team has no place yet", hint="add: --place 'Salford, 53.49, -2.29'")
    return msgspec.structs.replace(found, timezone=timezone.strip()) if timezone.strip() else found


def _phone(raw: str, country: str) -> str:
    from visitsafe.text.clean import quoted
    from visitsafe.text.phones import PhoneError, telephone

    if not raw.strip():
        return ""
    try:
        return telephone(raw, country)
    except PhoneError as error:
        raise UsageError(f"{quoted(raw)} is not a telephone number", hint=error.sentence) from error


def _country(raw: str) -> str:
    from visitsafe.text.clean import quoted
    from visitsafe.text.phones import is_country

    country = raw.strip().upper()
    if country and not is_country(country):
        raise UsageError(f"{quoted(raw)} is not a country", hint="two letters, such as GB or IE")
    return country


def _cards(desk: "Desk", before: "AgreedBody", agreed: "AgreedBody") -> "Iterator[str]":
    """What the desk's number is now, and whose cards, printed or on a telephone, have the one before."""
    if agreed.desk_phone:
        yield f"the desk's number is {agreed.desk_phone}"
    if agreed.desk_phone is None or not before.desk_phone or agreed.desk_phone == before.desk_phone:
        return
    from visitsafe.find import listed
    from visitsafe.state.duress_redaction import hides_duress

    for state in (hides_duress(one.state, desk.me, desk.now) for one in listed(desk)):
        name, out = state.author.person.name, state.visit.out
        has = "is out with a card that says" if out else "may have a card that says"
        yield f"{name} {has} {before.desk_phone}; {'ring' if out else 'tell'} them ({state.ref})"


def check_fingerprint(person: "Person") -> None:
    """Show whose key it claims to be; where there is somebody to ask, have them compare it first.

    Raises:
        NotPermittedError: It is not what they read over the telephone.
    """
    from visitsafe.team.people import fingerprint_in

    say(f"this line is from {called(person)}")
    say(f"their key: {fingerprint_in(person)}")
    if not has_terminal():
        say("compare this with them over the telephone")
        return
    if not agreed("Is this the fingerprint that they read to you over the telephone?"):
        raise NotPermittedError(
            "nothing was signed, and nobody was added",
            hint="ring them on a number that you know, and ask for a new line",
        )


app = typer.Typer(help="The people who plan, decide and watch.", rich_markup_mode=None, no_args_is_help=True)
for command in (role, revoke, leave, replace):
    app.command()(command)
app.command("set")(set_)
app.command()(export)

Roles = Annotated[
    list[Role],
    typer.Option(
        "--role", help="practitioner, manager, duty, admin, or watch for a computer; may be repeated."
    ),
]


@app.command()
def found(
    context: typer.Context,
    role: Roles,
    name: Annotated[str, typer.Option(help="What the team is called.")] = "Our team",
    place: Annotated[
        str, typer.Option(help="Where the team works, for daylight: a town, or 'Salford, 53.49, -2.29'.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="The team's time zone.")] = "Europe/London",
) -> None:
    """Found the team of a new store; you become its first admin."""
    settings = settings_of(context)
    where = read_place(place, timezone)
    team_id, already = found_team(context, settings, name, role, where)
    if already:
        say(f"you have already founded the team {already!r} in this store; this computer now belongs to it")
    else:
        say(f"founded the team {name!r}; you are an admin")
    with stands("the team is founded"):
        result(team_id, exact=True)


@app.command()
def join(
    context: typer.Context,
    team_id: Annotated[
        str,
        typer.Option("--team-id", help="Belong to the team with this id, as an admin told you."),
    ] = "",
) -> None:
    """Print the line that an admin passes to `team add`."""
    from visitsafe.membership.change import join_line

    settings = settings_of(context)
    me = myself(settings)
    if team_id:
        _pin(settings, team_id)
    line = join_line(me, signer_of(context))
    say(
        "send this line to an admin of your team, and read your key's fingerprint to them over the telephone:"
    )
    say(fingerprint_of(settings))
    result(line, exact=True)


def _pin(settings: "Settings", team_id: str) -> None:
    """Belong to the team of the store that an admin named, whichever it was before."""
    from visitsafe.desk import open_roster, team_named
    from visitsafe.settings import pin_team
    from visitsafe.store.open import open_store

    store = open_store(settings.store)
    try:
        pinned = team_named(store, team_id)
        name = open_roster(store, pinned).name
    finally:
        store.close()
    pin_team(settings, pinned)
    if settings.team and settings.team != pinned:
        say(f"this computer belonged to the team {settings.team[:12]} before")
    say(f"from now on this computer belongs to the team {name!r} ({pinned[:12]})")


@app.command()
def add(
    context: typer.Context,
    line: Annotated[str, typer.Argument(help="The line that `visitsafe team join` printed.")],
    role: Roles,
    second_key: Annotated[
        bool, typer.Option("--second-key", help="It is another key of a member with the same e-mail.")
    ] = False,
) -> None:
    """Add the person who sent a join line."""
    from visitsafe.membership.change import add as add_to
    from visitsafe.team.people import fingerprint_in

    person = read_line(line)
    with desk_of(context) as desk:
        for note in (
            *check_email(desk.roster, person, second_key=second_key),
            *namesakes(desk.roster, person),
        ):
            say(note)
        check_fingerprint(person)
        add_to(later(context, desk), person, role)
    with stands(f"{person.name} is added"):
        result(f"added {called(person)} as {', '.join(role)}: {fingerprint_in(person)}")


@app.command("list")
def list_(
    context: typer.Context,
    everyone: Annotated[bool, typer.Option("--all", help="With the keys that count no more.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show who is in the team, and what it has agreed on."""
    with desk_of(context) as desk:
        roster = desk.roster
    if json:
        result_json(team_shape(roster, everyone=everyone))
        return
    result("\n".join(team_lines(roster, zone_of(roster), everyone=everyone)))


app.command()(duress)


def team_lines(roster: "Roster", zone: tzinfo, *, everyone: bool) -> list[str]:
    """The team as lines for a terminal: members, those who have gone if `everyone`, what was agreed on."""
    lines = [f"{one_line(roster.name)}  (team {roster.team_id[:12]})"]
    lines += [_member_line(member, zone) for member in _sorted(roster.members.values())]
    gone = [member for member in _sorted(roster.known.values()) if member.until]
    if everyone and gone:
        lines.append("Keys that count no more:")
        lines += [_gone_line(member, zone) for member in gone]
    elif gone:
        lines.append(f"{things(len(gone), 'key')} no more in the team: visitsafe team list --all")
    lines += [f"{label}: {one_line(text)}" for label, text in _agreed(roster) if text]
    return lines + [f"Note: {one_line(sentence)}" for sentence in (*roster.problems, *roster.notes)]


def team_shape(roster: "Roster", *, everyone: bool = False) -> dict[str, object]:
    """The team as JSON shows it; those who have gone too if `everyone`."""
    agreed = roster.settings
    shape: dict[str, object] = {
        "id": roster.team_id,
        "name": roster.name,
        "timezone": roster.place.timezone if roster.place else None,
        "place": roster.place.name if roster.place else None,
        "desk_phone": agreed.desk_phone or None,
        "country": agreed.country or None,
        "keep_days": agreed.keep_days,
        "keep_days_incident": agreed.keep_days_incident and agreed_days(agreed, KEEP_DAYS_INCIDENT),
        "duress_phrase": agreed.duress is not None,
        "members": [_shape(member) for member in _sorted(roster.members.values())],
        "problems": roster.problems,
        "notes": roster.notes,
    }
    if everyone:
        gone = (member for member in _sorted(roster.known.values()) if member.until)
        shape["gone"] = [{**_shape(one), "until": one.until, "why": one.why_ended} for one in gone]
    return shape


def day(at: str, zone: tzinfo) -> str:
    """The day of an entry's time where the team works: `23 November 2026`."""
    local = from_text(at).astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def _shape(member: "Member") -> dict[str, object]:
    return {
        "name": member.person.name,
        "email": member.person.email,
        "fingerprint": member.fingerprint,
        "roles": sorted(member.roles),
        "since": member.since,
    }


def _sorted(members: "Iterable[Member]") -> "list[Member]":
    return sorted(members, key=lambda one: (one.person.name, one.since, one.fingerprint))


def _member_line(member: "Member", zone: tzinfo) -> str:
    roles = ", ".join(ROLE_WORDS[role] for role in sorted(member.roles)) or "no role"
    return f"  {_called(member)}: {roles}, since {day(member.since, zone)}"


def _gone_line(member: "Member", zone: tzinfo) -> str:
    return (
        f"  {_called(member)}: {day(member.since, zone)} to {day(member.until, zone)},"
        f" {one_line(member.why_ended)}  ({member.fingerprint})"
    )


def _called(member: "Member") -> str:
    return f"{one_line(member.person.name)} <{one_line(member.person.email)}>"


def _agreed(roster: "Roster") -> list[tuple[str, str]]:
    agreed = roster.settings
    place = f"{agreed.place.name} ({agreed.place.timezone})" if agreed.place else ""
    return [
        ("Place", place),
        ("Duty desk's telephone", agreed.desk_phone or ""),
        ("Country of telephone numbers", agreed.country or ""),
        ("Duress phrase", "agreed" if agreed.duress else ""),
        ("Records are kept for", _days(agreed.keep_days)),
        ("Records of cases with an incident are kept for", _with_incident(agreed)),
    ]


def _with_incident(agreed: "AgreedBody") -> str:
    """The time that counts; a shorter one than the ordinary never does."""
    said, counts = agreed.keep_days_incident, agreed_days(agreed, KEEP_DAYS_INCIDENT)
    if said is None or said == counts:
        return _days(said)
    return f"{_days(counts)}, as all others: the {_days(said)} agreed for them are fewer, and do not count"


def _days(days: int | None) -> str:
    return things(days, "day") if days else ""
