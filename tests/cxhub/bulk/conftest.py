import json
from datetime import timedelta

import pytest


@pytest.fixture
def operations(alice):
    from django.contrib.auth.models import Group

    alice.groups.add(Group.objects.get(name="Operations"))
    return alice


@pytest.fixture
def token(operations):
    from accounts.tokens import issue

    return issue(operations, name="Warehouse", scopes=["write"], lifetime=timedelta(days=1))[1]


@pytest.fixture
def send(client, token):
    """`send("orders", [{…}], dry_run="true")`; a text or bytes are sent as they are."""

    def sent(resource, rows, *, form="application/json", token=token, headers=(), **query):
        text = rows if isinstance(rows, str | bytes) else json.dumps(rows)
        return client.generic(
            "POST",
            f"/api/v1/bulk/{resource}/",
            text if isinstance(text, bytes) else text.encode(),
            content_type=form,
            query_params=query,
            headers={"Authorization": f"Bearer {token}", **dict(headers)},
        )

    return sent


@pytest.fixture
def najm(db):
    """An account that programs know as najm."""
    from accounts.models import AccountKey
    from tests import factories

    account = factories.account("Najm")
    AccountKey.objects.create(account=account, source="api", value="najm")
    return account
