"""Choices that a letter asks its readers for: a row of links, each to one page of ours with what they chose.

Kept as `texts[language]["answers"] = {"page": "/s/", "choices": [[value, shown, words], …], "low": …, "high": …}`. Each
reader's page is `<page><token>/`; `shown` stands on the link, `words` say what it means, `low` and `high` what the ends
mean.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings

from accounts.messages import tokens

ANSWERS = "answers"


class Choice(NamedTuple):
    value: str
    shown: str
    words: str

    @property
    def query(self) -> str:
        return urlencode({"value": self.value})


class Choices(NamedTuple):
    page: str
    choices: tuple[Choice, ...]
    low: str
    high: str

    @property
    def address(self) -> str:
        """Nobody's own: what stands where each reader's comes."""
        return f"{settings.URL}{self.page}"

    def address_of(self, message: int) -> str:
        return f"{self.address}{tokens.of(message, tokens.CHOICE)}/"

    def place(self, value: str) -> int:
        """From one on; 0: none of them."""
        values = [choice.value for choice in self.choices]
        return values.index(value) + 1 if value in values else 0


def choices_of(text: Mapping[str, Any]) -> Choices | None:
    kept = text.get(ANSWERS)
    if not kept:
        return None
    choices = tuple(Choice(*choice) for choice in kept["choices"])
    return Choices(kept["page"], choices, kept["low"], kept["high"])
