"""Whose figures are made anew by what was answered, and since when."""

from datetime import date

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Account, Touched
from surveys.models import Answer
from tests.accounts.doors import forget
from tests.accounts.test_triggers import touched
from tests.factories import account, at
from tests.surveys.rows import answer, follow_up, invitation, item, response, survey

pytestmark = pytest.mark.django_db

JAN_10 = date(2026, 1, 10)
# made of them -> what changes in it
FACTS = {
    "invitation": (invitation, {"completed_at": at("2026-01-12 12:00")}),
    "response": (response, {"is_machine": True}),
    "answer": (answer, {"score": 3}),
    "feedback_item": (item, {"heard": "review"}),
    "follow_up": (follow_up, {"done_at": at("2026-01-12 12:00"), "outcome": "solved"}),
}


@pytest.mark.parametrize("name", FACTS)
def test_what_is_new_changed_or_gone_touches_its_account(name):
    make, changed = FACTS[name]
    row = make()
    its = Account.objects.get().pk
    assert touched() == {its: JAN_10}
    for write in (type(row).objects.filter(pk=row.pk).update, lambda **_: row.delete()):
        forget()
        write(**changed)
        assert touched() == {its: JAN_10}


def test_what_figures_do_not_read_touches_nothing():
    asked, follow, said = invitation(), follow_up(), item()
    forget()

    type(asked).objects.update(source="crm", external_id="1")
    type(follow).objects.update(note="Called")
    type(said).objects.update(text="We need them daily")

    assert not Touched.objects.exists()


def test_of_nobody_s_answer_all_together_are_touched():
    given = response(survey(identity="anonymous"), identity="anonymous")
    forget()

    answer(given)

    assert touched() == {0: JAN_10}


def test_answer_that_moves_to_another_response_touches_both():
    first, second = (
        response(account=account("One")),
        response(account=account("Other"), on="2026-02-10 12:00"),
    )
    moved = answer(first)
    forget()

    Answer.objects.filter(pk=moved.pk).update(response=second)

    assert touched() == {first.account_id: JAN_10, second.account_id: JAN_10}


def test_every_table_touches_or_is_read_by_no_figure():
    """Whoever adds a table of facts decides here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'touch_on_insert'"
            " AND tgrelid::regclass::text LIKE 'surveys_%'"
        )
        touching = {table for (table,) in cursor.fetchall()}

    names = (
        "anonymousbox distribution gradedscale reportlink responseimport spentinvitation survey surveylink"
        " surveyversion theme"
    )
    others = {f"surveys_{name}" for name in names.split()}
    assert len(touching) == len(FACTS)
    assert {
        model._meta.db_table for model in apps.get_app_config("surveys").get_models()
    } == touching | others
