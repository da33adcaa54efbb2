"""Another rule for the keys of names: those that it makes different are made anew, by saying the name again."""

from django.db import migrations

from accounts.texts import SEARCH_KEY_FUNCTION

LETTERS = "[\u06a9\u06cc\u06be\u06c1]"
MADE_ANEW = [
    f"UPDATE accounts_{model} SET name = name WHERE normalize(name, NFKC) ~ '{LETTERS}'"
    for model in ("account", "contact", "lead")
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_index_what_pages_ask")]

    operations = [
        migrations.RunSQL(SEARCH_KEY_FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(MADE_ANEW, migrations.RunSQL.noop),
    ]
