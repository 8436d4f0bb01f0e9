"""Why a message could not be handed over, told from what Apprise logged: our own words and a number.

What Apprise and the servers say may hold addresses, passwords and the message itself. None of it is repeated:
only signs are looked for, so that nothing of it can get into the signed record.
"""

import re
from collections.abc import Iterable

_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")
_REPLY = re.compile(r"\(([45][0-9]{2}), b['\"]")
_REFUSED_TO = re.compile(r"was refused: ([45][0-9]{2})\b")
_LOGIN, _NOWHERE, _TOO_OFTEN = ("401", "403", "530", "535"), ("404", "410"), ("429",)
_TROUBLE = (
    ("smtp auth", "the server did not accept the name or password"),
    ("authenticat", "the server did not accept the name or password"),
    ("connection refused", "the server refused the connection"),
    ("name or service not known", "the server's name is not known"),
    ("nameresolution", "the server's name is not known"),
    ("getaddrinfo", "the server's name is not known"),
    ("certificate", "the server's certificate cannot be trusted"),
    ("ssl", "no safe connection could be made"),
    ("timed out", "the server did not answer in time"),
    ("timeout", "the server did not answer in time"),
    ("unreachable", "the network cannot be reached"),
    ("no route", "the network cannot be reached"),
    ("reset", "the server cut the connection"),
    ("closed", "the server cut the connection"),
    ("aborted", "the server cut the connection"),
    ("connection error", "no connection to the server"),
)


def why_failed(heard: Iterable[str]) -> str:
    """What kind of trouble was reported, in our words.

    Args:
        heard: What was logged while the message was sent.
    """
    said = " ".join(heard)
    found = _STATUS.search(said) or _REPLY.search(said) or _REFUSED_TO.search(said)
    if found:
        return _by_number(found[1])
    lower = said.lower()
    return next((words for sign, words in _TROUBLE if sign in lower), "the service did not take the message")


def _by_number(code: str) -> str:
    if code in _LOGIN:
        return f"the server did not accept the name or password ({code})"
    if code in _NOWHERE:
        return f"the server knows no such address ({code})"
    if code in _TOO_OFTEN:
        return f"the server was asked too often ({code})"
    if code.startswith("3"):
        return f"the server answered that it has moved ({code})"
    return f"the server refused the message ({code})"
