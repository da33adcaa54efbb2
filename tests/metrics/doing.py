"""What people did, in one line: days of activity, sessions, mails and ids of contacts."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from accounts.models import (
    ActivityDay,
    Consent,
    Contact,
    Delivery,
    Feature,
    Identity,
    Plan,
    PlanFeature,
    Session,
)
from tests.factories import at, day

SOMEBODY = uuid5(NAMESPACE_URL, "somebody")


def contact(account, name="Sara", **fields):
    return Contact.objects.create(account=account, name=name, **fields)


def whose(who):
    """A contact's, or nobody's."""
    if who is None:
        return {"person": SOMEBODY}
    return {"person": uuid5(SOMEBODY, str(who.pk)), "contact": who, "account_id": who.account_id}


def act(who, on, name="Report Sent", about="", *, count=1, at_hour=12, **fields):
    moment = at(f"{on} {at_hour:02}:00")
    what = {"day": day(on), "name": name, "object": about, "count": count, "last_at": moment}
    return ActivityDay.objects.create(**whose(who) | what | fields)


def visit(who, begins, minutes=0, *, events=1, pages=1, left="/", **fields):
    began = at(begins)
    ended = began + timedelta(minutes=minutes)
    times = {"day": began.date(), "began": began, "ended": ended, "recorded_at": ended}
    seen = {"events": events, "pages": pages, "exit": left}
    return Session.objects.create(**whose(who) | times | seen | fields)


def mail(who, sent, name="news", **moments):
    """Delivered at once; of each other moment when it was."""
    known = {"sent_at": sent, "delivered_at": sent} | moments
    times = {field: moment and at(moment) for field, moment in known.items() if field.endswith("_at")}
    others = {field: value for field, value in known.items() if field not in times}
    return Delivery.objects.create(**whose(who) | times | others, mail=name, recorded_at=at(sent))


def identity(who, value, kind="user", since=None, until=None, source="app", **fields):
    return Identity.objects.create(
        contact=who,
        source=source,
        kind=kind,
        value=value,
        since=since and day(since),
        until=until and day(until),
        **fields,
    )


def consent(who, given, withdrawn=None, purpose="marketing", channel="email"):
    return Consent.objects.create(
        contact=who,
        channel=channel,
        purpose=purpose,
        given_at=at(given),
        withdrawn_at=withdrawn and at(withdrawn),
    )


def plan_with(code, *features, **fields):
    plan, _is_new = Plan.objects.get_or_create(code=code)
    for name in features:
        feature, _is_new = Feature.objects.get_or_create(code=name)
        PlanFeature.objects.get_or_create(plan=plan, feature=feature, **fields)
    return plan
