"""A member of the team, and how a person's names and keys are compared. Pure, and cheap to import.

Who is a member, with which roles and since when, is `roster`'s affair.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

import msgspec

from visitsafe.errors import NotFoundError, ProblemsError, VerificationError, VisitsafeError
from visitsafe.record.bodies import Person
from visitsafe.record.terms import Role

_NO_LETTERS = re.compile("[\u0300-\u036f'`\u00b4\u02b9-\u02bc\u2018\u2019\u201b\u2032\uff07]")
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[-\u2010-\u2015\u2212]")
# Letters that no accent makes, and how people without them on their keyboard write them.
_LETTERS = str.maketrans(
    {"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00f0": "d", "\u0131": "i", "\u0127": "h", "\u0167": "t"}
    | {"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th", "\u014b": "ng"}
)
_MOST_NAMED = 9
_ALIKE = 0.6


class Member(msgspec.Struct, frozen=True, dict=True):
    """A person of the team with one of their keys.

    Attributes:
        person: As the roster names them.
        fingerprint: What entries name in `by`.
        roles: What they may do; none once the key has ended.
        since: UTC text: when the key was taken into the team.
        until: UTC text: when the key ended; empty while it is good.
        why_ended: In words, such as "revoked: has left"; empty while the key is good.
    """

    person: Person
    fingerprint: str
    roles: frozenset[Role]
    since: str
    until: str = ""
    why_ended: str = ""

    @cached_property
    def mail(self) -> str:
        """The work e-mail as it is compared. Kept: in a large team it is compared very often."""
        return as_heard(self.person.email)

    def same_person(self, other: "Member | None") -> bool:
        """One person may have two keys: the work e-mail decides."""
        if other is None:
            return False
        return self.fingerprint == other.fingerprint or self.mail == other.mail

    def answers_to(self, name: str) -> bool:
        """Whether somebody who wrote this name, e-mail or fingerprint can have meant this member.

        The name counts by its letters: however accents, capitals, apostrophes, hyphens and spaces are typed,
        and with the last name first.
        """
        heard = as_heard(name)
        if heard in {self.mail, as_heard(self.person.name), as_heard(self.fingerprint)}:
            return True
        return "".join(words_in(name)) in orders_of(self.person.name)


Members = dict[str, Member]
"""By fingerprint."""


class People(tuple[Member, ...]):  # noqa: SLOT001 - it keeps what it has worked out
    """Members in order, and who of them is one person: what that costs does not grow with their number."""

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where a key or an e-mail stands among them. A space tells an e-mail from a key."""
        places: dict[str, list[int]] = {}
        for place, member in enumerate(self):
            places.setdefault(member.fingerprint, []).append(place)
            places.setdefault(" " + member.mail, []).append(place)
        return places

    def selves(self, member: Member) -> list[Member]:
        """A member, and all of these who share a key or an e-mail with them, and so on."""
        called = (member.fingerprint, member.mail)
        if called not in self._others:
            self._others[called] = self._others_of(member)
        return [member, *self._others[called]]

    @cached_property
    def _others(self) -> dict[tuple[str, str], list[Member]]:
        return {}

    def _others_of(self, member: Member) -> list[Member]:
        found, taken = [member], set[int]()
        for self_ in found:  # grows while it is walked
            both = (*self._places.get(self_.fingerprint, ()), *self._places.get(" " + self_.mail, ()))
            new = sorted(set(both) - taken)
            taken.update(new)
            found += [self[place] for place in new]
        return found[1:]


def has_left(person: Member, team: Iterable[Member]) -> bool:
    """Whether somebody is in a team with none of their keys."""
    return not any(person.same_person(one) for one in team)


def called(fingerprint: str, known: Mapping[str, Member]) -> str:
    """The name of whoever signs, or signed, with a key, as words of a sentence."""
    return known[fingerprint].person.name if fingerprint in known else f"the key {fingerprint}"


def people(members: Iterable[Member]) -> People:
    """Members as `People`; what is so already stays as it is, with what it has worked out."""
    return members if isinstance(members, People) else People(members)


def as_heard(text: str) -> str:
    """Names and addresses that a person would take for the same: capitals, spaces and accents' spelling."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_in(name: str) -> list[str]:
    """The words of a name as anybody can type them: `Zoë O'Brien-Cox` is zoe, obrien, cox."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LETTERS)
    shown = "".join(one for one in plain if unicodedata.category(one) != "Cf")
    return _WORD.findall(_NO_LETTERS.sub("", shown))


def orders_of(name: str) -> set[str]:
    """The letters of a name, also with the last name or names first; none if it has none."""
    words = words_in(name)
    return {"".join(words[start:] + words[:start]) for start in range(len(words))}


def meant_by(who: str, members: Iterable[Member]) -> list[Member]:
    """The members whom somebody who typed this can have meant; none if it is nobody's name.

    What is nearest to the whole name goes first: where somebody is called just that, nobody is found by a
    part of their name. A part is one word or several, or a last name with an initial.
    """
    members = list(members)
    ways: tuple[Callable[[Member], bool], ...] = (
        lambda member: (
            as_heard(who) in {member.mail, as_heard(member.person.name), as_heard(member.fingerprint)}
        ),
        lambda member: member.answers_to(who),
        partial(may_be_called, who),
    )
    found = ([member for member in members if way(member)] for way in ways)
    return next(filter(None, found), [])


def may_be_called(who: str, member: Member) -> bool:
    """Whether every word is one of the member's name, or an initial beside one that is."""
    typed, own = words_in(_JOINED.sub("", who)), words_in(member.person.name)
    own += words_in(_JOINED.sub("", member.person.name))
    fits = [one in own or (len(one) == 1 and any(word.startswith(one) for word in own)) for one in typed]
    return all(fits) and any(len(one) > 1 for one in typed)


def not_one(who: str, found: Iterable[Member], members: Iterable[Member]) -> VisitsafeError:
    """The error where a name is that of several people, who are listed, or of nobody: the nearest are named.

    Args:
        who: As it was typed.
        found: Whom it can mean.
        members: Who is in the team.
    """
    lines = list(dict.fromkeys(f"{one.person.name}, {one.person.email}" for one in found))
    if lines:
        return ProblemsError(
            f"more than one person in the team is called {who[:60]!r}",
            sorted(lines)[:_MOST_NAMED],
            hint="say which, by the whole name or the work e-mail",
        )
    near = _nearest(who, members)
    said = f"the nearest is {', '.join(near)}; " if near else ""
    return NotFoundError(f"nobody in the team is called {who[:60]!r}", hint=f"{said}see: visitsafe team list")


def _nearest(who: str, members: Iterable[Member]) -> list[str]:
    from difflib import get_close_matches

    typed = "".join(words_in(who))[: _MOST_NAMED * _MOST_NAMED]
    called: dict[str, list[str]] = {}
    for member in members:
        words = words_in(member.person.name)
        for word in ("".join(words), *words):
            called.setdefault(word, []).append(member.person.name)
    near = get_close_matches(typed, called, n=3, cutoff=_ALIKE)
    return list(dict.fromkeys(name for word in near for name in called[word]))[:3]


def person_shape(member: Member | None, fingerprint: str = "") -> dict[str, Any]:
    """A member as JSON, or the bare key of somebody whom the team does not know."""
    return {
        "name": member.person.name if member else None,
        "email": member.person.email if member else None,
        "fingerprint": fingerprint or (member.fingerprint if member else ""),
    }


def known_roles(roles: tuple[str, ...]) -> frozenset[Role]:
    """The roles that this version knows; an unknown one gives nothing."""
    return frozenset(Role(role) for role in roles if role in set(Role))


def fingerprint_in(person: Person) -> str:
    """The OpenSSH SHA-256 fingerprint of a person's key.

    Raises:
        VerificationError: The key is not an OpenSSH public key line.
    """
    import base64
    import binascii
    import hashlib

    try:
        blob = base64.b64decode(person.key.split()[1], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        raise VerificationError(f"the roster's key of {person.name[:60]!r} is not an OpenSSH key") from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
