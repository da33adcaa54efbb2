"""What no writer may forget is written by the database itself, set-based and under COPY too.

* Touched: which accounts' figures must be made anew, back to which day.
* AuditEntry: who changed what.
* When we learned of the end of something that had begun before (`..._recorded_at`).
* Rules over two rows: nothing happens to a ticket before it is opened; a merge names the last survivor.
"""

from django.db import migrations


def utc_day(moment: str) -> str:
    """The day before the UTC day: not later than the day in any time zone."""
    return f"(({moment}) AT TIME ZONE 'UTC')::date - 1"


EVER = "date '0001-01-01'"
OF_SUBSCRIPTION = "JOIN accounts_subscription s ON s.id = r.subscription_id"
OF_ORDER = "JOIN accounts_order o ON o.id = r.order_id"
OF_TICKET = "JOIN accounts_ticket t ON t.id = r.ticket_id"

# table -> account (0: a fact without one, NULL: everybody), earliest day on which the row r bears, join
TOUCHING = {
    "accounts_accountchange": ("r.account_id", "r.from_day", ""),
    "accounts_subscription": ("r.account_id", "r.starts", ""),
    "accounts_pause": ("s.account_id", "r.starts", OF_SUBSCRIPTION),
    "accounts_term": ("r.account_id", "r.starts", ""),
    "accounts_departure": ("r.account_id", "r.churn_day", ""),
    "accounts_order": ("r.account_id", utc_day("r.ordered_at"), ""),
    "accounts_orderline": ("o.account_id", utc_day("o.ordered_at"), OF_ORDER),
    "accounts_return": ("o.account_id", "r.day", OF_ORDER),
    "accounts_payment": ("r.account_id", "r.day", ""),
    "accounts_ticket": ("coalesce(r.account_id, 0)", utc_day("r.opened_at"), ""),
    "accounts_ticketevent": ("coalesce(t.account_id, 0)", utc_day("r.happened_at"), OF_TICKET),
    "accounts_exchangerate": ("NULL::bigint", "r.day", ""),
    "accounts_organisation": ("NULL::bigint", EVER, ""),
}

# The rows that differ between before and after, both versions of each.
DIFFERENCE = """((TABLE before EXCEPT ALL TABLE after) UNION ALL (TABLE after EXCEPT ALL TABLE before))"""


def touch(table: str) -> str:
    account, day, join = TOUCHING[table]

    def body(rows: str) -> str:
        return f"""
        INSERT INTO accounts_touched (account_id, earliest_day)
        SELECT {account}, min({day}) FROM {rows} r {join} GROUP BY 1;"""

    return f"""
    CREATE FUNCTION {table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN {body(DIFFERENCE)}
      ELSIF TG_OP = 'INSERT' THEN {body("after")}
      ELSE {body("before")}
      END IF;
      RETURN NULL;
    END $$;
    """ + statement_triggers(table, "touch", f"{table}_touch()")


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


# A merge, or being internal, bears on every day; any other change of the row itself on today's figures.
# Loser, survivor and former survivor are all touched.
TOUCH_ACCOUNTS = f"""
CREATE FUNCTION accounts_account_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO accounts_touched (account_id, earliest_day)
    SELECT touched, min(day) FROM (
      SELECT unnest(ARRAY[a.id, a.merged_into_id, b.merged_into_id]) AS touched,
             CASE WHEN a.merged_into_id IS DISTINCT FROM b.merged_into_id OR a.internal <> b.internal
                  THEN {EVER} ELSE current_date - 1 END AS day
      FROM before b JOIN after a USING (id) WHERE b IS DISTINCT FROM a) changes
    WHERE touched IS NOT NULL GROUP BY 1;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO accounts_touched (account_id, earliest_day) SELECT id, current_date - 1 FROM after;
  ELSE
    INSERT INTO accounts_touched (account_id, earliest_day) SELECT coalesce(merged_into_id, id), {EVER} FROM before;
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
    parts = [touch(table) for table in TOUCHING]
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
    return drops + "DROP FUNCTION cxhub_audited(jsonb); DROP FUNCTION cxhub_changed(jsonb, jsonb);"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(everything(), nothing())]
