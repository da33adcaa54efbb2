"""How tokens come into being and go: by command and in the admin. How they let programs in: test_api.py."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import ApiToken, AuditEntry


def can_read(token):
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/plans/").status_code == 200


def test_the_command_prints_a_token_that_works(administrator, capsys):
    call_command("create_token", "ADA@example.com", "--name", "Warehouse", "--days", "30")

    token = capsys.readouterr().out.strip()
    row = ApiToken.objects.get()
    assert can_read(token)
    assert (row.user, row.name, row.scopes) == (administrator, "Warehouse", ["read"])
    assert (row.expiry - row.created).days in (29, 30)


def test_the_command_takes_several_scopes(administrator):
    call_command("create_token", "ada@example.com", "--name", "Shop", "--scope", "write", "--scope", "events")

    assert ApiToken.objects.get().scopes == ["events", "write"]


@pytest.mark.parametrize("arguments", [["nobody@example.com"], ["ada@example.com", "--days", "0"]])
def test_the_command_refuses_strangers_and_odd_lifetimes(administrator, arguments):
    with pytest.raises(CommandError):
        call_command("create_token", *arguments, "--name", "Shop")

    assert not ApiToken.objects.exists()


def test_the_admin_shows_a_new_token_once(sign_in, administrator):
    client = sign_in(administrator)
    given = {"user": administrator.pk, "name": "Shop", "scopes": ["read"], "days": "30"}

    page = client.post("/admin/accounts/apitoken/add/", given)

    token = page.context["token"]
    assert page.status_code == 200
    assert token in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert can_read(token)
    for address in ("", f"{ApiToken.objects.get().pk}/change/"):
        assert token not in client.get(f"/admin/accounts/apitoken/{address}", follow=True).content.decode()


def test_the_admin_refuses_a_token_without_a_scope(sign_in, administrator):
    given = {"user": administrator.pk, "name": "Shop", "days": "30"}

    page = sign_in(administrator).post("/admin/accounts/apitoken/add/", given)

    assert "scopes" in page.context["adminform"].form.errors
    assert not ApiToken.objects.exists()


def test_revoking_a_token_is_deleting_it_and_is_audited(sign_in, administrator):
    call_command("create_token", "ada@example.com", "--name", "Shop")
    row = ApiToken.objects.get()

    sign_in(administrator).post(f"/admin/accounts/apitoken/{row.pk}/delete/", {"post": "yes"})

    assert not ApiToken.objects.exists()
    entries = AuditEntry.objects.filter(table="accounts_apitoken", row=row.pk).order_by("id")
    assert [entry.action for entry in entries] == ["insert", "delete"]
    assert entries[1].actor == administrator
