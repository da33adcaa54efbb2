"""What goes with a row when it is deleted, and what stands in the way: counted, not loaded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import QuerySet

# So many of what stands in the way are named.
NAMED = 10


@dataclass
class Removal:
    """`going`: how many rows of which model, they themselves included; `in_the_way`: some of what refers to them."""

    going: dict[type[models.Model], int] = field(default_factory=dict)
    in_the_way: list[models.Model] = field(default_factory=list)


def removal_of(rows: QuerySet[Any]) -> Removal:
    found = Removal()
    follow(rows.order_by(), found)
    return found


def follow(rows: QuerySet[Any], found: Removal) -> None:
    """Rows that two ways lead to (a return: of the order, of its line) are counted by the way that finds more."""
    count = rows.count()
    if not count:
        return
    found.going[rows.model] = max(count, found.going.get(rows.model, 0))
    for relation, referring in references_to(rows):
        if relation.on_delete is models.CASCADE:
            follow(referring, found)
        elif relation.on_delete in {models.PROTECT, models.RESTRICT}:
            found.in_the_way += referring[:NAMED]


def references_to(rows: QuerySet[Any]) -> Iterator[tuple[Any, QuerySet[Any]]]:
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        of = relation.related_model
        if not of._meta.auto_created:
            yield relation, of._base_manager.filter(**{f"{relation.field.name}__in": rows})
