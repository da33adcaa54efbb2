"""The feedback board: what customers ask for, by theme, with the accounts behind it and what these pay.

What is confidential or anonymous counts as said, and never towards an account or its MRR.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import Coalesce

from accounts.models import Feature, User
from accounts.texts import search_key
from metrics import catalogue
from metrics.evaluate import per_account
from metrics.framing import question_of
from metrics.populations import Population
from metrics.sources import Clock
from surveys.models import FeedbackItem, Theme


@dataclass(frozen=True)
class Row:
    """A theme with what is behind it, of the accounts that the reader may see. `mrr`: None where a rate is missing."""

    theme: Theme
    items: int = 0
    accounts: Collection[int] = field(default=())
    mrr: Decimal | None = Decimal(0)

    @property
    def of_accounts(self) -> int:
        return len(self.accounts)


# Of rows with the same, the one with more accounts comes first; then the newer theme.
SORTS: dict[str, Callable[[Row], Any]] = {
    "mrr": lambda row: (row.mrr or 0, row.of_accounts, row.items, row.theme.pk),
    "accounts": lambda row: (row.of_accounts, row.mrr or 0, row.theme.pk),
    "items": lambda row: (row.items, row.of_accounts, row.theme.pk),
    "name": lambda row: (search_key(str(row.theme)), row.theme.pk),
}


def board(
    reader: User,
    clock: Clock,
    *,
    status: str = "",
    feature: Feature | None = None,
    heard: str = "",
    search: str = "",
) -> list[Row]:
    """Three statements, however many themes there are. Of those that were heard in one place, only these items."""
    themes = Theme.objects.select_related("feature")
    if status:
        themes = themes.filter(status=status)
    if feature:
        themes = themes.filter(feature=feature)
    found = _rows([one for one in themes if _is_called(one, search)], reader, clock, heard)
    return [row for row in found if row.items] if heard else found


def row_of(theme: Theme, reader: User, clock: Clock) -> Row:
    return _rows([theme], reader, clock)[0]


def _is_called(theme: Theme, search: str) -> bool:
    """All words, in its names or its search words."""
    known = " ".join(search_key(text) for text in (*theme.name.values(), *theme.words))
    return all(word in known for word in search_key(search).split())


def _rows(themes: list[Theme], reader: User, clock: Clock, heard: str = "") -> list[Row]:
    items = FeedbackItem.objects.visible_to(reader).of_people().filter(theme__in=themes).order_by()
    if heard:
        items = items.filter(heard=heard)
    counted: dict[int, dict[int | None, int]] = {}
    survivor = Coalesce("account__merged_into", "account")
    for theme, account, count in items.values_list("theme", survivor).annotate(Count("pk")):
        counted.setdefault(theme, {})[account] = count
    mrr = mrr_of({account for of in counted.values() for account in of if account}, clock)
    return [_row(theme, counted.get(theme.pk, {}), mrr) for theme in themes]


def _row(theme: Theme, counts: dict[int | None, int], mrr: dict[int, Decimal]) -> Row:
    accounts = [account for account in counts if account]
    total = sum((mrr.get(account, Decimal(0)) for account in accounts), Decimal(0))
    return Row(theme, sum(counts.values()), accounts, None if total.is_nan() else total)


def mrr_of(accounts: Collection[int], clock: Clock) -> dict[int, Decimal]:
    """Today's, of those that have any; NaN without an exchange rate."""
    if not accounts:
        return {}
    question = question_of(catalogue.ALL["mrr"], clock.today, clock)
    rows = per_account([question], Population(accounts=tuple(sorted(accounts))), clock, clock.today)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT member, numerator FROM ({rows.text}) sums", rows.parameters)
        return dict(cursor.fetchall())
