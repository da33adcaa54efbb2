"""What the tables are made with: PostgreSQL's extensions, and the functions of generated columns and indexes."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

from accounts.texts import SEARCH_KEY_FUNCTION

# By what events name persons and companies. Senders' ids stand in identities alone.
DIGEST_FUNCTION = """
CREATE FUNCTION cxhub_digest(source text, kind text, value text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN md5(source || E'\\x1f' || kind || E'\\x1f' || value)::uuid;
"""


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0005_fold_persian_letters"),
    ]

    dependencies = [
        ("accounts", "0001_users"),
    ]

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        migrations.RunSQL(SEARCH_KEY_FUNCTION, "DROP FUNCTION cxhub_search_key(text)"),
        migrations.RunSQL(DIGEST_FUNCTION, "DROP FUNCTION cxhub_digest(text, text, text)"),
    ]
