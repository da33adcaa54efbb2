"""What the database refuses, whoever writes it."""

from datetime import date, time

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AccountPair,
    Attachment,
    AttributeDefinition,
    Campaign,
    CampaignDay,
    ColumnMapping,
    CompanyProfile,
    Consent,
    Contact,
    ContactPair,
    Delivery,
    Departure,
    ErasedAddress,
    EventName,
    ExchangeRate,
    Expense,
    Fact,
    Feed,
    FeedDay,
    Finding,
    FrequencyRule,
    Goal,
    Identity,
    IntakeMinute,
    Job,
    KeptAnswer,
    Lead,
    Mailing,
    Membership,
    Message,
    Notice,
    NotificationSetting,
    Order,
    OrderLine,
    Organisation,
    OtherId,
    Outbox,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Population,
    Product,
    Profile,
    ProviderCall,
    ProviderObject,
    Retention,
    Return,
    Subscription,
    Suppression,
    Tag,
    Team,
    Term,
    Ticket,
    TraitField,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
    WorkingCalendar,
    WriteKey,
    mrr_on,
)
from accounts.models.people import digest_of
from tests.factories import account, at, day, event, order, organisation, pause, plain, subscription, ticket

pytestmark = pytest.mark.django_db

ROOM_MODELS = [
    model for label in ("accounts", "surveys", "metrics") for model in apps.get_app_config(label).get_models()
]
FACTS = [model for model in apps.get_app_config("accounts").get_models() if issubclass(model, Fact)]


def token(**fields):
    from accounts.models.tokens import ApiToken

    given = {"name": "Warehouse", "scopes": ["read"], "user": plain(User), "digest": "0"} | fields
    return ApiToken.objects.create(**given)


def kept_twice():
    user = plain(User)
    for _number in range(2):
        KeptAnswer.objects.create(user=user, key="a", fingerprint="x")


def told_twice():
    endpoint, notice = plain(WebhookEndpoint), plain(Notice)
    for _number in range(2):
        plain(WebhookDelivery, endpoint=endpoint, notice=notice)


def mailed_twice():
    mailing = plain(Mailing)
    for address in ("sara@example.com", "SARA@example.com"):
        plain(Message, mailing=mailing, address=address)


def two_secrets():
    endpoint = plain(WebhookEndpoint)
    for _number in range(2):
        plain(WebhookSecret, endpoint=endpoint)


def feed():
    return Feed.objects.create(kind="order", source="shop", last_at=AT, noted_at=AT)


def day_of_a_feed_twice():
    of = feed()
    for _number in range(2):
        FeedDay.objects.create(feed=of, day=JAN_10, facts=1)


def twice(model, **fields):
    plain(model, **fields)
    plain(model, **fields)


def become(model, **fields):
    """Of a row that was valid."""
    row = plain(model)
    model.objects.filter(pk=row.pk).update(
        **{name: row if value is SELF else value for name, value in fields.items()}
    )


def erased_twice():
    for _number in range(2):
        ErasedAddress.objects.create(digest="0")


def an_erased_person_comes_again():
    ErasedAddress.objects.create(digest=digest_of("Sara@example.com"))
    plain(Contact, email=" sara@EXAMPLE.com")


SELF = object()
JAN_9, JAN_10, AT = date(2026, 1, 9), date(2026, 1, 10), at("2026-01-10 12:00")


def same_account_twice(model, **fields):
    plain(model, account=plain(model, **fields).account, **fields)


def overlapping_periods():
    customer = account()
    subscription(customer, 10, "2026-01-01", "2026-02-01", reference="A")
    subscription(customer, 10, "2026-01-31", reference="A")


def overlapping_pauses():
    paused = subscription(account(), 10, "2026-01-01")
    pause(paused, "2026-02-01", "2026-03-01")
    pause(paused, "2026-02-28")


def event_before_its_ticket():
    event(ticket(opened="2026-01-10 12:00"), "worked", "2026-01-10 11:59")


def merge_into_a_loser():
    survivor, loser = account("Survivor"), account("Loser")
    Account.objects.filter(pk=loser.pk).update(merged_into=survivor)
    Account.objects.create(name="Another", merged_into=loser)


def parents_in_a_circle():
    upper = account("Upper")
    lower = account("Lower", parent=upper)
    Account.objects.filter(pk=upper.pk).update(parent=lower)


def merge_into_a_merged_contact():
    loser = plain(Contact)
    Contact.objects.filter(pk=loser.pk).update(merged_into=plain(Contact))
    plain(Contact, merged_into=loser)


def pair_twice():
    pair = {"first": plain(Account), "second": plain(Account), "reasons": ["name"], "likeness": 1}
    for _time in range(2):
        AccountPair.objects.create(**pair)


def people_twice():
    pair = {"first": plain(Contact), "second": plain(Contact), "reasons": ["name"], "likeness": 1}
    for _time in range(2):
        ContactPair.objects.create(**pair)


def with_itself(model, of):
    row = plain(of)
    model.objects.create(first=row, second=row, reasons=["name"], likeness=1)


def a_used_attribute_changes_its_type():
    definition = plain(AttributeDefinition)
    plain(AccountChange, field=definition.field, value="large")
    AttributeDefinition.objects.update(type="whole")


def in_twice(**fields):
    first = plain(Membership, **fields)
    given = {"account": first.account, "contact": first.contact, "entered": first.entered}
    Membership.objects.create(population=first.population, **given)


# constraint -> what it refuses
def attached_to_both():
    account = plain(Account)
    contact, ticket = plain(Contact, account=account), plain(Ticket, account=account)
    return plain(Attachment, account=account, contact=contact, ticket=ticket)


def chosen_twice():
    job = Job.objects.create(kind="change")
    return [job.chosen.create(action="tag", row=1, value="VIP") for _time in range(2)]


def known_twice(model, **fields):
    for _time in range(2):
        model.objects.create(**fields)


def each(model, *rows):
    for fields in rows:
        plain(model, **fields)


CRM = {"source": "crm", "external_id": "1"}

VIOLATIONS = {
    "account_has_a_name": lambda: plain(Account, name=""),
    "account_merged_into_the_last_survivor": merge_into_a_loser,
    "account_parents_in_no_circle": parents_in_a_circle,
    "account_not_its_own_parent": lambda: become(Account, parent=SELF),
    "account_not_merged_into_itself": lambda: become(Account, merged_into=SELF),
    "accountchange_of_a_dated_field": lambda: plain(AccountChange, field="name"),
    "accountchange_one_value_a_day": lambda: same_account_twice(AccountChange),
    "accountkey_once_per_source": lambda: twice(AccountKey),
    "account_has_at_most_30_tags": lambda: plain(Account, tags=[str(number) for number in range(31)]),
    "accountpair_in_one_order": lambda: with_itself(AccountPair, Account),
    "accountpair_once": pair_twice,
    "attributedefinition_key_is_plain": lambda: plain(AttributeDefinition, key="Größe"),
    "attributedefinition_of_choices_has_some": lambda: plain(AttributeDefinition, type="choice"),
    "attributedefinition_stays_while_used": a_used_attribute_changes_its_type,
    "apitoken_has_a_name": lambda: token(name=""),
    "apitoken_has_a_scope": lambda: token(scopes=[]),
    "apitoken_scopes_known": lambda: token(scopes=["read", "everything"]),
    "attachment_about_one_thing": attached_to_both,
    "attachment_has_a_name": lambda: plain(Attachment, name=""),
    "chosenrow_once_per_job": chosen_twice,
    "campaign_ends_after_its_start": lambda: plain(Campaign, ends=JAN_10),
    "campaignday_cost_not_negative": lambda: plain(CampaignDay, cost=-1),
    "campaignday_currency_is_a_code": lambda: plain(CampaignDay, currency="$"),
    "campaignday_once": lambda: twice(CampaignDay),
    "columnmapping_once": lambda: [
        ColumnMapping.objects.create(source="crm", resource="plans", column="code", field="code")
        for _time in range(2)
    ],
    "companyprofile_once": lambda: known_twice(CompanyProfile, source="app", value="g1"),
    "consent_given_once": lambda: twice(Consent),
    "consent_withdrawn_after_it_was_given": lambda: plain(Consent, withdrawn_at=at("2026-01-10 11:59")),
    "contact_can_be_named": lambda: plain(Contact, name="", email=""),
    "contact_has_at_most_30_tags": lambda: plain(Contact, tags=[str(number) for number in range(31)]),
    "contact_hour_of_a_day": lambda: plain(Contact, preferred_hour=24),
    "contact_left_after_joining": lambda: plain(Contact, joined=JAN_10, left=JAN_9),
    "contact_merged_into_the_last_survivor": merge_into_a_merged_contact,
    "contact_not_merged_into_itself": lambda: become(Contact, merged_into=SELF),
    "contactpair_in_one_order": lambda: with_itself(ContactPair, Contact),
    "contactpair_once": people_twice,
    "delivery_once": lambda: twice(Delivery),
    "departure_once_per_churn": lambda: same_account_twice(Departure),
    "departure_recovered_later": lambda: plain(Departure, recovered=JAN_10),
    "contact_erased_stays_empty": lambda: become(Contact, erased_at=AT),
    "lead_erased_stays_empty": lambda: become(Lead, erased_at=AT),
    "erased_person_stays_away": an_erased_person_comes_again,
    "erasedaddress_once": erased_twice,
    "eventname_is_not_empty": lambda: plain(EventName, sent_as="", means="Page"),
    "eventname_means_something_else": lambda: plain(EventName, means="login"),
    "exchangerate_between_two_currencies": lambda: plain(ExchangeRate, currency="USD"),
    "exchangerate_one_a_day": lambda: twice(ExchangeRate),
    "exchangerate_positive": lambda: plain(ExchangeRate, rate=0),
    "expense_currency_is_a_code": lambda: plain(Expense, currency="$"),
    "expense_month_is_its_first_day": lambda: plain(Expense, month=JAN_10),
    "feed_once": lambda: [feed() for _time in range(2)],
    "feedday_once": day_of_a_feed_twice,
    "finding_once_a_day": lambda: [
        Finding.objects.create(check_key="a", day=JAN_10, found=1, looked_at=AT) for _time in range(2)
    ],
    "goal_has_a_target": lambda: plain(Goal, target=""),
    "identity_ends_after_its_start": lambda: plain(Identity, until=JAN_10),
    "identity_once_per_contact": lambda: twice(Identity),
    "intakeminute_once": lambda: known_twice(IntakeMinute, source="app", minute=AT),
    "keptanswer_once_per_key": kept_twice,
    "lead_can_be_named": lambda: plain(Lead, name="", email=""),
    "lead_converted_after_first_interest": lambda: plain(Lead, converted=JAN_9),
    "mailing_has_a_name": lambda: plain(Mailing, name=""),
    "membership_ends_after_its_start": lambda: plain(Membership, left=at("2026-01-10 11:59")),
    "membership_of_a_contact_open_once": lambda: in_twice(account=None, contact=plain(Contact)),
    "membership_of_an_account_open_once": lambda: in_twice(),
    "membership_of_an_account_or_a_contact": lambda: plain(Membership, contact=plain(Contact)),
    "message_once": lambda: twice(Message, key="a"),
    "message_once_of_a_mailing": mailed_twice,
    "notice_once": lambda: twice(Notice, key="a", recipient=None),
    "notificationsetting_quiet_ends": lambda: plain(NotificationSetting, quiet_from=time(21)),
    "notificationsetting_whole_chat": lambda: plain(NotificationSetting, chat_kind="slack"),
    "order_amount_not_negative": lambda: plain(Order, amount=-1),
    "order_discount_not_negative": lambda: plain(Order, discount=-1),
    "order_tax_not_negative": lambda: plain(Order, tax=-1),
    "order_shipping_not_negative": lambda: plain(Order, shipping=-1),
    "term_due_mrr_not_negative": lambda: plain(Term, due_mrr=-1),
    "term_renewed_mrr_not_negative": lambda: plain(Term, renewed_mrr=-1),
    "order_currency_is_a_code": lambda: plain(Order, currency="usd"),
    "order_not_cancelled_before_it_was_placed": lambda: plain(Order, cancelled_at=at("2026-01-10 11:59")),
    "orderline_quantity_positive": lambda: plain(OrderLine, quantity=0),
    "organisation_fiscal_year_starts_in_a_month": lambda: organisation(fiscal_year_start=13),
    "organisation_gross_margin_is_a_percentage": lambda: organisation(gross_margin="100.01"),
    "organisation_inactive_days_positive": lambda: organisation(inactive_days=0),
    "organisation_is_one": lambda: Organisation.objects.create(pk=2),
    "otherid_anonymous_once": lambda: [
        OtherId.objects.create(source="app", kind="anonymous", value="a", user=user, said_at=AT)
        for user in ("b", "c")
    ],
    "otherid_once": lambda: known_twice(OtherId, source="app", kind="user", value="a", user="b", said_at=AT),
    "frequencyrule_once": lambda: [plain(FrequencyRule), plain(FrequencyRule)],
    "frequencyrule_of_a_day": lambda: plain(FrequencyRule, days=0),
    "frequencyrule_says_how_many": lambda: plain(FrequencyRule, to_person=None),
    "outbox_allows_an_error": lambda: plain(Outbox, errors_allowed=0),
    "outbox_budget_of_a_day": lambda: plain(Outbox, budget_days=0),
    "outbox_sends": lambda: plain(Outbox, a_second=0),
    "pause_ends_after_its_start": lambda: plain(Pause, ends=JAN_10),
    "pause_periods_do_not_overlap": overlapping_pauses,
    "payment_currency_is_a_code": lambda: plain(Payment, currency="US"),
    "payment_refund_is_negative": lambda: plain(Payment, refund_of=plain(Payment)),
    "planfeature_ends_after_its_start": lambda: plain(PlanFeature, ends=JAN_10),
    "planfeature_periods_do_not_overlap": lambda: each(PlanFeature, {}, {"starts": JAN_9}),
    "population_has_a_name": lambda: plain(Population, name={}),
    "profile_once": lambda: known_twice(Profile, source="app", value="u1"),
    "providercall_once": lambda: known_twice(
        ProviderCall, provider="stripe", kind="stripe", body=b"", size=0, digest="a"
    ),
    "providerobject_once": lambda: known_twice(ProviderObject, provider="stripe", value="cus_1", told_at=AT),
    "retention_is_one": lambda: Retention.objects.create(id=2),
    **{
        f"retention_of_{rule}_is_a_month_at_least": lambda rule=rule: Retention.objects.create(**{rule: 0})
        for rule in Retention.RULES
    },
    "return_not_negative": lambda: plain(Return, amount=-1),
    "return_of_something": lambda: plain(Return, units=0),
    "subscription_currency_is_a_code": lambda: plain(Subscription, currency=""),
    "subscription_discount_ends_after_its_start": lambda: plain(Subscription, discount_ends=JAN_10),
    "subscription_discount_is_a_percentage": lambda: plain(Subscription, discount_percent=101),
    "subscription_discount_not_negative": lambda: plain(Subscription, discount_amount=-1),
    "subscription_ends_after_its_start": lambda: plain(Subscription, ends=JAN_10),
    "subscription_interval_count_positive": lambda: plain(Subscription, interval_count=0),
    "subscription_interval_known": lambda: plain(Subscription, interval="decade"),
    "subscription_periods_do_not_overlap": overlapping_periods,
    "subscription_price_not_negative": lambda: plain(Subscription, price=-1),
    "suppression_once": lambda: each(Suppression, {}, {"address": "SARA@example.com"}),
    "tag_has_a_name": lambda: plain(Tag, name=" "),
    "tag_once_in_any_spelling": lambda: (plain(Tag, name="VIP"), plain(Tag, name="vip")),
    "term_currency_is_a_code": lambda: plain(Term, currency="US1"),
    "term_decided_has_a_day": lambda: plain(Term, outcome="renewed"),
    "term_ends_after_its_start": lambda: plain(Term, ends=JAN_10),
    "ticket_not_merged_into_itself": lambda: become(Ticket, merged_into=SELF),
    "ticketevent_not_before_opening": event_before_its_ticket,
    "traitfield_once": lambda: twice(TraitField),
    "user_email_once_in_any_case": lambda: (plain(User), plain(User, email="SARA@example.com")),
    "workingcalendar_closes_after_opening": lambda: plain(WorkingCalendar, closes="09:00"),
    "webhookdelivery_once": told_twice,
    "webhookendpoint_disabled_for_a_reason": lambda: plain(WebhookEndpoint, disabled_at=AT),
    "webhooksecret_one_at_a_time": two_secrets,
    "writekey_has_a_name": lambda: plain(WriteKey, name=""),
    "writekey_has_a_source": lambda: plain(WriteKey, source="cxhub"),
    "writekey_of_a_server_is_secret": lambda: plain(WriteKey, public_key="cx"),
    **{
        f"{model._meta.model_name}_once_per_source": lambda model=model: twice(
            model, source="crm", external_id="1"
        )
        for model in FACTS
    },
    # Otherwise they would be the same in more than that.
    "campaignday_once_per_source": lambda: each(CampaignDay, CRM, CRM | {"day": JAN_9}),
    "consent_once_per_source": lambda: each(Consent, CRM, CRM | {"purpose": "surveys"}),
}
# Rules over two rows, which triggers keep.
BY_TRIGGER = {
    "account_merged_into_the_last_survivor",
    "account_parents_in_no_circle",
    "attributedefinition_stays_while_used",
    "contact_merged_into_the_last_survivor",
    "erased_person_stays_away",
    "ticketevent_not_before_opening",
}


def refusal(write):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    return refused.value.__cause__.diag.constraint_name


@pytest.mark.parametrize("name", VIOLATIONS)
def test_database_refuses(name):
    assert refusal(VIOLATIONS[name]) == name


def test_every_constraint_is_tried():
    declared = {c.name for m in apps.get_app_config("accounts").get_models() for c in m._meta.constraints}

    assert set(VIOLATIONS) == declared | BY_TRIGGER


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Product, {"sku": "A-1"}),
        (Plan, {"code": "A"}),
        (Team, {"name": "A"}),
        (WorkingCalendar, {"name": "A"}),
    ],
    ids=str,
)
def test_name_is_taken_once(model, fields):
    assert "_uniq" in refusal(lambda: twice(model, **fields)) or "_key" in refusal(
        lambda: twice(model, **fields)
    )


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, field.name)
        for model in apps.get_app_config("accounts").get_models()
        for field in model._meta.concrete_fields
        if "Positive" in type(field).__name__ and model.__name__ in {"Subscription", "Contact"}
    ],
)
def test_counts_are_not_negative(model, name):
    assert refusal(lambda: plain(model, **{name: -1})).startswith(
        f"accounts_{model._meta.model_name}_{name[:6]}"
    )


def test_time_zone_must_be_one_that_the_database_knows():
    with pytest.raises(Exception, match="time zone"), transaction.atomic():
        organisation(time_zone="Mars/Olympus")


@pytest.mark.parametrize("field", ["time_zone", "currency", "weekend"])
def test_settings_row_is_checked_before_it_is_saved(field):
    wrong = {"time_zone": "Mars/Olympus", "currency": "ABC", "weekend": [8]}

    with pytest.raises(ValidationError) as refused:
        Organisation(**{field: wrong[field]}).clean()
    assert set(refused.value.message_dict) == {field}


def test_same_id_of_two_sources_are_two_facts():
    customer = account()
    for source in ("crm", "shop"):
        order(customer, "2026-01-10 12:00", source=source, external_id="1")
    for _ in range(2):
        order(customer, "2026-01-10 12:00", source="crm")

    assert Order.objects.count() == 4


def test_periods_that_follow_one_another_do_not_overlap():
    customer, other = account("One"), account("Other")
    subscription(customer, 10, "2026-01-01", "2026-02-01", reference="A")
    subscription(customer, 10, "2026-02-01", reference="A")
    subscription(customer, 10, "2026-01-01", reference="B")
    subscription(customer, 10, "2026-01-01")
    subscription(customer, 10, "2026-01-01")
    subscription(other, 10, "2026-01-01", reference="A")

    assert Subscription.objects.count() == 6


def test_ticket_cannot_be_opened_after_its_events():
    logged = ticket(opened="2026-01-10 12:00", log=[("worked", "2026-01-10 13:00")])

    late = Ticket.objects.filter(pk=logged.pk)
    assert refusal(lambda: late.update(opened_at=at("2026-01-10 13:01"))) == "ticketevent_not_before_opening"


def test_survivor_of_a_merge_cannot_be_merged_away():
    survivor, loser, other = account("Survivor"), account("Loser"), account("Other")
    Account.objects.filter(pk=loser.pk).update(merged_into=survivor)

    away = Account.objects.filter(pk=survivor.pk)
    assert refusal(lambda: away.update(merged_into=other)) == "account_merged_into_the_last_survivor"


# MRR of a row, beside the metric of that name


def test_mrr_on_gives_it_in_the_row_s_own_currency():
    paused = subscription(account(), 1200, "2026-01-01", "2026-07-01", interval="year", currency="EUR")
    pause(paused, "2026-03-01", "2026-04-01")

    def on(text):
        return Subscription.objects.annotate(mrr=mrr_on(day(text))).get().mrr

    assert [on(text) for text in ("2025-12-31", "2026-02-28", "2026-03-01", "2026-04-01", "2026-07-01")] == [
        0,
        100,
        0,
        100,
        0,
    ]


# Who sees what


@pytest.mark.parametrize("model", FACTS, ids=str)
def test_facts_are_seen_with_their_account(model, alice, bob, charlie, administrator):
    fact = plain(model)
    if model in {CampaignDay, Expense, Lead}:
        assert not hasattr(fact, "account_id") or fact.account_id is None
        return
    path = model.account_path.split("__")
    owned = fact
    for name in path:
        owned = getattr(owned, name)
    Account.objects.filter(pk=owned.pk).update(owner=alice)

    seen = [model.objects.visible_to(user).count() for user in (alice, bob, charlie, administrator)]
    assert seen == [1, 0, 0, 1]
