"""Whatever goes wrong, the API says so in one form, with a code, in the reader's language."""

import pytest
from django.core.signals import got_request_exception

from accounts import api
from tests.accounts.reading import client_of, problem


@pytest.mark.parametrize(
    "query",
    [
        "recorded_at__gte=abc",
        "internal=perhaps",
        "owner=x",
        "stage=huge",
        "cursor=x",
        "page_size=0",
        "nonsense=1",
    ],
)
def test_every_error_has_a_code(ada, query):
    refused = problem(ada.get(f"/api/v1/accounts/?{query}"), 400)

    assert all(isinstance(error["code"], str) and error["code"] for error in refused["errors"])


@pytest.mark.parametrize("accept", ["*/*", "application/yaml", "application/json"])
def test_a_problem_is_json_where_the_answer_would_be_yaml(client, accept):
    assert problem(client.get("/api/schema/", headers={"Accept": accept}), 401)["code"] == "not_authenticated"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/nonsense/",
        "/api/v1/orders/najm/",
        "/api/v1/orders/0/",
        f"/api/v1/orders/{'9' * 30}/",
        "/api/nonsense/",
        "/api/v1/metrics/a%0Ab/",
    ],
)
def test_what_does_not_exist_is_a_problem_too(ada, address):
    assert problem(ada.get(address), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "This does not exist, or not for you."), ("ar", "هذا غير موجود، أو ليس متاحًا لك.")],
)
def test_a_row_that_does_not_exist_is_told_in_the_language_of_the_reader(ada, language, words):
    answer = ada.get("/api/v1/orders/999999/", headers={"Accept-Language": language})

    assert problem(answer, 404)["detail"] == words


def test_a_missing_slash_is_put_right(ada):
    assert ada.get("/api/v1/orders?channel=web").headers["Location"] == "/api/v1/orders/?channel=web"


def test_another_format_is_not_acceptable(ada):
    problem(ada.get("/api/v1/orders/", headers={"Accept": "text/csv"}), 406)


def test_an_error_of_ours_is_a_problem_without_its_insides(administrator, monkeypatch, caplog):
    def fail(_self):
        raise RuntimeError("secret")

    monkeypatch.setattr(api.OrderView, "get_queryset", fail)
    told = []
    got_request_exception.connect(lambda **signal: told.append(signal), weak=False, dispatch_uid="test")
    client = client_of(administrator)
    client.raise_request_exception = False

    response = client.get("/api/v1/orders/")

    got_request_exception.disconnect(dispatch_uid="test")
    assert problem(response, 500)["code"] == "error"
    assert b"secret" not in response.content
    assert len(told) == 1
    assert "secret" in caplog.text
