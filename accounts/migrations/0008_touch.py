# ruff: noqa: S608  The statements are put together from names of our own tables and columns.
"""Whose figures must be made anew, back to which day (Touched).

The database itself writes it, set-based and under COPY too: no writer may forget it.
"""

from dataclasses import dataclass, field

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without


def local_day(moment: str) -> str:
    """The organisation's. The subquery is no different for any row, and so asked once."""
    return f"(({moment}) AT TIME ZONE coalesce((SELECT time_zone FROM accounts_organisation), 'UTC'))::date"


EVER = "date '0001-01-01'"
TODAY = local_day("now()")


@dataclass(frozen=True)
class Touch:
    """On whose figures a row {r} of a table bears, and since which day.

    `later` are columns that bear from a later day on: moving the end of a subscription changes nothing before the
    earlier of both ends. `idle` are those that no figure reads.
    """

    account: str = "{r}.account_id"
    since: str = "{r}.starts"
    later: dict[str, str] = field(default_factory=dict)
    idle: str = ""
    everybody: bool = False

    def of(self, row: str) -> tuple[str, str]:
        return self.account.format(r=row), self.since.format(r=row)

    def since_change(self, column: str) -> str:
        """The earlier of both days of a column that changed."""
        before, after = (self.later[column].format(r=row) for row in "ba")
        return f"CASE WHEN b.{column} IS DISTINCT FROM a.{column} THEN least({before}, {after}) END"


def of_order(column: str) -> str:
    return f"(SELECT {column} FROM accounts_order o WHERE o.id = {{r}}.order_id)"


# By hand and by import the same row is said again with other ids; what is learned later of an end says when.
NEVER_READ = "source external_id recorded_at ends_recorded_at cancelled_recorded_at outcome_recorded_at"
DECIDED = "{r}.decided_on"
# What has no account is account 0: the figures that all have together are made anew.
OF_ACCOUNT_OR_ALL = "coalesce({r}.account_id, 0)"
OF_CONTACT = "(SELECT c.account_id FROM accounts_contact c WHERE c.id = {r}.contact_id)"

# Many rows of these change at once, and so they are compared by their columns, as the audit does it (0009), which
# calls `touch` for them. The rows of the others are compared as JSON, which needs no list of columns.
TOUCHING_BY_COLUMNS = {
    "accounts_subscription": Touch(
        later={
            "ends": "{r}.ends",
            "discount_ends": "{r}.discount_ends",
            "past_due_since": "{r}.past_due_since",
            "cancelled_on": "{r}.cancelled_on",
            "cancel_reason": "{r}.cancelled_on",
        }
    ),
    "accounts_pause": Touch(
        account="(SELECT s.account_id FROM accounts_subscription s WHERE s.id = {r}.subscription_id)",
        later={"ends": "{r}.ends"},
    ),
    "accounts_term": Touch(
        later={"outcome": DECIDED, "decided_on": DECIDED, "renewed_mrr": DECIDED, "lost_reason": DECIDED}
    ),
    "accounts_departure": Touch(since="{r}.churn_day", later={"recovered": "{r}.recovered"}),
    "accounts_order": Touch(
        since=local_day("{r}.ordered_at"), later={"cancelled_at": local_day("{r}.cancelled_at")}
    ),
    "accounts_orderline": Touch(account=of_order("o.account_id"), since=of_order(local_day("o.ordered_at"))),
    "accounts_return": Touch(account=of_order("o.account_id"), since="{r}.day"),
    "accounts_payment": Touch(since="{r}.day"),
    "accounts_expense": Touch(account="0::bigint", since="{r}.month"),
    # What is said of a lead bears on every account that has a lead of the same address.
    "accounts_lead": Touch(
        account="unnest(cxhub_accounts_of_person({r}.account_id, {r}.email))", since="{r}.first_interest"
    ),
    "accounts_ticket": Touch(account=OF_ACCOUNT_OR_ALL, since=local_day("{r}.opened_at")),
    "accounts_ticketevent": Touch(
        account="(SELECT coalesce(t.account_id, 0) FROM accounts_ticket t WHERE t.id = {r}.ticket_id)",
        since=local_day("{r}.happened_at"),
    ),
}
TOUCHING = {
    # What it is split by, an account also was before the first of its dated values.
    "accounts_accountchange": Touch(
        since="(CASE WHEN {r}.field = 'stage' OR EXISTS (SELECT FROM accounts_accountchange c WHERE"
        " c.account_id = {r}.account_id AND c.field = {r}.field AND c.from_day < {r}.from_day)"
        " THEN {r}.from_day ELSE least({r}.from_day, cxhub_first_fact({r}.account_id)) END)",
        idle="by_id",
    ),
    "accounts_exchangerate": Touch(account="NULL::bigint", since="{r}.day", everybody=True),
    "accounts_organisation": Touch(
        account="NULL::bigint", since=EVER, everybody=True, idle="name weekend digits"
    ),
    "accounts_activityday": Touch(account=OF_ACCOUNT_OR_ALL, since="{r}.day"),
    "accounts_session": Touch(account=OF_ACCOUNT_OR_ALL, since="{r}.day"),
    "accounts_delivery": Touch(
        account=OF_ACCOUNT_OR_ALL,
        since=local_day(
            "least({r}.sent_at, {r}.delivered_at, {r}.opened_at, {r}.clicked_at, {r}.bounced_at, {r}.unsubscribed_at,"
            " {r}.replied_at, {r}.recorded_at)"
        ),
    ),
    "accounts_consent": Touch(
        account=OF_CONTACT,
        since=local_day("{r}.given_at"),
        later={"withdrawn_at": local_day("{r}.withdrawn_at")},
    ),
    "accounts_identity": Touch(
        account=OF_CONTACT, since=f"coalesce({{r}}.since, {local_day('{r}.recorded_at')})"
    ),
    "accounts_campaignday": Touch(account="0::bigint", since="{r}.day"),
    "accounts_planfeature": Touch(
        account="NULL::bigint", since=f"coalesce({{r}}.starts, {EVER})", everybody=True
    ),
}

# A zone that the database does not know would otherwise be found out by the next write to any fact.
ZONE_IS_KNOWN = """
ALTER TABLE accounts_organisation ADD CONSTRAINT organisation_time_zone_known
CHECK ((timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL);
"""

ACCOUNTS_OF_PERSON = """
CREATE FUNCTION cxhub_accounts_of_person(of_account bigint, address text) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(DISTINCT coalesce(account, 0)) FROM (
    SELECT of_account UNION ALL
    SELECT account_id FROM accounts_lead WHERE lower(email) = lower(address) AND address <> '') its (account)
$$;
"""

# The first day on which an account, or whoever was merged into it, has anything that a figure counts.
FIRST_FACT = f"""
CREATE FUNCTION cxhub_first_fact(of_account bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(starts) FROM accounts_subscription WHERE account_id = ANY(its)),
    (SELECT min(from_day) FROM accounts_accountchange WHERE account_id = ANY(its) AND field = 'stage'),
    (SELECT min(day) FROM accounts_payment WHERE account_id = ANY(its)),
    (SELECT min(starts) FROM accounts_term WHERE account_id = ANY(its)),
    (SELECT min(first_interest) FROM accounts_lead WHERE account_id = ANY(its)),
    (SELECT min(churn_day) FROM accounts_departure WHERE account_id = ANY(its)),
    (SELECT min(day) FROM accounts_activityday WHERE account_id = ANY(its)),
    {local_day("(SELECT min(ordered_at) FROM accounts_order WHERE account_id = ANY(its))")},
    {local_day("(SELECT min(opened_at) FROM accounts_ticket WHERE account_id = ANY(its))")},
    {TODAY})
  FROM (SELECT array_agg(id) AS its FROM accounts_account WHERE of_account IN (id, merged_into_id)) accounts
$$;
"""

# A merge, being internal, or what it is split by where that is not dated bears on every day with facts; any other
# change of the row itself on today's figures. The first fact is looked for only where the change bears on the past:
# else 3,000 accounts that get another stage take 25 seconds. Loser, survivor and former survivor are all touched. Of a
# loser that is deleted, the facts are gone: nobody knows any more on which days the survivor had them.
TOUCH_ACCOUNTS = f"""
CREATE FUNCTION accounts_account_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO accounts_touched (account_id, earliest_day)
    SELECT touched, min(CASE WHEN bears_on_the_past THEN since ELSE {TODAY} END) FROM (
      SELECT ARRAY[a.id, a.merged_into_id, b.merged_into_id] AS its,
             a.merged_into_id IS DISTINCT FROM b.merged_into_id OR a.internal <> b.internal OR EXISTS (
               SELECT FROM (VALUES ('segment', a.segment <> b.segment), ('tier', a.tier <> b.tier),
                 ('region', a.region <> b.region), ('owner', a.owner_id IS DISTINCT FROM b.owner_id),
                 ('team', a.team_id IS DISTINCT FROM b.team_id), ('parent', a.parent_id IS DISTINCT FROM b.parent_id)
               ) split (field, moved)
               WHERE moved AND NOT EXISTS (SELECT FROM accounts_accountchange c
                                           WHERE c.account_id = a.id AND c.field = split.field)
             ) AS bears_on_the_past
      FROM before b JOIN after a USING (id) WHERE b IS DISTINCT FROM a) changes,
      LATERAL (SELECT min(cxhub_first_fact(its[i])) AS since FROM generate_series(1, 3) i WHERE its[i] IS NOT NULL AND bears_on_the_past) f,
      unnest(its) touched
    WHERE touched IS NOT NULL GROUP BY 1;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO accounts_touched (account_id, earliest_day) SELECT id, {TODAY} FROM after;
  ELSE
    INSERT INTO accounts_touched (account_id, earliest_day)
    SELECT coalesce(merged_into_id, id), min(CASE WHEN merged_into_id IS NULL THEN {TODAY} ELSE {EVER} END)
    FROM before GROUP BY 1;
  END IF;
  RETURN NULL;
END $$;
"""


def touch(table: str, touched: Touch, of_update: str) -> str:
    """The function alone. `of_update` selects accounts and days of what changed between `before` and `after`."""
    known = "" if touched.everybody else "WHERE account IS NOT NULL"

    def insert(rows: str) -> str:
        return f"""
        INSERT INTO accounts_touched (account_id, earliest_day)
        SELECT account, min(day) FROM ({rows}) changes (account, day) {known} GROUP BY 1;"""

    def written(rows: str) -> str:
        return insert(f"SELECT {', '.join(touched.of('r'))} FROM {rows} r")

    return f"""
    CREATE OR REPLACE FUNCTION {table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN {insert(of_update)}
      ELSIF TG_OP = 'INSERT' THEN {written("after")}
      ELSE {written("before")}
      END IF;
      RETURN NULL;
    END $$;
    """


def touch_triggers(table: str) -> str:
    return statement_triggers(table, "touch", f"{table}_touch()")


def changed_json(touched: Touch) -> str:
    """Both versions' accounts, since the earlier of their days; or, where only `later` columns moved, of those."""
    (account_before, since_before), (account_after, since_after) = touched.of("b"), touched.of("a")
    idle = array(f"{NEVER_READ} {touched.idle}".split())
    day = f"least({since_before}, {since_after})"
    if touched.later:
        later = array([*NEVER_READ.split(), *touched.idle.split(), *touched.later])
        days = ", ".join(touched.since_change(column) for column in touched.later)
        same = f"to_jsonb(b) - {later} = to_jsonb(a) - {later}"
        day = f"CASE WHEN {same} THEN coalesce(least({days}), {TODAY}) ELSE {day} END"
    return f"""
    SELECT unnest(ARRAY[{account_before}, {account_after}]), {day}
    FROM before b JOIN after a USING (id)
    WHERE b IS DISTINCT FROM a AND to_jsonb(b) - {idle} <> to_jsonb(a) - {idle}"""


def array(names: list[str]) -> str:
    return f"'{{{','.join(names)}}}'::text[]"


def everything() -> str:
    parts = [
        ZONE_IS_KNOWN,
        ACCOUNTS_OF_PERSON,
        FIRST_FACT,
        TOUCH_ACCOUNTS,
        touch_triggers("accounts_account"),
    ]
    parts += [
        touch(table, touched, changed_json(touched)) + touch_triggers(table)
        for table, touched in TOUCHING.items()
    ]
    return "".join(parts)


NOTHING = (
    without([f"{table}_touch" for table in [*TOUCHING, "accounts_account"]])
    + "DROP FUNCTION cxhub_first_fact(bigint), cxhub_accounts_of_person(bigint, text);"
    "ALTER TABLE accounts_organisation DROP CONSTRAINT organisation_time_zone_known;"
)


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0006_touch_by_leads_and_expenses"),
        ("accounts", "0008_one_person_is_one_lead"),
        ("accounts", "0023_look_back_only_where_it_matters"),
    ]

    dependencies = [
        ("accounts", "0007_messages"),
    ]

    operations = [migrations.RunSQL(everything(), NOTHING)]
