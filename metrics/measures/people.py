"""People as sets of numbers: whoever is in several of the rows, or in those of two merged accounts, is one."""

from collections.abc import Callable

from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils.functional import Promise

from accounts.everywhere import Everywhere
from accounts.usage import PERSON
from metrics.definitions import PERSONS, counts_people_once
from metrics.sources import Measure, Only, Source, Span

KNOWN = Q(contact__isnull=False)


def person(span: Span) -> Combinable:
    """Whom a row is of: at its account or, where the question asks for it, at all of them."""
    return Everywhere() if counts_people_once(span.reading.parameters) else PERSON


def set_of(
    key: str,
    name: Promise,
    source: Source,
    where: Callable[[Span], Q],
    members: Callable[[Span], Combinable],
    parameters: tuple[str, ...] = (),
    *,
    ripens: bool = False,
) -> Measure:
    """`members` are ranges of numbers, one of each row."""
    return Measure(
        key,
        name,
        source,
        where=where,
        value=members,
        aggregate="range_agg",
        set_of="int8multirange",
        parameters=parameters,
        ripens=ripens,
    )


def people(
    key: str,
    name: Promise,
    source: Source,
    where: Callable[[Span], Q],
    parameters: tuple[str, ...] = (),
) -> Measure:
    """The contacts of the rows; a row that is nobody's has none."""
    asked = (*parameters, PERSONS.name)
    return set_of(key, name, source, lambda span: where(span) & KNOWN, lambda span: Only(person(span)), asked)


def somebody(
    key: str, name: Promise, source: Source, where: Callable[[Span], Q], **fields: object
) -> Measure:
    """What only known people did."""
    return Measure(key, name, source, where=lambda span: where(span) & KNOWN, **fields)  # type: ignore[arg-type]
