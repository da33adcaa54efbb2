"""Of whom and when a page of engagement speaks: figures by their metrics, rows by the same accounts and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from metrics import answers, catalogue, framing, windows
from metrics.answers import Answer
from metrics.comparisons import Change, from_before
from metrics.evaluate import Question, evaluate
from metrics.populations import By, Part, Population
from metrics.sources import Clock
from metrics.windows import Window


@dataclass(frozen=True)
class Scope:
    population: Population
    clock: Clock
    text: str

    @cached_property
    def window(self) -> Window:
        return windows.parse(self.text, self.clock.today)

    @property
    def day(self) -> date:
        return self.window.last

    @property
    def days(self) -> list[date]:
        return [self.window.first + timedelta(days=back) for back in range(self.window.days)]

    @property
    def accounts(self) -> QuerySet[Account]:
        return self.population.members(self.day).order_by()

    def of_accounts(self, rows: QuerySet[Any], path: str = "account") -> QuerySet[Any]:
        """Rows of the accounts and of those merged into them; what has no account, where everybody is asked for."""
        members = self.accounts.values("pk")
        own = Q(**{f"{path}__in": members}) | Q(**{f"{path}__merged_into__in": members})
        without = Q(**{f"{path}__isnull": True}) if self.population.has_unattributed else Q()
        return rows.filter(own | without).order_by()

    def of_days(self, rows: QuerySet[Any], path: str = "account") -> QuerySet[Any]:
        """Rows that have a day, of the window."""
        in_window = rows.filter(day__gte=self.window.first, day__lte=self.window.last)
        return self.of_accounts(in_window, path)

    def ask(self, *keys: str, by: By = (), before: bool = False) -> dict[str, dict[Part, Answer]]:
        return answers.ask(
            keys, self.population, self.clock, as_of=self.day, window=self.text, by=by, before=before
        )

    def moved(self, *keys: str) -> list[Change]:
        """The window as a whole, beside the one before."""
        now, before = self.ask(*keys), self.ask(*keys, before=True)
        return self._moved([(now[key][()], before[key][()]) for key in keys])

    def ask_each(self, key: str, asked: Sequence[Mapping[str, int | str]]) -> list[Change]:
        """One metric with each of the parameters, beside the period before: all in two statements."""
        metric = catalogue.ALL[key]
        now = [framing.question_of(metric, self.day, self.clock, self.text, one) for one in asked]
        before = [framing.question_before(metric, self.day, self.clock, self.text, one) for one in asked]
        found = self._answers(now)
        earlier = self._answers([question for question in before if question])
        return self._moved(
            [(found[one], earlier[other]) for one, other in zip(now, before, strict=True) if other]
        )

    def _moved(self, pairs: Sequence[tuple[Answer, Answer]]) -> list[Change]:
        return from_before(pairs, self.clock.organisation)

    def _answers(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        sums = evaluate(questions, self.population, self.clock) if questions else {}
        return {
            question: answers.answer(
                question, sums[question].get((), answers.NOTHING), self.population, self.clock
            )
            for question in questions
        }
