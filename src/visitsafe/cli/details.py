"""`visitsafe details`: the worker's own tracing details, and how they get into a plan.

They are kept encrypted on this machine and shown to nobody but their owner, whose key opens them. They are
in no message, no JSON and no error.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli import tracing
from visitsafe.cli.output import agreed, ask, result, say, stands
from visitsafe.errors import KeyFileError, NotFoundError, SettingsError, UsageError, VerificationError
from visitsafe.opening import FIRST, desk_of, invocation, open_file, settings_of, signer_of, warn_if_open
from visitsafe.text.clean import quoted, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from visitsafe.checklists.questionnaire import Questionnaire
    from visitsafe.desk import Desk
    from visitsafe.planning.compose import Intent
    from visitsafe.record.bodies import Sealed
    from visitsafe.record.seal import Identity
    from visitsafe.record.ssh import Signer
    from visitsafe.settings import Settings
    from visitsafe.team.details import Details

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
        raise NotFoundError("there are no tracing details on this computer", hint=tracing.GIVE)
    with stands("your tracing details are removed"):
        result(
            "your tracing details are removed from this computer; plans that you signed keep theirs, sealed"
        )


def _show(context: typer.Context, found: "Details | None") -> None:
    from visitsafe.team.details import LABELS
    from visitsafe.text.clock import age

    if found is None:
        raise NotFoundError("there are no tracing details on this computer", hint=tracing.GIVE)
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
        raise NotFoundError("there is nothing to confirm yet", hint=tracing.GIVE)
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
        say(f"hint: {error.hint or tracing.GIVE}")
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
        say(f"no tracing details go with this plan, because you have given none. {tracing.GIVE_ONCE}")
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
