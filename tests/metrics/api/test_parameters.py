"""A metric's own parameters."""

from decimal import Decimal

import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Feature
from metrics import catalogue
from metrics.serializers.questions import SeriesQuestionSerializer
from tests import factories
from tests.metrics.api.calling import ok, problem
from tests.metrics.doing import act, contact


def test_a_metric_s_parameters_are_taken_and_said(get, book):
    answer = ok(get("metrics/renewal_rate/", as_of="2026-03-30", grace_days=30))

    assert answer["parameters"]["values"] == {"grace_days": 30, "min_term": 90}
    assert answer["window"]["to"] == "2026-02-28"
    assert (answer["as_of"], answer["membership_day"]) == ("2026-03-30", "2026-03-30")


@pytest.mark.parametrize(("name", "value"), [("grace_days", 0), ("grace_days", "x"), ("return_days", 30)])
def test_a_parameter_that_is_not_right_is_refused_with_a_pointer(get, book, name, value):
    problem(get("metrics/renewal_rate/", **{name: value}), 400, f"#/{name}")


def test_rows_and_series_take_the_parameters_too(get, book):
    rows = ok(get("metrics/renewal_rate/rows/", grace_days=30))
    series = ok(get("metrics/renewal_rate/series/", min_term=30))

    assert rows["parameters"]["values"]["grace_days"] == 30
    assert series["parameters"]["values"]["min_term"] == 30


def test_hours_are_those_of_the_calendar_or_of_work(get, book):
    factories.ticket(None, [("opened", "2026-03-06 12:00"), ("replied", "2026-03-09 12:00")])

    usual, working = (
        ok(get("metrics/time_to_first_response/", as_of="2026-03-30", **asked))
        for asked in ({}, {"hours": "working"})
    )

    assert (usual["parameters"]["values"], working["parameters"]["values"]) == (
        {"hours": "calendar"},
        {"hours": "working"},
    )
    assert Decimal(usual["value"]) - Decimal(working["value"]) == 48
    problem(get("metrics/time_to_first_response/", hours="office"), 400, "#/hours")


def test_half_have_not_reached_it_is_null_with_the_reason(get, book):
    factories.ticket(None, opened="2026-03-06 12:00")

    answer = ok(get("metrics/time_to_first_response/", as_of="2026-03-30"))

    assert (answer["value"], answer["reason"]) == (None, "not_reached")
    assert (answer["numerator"], answer["denominator"], answer["n"]) == ("0", "1", 0)


def test_the_schema_names_the_parameters_of_metrics_and_who_takes_them():
    described = SchemaGenerator(api_version="v1").get_schema(public=True)["paths"]

    for path in ("", "rows/", "series/"):
        known = {p["name"]: p for p in described[f"/api/v1/metrics/{{key}}/{path}"]["get"]["parameters"]}
        assert known["hours"]["schema"]["enum"] == ["calendar", "working"]
        assert known["grace_days"]["schema"] == {"type": "integer"}
        assert known["feature"]["schema"] == {"type": "string"}
        assert "renewal_rate" in known["grace_days"]["description"]
        assert {parameter.name for m in catalogue.ALL.values() for parameter in m.parameters} <= set(known)


def test_a_text_names_what_there_is_and_is_said_in_the_answer(get, book):
    Feature.objects.create(code="export")

    answer = ok(get("metrics/feature_adoption_rate/", feature="export"))
    any_of_them = ok(get("metrics/feature_adoption_rate/"))
    refused = problem(get("metrics/feature_adoption_rate/", feature="exprot"), 400, "#/feature")

    assert answer["parameters"]["values"]["feature"] == "export"
    assert any_of_them["parameters"]["values"]["feature"] == ""
    assert "“exprot”" in refused["errors"][0]["detail"]


def test_somebody_at_several_accounts_counts_once_where_that_is_asked(get, book):
    for one in (book["mine"], book["new"]):
        act(contact(one, email="sara@example.com"), "2026-03-30")
    asked = {"as_of": "2026-03-30", "persons": "distinct"}

    once, each = ok(get("metrics/monthly_active_users/", **asked)), ok(get("metrics/monthly_active_users/"))
    rows = ok(get("metrics/monthly_active_users/rows/", **asked))
    refused = problem(get("metrics/monthly_active_users/", persons="twice"), 400, "#/persons")

    assert (once["value"], once["parameters"]["values"]) == ("1", {"persons": "distinct"})
    assert each["parameters"]["values"] == {"persons": "each"}
    assert [row["numerator"] for row in rows["results"]] == ["1", "1"]
    assert "twice" in refused["errors"][0]["detail"]


def test_a_figure_of_one_page_at_a_time_says_so(get, book):
    act(contact(book["mine"]), "2026-03-10", "Page", "/prices")

    assert ok(get("metrics/exit_rate/", as_of="2026-03-30"))["reason"] == "which_page"
    assert ok(get("metrics/exit_rate/", as_of="2026-03-30", page="/prices"))["value"] == "0"
    table = ok(get("metrics/exit_rate/", as_of="2026-03-30", by="page"))
    assert [(part["members"], part["value"]) for part in table["splits"]] == [(["/prices"], "0")]


def test_parameter_stands_beside_a_word_of_the_address_that_is_called_the_same(get, book):
    act(contact(book["mine"]), "2026-03-10", "Page", "/prices")
    act(contact(book["mine"]), "2026-03-10", "Page", "/help")
    asked = {"as_of": "2026-03-30", "metric_page": "/prices"}

    rows = ok(get("metrics/exit_rate/rows/", page=1, **asked))
    beyond = ok(get("metrics/exit_rate/rows/", page=2, **asked))
    course = ok(get("metrics/tour_completion_rate/series/", to="2026-03-30", metric_step="2", step="week"))
    unasked = ok(get("metrics/tour_completion_rate/series/", to="2026-03-30"))

    assert [row["denominator"] for row in rows["results"]] == ["1"]
    assert beyond["results"] == []
    assert (course["step"], course["parameters"]["values"]["step"]) == ("week", "2")
    assert (unasked["step"], unasked["parameters"]["values"]["step"]) == ("month", "")


def test_refusal_points_at_what_the_parameter_is_called_at_the_address():
    question = SeriesQuestionSerializer(context={"metric": catalogue.ALL["tour_completion_rate"]})

    assert [question.asked_as(name) for name in ("step", "tour_days", "window")] == [
        "metric_step",
        "tour_days",
        "window",
    ]
