"""Whatever is asked of whomever: an answer or a clear refusal, never NaN, infinity or an error."""

import json
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, User
from accounts.models import Population as Saved
from metrics import catalogue
from metrics.populations import DIMENSIONS
from tests.metrics.api.calling import client_of
from tests.metrics.books import CROWDED, Writer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
# Also the ends of the calendar, the leap day, and days that have not come.
DAYS = st.one_of(
    st.sampled_from([*CROWDED, date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(1969, 12, 31)]),
    st.integers(-900, 3).map(lambda days: NOW.date() + timedelta(days)),
)
WINDOWS = st.one_of(
    st.sampled_from(["month", "quarter", "year", "all", "1d", "3660d", "120m", "0d", "next week", "٣٠d"]),
    st.integers(1, 500).map("{}d".format),
    st.integers(1, 36).map("{}m".format),
    st.tuples(DAYS, DAYS).map(lambda days: f"{days[0]}..{days[1]}"),
)
SEGMENTS = st.sampled_from(["small", "large", "nobody's"])
NUMBERS = st.one_of(st.integers(1, 12), st.integers(-1, 10**19))


@st.composite
def questions(draw):
    """Every part may be there or not; parameters belong to the metric, or to none."""
    metric = catalogue.ALL[draw(st.sampled_from(sorted(catalogue.ALL)))]
    known = {
        "as_of": DAYS,
        "known_by": DAYS,
        "window": WINDOWS,
        "segment": SEGMENTS,
        "stage": st.sampled_from(["live", "churned", "asleep"]),
        "country": st.sampled_from(["SA", "ZZ"]),
        "tag": st.sampled_from(["vip", "مرجع", "nobody's"]),
        "attribute.modules": st.sampled_from(["crm", "pos", "nobody's"]),
        "population": NUMBERS,
        "tenure": st.one_of(st.sampled_from([1, 90, 99_999]), NUMBERS),
        "account": NUMBERS,
        "group": NUMBERS,
        "owner": NUMBERS,
        "logos": st.just("parent"),
        "compare": st.just("before"),
        "by": st.lists(
            st.sampled_from([*DIMENSIONS, "attribute.modules", *catalogue.dimensions(metric)]),
            min_size=1,
            max_size=2,
        ).map(",".join),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True))
    query = {name: draw(known[name]) for name in chosen}
    for parameter in metric.parameters:
        if draw(st.booleans()):
            query[parameter.name] = draw(values_of(parameter))
    return metric.key, query


def values_of(parameter):
    choices = [value for value, _label in getattr(parameter, "choices", ())]
    return st.sampled_from(choices) if choices else st.integers(parameter.least - 1, parameter.most + 1)


@pytest.fixture(params=[0, 1, 2], ids=["nothing", "one book", "another"])
def get(request, administrator, time_machine):
    """An installation without any fact, and two with facts of every kind."""
    time_machine.move_to(NOW, tick=False)
    if request.param:
        Writer(Random(request.param)).write()
        first, *others = Account.objects.order_by("pk")
        for child in others[:2]:
            child.parent, child.owner = first, User.objects.first()
            child.save()
    return client_of(administrator)


SOME = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(SOME, max_examples=600)


@SOME
@given(question=questions())
def test_an_answer_is_a_number_or_a_reason_and_a_refusal_says_what_is_wrong(get, question):
    assert_answered(get, *question)


@pytest.mark.long
@MANY
@given(question=questions())
def test_so_are_many_more(get, question):
    assert_answered(get, *question)


def assert_answered(get, key, query):
    said = told(get(f"metrics/{key}/", **of_book(query)))

    if said is None:
        return
    for answer in (said, *(said["splits"] or ()), *filter(None, [said["before"]])):
        assert (answer["value"] is None) == bool(answer["reason"]), answer
        assert answer["value"] is None or isfinite(float(answer["value"]))
        assert (answer["interval"] is None) == bool(answer["interval_reason"]), answer


@pytest.mark.long
@SOME
@given(question=questions())
def test_a_course_and_what_is_behind_a_figure_are_answered_too(get, question):
    key, query = question
    for name in ("compare", "by"):
        query.pop(name, None)

    told(get(f"metrics/{key}/rows/", **of_book(query)))
    if "as_of" in query:
        query["to"] = query.pop("as_of")
    told(get(f"metrics/{key}/series/", **query))


def of_book(query):
    """Small numbers are the first, second … account or user that there is."""
    found = {"account": Account, "group": Account, "owner": User, "population": Saved}
    for name in query.keys() & found.keys():
        known = dict(enumerate(found[name].objects.order_by("pk").values_list("pk", flat=True), start=1))
        query[name] = known.get(query[name], query[name])
    return query


def told(response):
    """None: a refusal, which points at what is wrong."""
    body = json.loads(response.content, parse_constant=not_a_number)
    if response.status_code == 200:
        return body
    assert response.status_code in {400, 404}, body
    assert response.status_code == 404 or body["errors"], body
    return None


def not_a_number(text):
    raise AssertionError(text)
