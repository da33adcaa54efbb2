# ruff: noqa: S608, SIM905  The statements are put together from names of our own tables and columns.
"""What no writer may forget is written by the database itself, set-based and under COPY too.

* Touched: which accounts' figures must be made anew, back to which day.
* AuditEntry: who changed what.
* When we learned of the end of something that had begun before (`..._recorded_at`).
* Rules over two rows: nothing happens to a ticket before it is opened; a merge names the last survivor.
"""

from dataclasses import dataclass, field

from django.db import migrations


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
TOUCHING = {
    # What it is split by, an account also was before the first of its dated values.
    "accounts_accountchange": Touch(
        since="(CASE WHEN {r}.field = 'stage' OR EXISTS (SELECT FROM accounts_accountchange c WHERE"
        " c.account_id = {r}.account_id AND c.field = {r}.field AND c.from_day < {r}.from_day)"
        " THEN {r}.from_day ELSE least({r}.from_day, cxhub_first_fact({r}.account_id)) END)",
        idle="by_id",
    ),
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
    "accounts_ticket": Touch(account="coalesce({r}.account_id, 0)", since=local_day("{r}.opened_at")),
    "accounts_ticketevent": Touch(
        account="(SELECT coalesce(t.account_id, 0) FROM accounts_ticket t WHERE t.id = {r}.ticket_id)",
        since=local_day("{r}.happened_at"),
    ),
    "accounts_exchangerate": Touch(account="NULL::bigint", since="{r}.day", everybody=True),
    "accounts_organisation": Touch(
        account="NULL::bigint", since=EVER, everybody=True, idle="name weekend digits"
    ),
}

# A zone that the database does not know would otherwise be found out by the next write to any fact.
ZONE_IS_KNOWN = """
ALTER TABLE accounts_organisation ADD CONSTRAINT organisation_time_zone_known
CHECK ((timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL);
"""

# The first day on which an account, or whoever was merged into it, has anything that a figure counts.
FIRST_FACT = f"""
CREATE FUNCTION cxhub_first_fact(of_account bigint) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT least(
    (SELECT min(starts) FROM accounts_subscription WHERE account_id = ANY(its)),
    (SELECT min(from_day) FROM accounts_accountchange WHERE account_id = ANY(its) AND field = 'stage'),
    {local_day("(SELECT min(ordered_at) FROM accounts_order WHERE account_id = ANY(its))")},
    {local_day("(SELECT min(opened_at) FROM accounts_ticket WHERE account_id = ANY(its))")},
    {TODAY})
  FROM (SELECT array_agg(id) AS its FROM accounts_account WHERE of_account IN (id, merged_into_id)) accounts
$$;
"""


def touch(table: str, touched: Touch) -> str:
    known = "" if touched.everybody else "WHERE account IS NOT NULL"

    def insert(rows: str) -> str:
        return f"""
        INSERT INTO accounts_touched (account_id, earliest_day)
        SELECT account, min(day) FROM ({rows}) changes (account, day) {known} GROUP BY 1;"""

    def written(rows: str) -> str:
        return insert(f"SELECT {', '.join(touched.of('r'))} FROM {rows} r")

    return f"""
    CREATE FUNCTION {table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN {insert(changed(touched))}
      ELSIF TG_OP = 'INSERT' THEN {written("after")}
      ELSE {written("before")}
      END IF;
      RETURN NULL;
    END $$;
    """ + statement_triggers(table, "touch", f"{table}_touch()")


def changed(touched: Touch) -> str:
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


def statement_triggers(table: str, name: str, call: str, events: str = "insert update delete") -> str:
    tables = {
        "insert": "NEW TABLE AS after",
        "update": "OLD TABLE AS before NEW TABLE AS after",
        "delete": "OLD TABLE AS before",
    }
    return "".join(
        f"""
        CREATE TRIGGER {name}_on_{event} AFTER {event.upper()} ON {table} REFERENCING {tables[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION {call};"""
        for event in events.split()
    )


# A merge, being internal, or what it is split by where that is not dated bears on every day with facts; any other
# change of the row itself on today's figures. Loser, survivor and former survivor are all touched. Of a loser that is
# deleted, the facts are gone: nobody knows any more on which days the survivor had them.
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
      LATERAL (SELECT min(cxhub_first_fact(its[i])) AS since FROM generate_series(1, 3) i WHERE its[i] IS NOT NULL) f,
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
""" + statement_triggers("accounts_account", "touch", "accounts_account_touch()")

AUDITED = (
    "account accountkey accountchange contact lead product plan subscription pause term departure exchangerate order "
    "orderline return payment expense ticket ticketevent workingcalendar organisation team user"
).split()

# Only what changed is kept; what was created stands in the row itself. Secrets and log-in times never.
AUDIT = """
CREATE FUNCTION cxhub_audited(r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT r - 'password' - 'last_login' - 'name_key'
$$;
CREATE FUNCTION cxhub_changed(r jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_object_agg(key, value) FROM jsonb_each(r) WHERE other -> key IS DISTINCT FROM value
$$;
CREATE FUNCTION cxhub_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  by_actor bigint := nullif(current_setting('cxhub.actor', true), '')::bigint;
  by_job bigint := nullif(current_setting('cxhub.job', true), '')::bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action)
    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'insert' FROM after;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action, before)
    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'delete', cxhub_audited(to_jsonb(b)) FROM before b;
  ELSE
    INSERT INTO accounts_auditentry (actor_id, job_id, "table", "row", action, before, after)
    SELECT by_actor, by_job, TG_TABLE_NAME, id, 'update', cxhub_changed(b, a), cxhub_changed(a, b)
    FROM (SELECT before.id, cxhub_audited(to_jsonb(before)) AS b, cxhub_audited(to_jsonb(after)) AS a
          FROM before JOIN after USING (id) WHERE before IS DISTINCT FROM after) changes
    WHERE a <> b;
  END IF;
  RETURN NULL;
END $$;
"""

# table -> (deciding column, column of the time at which we learned of it, what "not yet" looks like)
DECIDED_LATER = [
    ("accounts_subscription", "ends", "ends_recorded_at", "NEW.ends IS NULL"),
    ("accounts_subscription", "cancelled_on", "cancelled_recorded_at", "NEW.cancelled_on IS NULL"),
    ("accounts_pause", "ends", "ends_recorded_at", "NEW.ends IS NULL"),
    ("accounts_order", "cancelled_at", "cancelled_recorded_at", "NEW.cancelled_at IS NULL"),
    ("accounts_term", "outcome", "outcome_recorded_at", "NEW.outcome = 'open'"),
]


def learn(table: str, column: str, recorded: str, undecided: str) -> str:
    name = f"{table}_{column}"
    return f"""
    CREATE FUNCTION {name}_learned() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF {undecided} THEN NEW.{recorded} := NULL;
      ELSIF TG_OP = 'INSERT' THEN NEW.{recorded} := coalesce(NEW.{recorded}, NEW.recorded_at);
      ELSIF NEW.{recorded} IS NOT DISTINCT FROM OLD.{recorded} THEN NEW.{recorded} := now();
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER {column}_learned_at_once BEFORE INSERT ON {table}
      FOR EACH ROW WHEN (NOT ({undecided})) EXECUTE FUNCTION {name}_learned();
    CREATE TRIGGER {column}_learned_later BEFORE UPDATE ON {table}
      FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {name}_learned();
    """


RULES = """
CREATE FUNCTION accounts_ticketevent_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after e JOIN accounts_ticket t ON t.id = e.ticket_id WHERE e.happened_at < t.opened_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'ticketevent_not_before_opening',
      MESSAGE = 'A ticket event lies before the opening of its ticket.';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION accounts_ticket_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after t JOIN accounts_ticketevent e ON e.ticket_id = t.id WHERE e.happened_at < t.opened_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'ticketevent_not_before_opening',
      MESSAGE = 'A ticket event lies before the opening of its ticket.';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION accounts_account_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after a JOIN accounts_account s ON s.id = a.merged_into_id WHERE s.merged_into_id IS NOT NULL)
  OR EXISTS (SELECT FROM after a JOIN accounts_account l ON l.merged_into_id = a.id WHERE a.merged_into_id IS NOT NULL)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'account_merged_into_the_last_survivor',
      MESSAGE = 'An account is merged into one that is itself merged into another.';
  END IF;
  RETURN NULL;
END $$;
"""


def everything() -> str:
    parts = [ZONE_IS_KNOWN, FIRST_FACT, *(touch(table, touched) for table, touched in TOUCHING.items())]
    parts += [TOUCH_ACCOUNTS, AUDIT]
    parts += [statement_triggers(f"accounts_{model}", "audit", "cxhub_audit()") for model in AUDITED]
    parts += [learn(*decided) for decided in DECIDED_LATER]
    parts += [
        RULES,
        statement_triggers(
            "accounts_ticketevent", "in_time", "accounts_ticketevent_in_time()", events="insert update"
        ),
        statement_triggers("accounts_ticket", "in_time", "accounts_ticket_in_time()", events="update"),
        statement_triggers("accounts_account", "merges", "accounts_account_merges()", events="insert update"),
    ]
    return "".join(parts)


def nothing() -> str:
    functions = [f"{table}_touch" for table in [*TOUCHING, "accounts_account"]]
    functions += [f"{table}_{column}_learned" for table, column, *_rest in DECIDED_LATER]
    functions += [
        "cxhub_audit",
        "accounts_ticketevent_in_time",
        "accounts_ticket_in_time",
        "accounts_account_merges",
    ]
    drops = "".join(f"DROP FUNCTION {function}() CASCADE;" for function in functions)
    others = ("cxhub_first_fact(bigint)", "cxhub_audited(jsonb)", "cxhub_changed(jsonb, jsonb)")
    drops += "".join(f"DROP FUNCTION {function};" for function in others)
    return drops + "ALTER TABLE accounts_organisation DROP CONSTRAINT organisation_time_zone_known;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(everything(), nothing())]
