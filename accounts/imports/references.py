"""By what a file names a row of another table."""

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Account, Contact, Plan, Product, Team, User, WorkingCalendar

NAMED_BY: dict[type[models.Model], str] = {
    Plan: "code",
    Product: "sku",
    Team: "name",
    WorkingCalendar: "name",
}


def lookup(model: type[models.Model]) -> tuple[str, str]:
    """A SELECT of (what names it, id), with the parameter `source`, and the form in which a cell is compared."""
    table = model._meta.db_table
    if model is Account:
        return "SELECT value, account_id FROM accounts_accountkey WHERE source = %(source)s", "{}"
    if model is Contact:
        # Whoever was merged is the survivor.
        return (
            f"SELECT external_id, coalesce(merged_into_id, id) FROM {table} WHERE source = %(source)s",
            "{}",
        )
    if model is User:
        return f"SELECT lower(email), id FROM {table}", "lower({})"
    if model in NAMED_BY:
        return f"SELECT {NAMED_BY[model]}, id FROM {table}", "{}"
    return f"SELECT external_id, id FROM {table} WHERE source = %(source)s", "{}"


def unknown(model: type[models.Model]) -> str:
    if model is Account:
        return _("No account has this id at this source. Import it before, or choose to create accounts.")
    if model is User:
        return _("Nobody here has this e-mail address.")
    if model in NAMED_BY:
        return _("Nothing here has this name or code. Import it before.")
    return _("Nothing has this id at this source. Import it before.")
