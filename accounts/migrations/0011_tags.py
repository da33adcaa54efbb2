"""Tags of accounts and contacts: "VIP" and "vip" are one, whoever writes them."""

from importlib import import_module

import django.contrib.postgres.indexes
from django.db import migrations, models

import accounts.fields
import accounts.models.accounts

triggers = import_module("accounts.migrations.0002_triggers")

# A tag that there is not yet is made, as it is spelt here. Looked for first, so that no id is spent on those that are.
UNIFY = """
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
NOT_UNIFIED = """
DROP FUNCTION accounts_tags_unified() CASCADE;
DROP FUNCTION cxhub_tags(text[]);
"""


def few(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(("tags__len__lte", 30)), name=f"{model}_has_at_most_30_tags"
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_attributedefinition")]

    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "name_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=accounts.models.accounts.SearchKey("name"),
                        output_field=models.TextField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["name_key"],
                "constraints": [
                    models.UniqueConstraint(fields=["name_key"], name="tag_once_in_any_spelling"),
                    models.CheckConstraint(
                        condition=models.Q(("name_key", ""), _negated=True), name="tag_has_a_name"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="account", name="tags", field=accounts.fields.TagsField(verbose_name="tags")
        ),
        migrations.AddField(
            model_name="contact", name="tags", field=accounts.fields.TagsField(verbose_name="tags")
        ),
        migrations.AddIndex(
            model_name="account",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="account_by_tag"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="contact_by_tag"),
        ),
        migrations.AddConstraint(model_name="account", constraint=few("account")),
        migrations.AddConstraint(model_name="contact", constraint=few("contact")),
        migrations.RunSQL(
            UNIFY + triggers.statement_triggers("accounts_tag", "audit", "cxhub_audit()"), NOT_UNIFIED
        ),
    ]
