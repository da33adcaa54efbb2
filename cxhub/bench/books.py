"""Two large books of customers to measure with, made inside the database in seconds.

The same sizes and day give the same rows: chance is a hash of the row's number and of a salt of its own for each
question. Nothing waits to be computed: the rows touch no account and leave no audit.
"""

from datetime import date
from typing import Any

from django.db import connection

from accounts.models import (
    Account,
    AccountChange,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Plan,
    Product,
    Return,
    Subscription,
    Team,
    Term,
    Ticket,
    TicketEvent,
    Touched,
    User,
)
from cxhub.bench.bulk import filling
from cxhub.demo.names import (
    ARABIC_FAMILY,
    ARABIC_GIVEN,
    ARABIC_STEMS,
    ENGLISH_STEMS,
    LATIN_FAMILY,
    LATIN_GIVEN,
)

TABLES = (
    User, User.teams.through, Team, Plan, ExchangeRate, Account, AccountChange, Contact,
    Subscription, Pause, Term, Departure, Product, Order, OrderLine, Return, Payment, Expense, Lead,
    Ticket, TicketEvent,
)  # fmt: skip

# Between 0 and 1, the same on every machine.
CHANCE = """
CREATE FUNCTION pg_temp.chance(number bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT (hashint8extended(number, salt) & 2147483647)::float8 / 2147483648
$$"""
NO_CHANCE = "DROP FUNCTION pg_temp.chance"


def build_recompute_book(
    accounts: int = 10_000,
    orders: int = 1_000_000,
    tickets: int = 500_000,
    *,
    today: date,
    contacts: int | None = None,
) -> None:
    """24 months of subscriptions with changes, discounts, pauses, trials, churn and three currencies; orders and what
    came back; payments, expenses; leads; tickets."""
    contacts = contacts or accounts
    build(today, accounts=accounts, contacts=contacts, orders=orders, tickets=tickets, members=4)


def build_pages_book(accounts: int = 100_000, contacts: int = 300_000, *, today: date) -> None:
    """Many accounts and people to list, search and open; two orders and one ticket for each account."""
    build(today, accounts=accounts, contacts=contacts, orders=2 * accounts, tickets=accounts, members=10)


def build(today: date, *, accounts: int, contacts: int, orders: int, tickets: int, members: int) -> None:
    if Account.objects.exists():
        raise ValueError("A book to measure with needs an empty database.")
    Organisation.objects.update_or_create(
        pk=1,
        defaults={"name": {"en": "Bench", "ar": "القياس"}, "time_zone": "Asia/Riyadh", "currency": "USD"},
    )
    sizes = {
        "accounts": accounts,
        "contacts": contacts,
        "orders": orders,
        "tickets": tickets,
        "members": members,
    }
    with filling(*TABLES) as cursor:
        cursor.execute(CHANCE)
        for statement in [*OURSELVES, *CUSTOMERS, *BOOKINGS, *ORDERS, *MONEY, LEADS, *TICKETS]:
            cursor.execute(statement, {**sizes, **names(), "today": today})
        cursor.execute(NO_CHANCE)
        count_on(cursor)
    # The organisation's row bears on everybody.
    Touched.objects.all().delete()
    vacuum()


def names() -> dict[str, list[str]]:
    arabic = [stem for stems in ARABIC_STEMS.values() for stem, _domain in stems]
    english = [stem for stems in ENGLISH_STEMS.values() for stem in stems]
    return {
        "stems": [*arabic, *english],
        "given": [*(name for name, _latin in ARABIC_GIVEN), *LATIN_GIVEN],
        "family": [*(name for name, _latin in ARABIC_FAMILY), *LATIN_FAMILY],
    }


def count_on(cursor: Any) -> None:
    """The next row written by anybody gets the next number."""
    for table in TABLES:
        name = table._meta.db_table
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), greatest(max(id), 1), max(id) IS NOT NULL)"
            f" FROM {name}"
        )


def vacuum() -> None:
    """So that no measurement pays for setting the hint bits of new pages; not inside a transaction, as in tests."""
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(table._meta.db_table for table in TABLES)}")


OURSELVES = [
    "INSERT INTO accounts_team (id, name) SELECT n, 'Team ' || n FROM generate_series(1, 10) n",
    """
    INSERT INTO accounts_user (id, password, is_superuser, email, name, language, time_zone, is_active, is_staff)
    SELECT n, '!', false, 'csm' || n || '@bench.example', 'CSM ' || n, 'en', '', true, false
    FROM generate_series(1, 10 * %(members)s) n""",
    """
    INSERT INTO accounts_user_teams (id, user_id, team_id)
    SELECT n, n, 1 + n %% 10 FROM generate_series(1, 10 * %(members)s) n""",
    """
    INSERT INTO accounts_plan (id, code, name)
    SELECT n, 'plan-' || n, jsonb_build_object('en', 'Plan ' || n, 'ar', 'الخطة ' || n)
    FROM generate_series(1, 4) n""",
    """
    INSERT INTO accounts_exchangerate (id, base, currency, day, rate, source)
    SELECT row_number() OVER (), 'USD', currency, day::date,
           CASE currency WHEN 'SAR' THEN 0.266667
                ELSE 1.05 + 0.1 * pg_temp.chance(extract(epoch FROM day)::bigint, 1) END, ''
    FROM unnest(ARRAY['SAR', 'EUR']) currency,
         generate_series(date_trunc('month', %(today)s::date - interval '36 months'), %(today)s, '1 month') day""",
]

# A quarter of the accounts joins during the 24 months; the owner is of the account's team.
CUSTOMERS = [
    """
    INSERT INTO accounts_account (id, name, industry, country, website, acquired_channel, acquired_campaign, internal,
                                  stage, segment, tier, region, owner_id, team_id, recorded_at)
    SELECT n, stems[1 + n %% cardinality(stems)] || ' ' || n,
           (ARRAY['Retail', 'Logistics', 'Health care', 'Manufacturing'])[1 + floor(4 * pg_temp.chance(n, 2))::int],
           (ARRAY['SA', 'AE', 'EG', 'GB', 'DE', 'US'])[1 + floor(6 * pg_temp.chance(n, 3))::int], '',
           (ARRAY['Organic search', 'Referral', 'Partner'])[1 + floor(3 * pg_temp.chance(n, 4))::int], '', false,
           'live',
           CASE WHEN pg_temp.chance(n, 5) < 0.1 THEN 'enterprise' WHEN pg_temp.chance(n, 5) < 0.4 THEN 'mid-market'
                ELSE 'small business' END, 'Silver',
           (ARRAY['Gulf', 'Levant', 'Europe'])[1 + floor(3 * pg_temp.chance(n, 6))::int],
           1 + n %% (10 * %(members)s), 1 + (1 + n %% (10 * %(members)s)) %% 10, joined
    FROM (SELECT n, %(stems)s::text[] AS stems,
                 %(today)s::date - interval '30 months' * greatest(pg_temp.chance(n, 7), 0.15) AS joined
          FROM generate_series(1, %(accounts)s) n) given""",
    """
    INSERT INTO accounts_accountchange (id, account_id, field, value, from_day, recorded_at)
    SELECT row_number() OVER (ORDER BY id, field), id, field, value, recorded_at::date, recorded_at
    FROM accounts_account, LATERAL (VALUES ('stage', stage), ('segment', segment), ('tier', tier), ('region', region),
                                           ('owner', owner_id::text), ('team', team_id::text)) dated(field, value)""",
    """
    INSERT INTO accounts_contact (id, source, external_id, recorded_at, account_id, name, email, phone, language,
                                  time_zone, role, preferred_channel)
    SELECT n, 'crm', 'contact-' || n, a.recorded_at, a.id,
           given[1 + floor(cardinality(given) * pg_temp.chance(n, 8))::int] || ' '
             || family[1 + floor(cardinality(family) * pg_temp.chance(n, 9))::int],
           'person' || n || '@account' || a.id || '.example', '', 'en', '', 'user', ''
    FROM generate_series(1, %(contacts)s) n
    JOIN accounts_account a ON a.id = 1 + (n - 1) %% %(accounts)s,
         (SELECT %(given)s::text[] AS given, %(family)s::text[] AS family) words""",
]

# A period begins on joining and in each later month with a chance of one in eight; one in five accounts leaves.
BOOKINGS = [
    """
    INSERT INTO accounts_subscription (id, source, external_id, recorded_at, account_id, reference, plan_id, kind,
      price, "interval", interval_count, quantity, discount_percent, discount_amount, discount_ends, currency, starts,
      ends, ends_recorded_at, cancelled_on, cancelled_recorded_at, cancel_reason)
    WITH lives AS (
      SELECT id, recorded_at::date AS joined,
             CASE WHEN pg_temp.chance(id, 10) < 0.2
                  THEN recorded_at::date + 60
                       + ((%(today)s::date - recorded_at::date - 60) * pg_temp.chance(id, 11))::int END AS left_on
      FROM accounts_account),
    beginnings AS (
      SELECT id, month, (joined + month * interval '1 month')::date AS starts, left_on
      FROM lives, generate_series(0, 30) month
      WHERE (month = 0 OR pg_temp.chance(id * 100 + month, 12) < 0.125)
        AND (joined + month * interval '1 month')::date < coalesce(left_on, %(today)s::date)),
    periods AS (
      SELECT *, coalesce(lead(starts) OVER later, left_on) AS ends, lead(starts) OVER later IS NULL AS is_last,
             row_number() OVER (ORDER BY id, starts) AS n
      FROM beginnings WINDOW later AS (PARTITION BY id ORDER BY starts))
    SELECT n, 'billing', 'period-' || n, starts, id, 'S' || id, 1 + floor(4 * pg_temp.chance(n, 13))::int, 'paid',
           20 + floor(80 * pg_temp.chance(id, 14)),
           CASE WHEN pg_temp.chance(id, 15) < 0.3 THEN 'year' ELSE 'month' END, 1,
           1 + floor(60 * power(pg_temp.chance(n, 16), 2))::int,
           CASE WHEN pg_temp.chance(n, 17) < 0.2 THEN 15 ELSE 0 END, 0,
           CASE WHEN pg_temp.chance(n, 17) < 0.1 THEN (starts + interval '3 months')::date END,
           CASE WHEN pg_temp.chance(id, 18) < 0.15 THEN 'SAR' WHEN pg_temp.chance(id, 18) < 0.3 THEN 'EUR'
                ELSE 'USD' END,
           starts, ends, ends, CASE WHEN is_last THEN ends - 20 END, CASE WHEN is_last THEN ends - 20 END, ''
    FROM periods""",
    """
    INSERT INTO accounts_pause (id, source, external_id, recorded_at, subscription_id, starts, ends, ends_recorded_at)
    SELECT row_number() OVER (ORDER BY id), 'billing', 'pause-' || id, starts + 5, id, starts + 5, starts + 25,
           starts + 25
    FROM accounts_subscription
    WHERE pg_temp.chance(id, 19) < 0.04 AND coalesce(ends, %(today)s) > starts + 25""",
    """
    INSERT INTO accounts_term (id, source, external_id, recorded_at, account_id, reference, starts, ends, currency,
                               outcome, lost_reason)
    SELECT n, 'billing', 'term-' || n, starts, account_id, 'S' || account_id, starts,
           (starts + interval '12 months')::date, currency, 'open', ''
    FROM (SELECT row_number() OVER (ORDER BY account_id, year) AS n, account_id, currency, until,
                 (joined + year * interval '12 months')::date AS starts
          FROM (SELECT account_id, max(currency) AS currency, min(starts) AS joined,
                       CASE WHEN bool_or(ends IS NULL) THEN %(today)s::date ELSE max(ends) END AS until
                FROM accounts_subscription WHERE "interval" = 'year' GROUP BY account_id) committed,
               generate_series(0, 2) year
          WHERE joined + year * interval '12 months' < until) terms""",
    """
    INSERT INTO accounts_departure (id, source, external_id, recorded_at, account_id, churn_day, reason, competitor,
                                    note)
    SELECT row_number() OVER (ORDER BY account_id), 'crm', 'departure-' || account_id, max(ends), account_id, max(ends),
           (ARRAY['Price', 'Features', 'Closed down'])[1 + floor(3 * pg_temp.chance(account_id, 32))::int], '', ''
    FROM accounts_subscription GROUP BY account_id HAVING bool_and(ends IS NOT NULL) AND max(ends) <= %(today)s""",
    """
    INSERT INTO accounts_subscription (id, source, external_id, recorded_at, account_id, reference, plan_id, kind,
      price, "interval", interval_count, quantity, discount_percent, discount_amount, currency, starts, ends,
      ends_recorded_at, cancel_reason)
    SELECT (SELECT max(id) FROM accounts_subscription) + row_number() OVER (ORDER BY id), 'billing', 'trial-' || id,
           starts, id, 'T' || id, 4, 'trial', 0, 'month', 1, 1, 0, 0, 'USD', starts, starts + 14, starts, ''
    FROM (SELECT id, recorded_at::date
                     + ((%(today)s::date - recorded_at::date) * pg_temp.chance(id, 33))::int AS starts
          FROM accounts_account WHERE pg_temp.chance(id, 34) < 0.4) tried""",
]

# A few accounts order most. The numbers follow time, so that the indexes on it grow at one end.
ORDERS = [
    """
    INSERT INTO accounts_product (id, sku, name, category)
    SELECT n, 'P' || n, jsonb_build_object('en', 'Product ' || n, 'ar', 'المنتج ' || n), ''
    FROM generate_series(1, 20) n""",
    """
    INSERT INTO accounts_order (id, source, external_id, recorded_at, account_id, number, ordered_at, cancelled_at,
      cancelled_recorded_at, channel, currency, amount, discount, tax, shipping)
    SELECT n, 'shop', 'order-' || lpad(n::text, 9, '0'), at, account, '', at, cancelled, cancelled, 'Web shop',
           CASE WHEN pg_temp.chance(account, 18) < 0.15 THEN 'SAR' WHEN pg_temp.chance(account, 18) < 0.3 THEN 'EUR'
                ELSE 'USD' END, round((20 + 900 * power(pg_temp.chance(n, 20), 3))::numeric, 2), 0, 0, 0
    FROM (SELECT n, at, account, CASE WHEN pg_temp.chance(n, 21) < 0.02 THEN at + interval '5 hours' END AS cancelled
          FROM (SELECT n,
                       %(today)s::date - interval '1 day' - (%(orders)s - n) * interval '729 days' / %(orders)s AS at,
                       1 + floor(%(accounts)s * power(pg_temp.chance(n, 22), 2))::bigint AS account
                FROM generate_series(1, %(orders)s::bigint) n) moments) given""",
    """
    INSERT INTO accounts_orderline (id, source, external_id, recorded_at, order_id, product_id, quantity, amount)
    SELECT row_number() OVER (ORDER BY id, line), 'shop', 'line-' || id || '-' || line, recorded_at, id,
           1 + floor(20 * pg_temp.chance(2 * id + line, 35))::int,
           1 + floor(3 * pg_temp.chance(2 * id + line, 36))::int, round(amount / lines, 2)
    FROM (SELECT *, CASE WHEN pg_temp.chance(id, 37) < 0.4 THEN 2 ELSE 1 END AS lines FROM accounts_order) o,
         generate_series(1, lines) line""",
    """
    INSERT INTO accounts_return (id, source, external_id, recorded_at, order_id, line_id, day, units, amount, reason)
    SELECT row_number() OVER (ORDER BY line), 'shop', 'return-' || line, day, id, line, day, 1, amount, ''
    FROM (SELECT o.id, l.id AS line, l.amount,
                 (o.ordered_at AT TIME ZONE 'Asia/Riyadh')::date + 3 + floor(40 * pg_temp.chance(l.id, 38))::int AS day
          FROM accounts_orderline l JOIN accounts_order o ON o.id = l.order_id
          WHERE pg_temp.chance(l.id, 39) < 0.04 AND o.cancelled_at IS NULL AND l.amount > 0) back
    WHERE day < %(today)s""",
]

# Orders are paid at once, subscriptions every month; what comes back is refunded. Expenses are entered a month later.
MONEY = [
    """
    INSERT INTO accounts_payment (id, source, external_id, recorded_at, account_id, day, amount, tax, currency,
                                  order_id, subscription_id, income, channel)
    SELECT row_number() OVER (ORDER BY day, order_id, period), 'bank',
           'payment-' || coalesce('o' || order_id, 's' || period) || '-' || day, day, account_id, day, amount, 0,
           currency, order_id, period, income, ''
    FROM (SELECT account_id, (ordered_at AT TIME ZONE 'Asia/Riyadh')::date AS day, amount, currency, id AS order_id,
                 NULL::bigint AS period, 'Shop' AS income
          FROM accounts_order WHERE cancelled_at IS NULL
          UNION ALL
          SELECT account_id, day::date, price * quantity, currency, NULL, id, 'Subscriptions'
          FROM accounts_subscription, generate_series(starts, coalesce(ends - 1, %(today)s), '1 month') day
          WHERE kind = 'paid' AND day <= %(today)s) paid""",
    """
    INSERT INTO accounts_payment (id, source, external_id, recorded_at, account_id, day, amount, tax, currency,
                                  refund_of_id, order_id, income, channel)
    SELECT (SELECT max(id) FROM accounts_payment) + r.id, 'bank', 'refund-' || r.id, r.day, p.account_id, r.day,
           -r.amount, 0, p.currency, p.id, r.order_id, p.income, ''
    FROM accounts_return r JOIN accounts_payment p ON p.order_id = r.order_id""",
    """
    INSERT INTO accounts_expense (id, source, external_id, recorded_at, month, amount, currency, kind, channel,
                                  campaign)
    SELECT row_number() OVER (ORDER BY month, kind), 'ledger', kind || '-' || month::date, month, month::date,
           round((10000 + 90000 * pg_temp.chance(extract(epoch FROM month)::bigint, 40))::numeric, 2), 'USD', kind,
           '', ''
    FROM generate_series(date_trunc('month', %(today)s::date - interval '24 months'), %(today)s, '1 month') month,
         unnest(ARRAY['cost_of_revenue', 'sales', 'marketing', 'onboarding', 'success', 'support', 'other']) kind""",
]

# Every account was a lead once; so was the same number of people who have none.
LEADS = """
    INSERT INTO accounts_lead (id, source, external_id, recorded_at, name, email, company, account_id, first_interest,
                               channel, campaign)
    SELECT n, 'web', 'lead-' || n, first, 'Lead ' || n, 'lead' || n || '@bench.example', '', a.id, first,
           (ARRAY['Organic search', 'Referral', 'Partner'])[1 + floor(3 * pg_temp.chance(n, 41))::int], ''
    FROM generate_series(1, 2 * %(accounts)s) n LEFT JOIN accounts_account a ON a.id = n,
         LATERAL (SELECT coalesce(a.recorded_at::date - floor(60 * pg_temp.chance(n, 42))::int,
                                  %(today)s::date - floor(730 * pg_temp.chance(n, 42))::int) AS first) since"""

# Open ones are among the latest: what would happen after today has not happened.
TICKETS = [
    """
    INSERT INTO accounts_ticket (id, source, external_id, recorded_at, account_id, subject, channel, type, priority,
                                 opened_at, opened_by_staff, spam)
    SELECT n, 'helpdesk', 'ticket-' || lpad(n::text, 9, '0'), at,
           1 + floor(%(accounts)s * power(pg_temp.chance(n, 23), 1.5))::bigint, 'Ticket ' || n, 'email',
           (ARRAY['question', 'problem', 'complaint', 'request'])[1 + floor(4 * pg_temp.chance(n, 24))::int],
           (ARRAY['low', 'normal', 'normal', 'high'])[1 + floor(4 * pg_temp.chance(n, 25))::int],
           at, pg_temp.chance(n, 26) < 0.02, pg_temp.chance(n, 27) < 0.01
    FROM (SELECT n, %(today)s::date - (%(tickets)s - n + 1) * interval '730 days' / %(tickets)s AS at
          FROM generate_series(1, %(tickets)s::bigint) n) moments""",
    """
    INSERT INTO accounts_ticketevent (id, source, external_id, recorded_at, ticket_id, kind, happened_at, "by", public)
    SELECT number, 'helpdesk', 'event-' || lpad(number::text, 9, '0'), at, id, kind, at, "by", true
    FROM (SELECT row_number() OVER (ORDER BY id, step) AS number, id, kind, "by",
                 opened_at + hours * interval '1 hour' AS at
          FROM (SELECT id, opened_at, 0.1 + 8 * pg_temp.chance(id, 28) AS reply,
                       9 + 60 * pg_temp.chance(id, 29) AS solved,
                       pg_temp.chance(id, 30) < 0.06 AS reopens, pg_temp.chance(id, 31) < 0.97 AS is_answered
                FROM accounts_ticket) t,
          LATERAL (VALUES (1, 'opened', 'customer', 0, true), (2, 'replied', 'staff', reply, is_answered),
                          (3, 'resolved', 'staff', solved, is_answered),
                          (4, 'reopened', 'customer', solved + 20, reopens),
                          (5, 'resolved', 'staff', solved + 50, reopens), (6, 'closed', 'machine', solved + 130, true)
                  ) log(step, kind, "by", hours, is_there)
          WHERE is_there AND opened_at + hours * interval '1 hour' < %(today)s::date) events""",
]
