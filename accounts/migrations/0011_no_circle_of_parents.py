"""No account stands above itself, on no day."""

from django.db import migrations

# Who an account's parent was, from a day up to another; the first value holds before its day, too, and who was merged
# is the survivor. Where nothing is dated, the account itself says it.
PARENTS = """
CREATE FUNCTION cxhub_parents(of_account bigint) RETURNS TABLE (parent bigint, since date, until date)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(p.merged_into_id, p.id), named.since, named.until FROM (
    SELECT nullif(value, '')::bigint,
           CASE WHEN lag(from_day) OVER its IS NULL THEN '-infinity' ELSE from_day END,
           coalesce(lead(from_day) OVER its, 'infinity')
    FROM accounts_accountchange WHERE account_id = of_account AND field = 'parent' WINDOW its AS (ORDER BY from_day)
    UNION ALL
    SELECT parent_id, '-infinity', 'infinity' FROM accounts_account a WHERE id = of_account AND NOT EXISTS (
      SELECT FROM accounts_accountchange c WHERE c.account_id = a.id AND c.field = 'parent')
  ) named (parent, since, until) JOIN accounts_account p ON p.id = named.parent
$$;
CREATE FUNCTION cxhub_is_above_itself(of_account bigint, since date, until date) RETURNS boolean
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up (account, since, until, path) AS (
    SELECT of_account, $2, $3, ARRAY[of_account]
    UNION ALL
    SELECT p.parent, greatest(up.since, p.since), least(up.until, p.until), up.path || p.parent
    FROM up CROSS JOIN LATERAL cxhub_parents(up.account) p
    WHERE (cardinality(up.path) = 1 OR up.account <> of_account)
      AND p.parent <> ALL (up.path[2:]) AND greatest(up.since, p.since) < least(up.until, p.until)
  )
  SELECT EXISTS (SELECT FROM up WHERE account = of_account AND cardinality(path) > 1)
$$;
"""

# One after another: of two who write at the same time, neither would see what the other one says.
RULE = """
CREATE FUNCTION cxhub_refuse_circle(of_account bigint, since date, until date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('account_parents_in_no_circle'));
  IF cxhub_is_above_itself(of_account, since, until) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'account_parents_in_no_circle',
      MESSAGE = 'An account stands above itself.';
  END IF;
END $$;
CREATE FUNCTION accounts_account_parents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  its bigint := coalesce(NEW.merged_into_id, NEW.id);
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.parent_id, NEW.merged_into_id) IS NOT DISTINCT FROM (OLD.parent_id, OLD.merged_into_id) THEN
      RETURN NULL;
    END IF;
  ELSIF NEW.parent_id IS NULL AND NEW.merged_into_id IS NULL THEN
    RETURN NULL;
  END IF;
  -- What is dated is looked at where it is written.
  IF (TG_OP = 'UPDATE' AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
     OR NOT EXISTS (SELECT FROM accounts_accountchange WHERE account_id = its AND field = 'parent') THEN
    PERFORM cxhub_refuse_circle(its, '-infinity', 'infinity');
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION accounts_accountchange_parents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row accounts_accountchange := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  its bigint;
  since_day date := '-infinity';
  until_day date := 'infinity';
BEGIN
  IF row.field <> 'parent' OR (TG_OP = 'INSERT' AND row.value = '')
     OR (TG_OP = 'UPDATE' AND (NEW.value, NEW.from_day, NEW.account_id) = (OLD.value, OLD.from_day, OLD.account_id)) THEN
    RETURN NULL;
  END IF;
  -- What else is said of the account holds as long as before, unless a day is moved or taken away.
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.from_day = OLD.from_day) THEN
    IF EXISTS (SELECT FROM accounts_accountchange c WHERE c.account_id = row.account_id AND c.field = 'parent'
               AND c.from_day < row.from_day) THEN
      since_day := row.from_day;
    END IF;
    until_day := coalesce((SELECT min(from_day) FROM accounts_accountchange c WHERE c.account_id = row.account_id
                           AND c.field = 'parent' AND c.from_day > row.from_day), 'infinity');
  END IF;
  -- Nobody stands below who was merged.
  SELECT id INTO its FROM accounts_account WHERE id = row.account_id AND merged_into_id IS NULL;
  IF its IS NOT NULL THEN
    PERFORM cxhub_refuse_circle(its, since_day, until_day);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER account_parents_in_no_circle
  AFTER INSERT OR UPDATE OF parent_id, merged_into_id ON accounts_account
  DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION accounts_account_parents();
CREATE CONSTRAINT TRIGGER account_parents_in_no_circle
  AFTER INSERT OR UPDATE OR DELETE ON accounts_accountchange
  DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION accounts_accountchange_parents();
"""
NOTHING = """
DROP FUNCTION accounts_account_parents() CASCADE;
DROP FUNCTION accounts_accountchange_parents() CASCADE;
DROP FUNCTION cxhub_refuse_circle(bigint, date, date);
DROP FUNCTION cxhub_is_above_itself(bigint, date, date);
DROP FUNCTION cxhub_parents(bigint);
"""


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0036_parents_in_no_circle"),
    ]

    dependencies = [
        ("accounts", "0010_rules"),
    ]

    operations = [migrations.RunSQL(PARENTS + RULE, NOTHING)]
