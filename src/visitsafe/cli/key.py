"""`visitsafe key`: this person's key."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.opening import invocation, passphrase, public_line_of, settings_of
from visitsafe.cli.output import result, say
from visitsafe.domain.cleaning import clean, has_unseen, quoted
from visitsafe.domain.escape import one_line
from visitsafe.errors import NotPermittedError, SettingsError, UsageError

if TYPE_CHECKING:
    from visitsafe.adapters.settings import Settings

app = typer.Typer(help="Your own signing key.", rich_markup_mode=None, no_args_is_help=True)

KEY_FILE = Path("keys") / "id_ed25519"
LONGEST_NAME = 100
LONGEST_EMAIL = 200


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
    result(fingerprint)


@app.command()
def show(context: typer.Context) -> None:
    """Show your public key and its fingerprint."""
    from visitsafe.signing.sshsig import fingerprint

    settings = settings_of(context)
    if settings.key is None:
        raise SettingsError("you have no key yet", hint="run: visitsafe key new --name ... --email ...")
    line = public_line_of(settings.key)
    email = one_line(settings.email)
    result(f"{one_line(settings.name)} <{email}>\n{fingerprint(line)}\n{line} {email}", exact=True)


def make_key(settings: "Settings", name: str, email: str, secret: bytes | None) -> str:
    """Make and write a key and remember whose it is; its fingerprint.

    Raises:
        NotPermittedError: There is a key already; it is never overwritten.
        UsageError: The name or the e-mail cannot be right.
    """
    from visitsafe.adapters.settings import make_private_folder, remember
    from visitsafe.signing.keys import generate, public_line, write_key
    from visitsafe.signing.sshsig import fingerprint

    name, email = checked_name(name), checked_email(email)
    if settings.key is not None or (settings.home / KEY_FILE).exists():
        raise NotPermittedError(
            f"there is a key already: {settings.key or settings.home / KEY_FILE}",
            hint="it stays as it is; to see it, run: visitsafe key show",
        )
    made = generate(email, secret)
    try:
        make_private_folder(settings.home)
    except OSError as error:
        raise SettingsError(
            f"cannot make {settings.home}: {error.strerror}", hint="set VISITSAFE_HOME"
        ) from error
    write_key(settings.home / KEY_FILE, made)
    remember(settings, "me", name=name, email=email, key=str(KEY_FILE.as_posix()))
    return fingerprint(public_line(made.public_line))


def checked_name(name: str) -> str:
    """A person's name, tidied.

    Raises:
        UsageError: It is empty, too long, or has something in it that cannot be seen.
    """
    name = _seen(name, "name")
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(
            f"a name is needed, of at most {LONGEST_NAME} characters", hint="add: --name 'Sam Carter'"
        )
    return name


def checked_email(email: str) -> str:
    """A person's e-mail, tidied.

    Raises:
        UsageError: It is no e-mail, or has something in it that cannot be seen.
    """
    email = _seen(email, "e-mail")
    name, at, domain = email.partition("@")
    if not (name and at and domain) or "@" in domain or " " in email or len(email) > LONGEST_EMAIL:
        raise UsageError(
            f"{quoted(email)} is not an e-mail address", hint="add: --email sam.carter@council.example"
        )
    return email


def _seen(text: str, what: str) -> str:
    if has_unseen(text) or len(text.strip().splitlines()) > 1:
        raise UsageError(
            f"the {what} has characters in it that cannot be seen", hint="type it again, by hand"
        )
    return clean(text)


def new_passphrase(context: typer.Context) -> bytes:
    """A passphrase for a new key: from VISITSAFE_PASSPHRASE_FILE, else typed twice."""
    import sys
    from getpass import getpass

    environ = invocation(context).environ
    if environ.get("VISITSAFE_PASSPHRASE_FILE"):
        return passphrase(environ)
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
