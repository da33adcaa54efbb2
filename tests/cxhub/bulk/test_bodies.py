"""Whatever form many rows come in: values of JSON, one object a line, CSV, packed; and bodies that are none."""

import gzip
import json

import pytest

from accounts.models import Account, Order, Plan, Product, WorkingCalendar
from accounts.tokens import issue
from cxhub import bulk_bodies
from tests import factories
from tests.cxhub.bulk.sending import errors, fates, order

pytestmark = pytest.mark.django_db


def test_values_of_json(send):
    rows = [{"sku": 17, "name": {"en": "Paper", "ar": "ورق"}}, {"sku": " A ", "name": "قلم"}]
    calendar = {"name": "Riyadh", "weekend": [5, 6], "holidays": ["2026-01-01"], "opens": "08:00"}

    assert fates(send("products", rows)) == ["created"] * 2
    assert fates(send("working-calendars", [calendar], token=issue_all())) == ["created"]

    assert dict(Product.objects.values_list("sku", "name")) == {
        "17": {"en": "Paper", "ar": "ورق"},
        "A": {"ar": "قلم"},
    }
    assert WorkingCalendar.objects.get().weekend == [5, 6]


def issue_all():
    from accounts.models import User

    boss = User.objects.create_superuser("boss@example.com", "correct horse battery")
    return issue(boss, name="All", scopes=["write"], lifetime=None)[1]


@pytest.mark.parametrize("tags", [["x1", "y1"], ["a;b", "c"], ["x، y"], ["a\nb"], ["[1]"], []])
def test_items_of_an_array_stay_as_they_are_sent(send, tags):
    assert fates(send("accounts", [{"id": "a", "name": "A", "tags": tags}])) == ["created"]

    assert Account.objects.get().tags == [" ".join(tag.split()) for tag in tags]


def test_attributes_are_taken_as_the_api_gives_them(send, sign_in, operations):
    for key, kind in (("seats", "whole"), ("price", "decimal"), ("live", "yes_no"), ("city", "text")):
        factories.attribute(key, kind)
    factories.attribute("modules", "choices", choices=["crm", "erp", "pos"])
    said = {"seats": 250, "price": "12.5", "live": True, "city": "Riyadh", "modules": ["crm", "erp"]}
    one = {"attribute.seats": 1, "attribute.modules": ["pos"]}

    answer = send("accounts", [{"id": "a", "name": "A", "attributes": said}, {"id": "b", "name": "B", **one}])

    assert fates(answer) == ["created"] * 2
    assert [a.attributes for a in Account.objects.order_by("id")] == [
        {
            "seats": ["250"],
            "price": ["12.5"],
            "live": ["true"],
            "city": ["Riyadh"],
            "modules": ["crm", "erp"],
        },
        {"seats": ["1"], "modules": ["pos"]},
    ]
    shown = sign_in(operations).get(f"/api/v1/accounts/{Account.objects.earliest('id').pk}/").json()
    assert shown["attributes"] == said
    again = {"id": "a", **{name: shown[name] for name in ("name", "attributes", "tags", "segment")}}
    assert fates(send("accounts", [again])) == ["unchanged"]


@pytest.mark.parametrize(
    ("given", "pointer", "reason"),
    [
        ({"attributes": {"shoe_size": 46}}, "#/0/attribute.shoe_size", "There is no such field"),
        ({"attributes": {"city": ["a"]}}, "#/0/attribute.city", "A plain value belongs here"),
        ({"attributes": {"city": "a"}, "attribute.city": "b"}, "#/0/attribute.city", "more than once"),
        ({"attributes": "city"}, "#/0/attributes", "There is no such field"),
    ],
)
def test_attributes_that_cannot_be_are_refused(send, given, pointer, reason):
    factories.attribute("city")

    answer = send("accounts", [{"id": "a", "name": "A", **given}])

    assert errors(answer)[0][0] == pointer
    assert reason in errors(answer)[0][1]


@pytest.mark.parametrize("decimal", [{}, {"decimal": ","}, {"decimal": "."}])
def test_numbers_are_read_exactly(send, najm, decimal):
    body = json.dumps([order("o1")]).replace("10.25", "123456789012345.1005")

    assert fates(send("orders", body, **decimal)) == ["created"]
    assert str(Order.objects.get().amount) == "123456789012345.1005"


@pytest.mark.parametrize(
    "value",
    ["1e999999999", "1" * 5000, '"1\\u0000"', '"\\ud800"', "[1]", '{"a": 1}', "true", "[[1]]"],
)
def test_what_no_number_is_rejects_the_row_alone(send, najm, value):
    body = json.dumps([order("o1"), order("o2")]).replace("10.25", value, 1)

    answer = send("orders", body)

    assert fates(answer) == ["rejected", "created"]
    assert errors(answer)[0][0] == "#/0/amount"


@pytest.mark.parametrize("offset", ["+25:00", "+99:99", "-14:01", "+٩٩:٩٩"])
def test_an_offset_that_there_is_not_rejects_the_row_alone(send, najm, offset):
    answer = send("orders", [order("o1", ordered_at=f"2026-03-01T10:00:00{offset}"), order("o2")])

    assert fates(answer) == ["rejected", "created"]
    assert errors(answer)[0][0] == "#/0/ordered_at"


@pytest.mark.parametrize(
    "row",
    [
        '{"code": "a", "\\ud800": 1}',
        '{"code": "a", "x\\u0000": 1}',
        '{"code": "a", "name": {"en": "\\u0000"}}',
        '{"code": "a", "name": {"en": "\\udfff"}}',
        '{"code": "a", "name": {"\\ud800": "x"}}',
        '{"code": "a", "name": "{\\"en\\": \\"\\\\u0000\\"}"}',
    ],
)
def test_half_characters_reject_the_row_alone(send, row):
    answer = send("plans", f'[{row}, {{"code": "b"}}]')

    assert fates(answer) == ["rejected", "created"]


def test_one_object_a_line(send, najm):
    lines = [json.dumps(order("o1")), "", "{", json.dumps(order("o2"))]

    answer = send("orders", "\n".join(lines), form="application/x-ndjson")

    assert fates(answer) == ["created", "rejected", "created"]
    assert errors(answer)[0][0] == "#/1"
    assert "This is no JSON" in errors(answer)[0][1]


def test_csv(send, najm):
    lines = [
        "id;account;ordered_at;amount;currency;number",
        "o1;najm;05/01/2026;10.5;SAR;طلب",
        "o2;najm;05/01/2026;10.5",
        "o3;najm;01.05.2026;1;SAR;",
    ]
    body = "\r\n".join(lines).encode("cp1256")

    answer = send(
        "orders", body, form="text/csv; charset=windows-1256", date_format="%d/%m/%Y", delimiter=";"
    )

    assert fates(answer) == ["created", "rejected", "rejected"]
    assert [pointer for pointer, _detail in errors(answer)] == ["#/1", "#/2/ordered_at"]
    assert (Order.objects.get().amount, Order.objects.get().number) == (10.5, "طلب")


def test_a_column_that_there_is_not_is_refused(send):
    answer = send("plans", "code,colour\nbasic,red", form="text/csv")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/colour"
    assert not Plan.objects.exists()


def test_a_packed_body(send):
    packed = gzip.compress(b'[{"code": "basic"}]', mtime=0)

    assert fates(send("plans", packed, headers={"Content-Encoding": "gzip"})) == ["created"]


def test_a_body_packed_in_parts(send):
    """As `cat a.gz b.gz` makes it."""
    packed = b"".join(gzip.compress(line, mtime=0) for line in (b'{"code": "a"}\n', b"", b'{"code": "b"}\n'))

    answer = send("plans", packed, form="application/x-ndjson", headers={"Content-Encoding": "gzip"})

    assert fates(answer) == ["created"] * 2


@pytest.mark.parametrize(
    "behind", [b"junk", gzip.compress(b"[]", mtime=0)[:-9], gzip.compress(b"[]", mtime=0)[:5]]
)
def test_what_stands_behind_a_packed_body_is_not_passed_over(send, behind):
    packed = gzip.compress(b'[{"code": "basic"}]', mtime=0) + behind

    answer = send("plans", packed, headers={"Content-Encoding": "gzip"})

    assert (answer.status_code, Plan.objects.exists()) == (400, False)


def test_parts_are_too_large_together(send):
    packed = gzip.compress(b" " * (6 << 20)) * 2

    assert send("plans", packed, headers={"Content-Encoding": "gzip"}).status_code == 413


@pytest.mark.parametrize(
    ("body", "form", "headers", "status"),
    [
        ("", "application/json", {}, 400),
        ("{", "application/json", {}, 400),
        ("{}", "application/json", {}, 400),
        ('[{"code": NaN}]', "application/json", {}, 400),
        ('[{"code": "a", "code": "b"}]', "application/json", {}, 400),
        ("[" * 100_000, "application/json", {}, 400),
        (b"\xff", "application/json", {}, 400),
        ("[]", "application/json; charset=base64", {}, 400),
        ("", "text/csv", {}, 400),
        ("code\nbasic", "text/csv; charset=base64", {}, 400),
        ("code,code\na,b", "text/csv", {}, 400),
        ("[]", "application/json", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"[]", mtime=0)[:-9], "application/json", {"Content-Encoding": "gzip"}, 400),
        ("[]", "application/json", {"Content-Encoding": "br"}, 415),
        ("[]", "application/xml", {}, 415),
        (json.dumps([{"code": str(number)} for number in range(5001)]), "application/json", {}, 413),
        ('{"code": "a"}\n' * 5001, "application/x-ndjson", {}, 413),
        ("code\n" + "a\n" * 5001, "text/csv", {}, 413),
        (" " * (10 << 20) + "[]", "application/json", {}, 413),
        (gzip.compress(b" " * (50 << 20)), "application/json", {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_bodies_that_are_none(send, body, form, headers, status):
    answer = send("plans", body, form=form, headers=headers)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Plan.objects.exists()


def test_the_limits_are_those_that_are_told():
    assert (bulk_bodies.ROWS, bulk_bodies.MEGABYTES) == (5000, 10)
    assert "5,000 rows and 10 MB" in str(bulk_bodies.TooLarge.default_detail)
