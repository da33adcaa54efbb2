"""What can be imported, of all rooms, and by whom."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.imports import Resource
from accounts.models import User
from accounts.resources import EVENTS, with_declared
from accounts.resources import RESOURCES as OF_ACCOUNTS
from cxhub.roles import SEE_ALL, named

RESOURCES: dict[str, Resource] = {resource.name: resource for resource in OF_ACCOUNTS}
# What the command takes besides.
OF_FILES: dict[str, Resource] = {**RESOURCES, EVENTS.name: EVENTS}
# Several resources write the same rows; this one is not called after them.
LABELS: dict[str, Promise] = {"helpdesk_log": _("Help desk log")}


def label_of(name: str) -> str:
    if name in LABELS:
        return str(LABELS[name])
    return capfirst(str(RESOURCES[name].model._meta.verbose_name_plural)) if name in RESOURCES else name


def resource_of(name: str) -> Resource:
    """With the columns of what is declared now."""
    return with_declared(OF_FILES[name])


def importable_by(user: User) -> dict[str, Resource]:
    """A file may speak of every account, so whoever imports it must be allowed to see them all."""
    if not user.has_perm(SEE_ALL):
        return {}
    return {name: resource for name, resource in RESOURCES.items() if _may_write(user, resource)}


def _may_write(user: User, resource: Resource) -> bool:
    model = resource.model._meta.label_lower
    return user.has_perms([named("add", model), named("change", model)])
