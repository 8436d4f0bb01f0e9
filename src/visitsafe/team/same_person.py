"""Whether two names or keys are of one person, or two references of one case, however they are spelt. Pure.

Nobody decides on their own visit or watches over it themselves; a second key, another spelling or unseen
characters must not get round that.
"""

import re
import unicodedata
from collections.abc import Iterable

from visitsafe.record.bodies import Companion, PlanBody
from visitsafe.team.members import Member, as_heard, orders_of, words_in
from visitsafe.team.roster import selves

_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")
_AROUND_DASH = re.compile(r"\s*[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+\s*")
_QUOTES = re.compile("[\"'`\u00b4\u2018-\u201f\u00ab\u00bb\u2039\u203a\uff02\uff07]")
_AROUND_AT = re.compile(r"\s*@\s*")


def is_companion(member: Member, body: PlanBody, team: Iterable[Member] = ()) -> bool:
    """Whether a member goes along on the visit, by key, name or e-mail.

    A full name or an e-mail is seen among other words, such as "Nia Price (manager)"; a first name alone is
    not enough.

    Args:
        member: Who may be the companion.
        body: The plan.
        team: The other members, so that a second key or another spelling of the same person is seen.
    """
    return is_one_of(member, body.visit.companions, team)


def is_one_of(member: Member, companions: Iterable[Companion], team: Iterable[Member] = ()) -> bool:
    """As `is_companion`, of companions by themselves."""
    companions = tuple(companions)
    return bool(companions) and any(_is(one, other) for one in selves(member, team) for other in companions)


def is_self(member: Member, author: Member | None, team: Iterable[Member]) -> bool:
    """Whether two members are one person by any key and e-mail that the team ever had."""
    return member.same_person(author) or any(one.same_person(author) for one in selves(member, team))


def _is(member: Member, companion: Companion) -> bool:
    if companion.key == member.fingerprint or member.answers_to(companion.name):
        return True
    said, orders = words_in(companion.name), orders_of(member.person.name)
    longest = 2 * len(words_in(member.person.name))
    runs = {
        "".join(said[start:end])
        for start in range(len(said))
        for end in range(start + 1, min(start + longest, len(said)) + 1)
    }
    email = _ADDRESS.findall(seen_text(member.person.email))
    return not runs.isdisjoint(orders) or any(
        address in email for address in _ADDRESS.findall(seen_text(companion.name))
    )


def seen_text(text: str) -> str:
    """A text without the characters that nobody sees, and without spaces around an @."""
    shown = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return _AROUND_AT.sub("@", as_heard(shown))


def case_key(case: str) -> str:
    """What makes two spellings of a case's reference one: what a telephone, a pen or another program changes.

    That is capitals, spaces, quotation marks, the kind of dash, and characters that nobody sees.

    Returns:
        Its usual spelling, in capitals; of that the key is the same again.
    """
    return " ".join(_AROUND_DASH.sub("-", _QUOTES.sub("", seen_text(case))).upper().split())
