"""Stripe's subscriptions as periods: of each item of one, stretches of days under the same terms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from django.core.exceptions import ValidationError

from accounts.connectors.reading import FOUR_DECIMALS, Part, kept, money
from accounts.connectors.reasons import Reason, Rejected
from accounts.models import Organisation, Plan, Subscription

SOURCE = "stripe"
# They never began, or what they were to be was not paid.
NEVER_BEGAN = frozenset({"incomplete", "incomplete_expired"})
# It is not in service, and may be again.
AT_REST = "paused"
OVERDUE = frozenset({"past_due", "unpaid"})
# Of items added within so many days of the beginning, it is that of the subscription.
AT_THE_BEGINNING = timedelta(days=7)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What, when it changes, ends a period and begins the next."""

    kind: str
    plan: Plan | None
    price: Decimal
    interval: str
    interval_count: int
    quantity: int
    discount_percent: Decimal
    discount_amount: Decimal
    discount_ends: date | None
    currency: str

    def fields(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Course:
    """When it began and ends, as far as is known. `trial_ends`: the first day that is paid for."""

    began: date
    trial_ends: date | None
    ends: date | None
    cancelled_on: date | None
    cancel_reason: str
    overdue: bool


def write(account: int, said: Part, at: datetime) -> int:
    """Brings the periods of the subscription to what was said at that moment; how many items it has."""
    organisation = Organisation.current()
    today = organisation.today(at)
    number, items = said.id(), said.parts("items")
    status = said.text("status")
    if not status:
        raise Rejected(Reason.MISSING, said.at("status"))
    if status in NEVER_BEGAN:
        return 0
    if not items:
        raise Rejected(Reason.MISSING, said.at("items.data"))
    if said.maybe("items").said.get("has_more"):
        # A webhook tells of twenty at most, and those that it leaves out have not gone.
        raise Rejected(Reason.MISSING, said.at("items.has_more"))
    course = _course(said, organisation, today)
    known = Subscription.objects.filter(source=SOURCE, reference__startswith=f"{number}/")
    rows = list(known.select_for_update().order_by("starts", "pk"))
    for place, item in enumerate(items):
        reference = f"{number}/{item.id()}"
        own = [row for row in rows if row.reference == reference]
        terms = _terms(said, item, course, today, takes_amount=place == 0, organisation=organisation)
        began = _began(item, course, organisation, joins=bool(rows))
        _settle(account, reference, own, terms, course, began, today)
    named = {f"{number}/{item.id()}" for item in items}
    _end([row for row in rows if row.reference not in named], today)
    return len(items)


def _end(rows: Iterable[Subscription], today: date) -> None:
    """Of items that are no more."""
    for row in rows:
        if row.ends is None or row.ends > today:
            row.ends = max(today, row.starts + A_DAY)
            _save(row)


# What was said


def _course(said: Part, organisation: Organisation, today: date) -> Course:
    def day(name: str) -> date | None:
        moment = said.moment_if_any(name)
        return organisation.today(moment) if moment else None

    began = day("start_date") or organisation.today(said.moment("created"))
    ended, status = day("ended_at"), said.text("status")
    ends = ended or day("cancel_at")
    if not ends and said.said.get("cancel_at_period_end") is True:
        ends = day("current_period_end") or _ends_of_items(said, organisation)
    if status == AT_REST or (status == "canceled" and not ends):
        ends = today
    reason = said.maybe("cancellation_details")
    notice = day("canceled_at") or (today if ends and status != AT_REST else None)
    return Course(
        began=began,
        trial_ends=day("trial_end"),
        ends=ends,
        cancelled_on=notice if ends and status != AT_REST else None,
        cancel_reason=(reason.text("feedback") or reason.text("reason")) if ends else "",
        overdue=status in OVERDUE,
    )


def _ends_of_items(said: Part, organisation: Organisation) -> date | None:
    """Since 2025 each item has its own."""
    ends = [item.moment_if_any("current_period_end") for item in said.parts("items")]
    return max((organisation.today(moment) for moment in ends if moment), default=None)


def _began(item: Part, course: Course, organisation: Organisation, *, joins: bool) -> date:
    """Of an item that was not there before, when it was added."""
    added = item.moment_if_any("created")
    day = organisation.today(added) if added else course.began
    return day if day - course.began > AT_THE_BEGINNING or (joins and day > course.began) else course.began


def _terms(
    said: Part,
    item: Part,
    course: Course,
    today: date,
    *,
    takes_amount: bool,
    organisation: Organisation,
) -> Terms:
    price = item.part("price") if item.has("price") else item.part("plan")
    recurring = price.part("recurring") if price.has("recurring") else price
    currency = price.currency()
    unit, quantity = _unit(price, currency), _quantity(item, price, recurring)
    if unit != unit.quantize(FOUR_DECIMALS):
        unit, quantity = kept(unit * quantity), 1
    interval = recurring.text("interval")
    if interval not in {"day", "week", "month", "year"}:
        raise Rejected(Reason.WRONG_TYPE if interval else Reason.MISSING, recurring.at("interval"))
    is_trial = course.trial_ends is not None and today < course.trial_ends
    kind = Subscription.Kind.TRIAL if is_trial else Subscription.Kind.PAID if unit else Subscription.Kind.FREE
    percent, amount, ends = _discount(said, currency, organisation)
    return Terms(
        kind=kind,
        plan=_plan(price),
        price=unit,
        interval=interval,
        interval_count=recurring.whole("interval_count") if recurring.has("interval_count") else 1,
        quantity=quantity,
        discount_percent=percent,
        discount_amount=amount if takes_amount else Decimal(0),
        discount_ends=ends,
        currency=currency,
    )


def _unit(price: Part, currency: str) -> Decimal:
    for name in ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount"):
        if price.said.get(name) is not None:
            found = money(price.number(name), currency)
            if found < 0:
                raise Rejected(Reason.BAD_NUMBER, price.at(name))
            return found
    # Of tiers, which Stripe does not send along.
    raise Rejected(Reason.MISSING, price.at("unit_amount"))


def _quantity(item: Part, price: Part, recurring: Part) -> int:
    """What is billed by use is worth nothing before it is used."""
    if recurring.text("usage_type") == "metered":
        return 0
    quantity = item.whole("quantity") if item.said.get("quantity") is not None else 1
    packs = (
        price.maybe("transform_quantity")
        if price.has("transform_quantity")
        else price.maybe("transform_usage")
    )
    if packs.has("divide_by"):
        rounding = ROUND_DOWN if packs.text("round") == "down" else ROUND_UP
        quantity = int((Decimal(quantity) / packs.whole("divide_by")).to_integral_value(rounding))
    if not 0 <= quantity < 2**31:
        raise Rejected(Reason.BAD_NUMBER, item.at("quantity"))
    return quantity


def _discount(said: Part, currency: str, organisation: Organisation) -> tuple[Decimal, Decimal, date | None]:
    """Percent, amount, and the first day without it. What is off one bill alone is none."""
    given = said.said.get("discount")
    if not isinstance(given, dict):
        listed = said.said.get("discounts")
        given = (
            next((one for one in listed if isinstance(one, dict)), None) if isinstance(listed, list) else None
        )
    none: tuple[Decimal, Decimal, date | None] = (Decimal(0), Decimal(0), None)
    if not given:
        return none
    discount = Part(given, said.at("discount"))
    coupon = discount.part("coupon") if discount.has("coupon") else discount.maybe("source").maybe("coupon")
    if coupon.text("duration") == "once":
        return none
    ends = discount.moment_if_any("end")
    percent = coupon.number("percent_off") if coupon.has("percent_off") else Decimal(0)
    amount = coupon.number("amount_off") if coupon.has("amount_off") else Decimal(0)
    return kept(percent), kept(money(amount, currency)), organisation.today(ends) if ends else None


def _plan(price: Part) -> Plan | None:
    code = price.id()[:80]
    name = price.text("nickname") or code
    return Plan.objects.get_or_create(code=code, defaults={"name": {"en": name}})[0]


# What is kept


def _settle(
    account: int,
    reference: str,
    rows: list[Subscription],
    terms: Terms,
    course: Course,
    began: date,
    today: date,
) -> None:
    if not rows:
        _finish(_begin(account, reference, terms, course, began), course, today)
        return
    last = rows[-1]
    rests = last.ends is not None and last.ends <= today and course.ends is None
    if rests:
        last = _new(account, reference, terms, today)
    elif _differs(last, terms):
        last = _changed(last, terms, course, today)
    _finish(last, course, today)


def _changed(row: Subscription, terms: Terms, course: Course, today: date) -> Subscription:
    """A period under the new terms, unless it ends before these would begin."""
    was_tried = row.kind == Subscription.Kind.TRIAL and terms.kind != row.kind
    since = course.trial_ends or today if was_tried else today
    if course.ends and course.ends <= since:
        return row
    if since > row.starts:
        row.ends = since
        _save(row)
        return _new(row.account_id, row.reference, terms, since)
    for name, value in _from(terms, row.starts).items():
        setattr(row, name, value)
    return row


def _begin(account: int, reference: str, terms: Terms, course: Course, began: date) -> Subscription:
    """Behind the trial that is over by now, if there was one."""
    trial_ends = course.trial_ends
    if not trial_ends or terms.kind == Subscription.Kind.TRIAL or trial_ends <= began:
        return _new(account, reference, terms, began)
    trial = _new(account, reference, _as_trial(terms), began)
    if course.ends and course.ends <= trial_ends:
        return trial
    trial.ends = trial_ends
    _save(trial)
    return _new(account, reference, terms, trial_ends)


def _as_trial(terms: Terms) -> Terms:
    return Terms(**(terms.fields() | {"kind": Subscription.Kind.TRIAL}))  # type: ignore[arg-type]


def _differs(row: Subscription, terms: Terms) -> bool:
    return any(getattr(row, name) != value for name, value in _from(terms, row.starts).items())


def _from(terms: Terms, starts: date) -> dict[str, object]:
    """Without a discount that was over by then."""
    if terms.discount_ends and terms.discount_ends <= starts:
        over = {"discount_percent": Decimal(0), "discount_amount": Decimal(0), "discount_ends": None}
        return terms.fields() | over
    return terms.fields()


def _new(account: int, reference: str, terms: Terms, starts: date) -> Subscription:
    return Subscription(
        account_id=account,
        reference=reference,
        source=SOURCE,
        external_id=f"{reference.partition('/')[2]} {starts.isoformat()}",
        starts=starts,
        **_from(terms, starts),
    )


def _finish(row: Subscription, course: Course, today: date) -> None:
    # A period has a day at least, also one that was taken back at once.
    row.ends = max(course.ends, row.starts + A_DAY) if course.ends else None
    row.cancelled_on, row.cancel_reason = course.cancelled_on, course.cancel_reason
    row.past_due_since = (row.past_due_since or today) if course.overdue else None
    _save(row)


def _save(row: Subscription) -> None:
    try:
        row.full_clean()
    except ValidationError as refused:
        field, words = next(iter(refused.message_dict.items()))
        raise Rejected(Reason.REFUSED, field, words[0]) from refused
    row.save()
