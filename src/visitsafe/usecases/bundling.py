"""A plan's record as files that OpenSSH alone can check: entries, signatures, allowed signers, a README."""

from collections.abc import Mapping, Sequence

from visitsafe.domain.fold import PlanState
from visitsafe.domain.plan import Person
from visitsafe.domain.roster import Roster
from visitsafe.domain.terms import NAMESPACE
from visitsafe.domain.verified import Verified
from visitsafe.errors import VisitsafeError
from visitsafe.signing.keys import public_line
from visitsafe.usecases.desk import Desk

README = """\
This folder holds the record of the visit plan {ref}, and of the team that made it.

entries/        one file for each signed entry, byte for byte as it was signed, in the order of the record
entries/*.sig   the OpenSSH signature of the entry beside it
allowed_signers who may sign: one line for each member of the team, with their public key

You need nothing but OpenSSH 8.1 or newer, which comes with Windows, macOS and Linux. In this folder:

{commands}

"Good" means: this person's key signed exactly these bytes. It does not mean that what they say is true, and
the time in an entry is what the signer's own clock said. Before you rely on allowed_signers, compare the
fingerprints with ones that you got from the people themselves: ssh-keygen -lf allowed_signers
The id of an entry is the SHA-256 of its file (sha256sum); the entries that its author had seen are named by
their ids in "after". The team is {team}.

This record holds everything that was signed, personal details too. Keep it as you keep the case file.
"""


def bundle(desk: Desk, state: PlanState) -> Mapping[str, bytes]:
    """The files of a bundle by name."""
    entries = [*desk.roster.order.entries, *(judged.entry for judged in state.judged)]
    names = [_name(number, entry) for number, entry in enumerate(entries, 1)]
    files: dict[str, bytes] = {"allowed_signers": allowed_signers(desk.roster).encode()}
    for name, entry in zip(names, entries, strict=True):
        files[name] = entry.entry.payload
        files[f"{name}.sig"] = entry.entry.signature.encode()
    files["README.txt"] = _readme(desk.roster, state, names, entries).encode()
    return files


def _name(number: int, entry: Verified) -> str:
    kind = "".join(
        character for character in entry.content.kind if character.isascii() and character.isalnum()
    )
    return f"entries/{number:04d}-{kind[:20] or 'unknown'}-{entry.id[:12]}.json"


def allowed_signers(roster: Roster) -> str:
    """The members as an OpenSSH `allowed_signers` file: e-mail, namespace, key; one line each, whatever."""
    members = sorted(roster.members.values(), key=lambda m: m.person.email)
    return "".join(_line(member.person) for member in members)


def _line(person: Person) -> str:
    """One member's line; a key that is not exactly `ssh-ed25519` and its base64 gets none."""
    try:
        key = public_line(person.key)
    except VisitsafeError:
        return ""
    return f'{principal(person.email)} namespaces="{NAMESPACE}" {key}\n'


def principal(email: str) -> str:
    """An e-mail as an OpenSSH principal: without spaces, quotes, commas and patterns."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "@._+-") else "_" for c in email) or "_"


def _readme(roster: Roster, state: PlanState, names: Sequence[str], entries: Sequence[Verified]) -> str:
    commands = []
    for name, entry in zip(names, entries, strict=True):
        member = roster.members.get(entry.content.by)
        who = principal(member.person.email) if member else "_"
        commands.append(
            f"ssh-keygen -Y verify -f allowed_signers -I {who} -n {NAMESPACE} -s {name}.sig < {name}"
        )
    return README.format(ref=state.ref, commands="\n".join(commands), team=roster.team_id)
