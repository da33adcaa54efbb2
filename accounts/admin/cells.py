"""What stands in the cells of lists: amounts with their currency, codes from the left."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.admin import display
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.money import minor_unit

# None is written as the list writes what is missing, whatever the types of Django's stubs say.
Cell = Callable[[Any], Any]


def written_amount(value: Decimal, currency: str) -> str:
    return f"{formats.number_format(value, minor_unit(currency), force_grouping=True)} {currency}"


def amount(name: str, model: Any) -> Cell:
    """A column of amounts, with the currency that stands beside them in the row."""

    @display(description=capfirst(model._meta.get_field(name).verbose_name), ordering=name)
    def cell(row: Any) -> SafeString | None:
        value = getattr(row, name)
        if value is None:
            return None
        return format_html('<bdi class="amount" dir="ltr">{}</bdi>', written_amount(value, row.currency))

    return cell


def code(name: str, model: Any) -> Cell:
    """A column of what is written from the left: addresses, numbers, the sender's ids."""

    @display(description=capfirst(model._meta.get_field(name).verbose_name), ordering=name)
    def cell(row: Any) -> SafeString | None:
        value = getattr(row, name)
        return format_html('<bdi dir="ltr">{}</bdi>', value) if value else None

    return cell
