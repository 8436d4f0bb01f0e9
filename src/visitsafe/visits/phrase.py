"""The duress phrase: one for the team, known by heart, sealed to those who answer the telephone (D15)."""

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.membership.details import Unlock, key_for, seal_to, unseal_from
from visitsafe.record.bodies import Sealed
from visitsafe.record.terms import ANSWERERS
from visitsafe.text.clock import to_text


def seal_phrase(desk: Desk, phrase: str) -> Sealed:
    """The duress phrase, sealed to every manager and duty officer (D15).

    Raises:
        NotPermittedError: There is nobody to seal it to.
    """
    to = [one for one in desk.roster.members.values() if one.roles & ANSWERERS and key_for(one)]
    if not to:
        raise NotPermittedError(
            "the team has no manager and no duty officer to know the phrase", hint="see: visitsafe team list"
        )
    return seal_to(to, phrase.encode(), to_text(desk.now))


def open_phrase(desk: Desk, sealed: Sealed | None, unlock: Unlock) -> str:
    """The team's duress phrase, for those who answer the telephone.

    Raises:
        NotPermittedError: This person is not among them, or it was not sealed to their key.
        NotFoundError: None was agreed.
    """
    me = desk.member()
    if not me.roles & ANSWERERS:
        raise NotPermittedError(
            "the duress phrase is shown to managers and duty officers", hint="ask one of them to tell you"
        )
    if sealed is None:
        raise NotFoundError("no duress phrase is agreed yet", hint="run: visitsafe team duress --set")
    if me.fingerprint not in sealed.to:
        raise NotPermittedError(
            "the duress phrase was sealed before you could be told",
            hint="somebody who knows it sets it again: visitsafe team duress --set",
        )
    return unseal_from(sealed, unlock(desk.signer())).decode("utf-8", "replace")
