"""Who comes in to the API, for how long, and how often."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.tokens import issue
from tests.accounts.reading import as_csm, client_of, problem


def test_nobody_comes_in_without_a_token(client):
    response = client.get("/api/v1/orders/")

    assert problem(response, 401)["code"] == "not_authenticated"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="cxhub"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer cxhub_wrong", "Bearer a b", b"Bearer \xff\x00".decode("latin-1")]
)
def test_a_token_that_does_not_hold_is_refused(header):
    response = Client(headers={"Authorization": header}).get("/api/v1/orders/")

    assert problem(response, 401)["detail"].startswith("This token is not valid")
    assert "WWW-Authenticate" in response.headers


def test_tokens_expire(administrator, time_machine):
    from datetime import timedelta

    time_machine.move_to(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=timedelta(days=30))
    client = Client(headers={"Authorization": f"Bearer {token}"})

    time_machine.move_to(datetime(2026, 1, 30, 23, 59, tzinfo=UTC), tick=False)
    assert client.get("/api/v1/orders/").status_code == 200
    time_machine.move_to(datetime(2026, 1, 31, tzinfo=UTC), tick=False)
    assert problem(client.get("/api/v1/orders/"), 401)["code"] == "token_expired"


def test_the_token_itself_is_kept_nowhere(administrator):
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=None)

    row.refresh_from_db()

    assert token.startswith("cxhub_")
    assert len(token) >= 64
    kept = " ".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)
    assert token not in kept


def test_a_token_of_somebody_who_left_does_not_hold(alice):
    client = as_csm(alice)
    assert client.get("/api/v1/orders/").status_code == 200

    alice.is_active = False
    alice.save()

    problem(client.get("/api/v1/orders/"), 401)


def test_reading_needs_the_scope_read(administrator):
    for scopes, status in {("read",): 200, ("read", "write"): 200, ("write",): 403, ("events",): 403}.items():
        response = client_of(administrator, *scopes).get("/api/v1/orders/")
        assert response.status_code == status, scopes

    assert "“read”" in problem(response, 403)["detail"]


def test_people_who_are_signed_in_need_no_token(sign_in, administrator):
    assert sign_in(administrator).get("/api/v1/orders/").status_code == 200


def test_the_last_use_is_noted_once_a_minute(administrator, time_machine):
    moments = [datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC) for second in (0, 30)]
    moments.append(datetime(2026, 1, 1, 12, 1, 1, tzinfo=UTC))
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    noted = []

    for moment in moments:
        time_machine.move_to(moment, tick=False)
        client.get("/api/v1/orders/")
        row.refresh_from_db()
        noted.append(row.last_used_at)

    assert noted == [moments[0], moments[0], moments[2]]


def test_each_token_has_a_rate_of_its_own(administrator, monkeypatch):
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "2/min"})
    busy, quiet = client_of(administrator), client_of(administrator)

    answers = [busy.get("/api/v1/orders/") for _number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2], 429)["code"] == "throttled"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["2", "2", "2"]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {0 < int(answer.headers["RateLimit-Reset"]) <= 60 for answer in answers} == {True}
    assert quiet.get("/api/v1/orders/").headers["RateLimit-Remaining"] == "1"


def test_every_answer_to_a_program_says_what_room_there_is(administrator):
    program = client_of(administrator)
    paths = ("orders/", "orders/0/", "orders/?nonsense=1", "metrics/mrr/", "metrics/nothing/")

    answers = [program.get(f"/api/v1/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 200, 404]
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left == [left[0] - number for number in range(len(paths))]


def test_a_rate_that_was_lowered_says_when_to_come_back(administrator, monkeypatch):
    busy = client_of(administrator)
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "3/min"})
    for _number in range(3):
        busy.get("/api/v1/orders/")

    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "1/min"})
    response = busy.get("/api/v1/orders/")

    assert problem(response, 429)["code"] == "throttled"
    assert int(response.headers["Retry-After"]) == 60
    assert response.headers["RateLimit-Remaining"] == "0"
