# ruff: noqa: S608  The statements are put together from names of our own tables and columns.
"""What must hold for several rows together, whoever writes them, and what a row gets of itself.

* When we learned of the end of something that had begun before (`..._recorded_at`).
* Nothing happens to a ticket before it is opened; a merge names the last survivor, and so does a ticket.
* What values are kept of stays what they were read as; tags have one spelling; who was erased stays so.
"""

from django.db import migrations

from accounts.migrations._triggers import statement_triggers, without

# table -> (deciding column, column of the time at which we learned of it, what "not yet" looks like)
DECIDED_LATER = [
    ("accounts_subscription", "ends", "ends_recorded_at", "NEW.ends IS NULL"),
    ("accounts_subscription", "cancelled_on", "cancelled_recorded_at", "NEW.cancelled_on IS NULL"),
    ("accounts_pause", "ends", "ends_recorded_at", "NEW.ends IS NULL"),
    ("accounts_order", "cancelled_at", "cancelled_recorded_at", "NEW.cancelled_at IS NULL"),
    ("accounts_term", "outcome", "outcome_recorded_at", "NEW.outcome = 'open'"),
    ("accounts_consent", "withdrawn_at", "withdrawn_recorded_at", "NEW.withdrawn_at IS NULL"),
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


IN_TIME = (
    """
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
"""
    + statement_triggers(
        "accounts_ticketevent", "in_time", "accounts_ticketevent_in_time()", events="insert update"
    )
    + statement_triggers("accounts_ticket", "in_time", "accounts_ticket_in_time()", events="update")
)


def merges(model: str, said: str) -> str:
    return f"""
CREATE FUNCTION accounts_{model}_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after a JOIN accounts_{model} s ON s.id = a.merged_into_id WHERE s.merged_into_id IS NOT NULL)
  OR EXISTS (SELECT FROM after a JOIN accounts_{model} l ON l.merged_into_id = a.id WHERE a.merged_into_id IS NOT NULL)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{model}_merged_into_the_last_survivor',
      MESSAGE = '{said} is merged into one that is itself merged into another.';
  END IF;
  RETURN NULL;
END $$;
"""


MERGES = (
    merges("account", "An account")
    + statement_triggers("accounts_account", "merges", "accounts_account_merges()", events="insert update")
    + merges("contact", "A contact")
    + """
CREATE TRIGGER merges_on_insert AFTER INSERT ON accounts_contact REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION accounts_contact_merges();
CREATE TRIGGER merges_on_update AFTER UPDATE ON accounts_contact REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION accounts_contact_merges();
"""
)

# Whoever was merged asks for nothing any more: a ticket in their name is the survivor's.
TICKET_OF_SURVIVOR = """
CREATE FUNCTION accounts_ticket_of_survivor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.requester_id := coalesce((SELECT merged_into_id FROM accounts_contact WHERE id = NEW.requester_id), NEW.requester_id);
  RETURN NEW;
END $$;
CREATE TRIGGER of_survivor_on_insert BEFORE INSERT ON accounts_ticket
  FOR EACH ROW WHEN (NEW.requester_id IS NOT NULL) EXECUTE FUNCTION accounts_ticket_of_survivor();
CREATE TRIGGER of_survivor_on_update BEFORE UPDATE ON accounts_ticket
  FOR EACH ROW WHEN (NEW.requester_id IS DISTINCT FROM OLD.requester_id)
  EXECUTE FUNCTION accounts_ticket_of_survivor();
"""

# What values are kept of must stay what they were read as.
ATTRIBUTES_KEPT = """
CREATE FUNCTION accounts_attributedefinition_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM accounts_accountchange WHERE field = 'attribute.' || OLD.key) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'attributedefinition_stays_while_used',
      MESSAGE = 'Accounts have values of this attribute.';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER kept_on_update BEFORE UPDATE ON accounts_attributedefinition
  FOR EACH ROW WHEN (OLD.key <> NEW.key OR OLD.type <> NEW.type) EXECUTE FUNCTION accounts_attributedefinition_kept();
CREATE TRIGGER kept_on_delete BEFORE DELETE ON accounts_attributedefinition
  FOR EACH ROW EXECUTE FUNCTION accounts_attributedefinition_kept();
"""

# "VIP" and "vip" are one. A tag that there is not yet is made, as it is spelt here. Looked for first, so that no id is
# spent on those that are.
TAGS_UNIFIED = """
CREATE FUNCTION cxhub_tags(given text[]) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts_tag (name)
    SELECT DISTINCT ON (cxhub_search_key(name)) btrim(regexp_replace(name, '[[:space:]]+', ' ', 'g'))
    FROM unnest(given) WITH ORDINALITY g(name, place)
    WHERE cxhub_search_key(name) <> ''
      AND NOT EXISTS (SELECT FROM accounts_tag t WHERE t.name_key = cxhub_search_key(g.name))
    ORDER BY cxhub_search_key(name), place
    ON CONFLICT (name_key) DO NOTHING;
  RETURN coalesce((SELECT array_agg(t.name::text ORDER BY t.name_key) FROM accounts_tag t
                   WHERE t.name_key IN (SELECT cxhub_search_key(name) FROM unnest(given) name)), '{}');
END $$;
CREATE FUNCTION accounts_tags_unified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.tags := cxhub_tags(NEW.tags);
  RETURN NEW;
END $$;
CREATE TRIGGER tags_unified BEFORE INSERT OR UPDATE OF tags ON accounts_account
  FOR EACH ROW WHEN (NEW.tags <> '{}') EXECUTE FUNCTION accounts_tags_unified();
CREATE TRIGGER tags_unified BEFORE INSERT OR UPDATE OF tags ON accounts_contact
  FOR EACH ROW WHEN (NEW.tags <> '{}') EXECUTE FUNCTION accounts_tags_unified();
"""

# Who was erased stays so, whichever door brings the row again.
STAYS_AWAY = """
CREATE FUNCTION accounts_person_stays_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Most installations have erased nobody, and no row is hashed for that.
  IF EXISTS (SELECT FROM accounts_erasedaddress) AND EXISTS (
    SELECT FROM after p JOIN accounts_erasedaddress e
      ON e.digest = encode(sha256(convert_to(lower(btrim(p.email)), 'UTF8')), 'hex')
    WHERE p.email <> '') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'erased_person_stays_away',
      MESSAGE = 'A person with this address was erased.';
  END IF;
  RETURN NULL;
END $$;
""" + "".join(
    statement_triggers(table, "stays_away", "accounts_person_stays_away()", events="insert update")
    for table in ("accounts_contact", "accounts_lead")
)

LEARNED = "".join(learn(*decided) for decided in DECIDED_LATER)
FUNCTIONS = [
    *(f"{table}_{column}_learned" for table, column, *_rest in DECIDED_LATER),
    "accounts_ticketevent_in_time",
    "accounts_ticket_in_time",
    "accounts_account_merges",
    "accounts_contact_merges",
    "accounts_ticket_of_survivor",
    "accounts_attributedefinition_kept",
    "accounts_tags_unified",
    "accounts_person_stays_away",
]


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0002_triggers"),
        ("accounts", "0010_attributedefinition"),
        ("accounts", "0029_people_stay_erased"),
        ("accounts", "0037_requesters_are_survivors"),
    ]

    dependencies = [
        ("accounts", "0009_audit"),
    ]

    operations = [
        migrations.RunSQL(
            LEARNED + IN_TIME + MERGES + TICKET_OF_SURVIVOR + ATTRIBUTES_KEPT + TAGS_UNIFIED + STAYS_AWAY,
            without(FUNCTIONS) + "DROP FUNCTION cxhub_tags(text[]);",
        )
    ]
