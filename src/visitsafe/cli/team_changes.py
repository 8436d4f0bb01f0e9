"""`visitsafe team role|revoke|replace|set|export`: what changes in a team, and the team as OpenSSH reads it.

Each command says what it does and what it cannot do. Only `revoke` asks back, and only at a terminal.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import agreed, deliver, has_terminal, result, say, stands
from visitsafe.cli.team_leaving import leave, open_visits, who_is_out
from visitsafe.errors import InterruptedByUserError, NotPermittedError, UsageError
from visitsafe.membership.joining import called, read_line
from visitsafe.opening import UK, desk_of, later
from visitsafe.record.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visitsafe.desk import Desk
    from visitsafe.record.bodies import AgreedBody, Person, Place

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


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(role)
    app.command()(revoke)
    app.command()(leave)
    app.command()(replace)
    app.command("set")(set_)
    app.command()(export)


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
    from visitsafe.state.rules_after import WAITING, agreed_days

    rules = (KEEP_DAYS, KEEP_DAYS_INCIDENT)
    was, now = ([agreed_days(each, rule) for rule in rules] for each in (before, _with(before, agreed)))
    days = min(filter(None, now), default=0)
    shorter = any(new and (not old or new < old) for old, new in zip(was, now, strict=True))
    if not days or was == now or not (shorter or days < YEAR):
        return
    count = cases_older_than(desk.store, desk.now, days)
    if days < YEAR:
        yield f"that keeps records for {days} day{'' if days == 1 else 's'} only, which is less than a year"
    cases = "1 case is" if count == 1 else f"{count} cases are"
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
