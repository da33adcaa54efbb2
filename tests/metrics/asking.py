"""Questions to the engine in one line."""

from datetime import UTC, datetime

from accounts.models import Organisation
from metrics import answers, catalogue
from metrics.populations import of
from metrics.sources import Clock
from tests.factories import day

NOW = datetime(2026, 12, 31, 20, tzinfo=UTC)
ALL = tuple(catalogue.ALL)


def clock(now=NOW):
    return Clock(Organisation.current(), now)


def ask(keys, on, *, now=NOW, window=None, by=None, user=None, parameters=None, **filters):
    return answers.ask(
        keys,
        of(filters, user),
        clock(now),
        as_of=day(on),
        window=window,
        by=by,
        parameters=parameters or {},
    )


def answer(key, on, **question):
    return ask([key], on, **question)[key][""]


def value(key, on, **question):
    return answer(key, on, **question).value


def values(keys, on, **question):
    return {key: splits[""].value for key, splits in ask(keys, on, **question).items()}


def parts(key, on, by, **question):
    return {split: part.value for split, part in ask([key], on, by=by, **question)[key].items()}
