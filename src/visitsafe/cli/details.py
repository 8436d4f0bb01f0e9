"""`visitsafe details` and `trace`: the worker's own tracing details, and who opens them, with a reason (D4).

They are kept encrypted on this machine and shown to nobody but their owner, whose key opens them. They are
in no message, no JSON and no error. Opening somebody else's is an entry of the record.
"""

import sys
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import STOP, STRONG, WARN, agreed, ask, fact, heading, put, result, say, stands
from visitsafe.errors import (
    KeyFileError,
    NotFoundError,
    NotPermittedError,
    SettingsError,
    UsageError,
    VerificationError,
    VisitsafeError,
)
from visitsafe.opening import (
    FIRST,
    desk_of,
    invocation,
    open_file,
    settings_of,
    signer_of,
    warn_if_open,
    zone_of,
)
from visitsafe.state.phrases import who_goes
from visitsafe.team.details import Details, is_old
from visitsafe.text.clean import one_line, quoted, terminal
from visitsafe.text.clock import age, date_only, span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from visitsafe.checklists.questionnaire import Questionnaire
    from visitsafe.desk import Desk
    from visitsafe.planning.compose import Intent
    from visitsafe.record.bodies import Sealed
    from visitsafe.record.seal import Identity
    from visitsafe.record.ssh import Signer
    from visitsafe.settings import Settings
    from visitsafe.state.fold import PlanState
    from visitsafe.state.sealed import SealedDetails


INDENT = 2


def show_details(
    console: "Console",
    state: "PlanState",
    sealed: "SealedDetails",
    details: Details,
    by: str,
    now: datetime,
    zone: tzinfo,
) -> None:
    """Write somebody's tracing details.

    Args:
        console: Where to.
        state: The plan.
        sealed: How they were sealed.
        details: What they say.
        by: Who sealed this copy again; empty if it is the worker's own.
        now: For how old they are.
        zone: Whose local time is shown.
    """
    put(console, (f"Tracing details of {sealed.author.person.name} ({state.ref})", STRONG))
    if is_old(sealed.valid_until, now):
        put(
            console,
            (f"Looked over {age(sealed.given, now)}: past its date", WARN),
            "; numbers may have changed.",
        )
    else:
        put(console, f"Looked over {age(sealed.given, now)} ({date_only(sealed.given, zone)}).")
    if sealed.earlier:
        put(console, ("Of an earlier version of the plan", WARN), "; the one in force has none.")
    if by:
        whose = sealed.author.person.name
        put(console, (f"Sealed again by {by}: that this is what {whose} gave is {by}'s word alone.", WARN))
        own = [
            member.person.name
            for member in sealed.at_hand
            if member.fingerprint in sealed.copies[0].sealed.to
        ]
        put(console, f"{whose}'s own copy can be opened by: {', '.join(own) or 'nobody now'}")
    known = details.values
    _telephone(console, known)
    _where(console, state, known, zone)
    _whom(console, known)
    console.print()
    put(console, ("If you fear that somebody is in danger, ring 999 now.", STOP))


def _telephone(console: "Console", known: Mapping[str, str]) -> None:
    heading(console, "To telephone")
    network = f" ({known['mobile-network']})" if "mobile-network" in known else ""
    fact(console, "Mobile", (known.get("mobile", "not given"), STRONG), network, indent=INDENT)
    fact(console, "Home", (known.get("home-phone", "not given"), STRONG), indent=INDENT)
    kin = known.get("next-of-kin", "not given")
    fact(console, "Next of kin", kin, indent=INDENT)
    fact(console, "Their number", (known.get("next-of-kin-phone", "not given"), STRONG), indent=INDENT)


def _where(console: "Console", state: "PlanState", known: Mapping[str, str], zone: tzinfo) -> None:
    visit = state.body.visit
    heading(console, "Where to look")
    fact(
        console,
        "The visit",
        f"{span(visit.start, visit.due_back, zone)}, {who_goes(state.going)}",
        indent=INDENT,
    )
    fact(console, "Case", visit.case, indent=INDENT)
    place = ", ".join(part for part in (visit.address, visit.area) if part.strip())
    fact(console, "Place of the visit", place or "not given", indent=INDENT)
    fact(console, "Home address", known.get("home-address", "not given"), indent=INDENT)
    car = " ".join(known[name] for name in ("car-colour", "car-make") if name in known)
    fact(console, "Car", car or "not given", indent=INDENT)
    fact(console, "Registration", (known.get("car-registration", "not given"), STRONG), indent=INDENT)


def _whom(console: "Console", known: Mapping[str, str]) -> None:
    if not known.keys() & {"recognise", "emergency"}:
        return
    heading(console, "Whom to look for")
    fact(console, "How to recognise them", known.get("recognise", ""), indent=INDENT)
    fact(console, "Worth knowing", known.get("emergency", ""), indent=INDENT)


GIVE = "to give yours: visitsafe details"
GIVE_ONCE = "It takes two minutes, once: visitsafe details"


def trace(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="The plan's reference, such as K7Q2-M9.")] = None,
    reason: Annotated[str, typer.Option(help="Why you open them; it is recorded with your name.")] = "",
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Seal them again, to the managers and duty officers of now.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --reseal: every open plan that somebody cannot open.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")] = False,
    json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    """Open the tracing details of somebody who has not come back."""
    from visitsafe.membership.details import unlocked_once
    from visitsafe.text.clean import clean

    if json:
        raise UsageError("tracing details are shown at a terminal and never as JSON", hint="leave out --json")
    if (every and not reseal) or every == bool(ref):
        raise UsageError("which plan", hint="visitsafe trace K7Q2-M9 --reason '...', or --reseal --all")
    reason = clean(reason, lines=True)
    if not reason:
        raise UsageError("opening tracing details needs a reason", hint="add: --reason 'not back, no answer'")
    with desk_of(context) as opened:
        desk = unlocked_once(opened)
        if every:
            _reseal_all(context, desk, reason)
        elif reseal:
            _reseal(context, desk, desk.plan(desk.resolve(ref or "")), reason)
        else:
            _trace(context, desk, desk.plan(desk.resolve(ref or "")), reason, plain=plain)


def _trace(context: typer.Context, desk: "Desk", state: "PlanState", reason: str, *, plain: bool) -> None:
    from visitsafe.cli.output import make_console
    from visitsafe.membership.details import open_details

    opened = open_details(desk, state, reason, unlock(context))
    say(f"recorded in {state.ref}: opened by {desk.member().person.name}")
    console = make_console(plain=plain, environ=invocation(context).environ)
    show_details(console, state, opened.sealed, opened.details, opened.by, desk.now, zone_of(desk.roster))


def _reseal(context: typer.Context, desk: "Desk", state: "PlanState", reason: str) -> None:
    from visitsafe.membership.details import reseal
    from visitsafe.state.sealed import names

    done = reseal(desk, state, reason, unlock(context))
    with stands(f"the tracing details of {state.ref} are sealed again"):
        result(one_line(f"{state.ref}: sealed again to {names(done.sealed.openers if done.sealed else [])}"))


def _reseal_all(context: typer.Context, desk: "Desk", reason: str) -> None:
    """Each plan that can be; those that cannot are named, and then the exit code is 1."""
    from visitsafe.membership.details import to_reseal

    left = []
    states = to_reseal(desk)
    for state in states:
        try:
            _reseal(context, desk, state, reason)
        except VisitsafeError as error:
            left.append(state.ref)
            say(f"{state.ref}: {error.message}")
            say(f"hint: {error.hint}")
    if not states:
        result("every manager and duty officer can open the tracing details in every open plan")
    if left:
        raise NotPermittedError(
            f"{len(left)} of {len(states)} plans could not be sealed again: {', '.join(left)}",
            hint="somebody who can open them runs the same command",
        )


NEEDED = ("home-address", "mobile", "car-registration", "next-of-kin", "next-of-kin-phone")


def details(
    context: typer.Context,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="NAME=VALUE; may be repeated. Others can see it while it runs: see --from."
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--from", help="Take all of them from this YAML file; - for a pipe.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="I have looked all of them over today; they are right.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show them to me.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove them from this computer.")] = False,
) -> None:
    """Your own tracing details: what your manager needs to find you if you do not come back."""
    settings = settings_of(context)
    if (show and (values or file or confirm)) or (clear and (values or file or confirm or show)):
        raise UsageError("--show and --clear stand alone", hint="see: visitsafe details --help")
    if clear:
        _clear(settings)
        return
    identities = unlock(context)(signer_of(context))
    if show:
        _show(context, _kept(settings, identities))
    elif values or file or confirm:
        found = _kept(settings, identities)
        _keep(
            context,
            settings,
            identities,
            _from_flags(context, found, values or (), file),
            looked=bool(file) or confirm,
        )
    else:
        _keep(context, settings, identities, _asked(context, _kept(settings, identities)), looked=True)


def unlock(context: typer.Context) -> "Callable[[Signer], Sequence[Identity]]":
    """What can decrypt for this person: their key that is open already, and their age key if they have one.

    A key that signs in an agent is read from its file only if there is no age key.
    """
    from visitsafe.record.seal import identity_of, read_identity
    from visitsafe.record.ssh import FileSigner

    settings = settings_of(context)

    def identities(signer: "Signer") -> "Sequence[Identity]":
        found = read_identity(settings.sealing)
        own = [found] if found else []
        if isinstance(signer, FileSigner):
            own.append(identity_of(signer))
        elif not own:
            if settings.key is None:
                raise KeyFileError("you have no key yet", hint=FIRST)
            own.append(identity_of(open_file(context, settings.key)))
        return own

    return identities


def _kept(settings: "Settings", identities: "Sequence[Identity]") -> "Details | None":
    """The details on this machine, opened; None if there are none."""
    from visitsafe.membership.details import read_sealed
    from visitsafe.record.seal import unseal
    from visitsafe.team.details import from_bytes

    sealed = read_sealed(settings.home)
    if sealed is None:
        return None
    try:
        return from_bytes(unseal(sealed, identities))
    except VerificationError:
        raise SettingsError(
            "your tracing details on this computer do not open: the file is damaged, or of an older key",
            hint="remove them with visitsafe details --clear, then give them again: visitsafe details",
        ) from None


def _keep(
    context: typer.Context,
    settings: "Settings",
    identities: "Sequence[Identity]",
    found: "Details",
    *,
    looked: bool,
) -> None:
    """Write them, to the person's own keys only; `looked` if all of them were looked over just now."""
    from msgspec.structs import replace

    from visitsafe.membership.details import write_sealed
    from visitsafe.record.seal import seal
    from visitsafe.team.details import LABELS, to_bytes
    from visitsafe.text.clock import age, to_text

    now = invocation(context).now
    if looked or not found.given:
        found = replace(found, given=to_text(now))
    if not found.values:
        raise UsageError("there is nothing to keep", hint="to remove what is kept: visitsafe details --clear")
    path = write_sealed(settings.home, seal(to_bytes(found), [one.recipient for one in identities]))
    say(f"kept in {path}, encrypted to your key; looked over {age(found.given, now)}")
    if not looked and age(found.given, now) != "today":
        say("if the rest is right too, say so: visitsafe details --confirm")
    missing = [LABELS[name] for name in NEEDED if name in found.empty]
    if missing:
        say(f"still empty: {'; '.join(missing)}")
    with stands("your tracing details are kept"):
        result("your tracing details are kept; they go, sealed, into every plan that you sign from now on")


def _clear(settings: "Settings") -> None:
    from visitsafe.membership.details import remove

    if not remove(settings.home):
        raise NotFoundError("there are no tracing details on this computer", hint=GIVE)
    with stands("your tracing details are removed"):
        result(
            "your tracing details are removed from this computer; plans that you signed keep theirs, sealed"
        )


def _show(context: typer.Context, found: "Details | None") -> None:
    from visitsafe.team.details import LABELS
    from visitsafe.text.clock import age

    if found is None:
        raise NotFoundError("there are no tracing details on this computer", hint=GIVE)
    say(f"looked over {age(found.given, invocation(context).now)}")
    for name, value in found.values.items():
        result(f"{LABELS[name]}: {terminal(value)}")


def _country(context: typer.Context) -> str:
    """Whose telephone numbers the team means; without a team to ask, those of this country."""
    from visitsafe.errors import VisitsafeError

    if not settings_of(context).team:
        return ""
    try:
        with desk_of(context, warn=lambda _: None) as desk:
            return desk.roster.settings.country or ""
    except VisitsafeError:
        return ""


def _from_flags(
    context: typer.Context, found: "Details | None", values: "Sequence[str]", file: str | None
) -> "Details":
    """The details with what flags say. A file stands for all of them, so that nothing old stays unseen."""
    from visitsafe.membership.details import read_clear
    from visitsafe.team.details import Details, changed, cleaned

    if not values and file is None and found is None:
        raise NotFoundError("there is nothing to confirm yet", hint=GIVE)
    country = _country(context)
    given: Mapping[str, str] = {} if file is None else read_clear(file, country)
    if file is not None and file != "-":
        with Path(file).open("rb") as clear:
            warn_if_open(say, clear.fileno(), "your details", Path(file))
    typed = dict(_pair(value) for value in values)
    base = found if found is not None and file is None else Details()
    return changed(base, {**given, **{name: cleaned(name, raw, country) for name, raw in typed.items()}})


def _pair(text: str) -> tuple[str, str]:
    """A name and a value. Whatever was typed may be a value, so none of it is repeated."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError("--set takes NAME=VALUE", hint="for example: --set mobile='07700 900123'")
    return name.strip(), value


def _asked(context: typer.Context, found: "Details | None") -> "Details":
    """Ask for each at the terminal, one line each, and read all of it back until the answer is a yes."""
    from visitsafe.team.details import LABELS, Details, changed

    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "there is no terminal to ask at",
            hint="use --from FILE, --set NAME=VALUE, --confirm or --show; names: " + ", ".join(LABELS),
        )
    say("Only managers and duty officers can open these, each time with a reason that is recorded.")
    say("Enter keeps what is in brackets, - takes it out. Ctrl+C stops, and nothing is changed.")
    base, country = found or Details(), _country(context)
    while True:
        for name in LABELS:
            base = changed(base, {name: _asked_one(name, base.values.get(name, ""), country)})
        for name, value in base.values.items():
            say(f"{LABELS[name]}: {terminal(value)}")
        if not base.values or agreed("Keep this?"):
            return base


def _asked_one(name: str, now: str, country: str) -> str:
    """One of them: Enter keeps what there is, - takes it out."""
    from visitsafe.team.details import LABELS, cleaned

    while True:
        typed = ask(f"{LABELS[name]}{f' [{terminal(now)}]' if now else ''}", needed=False)
        if typed in {"", "-"}:
            return "" if typed else now
        try:
            value = cleaned(name, typed, country, quoted(typed))
        except UsageError as error:
            say(f"{error.message}; {error.hint}")
            continue
        if value not in {now, typed}:
            say(f"that is {terminal(value)}")
        return value


def with_details(
    context: typer.Context, desk: "Desk", questionnaire: "Questionnaire", intent: "Intent"
) -> "tuple[Desk, Intent]":
    """What is about to be signed, with the worker's details sealed into it, and the desk with its key open.

    A plan without them is better than none: whatever is wrong with them is said, and the manager sees it.
    """
    from msgspec.structs import replace

    from visitsafe.membership.details import unlocked_once

    desk = unlocked_once(desk)
    signer = desk.signer()
    try:
        sealed = _sealed(settings_of(context), desk, questionnaire, lambda: unlock(context)(signer))
    except (SettingsError, KeyFileError) as error:
        say(f"no tracing details go with this plan: {error.message}")
        say(f"hint: {error.hint or GIVE}")
        sealed = None
    return desk, replace(intent, sealed=sealed)


def _sealed(
    settings: "Settings",
    desk: "Desk",
    questionnaire: "Questionnaire",
    identities: "Callable[[], Sequence[Identity]]",
) -> "Sealed | None":
    from visitsafe.membership.details import read_sealed, seal_details, sealed_to, valid_days
    from visitsafe.state.sealed import names
    from visitsafe.team.details import is_old
    from visitsafe.text.clock import age

    if read_sealed(settings.home) is None:
        say(f"no tracing details go with this plan, because you have given none. {GIVE_ONCE}")
        return None
    found = _kept(settings, identities())
    sealed = seal_details(desk, found, valid_days(questionnaire)) if found else None
    if sealed is None:
        say("no tracing details go with this plan: there is no other manager or duty officer to seal them to")
        return None
    say(f"your tracing details go with it, sealed to {names(sealed_to(desk, desk.member()))}")
    if is_old(sealed.valid_until, desk.now):
        say(f"you looked them over {age(sealed.given, desk.now)}; please do so again: visitsafe details")
    return sealed
