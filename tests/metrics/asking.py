"""Questions to the engine in one line."""

from datetime import UTC, datetime

from accounts.models import Organisation
from metrics import answers, catalogue
from metrics.populations import of
from metrics.sources import Clock
from tests.factories import day

NOW = datetime(2026, 12, 31, 20, tzinfo=UTC)
ALL = tuple(catalogue.ALL)


def clock(now=NOW, known_by=None):
    return Clock(Organisation.current(), now, known_by and day(known_by))


def ask(keys, on, *, now=NOW, window=None, by=(), user=None, parameters=None, known_by=None, **filters):
    return answers.ask(
        keys,
        of(filters, user),
        clock(now, known_by),
        as_of=day(on),
        window=window,
        by=(by,) if isinstance(by, str) else by,
        parameters=parameters or {},
    )


def answer(key, on, **question):
    return ask([key], on, **question)[key][()]


def value(key, on, **question):
    return answer(key, on, **question).value


def values(keys, on, **question):
    return {key: splits[()].value for key, splits in ask(keys, on, **question).items()}


def parts(key, on, by, **question):
    """By the part of the split, which is a text where there is one dimension."""
    found = ask([key], on, by=by, **question)[key]
    return {part[0] if len(part) == 1 else part: answer.value for part, answer in found.items()}
