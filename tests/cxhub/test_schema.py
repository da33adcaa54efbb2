"""The API's description is valid, complete and true."""

from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import api_urls
from accounts.tokens import issue
from metrics import memberships
from metrics.memberships import Asking
from tests.accounts.reading import one_of_each
from tests.factories import population

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]

PATHS = {
    *(f"/api/v1/{prefix}/" for prefix, _view, _name in api_urls.router.registry),
    *(f"/api/v1/{prefix}/{{id}}/" for prefix, _view, _name in api_urls.router.registry),
    "/api/v1/accounts/{id}/metrics/",
    "/api/v1/attachments/",
    "/api/v1/attachments/{id}/",
    "/api/v1/attachments/{id}/file/",
    "/api/v1/bulk/{resource}/",
    "/api/v1/cohorts/retention/",
    "/api/v1/events/",
    "/api/v1/imports/",
    "/api/v1/imports/{id}/",
    "/api/v1/imports/{id}/rows/",
    "/api/v1/invitations/",
    "/api/v1/invitations/{id}/",
    "/api/v1/invitations/{id}/revoke/",
    "/api/v1/mailings/",
    "/api/v1/mailings/{id}/",
    "/api/v1/mailings/{id}/pause/",
    "/api/v1/mailings/{id}/resume/",
    "/api/v1/mailings/{id}/schedule/",
    "/api/v1/mailings/{id}/stop/",
    "/api/v1/metrics/",
    "/api/v1/metrics/values/",
    "/api/v1/metrics/{key}/",
    "/api/v1/metrics/{key}/rows/",
    "/api/v1/metrics/{key}/series/",
    "/api/v1/quality/",
    "/api/v1/quality/{key}/",
    "/api/v1/populations/",
    "/api/v1/populations/{id}/",
    "/api/v1/populations/{id}/members/",
    "/api/v1/populations/{id}/memberships/",
    "/api/v1/responses/",
    "/api/v1/responses/{id}/",
    "/api/v1/surveys/",
    "/api/v1/surveys/{id}/",
    "/api/v1/surveys/{id}/results/",
    "/api/v1/webhooks/",
    "/api/v1/webhooks/{id}/",
    "/api/v1/webhooks/{id}/replay/",
    "/api/v1/webhooks/{id}/rotate/",
    "/api/v1/webhooks/{id}/test/",
    "/api/v1/webhooks/deliveries/",
    "/api/v1/webhooks/deliveries/{id}/",
    "/api/v1/webhooks/deliveries/{id}/replay/",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """As `manage.py spectacular` writes it: any warning is an error."""
    file = tmp_path_factory.mktemp("schema") / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    return yaml.safe_load(file.read_text())


def test_every_address_is_described(schema):
    assert set(schema["paths"]) == PATHS


def test_every_operation_says_how_it_refuses(schema):
    besides = {
        "get": set(),
        "post": {"409", "413", "415", "422"},
        "patch": {"409", "412"},
        "delete": {"409", "412"},
    }
    for path, operations in schema["paths"].items():
        for method in operations:
            responses = operations[method]["responses"]
            assert {"400", "401", "403", "404", "429"} | besides[method] <= set(responses), path
            assert "application/problem+json" in responses["400"]["content"]


def test_every_kind_of_facts_is_described_as_writable(schema):
    for prefix, _view, _name in api_urls.router.registry:
        assert set(schema["paths"][f"/api/v1/{prefix}/"]) == {"get", "post"}
        assert set(schema["paths"][f"/api/v1/{prefix}/{{id}}/"]) == {"get", "patch", "delete"}


def test_headers_of_versions_and_of_requests_sent_again_are_described(schema):
    def headers(path, method):
        parameters = schema["paths"][path][method].get("parameters", [])
        return {one["name"] for one in parameters if one["in"] == "header"}

    assert headers("/api/v1/orders/", "post") == {"Idempotency-Key"}
    assert headers("/api/v1/orders/{id}/", "get") == {"If-None-Match"}
    assert (
        headers("/api/v1/orders/{id}/", "patch") == headers("/api/v1/orders/{id}/", "delete") == {"If-Match"}
    )
    assert headers("/api/v1/metrics/", "get") == set()


def test_what_is_written_is_told_from_what_is_read(schema):
    schemas = schema["components"]["schemas"]
    written, read = schemas["OrderRequest"], schemas["Order"]

    assert set(read["properties"]) - set(written["properties"]) == {
        "id",
        "recorded_at",
        "cancelled_recorded_at",
    }
    assert written["additionalProperties"] is False
    assert [one["type"] for one in written["properties"]["account"]["oneOf"]] == ["string", "object"]
    assert set(written["required"]) == {"account", "ordered_at", "currency", "amount"}
    assert "required" not in schemas["PatchedOrderRequest"]
    assert "from_day" in schemas["AccountRequest"]["properties"]
    assert schemas["Account"]["properties"]["owner"]["allOf"] == [{"$ref": "#/components/schemas/Person"}]


def test_what_is_sent_in_bulk_is_described(schema):
    operation = schema["paths"]["/api/v1/bulk/{resource}/"]["post"]

    assert set(operation["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "text/csv",
    }
    assert {"200", "400", "403", "413", "415", "422"} <= set(operation["responses"])


def test_programs_come_in_with_a_bearer_token(schema):
    assert schema["components"]["securitySchemes"] == {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token with the scope read, or write for what is not a GET.",
        }
    }
    assert schema["paths"]["/api/v1/orders/"]["get"]["security"] == [{"token": []}]


def test_filters_are_described(schema):
    described = {parameter["name"] for parameter in schema["paths"]["/api/v1/orders/"]["get"]["parameters"]}

    assert {
        "account",
        "segment",
        "source",
        "external_id",
        "ordered_at__gte",
        "ordered_at__lt",
        "cursor",
        "updated_since",
    } <= described


def test_ids_are_strings_and_amounts_are_decimals_in_strings(schema):
    order = schema["components"]["schemas"]["Order"]["properties"]

    assert order["id"]["type"] == order["account"]["type"] == "string"
    assert (order["amount"]["type"], order["amount"]["format"]) == ("string", "decimal")


def test_the_description_is_served_to_those_who_may_read(administrator, client):
    _row, token = issue(administrator, name="Reader", scopes=["read"], lifetime=timedelta(days=1))

    served = client.get("/api/schema/", headers={"Authorization": f"Bearer {token}"})

    assert set(yaml.safe_load(served.content)["paths"]) == PATHS
    assert client.get("/api/schema/").status_code == 401


def test_the_reference_is_a_page_of_ours(sign_in, alice):
    page = sign_in(alice).get("/api/docs/").content.decode()

    assert 'data-schema="/api/schema/"' in page
    assert 'lang="en" dir="ltr"' in page
    assert "//" not in "".join(part.split('"')[0] for part in page.split('src="')[1:])


def test_the_reference_is_for_those_who_are_signed_in(client, db):
    assert client.get("/api/docs/").headers["Location"].startswith("/sign-in/")


@pytest.fixture
def _one_connection():
    """As Django's own test client does: a request's end must not close the connection of the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def _a_book(administrator):
    """With ids from 1 on, so that some of what is asked for is there."""
    with connection.cursor() as cursor:
        for _prefix, view, _name in api_urls.router.registry:
            cursor.execute(f"ALTER SEQUENCE {view.queryset.model._meta.db_table}_id_seq RESTART")
        cursor.execute("ALTER SEQUENCE accounts_population_id_seq RESTART")
    for number in range(1, 4):
        one_of_each(administrator, number)
        memberships.refresh(population(by=administrator), Asking(timezone.now()))


@pytest.mark.parametrize(
    "examples", [pytest.param(1, id="few"), pytest.param(200, id="many", marks=pytest.mark.long)]
)
@pytest.mark.usefixtures("_one_connection", "_a_book")
def test_answers_are_as_described(administrator, monkeypatch, examples):
    """Schemathesis asks every operation odd questions: nothing fails here, and nothing answers other than described."""
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": None})
    _row, token = issue(administrator, name="Schemathesis", scopes=["read", "write", "events"], lifetime=None)
    headers = {"Authorization": f"Bearer {token}"}
    described = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), headers=headers)
    asked = set()

    # In every run a part of them, of all methods.
    operations = [found.ok() for found in described.get_all_operations()][:: 1 if examples > 1 else 7]
    for operation in operations:

        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def ask(case):
            # What one question deletes, the next one may ask for.
            with transaction.atomic():
                response = case.call(headers=headers)
                transaction.set_rollback(True)
            case.validate_response(response, checks=CHECKS)

        ask()
        asked.add(operation.method.upper())

    assert asked == {"GET", "POST", "PATCH", "DELETE"}


def test_the_guide_names_every_resource():
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text()

    assert [prefix for prefix, _view, _name in api_urls.router.registry if f"`{prefix}`" not in guide] == []
