"""The written agreement as a page that the family reads and keeps (3.10, 5.9), as CommonMark. Pure.

Rules: it speaks to them, "you" and "we"; short sentences and no words of the trade; nobody is named but the
worker; sources stand at the end. A question that the agency's own form does not ask leaves its part out.
`family_texts` are the words on it that come from the answers, for `readability`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

import msgspec

from visitsafe.record.bodies import DocumentedBody, Shown
from visitsafe.state.phrases import date_only
from visitsafe.supervision.page_sections import bullets
from visitsafe.text.clean import lines_of, markdown, markdown_line
from visitsafe.text.days import said as day_in_full
from visitsafe.text.redact import naming

if TYPE_CHECKING:
    from visitsafe.checklists.assessment import Value

NOT_ACCEPTABLE, NOT_ACCEPTABLE_OWN = "not-acceptable", "not-acceptable-own"
FOLLOWS, FOLLOWS_OWN, STILL_SEEN = "follows", "follows-own", "still-seen"
EXPECT, EXPECT_OWN, COMPLAIN = "expect", "expect-own", "complain"
HOW_GIVEN, LANGUAGE = "how-given", "language"
GONE_THROUGH_WITH, GONE_THROUGH_ON, THEIR_VIEW = "gone-through-with", "gone-through-on", "their-view"
AGREED = "agreed"
"""The questions of the form `agreement` that stand on the page."""
OWN_WORDS = frozenset(
    {
        NOT_ACCEPTABLE_OWN,
        FOLLOWS_OWN,
        STILL_SEEN,
        EXPECT_OWN,
        COMPLAIN,
        LANGUAGE,
        GONE_THROUGH_WITH,
        THEIR_VIEW,
    }
)
"""Those that are answered in somebody's own words."""
LISTS = (
    (NOT_ACCEPTABLE, NOT_ACCEPTABLE_OWN),
    (FOLLOWS, FOLLOWS_OWN),
    (EXPECT, EXPECT_OWN),
)
AGREEMENT = {
    "yes-all": "You agree with what stands here.",
    "in-part": "You agree to some of it, and not to all of it.",
    "do-not": "You do not agree.",
    "not-said": "You have not said whether you agree.",
}
"""What the page says by the answer whether they agree; a page must not claim that they do."""
TITLE = "How we work together"
INTRO = (
    "This page says what we ask of you, and what you can ask of us. We want visits to be safe for everybody. "
    "If anything is not clear, please ask us. We can read it to you, or get it in another language."
)
IT_COUNTS = (
    "Our job is to see that those who live with you are safe and well. "
    "What happens when we visit counts when we think about that."
)
NOT_HELD_AGAINST = "You may complain about us. Nobody will hold it against you."
RECORDS = "We keep a copy of this page. You can ask to read what we write about you."


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says that is not in the answers.

    Attributes:
        case: The reference.
        worker: Who wrote it, by name.
        team: The team's name.
        phone: Where the family reaches the team; empty if it has agreed on no number.
        at: When it was signed, UTC text.
        sources: Where the parts of an agreement come from, in one line each.
    """

    case: str
    worker: str
    team: str
    phone: str
    at: str
    sources: tuple[str, ...] = ()


def agreement_page(body: DocumentedBody, about: Signing, zone: tzinfo) -> str:
    """The page as markdown, with places to sign by hand.

    Args:
        body: The agreement, without personal details.
        about: The rest.
        zone: Whose calendar it is dated by.
    """
    blocks = [
        f"# {TITLE}",
        INTRO,
        *_list("What we ask of you", "When we visit or talk, please do not do these things:", body, 0),
        *_counts(),
        *_follows(body),
        *_list("What you can ask of us", "This is what we do:", body, 2),
        "## If you are not happy with us",
        " ".join([NOT_HELD_AGAINST, _complain(body, about)]),
        *_gone_through(body),
        *_signatures(body, about),
        *_foot(about, zone),
    ]
    return "\n\n".join(blocks) + "\n"


def family_texts(answers: "Mapping[str, Value]", shown: Sequence[Shown]) -> list[str]:
    """What the family will read of the answers, piece by piece."""
    words = _words(answers, shown)
    texts = [text for pair in LISTS for name in pair for text in _pieces(answers, words, name)]
    return [*texts, *(words[name] for name in (STILL_SEEN, COMPLAIN, THEIR_VIEW) if words.get(name))]


def names_address(
    answers: "Mapping[str, Value]", shown: Sequence[Shown], addresses: Iterable[str]
) -> list[str]:
    """The questions, by their labels, whose answer on the page would name an address of the case."""
    words = _words(answers, shown)
    found = [naming(address) for address in addresses if address.strip()]
    return [
        one.label or one.id
        for one in shown
        if one.id in OWN_WORDS and any(pattern.search(words.get(one.id, "")) for pattern in found)
    ]


def _pieces(answers: "Mapping[str, Value]", words: Mapping[str, str], name: str) -> list[str]:
    """An answer as the lines of a list: each choice, or each line that was typed."""
    text, given = words.get(name, ""), answers.get(name, "")
    if not isinstance(given, tuple):
        return lines_of(text)
    if given in {(), ("none",)}:
        return []
    parts = text.split("; ")
    return parts if len(parts) == len(given) else [text]


def _words(answers: "Mapping[str, Value]", shown: Sequence[Shown]) -> Mapping[str, str]:
    """The answers in words, without what was passed over."""
    return {one.id: one.answer for one in shown if answers.get(one.id) not in {"", (), None}}


def _words_of(body: DocumentedBody) -> Mapping[str, str]:
    return _words(body.answers, body.shown)


def _list(title: str, lead: str, body: DocumentedBody, place: int) -> list[str]:
    words = _words_of(body)
    texts = [text for name in LISTS[place] for text in _pieces(body.answers, words, name)]
    return [f"## {title}", lead, bullets(markdown(text, "  ") for text in texts)] if texts else []


def _counts() -> Iterator[str]:
    yield "## Why it matters"
    yield IT_COUNTS


def _follows(body: DocumentedBody) -> list[str]:
    blocks = _list("If it goes on", "If one of these things goes on, this can happen:", body, 1)
    if seen := _words_of(body).get(STILL_SEEN):
        blocks.append(f"We still need to see those who live with you. This is how: {markdown(seen)}")
    return blocks


def _complain(body: DocumentedBody, about: Signing) -> str:
    how = _words_of(body).get(COMPLAIN)
    if how:
        return f"This is how: {_ended(markdown(how))}"
    ring = f", or ring {markdown_line(about.phone)}" if about.phone.strip() else ""
    return f"Ask us how{ring}. We will give it to you in writing."


def _ended(text: str) -> str:
    """With a full stop, so that another sentence can follow."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _gone_through(body: DocumentedBody) -> Iterator[str]:
    words = _words_of(body)
    people = body.answers.get(GONE_THROUGH_WITH, ())
    lines = []
    if isinstance(people, tuple) and people:
        day = f" on {markdown_line(words[GONE_THROUGH_ON])}" if words.get(GONE_THROUGH_ON) else ""
        who = ", ".join(markdown_line(one) for one in people)
        lines.append(f"We went through this page together{day}. With: {who}.")
    if how := words.get(HOW_GIVEN):
        more = f" ({markdown_line(words[LANGUAGE])})" if words.get(LANGUAGE) else ""
        lines.append(f"{markdown_line(how)}{more}.")
    if agreed := _agreed(body, words):
        lines.append(agreed)
    if view := words.get(THEIR_VIEW):
        lines.append(f"What you said about it: {markdown(view)}")
    if body.review:
        lines.append(f"We look at it again with you by {markdown_line(day_in_full(body.review))}.")
    yield "## How we went through this"
    yield from (*lines, RECORDS)


def _agreed(body: DocumentedBody, words: Mapping[str, str]) -> str:
    """Whether they agree; an answer of an agency's own stands as it is worded, for it may be a no."""
    given = body.answers.get(AGREED, "")
    if isinstance(given, str) and given in AGREEMENT:
        return AGREEMENT[given]
    return f"Whether you agree: {_ended(markdown(words[AGREED]))}" if words.get(AGREED) else ""


def _signatures(body: DocumentedBody, about: Signing) -> Iterator[str]:
    """Lines to write on; a rule is a line on the printed page."""
    yield "## Signed"
    people = body.answers.get(GONE_THROUGH_WITH, ())
    several = isinstance(people, tuple) and len(people) > 1
    phone = f", telephone {markdown_line(about.phone)}" if about.phone.strip() else ""
    we = f"{markdown_line(about.worker)}, {markdown_line(about.team)}{phone}"
    for who in ("You", "You", f"We ({we})")[0 if several else 1 :]:
        yield f"{who}: name, signature, day"
        yield "---"


def _foot(about: Signing, zone: tzinfo) -> Iterator[str]:
    made = f"Our reference: {markdown_line(about.case)}. Written {markdown_line(date_only(about.at, zone))}."
    where = f" Sources: {'; '.join(map(markdown_line, about.sources))}." if about.sources else ""
    yield f"*{made}{where}*"
