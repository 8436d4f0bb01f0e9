"""The documents of a case as pages, as JSON and as a list; and what a family may find hard to read. Pure.

The written agreement is a page that the family reads and keeps (3.10, 5.9). It speaks to them, "you" and
"we", in short sentences without words of the trade; nobody is named but the worker; sources stand at the end.
What the agency's own form does not ask leaves its part out. Every text of the record is escaped (CommonMark).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec

from visitsafe.checklists.library import marked, past_review
from visitsafe.record.bodies import Action, DocumentedBody, Shown
from visitsafe.record.meanings import ACTIONS, MEANINGS, Meaning
from visitsafe.record.terms import Document
from visitsafe.state.duties import CaseHistory, is_late, not_held, not_told
from visitsafe.state.entry_words import DOCUMENTS
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.team.people import person_shape
from visitsafe.text.blocks import (
    Block,
    Bullet,
    Bullets,
    Heading,
    Kept,
    Quiet,
    RuledLine,
    Say,
    Strong,
    Text,
    as_markdown,
    titled,
)
from visitsafe.text.clean import lines_of, one_line
from visitsafe.text.clock import date_only, day
from visitsafe.text.days import said as day_in_full
from visitsafe.text.redact import naming

if TYPE_CHECKING:
    from visitsafe.checklists.assessment import Value
    from visitsafe.checklists.model import CitedDocument


OWN_WORDS = frozenset(
    {
        Meaning.NOT_ACCEPTABLE_OWN,
        Meaning.FOLLOWS_OWN,
        Meaning.STILL_SEEN,
        Meaning.EXPECT_OWN,
        Meaning.COMPLAIN,
        Meaning.LANGUAGE,
        Meaning.GONE_THROUGH_WITH,
        Meaning.THEIR_VIEW,
    }
)
"""What stands on the page in somebody's own words."""
LISTS = (
    (Meaning.NOT_ACCEPTABLE, Meaning.NOT_ACCEPTABLE_OWN),
    (Meaning.FOLLOWS, Meaning.FOLLOWS_OWN),
    (Meaning.EXPECT, Meaning.EXPECT_OWN),
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


def family_texts(answers: "Mapping[str, Value]", shown: Sequence[Shown]) -> list[str]:
    """What the family will read of the answers, piece by piece."""
    words = _words(answers, shown)
    texts = [text for pair in LISTS for name in pair for text in _pieces(answers, words, name)]
    return [
        *texts,
        *(
            words[name]
            for name in (Meaning.STILL_SEEN, Meaning.COMPLAIN, Meaning.THEIR_VIEW)
            if words.get(name)
        ),
    ]


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


def _agreement(
    state: PlanState, said: Event[DocumentedBody], zone: tzinfo, we: str, phone: str
) -> Iterator[Block]:
    """The page that the family reads, with places to sign by hand.

    Args:
        state: The plan in whose record it stands, without personal details.
        said: The agreement.
        zone: Whose calendar it is dated by.
        we: Who wrote it, and for which team.
        phone: Where the family reaches the team; empty if it has agreed on no number.
    """
    body, words = said.body, _words(said.body.answers, said.body.shown)

    def listed(place: int, title: str, lead: str) -> list[Block]:
        texts = [text for name in LISTS[place] for text in _pieces(body.answers, words, name)]
        return [Heading(title), Say(lead), Bullets(map(Kept, texts))] if texts else []

    yield from (Heading(TITLE, 1), Say(INTRO))
    yield from listed(0, "What we ask of you", "When we visit or talk, please do not do these things:")
    yield from (Heading("Why it matters"), Say(IT_COUNTS))
    yield from listed(1, "If it goes on", "If one of these things goes on, this can happen:")
    if seen := words.get(Meaning.STILL_SEEN):
        yield Say(("We still need to see those who live with you. This is how: ", Kept(seen)))
    yield from listed(2, "What you can ask of us", "This is what we do:")
    yield Heading("If you are not happy with us")
    ring = f", or ring {one_line(phone)}" if phone.strip() else ""
    if how := words.get(Meaning.COMPLAIN):
        yield Say((f"{NOT_HELD_AGAINST} This is how: ", Kept(_ended(how))))
    else:
        yield Say(f"{NOT_HELD_AGAINST} Ask us how{ring}. We will give it to you in writing.")
    yield Heading("How we went through this")
    yield from map(Say, _gone_through(body, words))
    yield from (Say(RECORDS), Heading("Signed"))
    ours = f"We ({one_line(we)}{f', telephone {one_line(phone)}' if phone.strip() else ''})"
    for who in ("You", "You", ours)[0 if len(_people(body)) > 1 else 1 :]:
        yield from (Say(f"{who}: name, signature, day"), RuledLine())
    sources = "; ".join(_numbers(body.shown))
    yield Say(
        (
            Quiet(
                f"Our reference: {state.body.visit.case}. Written {date_only(said.at, zone)}."
                f"{f' Sources: {sources}.' if sources else ''}"
            ),
        )
    )


def _people(body: DocumentedBody) -> tuple[str, ...]:
    people = body.answers.get(Meaning.GONE_THROUGH_WITH, ())
    return people if isinstance(people, tuple) else ()


def _gone_through(body: DocumentedBody, words: Mapping[str, str]) -> Iterator[Text]:
    if people := _people(body):
        on = f" on {one_line(words[Meaning.GONE_THROUGH_ON])}" if words.get(Meaning.GONE_THROUGH_ON) else ""
        yield f"We went through this page together{on}. With: {', '.join(map(one_line, people))}."
    if how := words.get(Meaning.HOW_GIVEN):
        more = f" ({one_line(words[Meaning.LANGUAGE])})" if words.get(Meaning.LANGUAGE) else ""
        yield f"{one_line(how)}{more}."
    # An answer of an agency's own stands as it is worded, for it may be a no.
    if agreed := AGREEMENT.get(str(body.answers.get(Meaning.AGREED, ""))):
        yield agreed
    elif agreed := words.get(Meaning.AGREED):
        yield "Whether you agree: ", Kept(_ended(agreed))
    if view := words.get(Meaning.THEIR_VIEW):
        yield "What you said about it: ", Kept(view)
    if body.review:
        yield f"We look at it again with you by {day_in_full(body.review)}."


def _ended(text: str) -> str:
    """With a full stop, so that another sentence can follow."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


_SOURCE = re.compile(r'(?:^|; )([\w-]+) ((?:"[^"]*"|[^";]+)+)')
_PLACE = re.compile(r'"[^"]*"|[^\s,"][^,"]*')


def document_page(
    state: PlanState,
    said: Event[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    team: str,
    phone: str = "",
    documents: "Sequence[CitedDocument]" = (),
) -> str:
    """The page as markdown.

    Args:
        state: The plan in whose record it stands, as whoever reads may see it, without personal details.
        said: The document, from that state.
        now: For what is late.
        zone: Whose calendar the days are read on.
        team: The name of the team.
        phone: Where the team is reached.
        documents: Those that the form may cite.
    """
    who = f"{said.author.person.name}, {team}"
    if said.body.document == Document.AGREEMENT:
        return as_markdown(_agreement(state, said, zone, who, phone))
    return as_markdown(_document(state, said, now, zone, who, documents))


def document_title(body: DocumentedBody) -> str:
    """What a document is called."""
    return DOCUMENTS.get(body.document, body.document)


def _document(
    state: PlanState,
    said: Event[DocumentedBody],
    now: datetime,
    zone: tzinfo,
    who: str,
    documents: "Sequence[CitedDocument]",
) -> Iterator[Block]:
    body = said.body
    yield Heading(f"{document_title(body)}: case {state.body.visit.case}", 1)
    if state.problems:
        yield Say((Strong("Do not rely on this page. Something in its record does not hold."),))
    yield Say(tuple(_in_short(body, now)))
    yield from titled("Who does what", (_action(action, now) for action in body.actions))
    yield from titled("To note", (Kept(one.text) for one in body.findings))
    sections: dict[str, list[Shown]] = {}
    of_actions = {name for name in MEANINGS if name.startswith(ACTIONS)}
    given = [one for one in body.shown if one.id in _words(body.answers, body.shown)]
    for one in given:
        if one.id not in of_actions:
            sections.setdefault(one.section, []).append(one)
    for title, answers in sections.items():
        yield from titled(
            title.strip() or "Questions",
            (Bullet((Quiet(one.label),), (Kept(one.answer),)) for one in answers),
        )
    open_ones = {one.what for one in body.actions}
    named = [one.answer for one in given if one.id in ACTIONS]
    yield from titled("Done", (Kept(what) for what in named if what not in open_ones))
    past = past_review(documents, now.date())
    sources = [f"{document} {', '.join(found)}" for document, found in _places(body.shown).items()]
    yield from titled("Where the questions come from", (marked(one, past) for one in sources))
    signed = f"Signed by {one_line(who)}, on {day(said.at, zone)}, in the record of plan {state.ref}."
    yield Say((Quiet(signed),))


def _in_short(body: DocumentedBody, now: datetime) -> Iterator[str]:
    """When it is looked at again, and how much of it is late."""
    if body.review:
        yield "Proposed for " if not_held(body) else "Looked at again by "
        yield from (_day(body.review, now), ".")
    elif body.document == Document.TELLING:
        yield "What, how, by whom and when."
    else:
        yield "No day is named on which it is looked at again."
    if late := sum(is_late(action.by, now) for action in body.actions):
        yield from (" ", Strong(f"{'1 action is' if late == 1 else f'{late} actions are'} overdue."))


def _action(action: Action, now: datetime) -> Bullet:
    who = one_line(action.who) or Strong("nobody is named")
    by = _day(action.by, now) if action.by else "no day is named"
    return Bullet(Kept(action.what), below=(("Who: ", who), ("By: ", by)))


def _day(text: str, now: datetime) -> Strong:
    return Strong(f"{day_in_full(text)}{' (that day has passed)' if is_late(text, now) else ''}")


def _numbers(shown: Sequence[Shown]) -> Iterator[str]:
    """Where the questions come from, without quoted words: those would only puzzle a family."""
    for document, found in _places(shown).items():
        numbers = ", ".join(one for one in found if not one.startswith('"'))
        yield f"{document} {numbers}".strip()


def _places(shown: Sequence[Shown]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one in shown:
        for document, places in _SOURCE.findall(one.source):
            found.setdefault(document, {}).update(dict.fromkeys(_PLACE.findall(places)))
    return {document: list(places) for document, places in found.items()}


_NOT_TOLD = {
    "meeting": "professionals met on {day}",
    "shared": "something was shared with other professionals on {day}",
}


def document_shape(state: PlanState, said: Event[DocumentedBody], now: datetime) -> dict[str, Any]:
    """A document as JSON."""
    body = said.body
    return {
        "ref": state.ref,
        "plan": state.plan,
        "entry": said.id,
        "document": body.document,
        "title": document_title(body),
        "by": person_shape(said.author),
        "at": said.at,
        "review": body.review or None,
        "review_overdue": is_late(body.review, now),
        "actions": [
            {"what": one.what, "who": one.who, "by": one.by or None, "overdue": is_late(one.by, now)}
            for one in body.actions
        ],
        "replaces": body.replaces or None,
    }


def documents_shape(history: CaseHistory, now: datetime) -> dict[str, Any]:
    """The documents of a case as JSON, numbered as in the list."""
    return {
        "case": history.case,
        "documents": [
            {"number": number, **document_shape(state, said, now)}
            for number, (state, said) in enumerate(history.documents(), start=1)
        ],
        "not_told": [{"ref": state.ref, "what": sort, "at": at} for state, sort, at in not_told(history)],
    }


def document_lines(history: CaseHistory, now: datetime, zone: tzinfo) -> Iterator[str]:
    """The documents of a case, line by line: what there is, what is to be done, what is missing."""
    found = history.documents()
    count = "no documents yet" if not found else f"{len(found)} document{'s' if len(found) > 1 else ''}"
    yield f"Case {history.case}: {count}"
    for number, (state, said) in enumerate(found, start=1):
        when = date_only(said.at, zone)
        yield f"{number}  {document_title(said.body)}, by {said.author.person.name}, {when} ({state.ref})"
        yield from (f"   {line}" for line in _asked(said.body, now))
    for _, sort, at in not_told(history):
        done = _NOT_TOLD[sort].format(day=date_only(at, zone))
        yield f"Since {done}, no plan says what the family is told:  visitsafe document telling"


def late_words(day: str, now: datetime) -> str:
    """`by Tuesday 1 December 2026`, or that the day has passed."""
    return f"OVERDUE since {day_in_full(day)}" if is_late(day, now) else f"by {day_in_full(day)}"


def _asked(body: DocumentedBody, now: datetime) -> Iterator[str]:
    if body.review and not_held(body):
        late = ": OVERDUE, nothing says that it was held" if is_late(body.review, now) else ""
        yield f"Proposed for {day_in_full(body.review)}{late}"
    elif body.review:
        yield f"To be looked at again: {late_words(body.review, now)}"
    for one in body.actions:
        who = one.who.strip() or "nobody is named"
        by = f", {late_words(one.by, now)}" if one.by else ""
        yield f"- {one.what} ({who}{by})"


MOST_WORDS = 20
LONGEST_WORD = 13
"""Letters; a longer word is named even if no plain one is known."""
PLAIN: Mapping[str, str] = {
    "abusive": "insulting, or hurtful",
    "access": "get, or see",
    "accommodate": "make room for",
    "additional": "more",
    "adhere": "keep to",
    "advise": "tell",
    "agencies": "services",
    "aggression": "shouting, threats or hitting: say which",
    "aggressive": "say what is done",
    "alleged": "said to have",
    "anticipate": "expect",
    "appropriate": "right",
    "ascertain": "find out",
    "assessment": "looking at how safe your child is",
    "assist": "help",
    "behaviour": "say what is done",
    "breach": "break",
    "cease": "stop",
    "commence": "begin",
    "communicate": "talk or write",
    "comply": "do, or keep to",
    "concerning": "about, or worrying",
    "conference": "meeting",
    "consent": "say yes",
    "consequence": "what follows",
    "consequences": "what follows",
    "constitute": "are",
    "contravene": "break",
    "core group": "the people who meet about your child",
    "cooperate": "work with us",
    "deem": "think",
    "demonstrate": "show",
    "derogatory": "insulting",
    "disclose": "tell",
    "disengage": "stop seeing us",
    "domestic abuse": "being hurt or frightened at home",
    "engage": "work with us",
    "engagement": "working with us",
    "ensure": "make sure",
    "escalate": "tell our manager, or get worse: say which",
    "facilitate": "help",
    "forthwith": "at once",
    "henceforth": "from now on",
    "hostile": "say what is done",
    "hostility": "say what is done",
    "implement": "do",
    "inappropriate": "say what is done",
    "in accordance with": "by",
    "in order to": "to",
    "in respect of": "about",
    "in the event of": "if",
    "intervention": "help, or what we do",
    "intimidate": "frighten",
    "intimidating": "frightening",
    "lead professional": "the person in charge",
    "legislation": "the law",
    "liaise": "talk",
    "minimise": "make less",
    "monitor": "check",
    "multi-agency": "of all services",
    "notify": "tell",
    "obtain": "get",
    "partake": "take part",
    "perpetrator": "the person who did it",
    "persistent": "again and again",
    "practitioner": "worker",
    "prior to": "before",
    "proceedings": "going to court",
    "professionals": "workers",
    "prohibited": "not allowed",
    "provide": "give",
    "pursuant to": "under",
    "refrain": "do not",
    "regarding": "about",
    "request": "ask",
    "require": "need",
    "requirement": "what is needed",
    "reside": "live",
    "resistant": "say what is done",
    "safeguarding": "keeping children and adults safe",
    "service user": "you",
    "statutory": "by law",
    "subsequent": "later",
    "sufficient": "enough",
    "supervision order": "a court order that lets us check on your child",
    "terminate": "end",
    "unacceptable": "not all right",
    "undertake": "do",
    "utilise": "use",
    "verbal": "spoken",
    "whereabouts": "where somebody is",
}
"""Words of the trade and of offices, in small letters, and what to say instead."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[0-9]+(?:[:.,/][0-9]+)*")  # noqa: RUF001 - an apostrophe as typed by telephones
_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[\"'(\[]*\w)")
_SHORT = re.compile(r"\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|st|no|tel|approx|[a-z])\.$", re.IGNORECASE)
_ENDINGS = ("", "s", "es", "d", "ed", "ing")
_PHRASES = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(term) for term in PLAIN if not term.isalpha()) + r")s?(?!\w)",
    re.IGNORECASE,
)


class Hard(msgspec.Struct, frozen=True):
    """A sentence that a reader may find hard.

    Attributes:
        sentence: As it stands.
        why: What makes it hard, each as a few words.
    """

    sentence: str
    why: tuple[str, ...]


def hard_sentences(texts: Iterable[str]) -> list[Hard]:
    """The sentences of these texts that a reader may find hard, each once, in their order."""
    each = dict.fromkeys(sentence for text in texts for sentence in sentences(text))
    return [Hard(sentence, why) for sentence in each if (why := tuple(_why(sentence)))]


def sentences(text: str) -> list[str]:
    """A text taken apart: at line ends, and after a full stop that ends a sentence."""
    found: list[str] = []
    for line in text.splitlines():
        whole = ""
        for part in _END.split(line.strip()):
            whole = f"{whole} {part}".strip()
            if not _SHORT.search(whole):
                found.append(whole)
                whole = ""
        found.append(whole)
    return [one for one in found if one]


def _why(sentence: str) -> Iterator[str]:
    words = _WORD.findall(sentence)
    if len(words) > MOST_WORDS:
        yield f"it has {len(words)} words: make two or three sentences of it"
    phrases = _PHRASES.findall(sentence)
    rest = _WORD.findall(_PHRASES.sub(" ", sentence))
    for word in dict.fromkeys(one.casefold() for one in (*phrases, *rest)):
        if term := _term(word):
            yield f"{word}: perhaps {PLAIN[term]}"
    for word in dict.fromkeys(rest):
        if len(word) > LONGEST_WORD and not _term(word):
            yield f"{word} is a long word"


def _term(word: str) -> str:
    """The word of the list that this is a form of; empty if it only begins like one."""
    low = word.casefold()
    stems = [low.removesuffix(ending) for ending in _ENDINGS if low.endswith(ending)]
    forms = [form for stem in stems for form in (stem, f"{stem}e")]
    return next((form for form in forms if form in PLAIN), "")
