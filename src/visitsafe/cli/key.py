"""`visitsafe key`: this person's key, made here or kept elsewhere (docs/keys.md)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, say, stands
from visitsafe.errors import LOST_KEY, KeyFileError, UsageError
from visitsafe.membership.joining import checked_email, checked_name
from visitsafe.membership.key_change import (
    KEY_FILE,
    adopt,
    announced,
    finish,
    found_at,
    free_place,
    how_it_signs,
    make_key,
    opened,
    place_of,
    refuse_to_orphan,
)
from visitsafe.opening import desk_of, invocation, passphrase, public_line_of, settings_of
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.ssh import Signer
    from visitsafe.settings import KeyPlace, Settings

app = typer.Typer(help="Your own signing key.", rich_markup_mode=None, no_args_is_help=True)


@app.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Your name, as colleagues know it.")],
    email: Annotated[str, typer.Option(help="Your work e-mail.")],
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Keep the key without a passphrase.")
    ] = False,
) -> None:
    """Make your key: an Ed25519 key in an OpenSSH file that only you can read."""
    settings = settings_of(context)
    secret = None if no_passphrase else new_passphrase(context)
    fingerprint = make_key(settings, name, email, secret)
    say(f"your key is in {settings.home / KEY_FILE}")
    with stands("your key is made"):
        result(fingerprint, exact=True)


@app.command()
def use(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            help="A private key file, the stub of a hardware key, or the .pub of a key in an ssh-agent."
        ),
    ],
    name: Annotated[str, typer.Option(help="Your name, as colleagues know it.")] = "",
    email: Annotated[str, typer.Option(help="Your work e-mail.")] = "",
) -> None:
    """Use a key that you have already: it stays where it is."""
    from visitsafe.record.agent import TRIAL
    from visitsafe.record.ssh import fingerprint
    from visitsafe.settings import switch_key

    settings = settings_of(context)
    held = found_at(path)
    name, email = checked_name(name or settings.name), checked_email(email or settings.email)
    refuse_to_orphan(context, settings, held)
    opened(context, held).sign(TRIAL)
    place = adopt(settings, held, say)
    switch_key(settings, place, name=name, email=email)
    say(how_it_signs(place))
    with stands("this key is yours now"):
        result(fingerprint(held.public_line), exact=True)


@app.command()
def show(context: typer.Context) -> None:
    """Show your public key, its fingerprint, where it is and how it signs."""
    from visitsafe.record.ssh import fingerprint

    settings = settings_of(context)
    place = place_of(settings)
    line = public_line_of(place.path)
    if not place.via and not place.path.exists():
        raise KeyFileError(f"there is no key at {place.path}, only its public half", hint=LOST_KEY)
    name, email = one_line(settings.name), one_line(settings.email)
    words = one_line(how_it_signs(place))
    result(f"{name} <{email}>\n{fingerprint(line)}\n{line} {email}\n{words}", exact=True)


@app.command()
def replace(
    context: typer.Context,
    use: Annotated[
        Path | None, typer.Option(help="Take a key that you have, as `key use` does, and make no new one.")
    ] = None,
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key cannot sign any more: an admin vouches instead.")
    ] = False,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Keep the new key without a passphrase.")
    ] = False,
) -> None:
    """Change to another key; the old one vouches for it and counts no more."""
    from visitsafe.record.agent import TRIAL
    from visitsafe.record.ssh import fingerprint

    settings = settings_of(context)
    place_of(settings)
    if lost:
        place, new = chosen(context, settings, use, no_passphrase)
        new.sign(TRIAL)
        finish(settings, place, say)
        say("the team does not know this key yet; run: visitsafe team join, and send an admin the line")
        say(f"they put it in the place of the lost one: visitsafe team replace {settings.email} LINE")
    else:
        with desk_of(context) as desk:
            done = announced(settings, desk)
            place = done or vouched(context, settings, desk, use, no_passphrase)
        if done:
            say("the team knows your new key from an earlier try already; now it is yours here too")
        finish(settings, place, say)
    say(how_it_signs(place))
    with stands("your key is changed"):
        result(fingerprint(public_line_of(place.path)), exact=True)


def vouched(
    context: typer.Context, settings: "Settings", desk: "Desk", use: Path | None, no_passphrase: bool
) -> "KeyPlace":
    """Choose the new key, and have the old one vouch for it before anything changes here.

    Raises:
        NotPermittedError: The team does not know this person, or knows the new key already.
    """
    import msgspec

    from visitsafe.membership.change import replace_own
    from visitsafe.settings import announce_key

    desk.member()
    old = desk.signer()
    place, new = chosen(context, settings, use, no_passphrase)
    announce_key(settings, place)
    replace_own(msgspec.structs.replace(desk, signer=lambda: old), new, place.seal)
    return place


def chosen(
    context: typer.Context, settings: "Settings", use: Path | None, no_passphrase: bool
) -> "tuple[KeyPlace, Signer]":
    """The new key: the one named, or one that is made now; and it, open."""
    from visitsafe.record.ssh import generate, load, write_key
    from visitsafe.settings import KeyPlace

    if use is not None:
        held = found_at(use)
        return adopt(settings, held, say), opened(context, held)
    secret = None if no_passphrase else new_passphrase(context)
    path = free_place(settings)
    write_key(path, generate(settings.email, secret))
    return KeyPlace(path), load(path, lambda: secret or b"")


def new_passphrase(context: typer.Context) -> bytes:
    """A passphrase for a new key: from VISITSAFE_PASSPHRASE_FILE, else typed twice."""
    import sys
    from getpass import getpass

    run = invocation(context)
    if run.environ.get("VISITSAFE_PASSPHRASE_FILE"):
        return passphrase(run)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for a passphrase",
            hint="add --no-passphrase, or name a file in VISITSAFE_PASSPHRASE_FILE",
        )
    first = getpass("New passphrase for your key: ").encode()
    if not first or getpass("The same again: ").encode() != first:
        raise UsageError(
            "the two were not the same, or empty; no key was made", hint="try again, or add --no-passphrase"
        )
    return first
