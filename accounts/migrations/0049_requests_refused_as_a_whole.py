"""Of what waits to be mended, requests that were refused as a whole have reasons of their own: nothing can be mended there.

Of a call all is kept, as JSON: one too large has more than the beginning, and a line that is none stands in quotes.
"""

from django.db import migrations

NAMED = """
UPDATE accounts_rejectedevent SET reason = 'request_' || reason
WHERE replayed_at IS NULL AND (
  (reason = 'malformed' AND content NOT LIKE '"%')
  OR (reason = 'too_large' AND length(content) <= 4000)
  OR (reason = 'no_object' AND content LIKE '{%')
)"""
NAMED_AS_BEFORE = """
UPDATE accounts_rejectedevent SET reason = replace(reason, 'request_', '') WHERE reason LIKE 'request\\_%'"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0048_aliases_of_several_users"),
    ]

    operations = [migrations.RunSQL(NAMED, NAMED_AS_BEFORE)]
