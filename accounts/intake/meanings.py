"""What this organisation's names of events mean now."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max

from accounts.models import EventName, TaxonomyVersion
from accounts.taxonomy import Mapped, meant

BARRIER = "hashtext('accounts_taxonomyversion')"


def version() -> int:
    return TaxonomyVersion.objects.aggregate(last=Max("pk"))["last"] or 0


def mapping() -> dict[str, Mapped]:
    names = EventName.objects.values_list("sent_as", "means", "object_property", "value_property")
    return {sent_as: Mapped(*rest) for sent_as, *rest in names}


def hold() -> None:
    """Till the end of the transaction: whoever waits for those that may not know the newest meanings waits for us."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({BARRIER})")


def wait_for_holders() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({BARRIER}), pg_advisory_unlock({BARRIER})")


def read(
    sent_as: str, properties: Mapping[str, Any], campaign: str, mapping: Mapping[str, Mapped]
) -> tuple[str, str, str, Decimal | None, str]:
    """Name, name as sent, object, value and campaign; a campaign may have been said beside the properties."""
    now = meant(sent_as, properties, mapping)
    return now.name, now.sent_as, now.object, now.value, now.campaign or campaign
