"""Snapshots of accounts by month: thinning them drops partitions instead of deleting millions of rows."""

from django.db import migrations

PARTITIONED = """
DROP TABLE metrics_accountsnapshot;
CREATE TABLE metrics_accountsnapshot (
    account_id bigint NOT NULL REFERENCES accounts_account (id) DEFERRABLE INITIALLY DEFERRED,
    definition_id bigint NOT NULL REFERENCES metrics_definition (id) DEFERRABLE INITIALLY DEFERRED,
    day date NOT NULL,
    numerator numeric(30, 6),
    denominator numeric(30, 6),
    value double precision,
    PRIMARY KEY (account_id, definition_id, day)
) PARTITION BY RANGE (day);
CREATE TABLE metrics_accountsnapshot_other PARTITION OF metrics_accountsnapshot DEFAULT;
"""

WHOLE = """
DROP TABLE metrics_accountsnapshot;
CREATE TABLE metrics_accountsnapshot (
    account_id bigint NOT NULL REFERENCES accounts_account (id) DEFERRABLE INITIALLY DEFERRED,
    definition_id bigint NOT NULL REFERENCES metrics_definition (id) DEFERRABLE INITIALLY DEFERRED,
    day date NOT NULL,
    numerator numeric(30, 6),
    denominator numeric(30, 6),
    value double precision,
    PRIMARY KEY (account_id, definition_id, day)
);
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial")]

    operations = [migrations.RunSQL(PARTITIONED, WHOLE)]
