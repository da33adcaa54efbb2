"""By what a file names a row of another table."""

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import (
    Account,
    Campaign,
    Contact,
    Feature,
    Goal,
    Plan,
    Product,
    Team,
    User,
    WorkingCalendar,
)

NAMED_BY: dict[type[models.Model], str] = {
    Campaign: "code",
    Feature: "code",
    Goal: "code",
    Plan: "code",
    Product: "sku",
    Team: "name",
    WorkingCalendar: "name",
}


# Of those who write to somebody, few know our ids. An address that two contacts have names neither.
BY_ADDRESS = """
SELECT c.email, c.id FROM accounts_contact c WHERE c.email <> '' AND c.merged_into_id IS NULL AND NOT EXISTS (
  SELECT FROM accounts_contact o WHERE o.email = c.email AND o.id <> c.id AND o.merged_into_id IS NULL)
AND NOT EXISTS (SELECT FROM accounts_contact i WHERE i.source = %(source)s AND i.external_id = c.email)"""


def lookup(model: type[models.Model], by_address: bool = False) -> tuple[str, str]:
    """A SELECT of (what names it, id), with the parameter `source`, and the form in which a cell is compared.

    `by_address`: contacts also by their e-mail address, as it is written in their row.
    """
    table = model._meta.db_table
    if model is Account:
        return "SELECT value, account_id FROM accounts_accountkey WHERE source = %(source)s", "{}"
    if model is Contact:
        # Whoever was merged is the survivor.
        by_id = f"SELECT external_id, coalesce(merged_into_id, id) FROM {table} WHERE source = %(source)s"
        return f"{by_id} UNION ALL {BY_ADDRESS}" if by_address else by_id, "{}"
    if model is User:
        return f"SELECT lower(email), id FROM {table}", "lower({})"
    if model in NAMED_BY:
        return f"SELECT {NAMED_BY[model]}, id FROM {table}", "{}"
    return f"SELECT external_id, id FROM {table} WHERE source = %(source)s", "{}"


def unknown(model: type[models.Model], by_address: bool = False) -> str:
    if by_address:
        return _("No contact has this id at this source, or alone this e-mail address. Import it before.")
    if model is Account:
        return _("No account has this id at this source. Import it before, or choose to create accounts.")
    if model is User:
        return _("Nobody here has this e-mail address.")
    if model in NAMED_BY:
        return _("Nothing here has this name or code. Import it before.")
    return _("Nothing has this id at this source. Import it before.")
