"""What the entries of the team's stream say: people, places, roles and keys (D5, D15).

Structs, not pydantic, as in `plan`. What is added later is optional here, so that an older record stays
readable.
"""

import msgspec

from visitsafe.record.plan import Body, Finding, Made, Sealed, Shown


class Person(Body, frozen=True, kw_only=True):
    """A member as the roster names them.

    Attributes:
        name: As colleagues know them.
        email: The work e-mail; two keys with the same e-mail belong to one person.
        key: An OpenSSH public key line without its comment, ssh-ed25519 or sk-ssh-ed25519@openssh.com.
        seal: An age recipient (`age1...`) for a person whose key cannot decrypt, such as one in hardware or
            only in an agent; empty where the key itself is sealed to.
    """

    name: str
    email: str
    key: str
    seal: str = ""


class Place(Body, frozen=True, kw_only=True):
    """The agency's place, for daylight and local time. Degrees north and east; an IANA time zone."""

    name: str
    latitude: float
    longitude: float
    timezone: str


class FoundedBody(Body, frozen=True, kw_only=True):
    """The body of `founded`, the first entry of the team's stream; its id is the team's id (D5)."""

    team: str
    person: Person
    roles: tuple[str, ...]
    place: Place | None = None


class AddedBody(Body, frozen=True, kw_only=True):
    """The body of `added`: a member and the roles they start with."""

    person: Person
    roles: tuple[str, ...]


class RoleChangedBody(Body, frozen=True, kw_only=True):
    """The body of `role-changed`: the roles that the member with this key has from now on."""

    key: str
    roles: tuple[str, ...]


class RevokedBody(Body, frozen=True, kw_only=True):
    """The body of `revoked`: the member's key counts no more, and why. `key` is its fingerprint."""

    key: str
    reason: str


class KeyReplacedBody(Body, frozen=True, kw_only=True):
    """The body of `key-replaced`: the new key of a person takes over the roles of the old one, which ends.

    Signed by the old key, which vouches for the new one, or by an admin if the old key is lost.
    """

    old: str
    person: Person


class AgreedBody(Body, frozen=True, kw_only=True):
    """The body of `agreed`: what everyone in the team must agree on (D15). What is None stays as it was.

    Attributes:
        place: For daylight and local time.
        desk_phone: The duty desk's telephone number.
        country: Whose telephone numbers are meant where none is named: two letters, such as `IE`.
        duress: The duress phrase, sealed to managers and duty officers.
        keep_days: Days for which a case's records are kept after its last visit.
        keep_days_incident: The same for a case with an incident, if that is longer.
    """

    place: Place | None = None
    desk_phone: str | None = None
    country: str | msgspec.UnsetType = msgspec.UNSET
    duress: Sealed | None = None
    keep_days: int | None = None
    keep_days_incident: int | None = None


class HeldBody(Body, frozen=True, kw_only=True):
    """The body of `held`: nothing of this case is removed until somebody releases it. By manager or admin."""

    case: str
    reason: str


class ReleasedBody(Body, frozen=True, kw_only=True):
    """The body of `released`: ends the holds on this case that its author had seen."""

    case: str
    reason: str = ""


class AuditedBody(Body, frozen=True, kw_only=True):
    """The body of `audited`: a manager looked at what managers owe to those whom they send (8.1).

    Attributes:
        form: The checklist of kind `form` that was asked.
        answers: By question id.
        shown: Questions and answers in words, in the order asked.
        findings: What the answers pointed out.
        wanting: The questions of which the answer is the unsafe one; not sure counts as that (D7).
        evidence: What the record said about a question, by its id: sentences, as they stood beside it.
        first: The first day that the evidence is about.
        last: The last day.
        remarks: Sentences about the evidence as a whole, such as what could not be counted.
    """

    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()
    wanting: tuple[str, ...] = ()
    evidence: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - msgspec gives each its own
    first: str = ""
    last: str = ""
    remarks: tuple[str, ...] = ()
