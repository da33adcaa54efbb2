"""The stored roll-ups, written as the naive computation writes them."""

from accounts.models import ActivityDay, Delivery, Session
from tests.accounts.rollups.naive import MOMENTS, rows


def hexed(row):
    return (row[0].hex, row[1] and row[1].hex, *row[2:])


def activity():
    columns = (
        "person company day name object campaign machine late_on count valued value last_value last_at"
        " account_id contact_id"
    )
    return rows(hexed(row) for row in ActivityDay.objects.values_list(*columns.split()))


def sessions():
    columns = (
        "person company day began ended recorded_at session events pages entry exit goals campaign"
        " account_id contact_id"
    )
    return rows(hexed(row) for row in Session.objects.values_list(*columns.split()))


def deliveries():
    moments = [*MOMENTS.values(), "opened_by_machine_at"]
    return rows(
        (
            one.person.hex,
            one.company and one.company.hex,
            one.mail,
            one.campaign,
            one.recorded_at,
            sorted((name, getattr(one, name)) for name in moments if getattr(one, name)),
            one.account_id,
            one.contact_id,
        )
        for one in Delivery.objects.all()
    )
