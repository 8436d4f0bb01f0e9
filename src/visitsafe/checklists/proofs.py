"""Proofs about a questionnaire, by search: can this be asked, can this rule be raised, can it be avoided.

Conditions only ever name answers, never their absence, so they are monotone: the more words an answer shows
to conditions, the more of them hold. What can happen is therefore searched with the fullest answers alone,
and what can be avoided with the barest. Dead ends jump back to the question that made them. The questionnaire
must be sound (`checking.references`): every condition names earlier questions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from visitsafe.checklists.assessment import Value, holds, tokens, yes_no
from visitsafe.checklists.facts import FACTS, Fact
from visitsafe.checklists.model import AnswerType, Condition, Question
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.terms import Answer

MOST_STEPS = 20_000
"""Answers tried before a search gives up and says so."""
MOST_STEPS_TOGETHER = 500_000
"""The same for everything that is to be proven of one questionnaire; what ships takes a hundredth of it."""

Tokens = frozenset[str]
Seen = dict[str, Tokens | None]
Asked = Question | Fact
"""What a condition can name."""
_NOT_ASKED: Sequence[Tokens] = (frozenset(),)
Verdict = bool | None | frozenset[str]
"""True: proved. None: still open. A set: impossible, because of the questions in it."""


class Prover:
    """The proofs about one questionnaire, which share a number of steps: however large it is, they end.

    Attributes:
        left: How many steps are left to all of them together; none at 0 and below.
    """

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.left = MOST_STEPS_TOGETHER
        asked: list[Asked] = [*FACTS.values(), *questionnaire]  # facts are known before anything is asked
        self._place = {one.id: place for place, one in enumerate(asked)}
        self._asked = asked
        self._fullest = {one.id: _fullest(one) for one in asked}
        self._barest = {one.id: _barest(one) for one in asked}

    def can_hold(self, condition: Condition) -> bool | None:
        """Whether some answers make the condition hold; None if the search was given up."""
        names = self._relevant(condition)

        def judge(seen: Seen) -> Verdict:
            result = holds(condition, seen)
            return names if result is False else result

        return self._search(names, self._fullest, judge)

    def can_be_avoided(self, conditions: Sequence[Condition]) -> bool | None:
        """Whether some answers make none of the conditions hold; None if the search was given up."""
        names = [self._relevant(condition) for condition in conditions]
        raising: dict[str, list[int]] = {}
        for index, group in enumerate(names):
            for name in group:
                raising.setdefault(name, []).append(index)

        def judge(seen: Seen) -> Verdict:
            # Only conditions which the newest answer bears on can have begun to hold with it.
            for index in raising.get(next(reversed(seen), ""), ()):
                self.left -= 1
                if holds(conditions[index], seen):
                    return names[index]
            return None

        return self._search(frozenset().union(*names), self._barest, judge, proved_at_the_end=True)

    def _relevant(self, condition: Condition) -> frozenset[str]:
        """The questions that a condition names, and those which decide whether these are asked."""
        found: set[str] = set()
        waiting = _named(condition)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += _named(_when(self._asked[self._place[name]]) or ())
        return frozenset(found)

    def _search(
        self,
        names: frozenset[str],
        options: Mapping[str, Sequence[Tokens]],
        judge: Callable[[Seen], Verdict],
        *,
        proved_at_the_end: bool = False,
    ) -> bool | None:
        """Depth first over the answers, without recursion.

        Args:
            names: What is asked.
            options: The answers to try for each.
            judge: The verdict on the answers so far.
            proved_at_the_end: What it means that all have an answer and nothing was impossible.

        Returns:
            Whether it is possible; None after `MOST_STEPS`, or when none are left.
        """
        questions = [self._asked[place] for place in sorted(self._place[name] for name in names)]
        seen: Seen = {}
        trail: list[Iterator[Tokens]] = []
        blame: list[set[str]] = []
        for _ in range(MOST_STEPS):
            self.left -= 1
            if self.left <= 0:
                return None
            if len(trail) == len(seen):
                if len(trail) == len(questions):
                    return proved_at_the_end
                question = questions[len(trail)]
                when = _when(question)
                asked = when is None or holds(when, seen)
                trail.append(iter(options[question.id] if asked else _NOT_ASKED))
                blame.append(set(_named(when or ())))
            name = questions[len(trail) - 1].id
            if (option := next(trail[-1], None)) is not None:
                seen[name] = option
                verdict = judge(seen)
                if verdict is True:
                    return True
                if isinstance(verdict, frozenset):
                    blame[-1] |= verdict
                    del seen[name]
            elif not _jump_back(questions, seen, trail, blame):
                return False
        return None


def _named(condition: Condition) -> list[str]:
    return [name for mapping in condition for name in mapping]


def _when(asked: Asked) -> Condition | None:
    return None if isinstance(asked, Fact) else asked.when


def _fullest(question: Asked) -> list[Tokens]:
    """The answers that show most to conditions, the unsafe ones first."""
    if isinstance(question, Fact):
        return [frozenset({value}) for value in reversed(list(question.values))]
    return [tokens(question, value) for value in reversed(_values(question, fullest=True))]


def _barest(question: Asked) -> list[Tokens]:
    """The answers that show least to conditions, the safe ones first."""
    if isinstance(question, Fact):
        return [frozenset({value}) for value in question.values]
    return [tokens(question, value) for value in _values(question, fullest=False)]


def _values(question: Question, *, fullest: bool) -> list[Value]:
    passed_over: list[Value] = [] if question.required else [""]
    choices = tuple(choice.id for choice in question.choices)
    values: list[Value]
    match question.answer:
        case AnswerType.YES_NO:
            values = sorted(
                yes_no(question),
                key=lambda answer: (answer == question.unsafe, answer == Answer.NOT_SURE, answer),
            )
        case AnswerType.ACKNOWLEDGE:
            values = [Answer.YES, Answer.NO]
        case AnswerType.CHOICE:
            values = list(choices)
        case AnswerType.CHOICES:
            values = [(), *([choices] if fullest else [(choice,) for choice in choices])]
        case AnswerType.PEOPLE:
            values = [("somebody",), ()]
        case _:
            values = ["something"]
    return values + passed_over


def _jump_back(
    questions: Sequence[Asked], seen: Seen, trail: list[Iterator[Tokens]], blame: list[set[str]]
) -> bool:
    """Leave a question of which every answer is impossible, for the last one that had a part in it."""
    at_fault = blame.pop() - {questions[len(trail) - 1].id}
    trail.pop()
    while trail and questions[len(trail) - 1].id not in at_fault:
        seen.pop(questions[len(trail) - 1].id, None)
        trail.pop()
        blame.pop()
    if trail:
        blame[-1] |= at_fault
        seen.pop(questions[len(trail) - 1].id, None)
    return bool(trail)
