"""Which sentences of a page for a family may be hard to read, and what could be said instead (5.9). Pure.

Looks at each sentence: how many words it has, words of our trade that have a plain one, and very long words.
A hint and no verdict: no score, nothing is refused, and a sentence may stay as it is (docs/adr/0023). Knows
English only, and takes any other language as it comes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

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
