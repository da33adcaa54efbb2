"""An empty, migrated database that the tests' databases are copied from, and are again after who wrote for good.

Migrating takes four seconds and copying half a one. It is made once for what the migrations say and kept between runs,
where the server is kept.
"""

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "migrated_"
SAY_WHAT_A_DATABASE_IS = [
    "*/migrations/*.py",
    "accounts/texts.py",
    "accounts/fields.py",
    "cxhub/roles.py",
    "requirements*.txt",
    "tests/migrated.py",
]
# Of two hundred tables a test fills a few: looking which is a hundredth of emptying all. No trigger fires.
AS_MIGRATED = """
CREATE SCHEMA migrated;
CREATE FUNCTION migrated.partitions(OUT name text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relispartition
$$;
CREATE TABLE migrated.partition AS SELECT name FROM migrated.partitions() name;
CREATE FUNCTION migrated.tables(OUT name text, OUT columns text) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT relname, string_agg(quote_ident(attname), ', ')
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND attgenerated = '' AND NOT attisdropped
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  GROUP BY 1
$$;
DO $$
DECLARE
  t record;
  is_full boolean;
BEGIN
  FOR t IN SELECT * FROM migrated.tables() LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.name) INTO is_full;
    IF is_full THEN
      EXECUTE format('CREATE TABLE migrated.%1$I AS SELECT * FROM public.%1$I', t.name);
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION migrated.restore() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
  t record;
  is_full boolean;
BEGIN
  FOR t IN SELECT * FROM migrated.tables() LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.name) INTO is_full;
    IF is_full THEN
      EXECUTE format('DELETE FROM public.%I', t.name);
    END IF;
    IF to_regclass(format('migrated.%I', t.name)) IS NOT NULL THEN
      EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM migrated.%1$I',
        t.name, t.columns);
    END IF;
  END LOOP;
  FOR t IN SELECT * FROM migrated.partitions() EXCEPT SELECT name FROM migrated.partition LOOP
    EXECUTE format('DROP TABLE public.%I', t.name);
  END LOOP;
END $$;
"""


def template() -> str:
    """The database's name; of several processes that ask at once, one makes it and the others wait."""
    name = PREFIX + _digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [PREFIX])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            for old in found:
                cursor.execute(f'DROP DATABASE "{old}"')
            _make(cursor, name)
    return name


def _digest() -> str:
    digest = hashlib.sha256()
    for file in sorted(path for pattern in SAY_WHAT_A_DATABASE_IS for path in ROOT.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _make(cursor, name: str) -> None:
    """Under another name until it is whole."""
    half = f"{PREFIX}half"
    cursor.execute(f'CREATE DATABASE "{half}"')
    own = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = half
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as made:
            made.execute(AS_MIGRATED)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
    cursor.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')


def restore() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT migrated.restore()")
