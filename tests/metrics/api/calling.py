"""Somebody's calls with a token, and what comes back."""

from django.test import Client

from accounts.tokens import issue


def client_of(user):
    _row, token = issue(user, name="Warehouse", scopes=["read"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(path, **query):
        return client.get(f"/api/v1/{path}", query)

    return get


def problem(response, status, pointer=None):
    body = response.json()
    assert response.status_code == status, body
    assert response.headers["Content-Type"] == "application/problem+json"
    if pointer:
        assert [error["pointer"] for error in body["errors"]] == [pointer]
    return body


def ok(response):
    assert response.status_code == 200, response.content
    return response.json()
