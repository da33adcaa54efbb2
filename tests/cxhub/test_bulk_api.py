"""Many rows at once, by programs: each row's fate, whatever form they come in."""

import gzip
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.imports import undo
from accounts.models import (
    Account,
    AccountKey,
    AuditEntry,
    Contact,
    Job,
    Lead,
    Order,
    Plan,
    Product,
    WorkingCalendar,
)
from accounts.tokens import issue
from cxhub import bulk, bulk_bodies
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def operations(alice):
    alice.groups.add(Group.objects.get(name="Operations"))
    return alice


@pytest.fixture
def token(operations):
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
    account = factories.account("Najm")
    AccountKey.objects.create(account=account, source="api", value="najm")
    return account


def order(identity, **more):
    said = {
        "id": identity,
        "account": "najm",
        "ordered_at": "2026-01-05T10:00:00Z",
        "amount": 10.25,
        "currency": "USD",
    }
    return said | more


def fates(response):
    return [result["fate"] for result in response.json()["results"]]


def errors(response):
    return [(e["pointer"], e["detail"]) for result in response.json()["results"] for e in result["errors"]]


# What becomes of rows


def test_rows_are_created_changed_and_left_as_they_are(send, najm):
    first = send("orders", [order("o1"), order("o2")])
    second = send("orders", [order("o1"), order("o2", amount=11), order("o3")])

    assert first.status_code == second.status_code == 200
    assert fates(second) == ["unchanged", "changed", "created"]
    assert second.json()["totals"] == {"read": 3, "created": 1, "changed": 1, "unchanged": 1, "rejected": 0}
    ours = {str(pk) for pk in Order.objects.values_list("pk", flat=True)}
    assert [r["id"] for r in first.json()["results"]] == [r["id"] for r in second.json()["results"]][:2]
    assert {r["id"] for r in second.json()["results"]} == ours


def test_an_id_without_a_source_is_the_same_by_both_doors(send, sign_in, operations):
    client, lead = sign_in(operations), {"name": "Huda", "first_interest": "2026-01-02"}

    def post():
        return client.post("/api/v1/leads/", lead | {"external_id": "17"}, content_type="application/json")

    assert post().json()["source"] == "api"
    assert fates(send("leads", [lead | {"id": "17"}])) == ["unchanged"]
    assert post().status_code == 409
    # As it was written before it had a source.
    Lead.objects.update(source="")
    assert post().status_code == 409


def test_some_are_rejected_and_the_others_kept(send, najm):
    answer = send(
        "orders", [order("o1", amount="ten", currency="dollars"), order("o2"), order("o3", colour="red"), 7]
    )

    assert answer.status_code == 200
    assert fates(answer) == ["rejected", "created", "rejected", "rejected"]
    assert [pointer for pointer, _detail in errors(answer)] == [
        "#/0/amount",
        "#/0/currency",
        "#/2/colour",
        "#/3",
    ]
    assert errors(answer)[0][1] == "This is not a number."
    assert answer.json()["results"][0]["id"] is None


def test_where_no_row_is_taken_the_answer_is_422(send, najm):
    answer = send("orders", [order("o1", account="nobody")])

    assert answer.status_code == 422
    assert errors(answer)[0][0] == "#/0/account"
    assert answer.json()["run"] is None


def test_nothing_sent_is_nothing_wrong(send):
    answer = send("orders", [])

    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_an_absent_key_keeps_and_null_empties(send, najm):
    send("orders", [order("o1", number="7", channel="web")])

    send("orders", [order("o1", number=None)])

    kept = Order.objects.get()
    assert (kept.number, kept.channel) == ("", "web")


def test_rows_may_say_different_things(send, najm):
    answer = send("orders", [order("o1", number="7"), order("o2", channel="web"), order("o3", number="8")])

    assert fates(answer) == ["created"] * 3
    assert list(Order.objects.order_by("external_id").values_list("number", "channel")) == [
        ("7", ""),
        ("", "web"),
        ("8", ""),
    ]


@pytest.mark.parametrize("second", [{"amount": 11}, {"number": "7"}])
def test_of_an_id_twice_the_first_counts(send, najm, second):
    """Also where the two say different things, and are taken at different times."""
    answer = send("orders", [order("o1"), order("o2", number="1"), order("o1", **second)])

    assert fates(answer) == ["created", "created", "rejected"]
    assert errors(answer) == [("#/2/id", "Row 0 has this id already, with other values.")]
    kept = Order.objects.get(external_id="o1")
    assert (str(kept.amount), kept.number) == ("10.2500", "")


def test_an_id_twice_with_the_same_values_is_one_row(send, najm):
    answer = send("orders", [order("o1"), order("o1")])

    assert fates(answer) == ["created", "unchanged"]
    assert len({result["id"] for result in answer.json()["results"]}) == 1


def test_a_refused_row_does_not_occupy_its_id(send, najm):
    answer = send("orders", [order("o1", amount="x"), order("o1", number="7")])

    assert fates(answer) == ["rejected", "created"]


def test_too_many_kinds_of_rows_are_refused(send, monkeypatch):
    monkeypatch.setattr(bulk, "KINDS_OF_ROWS", 1)

    answer = send("products", [{"sku": "1"}, {"sku": "2", "category": "x"}])

    assert answer.status_code == 400
    assert "different sets of keys" in answer.content.decode()


def test_missing_fields_are_an_error_of_each_row(send):
    answer = send("orders", [{"number": "1"}, {"number": "2"}])

    assert answer.status_code == 422
    assert [pointer for pointer, _detail in errors(answer)] == ["#/0", "#/1"]
    assert "Every row must give: id" in errors(answer)[0][1]


def test_known_rows_are_changed_by_what_changes_alone(send, najm):
    send("orders", [order("o1")])

    answer = send("orders", [{"id": "o1", "number": "A-1"}, {"id": "o2", "number": "A-2"}])

    assert fates(answer) == ["changed", "rejected"]
    needed = "Nothing has this id yet; a new row needs: Account, Ordered, Currency, Net amount."
    assert errors(answer) == [("#/1/id", needed)]
    assert Order.objects.get().number == "A-1"


def test_accounts_with_their_dated_values(send):
    rows = [
        {"id": "a", "name": "A", "stage": "live", "from_day": "2026-01-01"},
        {"id": "a", "name": "A", "stage": "churned", "from_day": "2026-02-01"},
    ]

    answer = send("accounts", rows, source="crm")

    account = Account.objects.get()
    assert (account.stage, account.changes.count(), account.keys.get().source) == ("churned", 2, "crm")
    assert [result["id"] for result in answer.json()["results"]] == [str(account.pk)] * 2


def test_help_desk_log(send, najm):
    rows = [
        {"ticket": "t1", "kind": kind, "happened_at": f"2026-01-05T1{hour}:00:00Z", "account": "najm"}
        for hour, kind in enumerate(["opened", "resolved"])
    ]

    assert fates(send("helpdesk-log", rows)) == ["created", "created"]
    assert send("helpdesk-log", [rows[0], {"ticket": "t1"}]).status_code == 400


# How they are written


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


# What is asked for


def test_a_dry_run_writes_nothing(send, najm):
    send("orders", [order("o1")])
    known = Order.objects.get()
    trail = AuditEntry.objects.count()

    answer = send("orders", [order("o1", amount=1), order("o2", number="1")], dry_run="true")

    assert fates(answer) == ["changed", "created"]
    assert [result["id"] for result in answer.json()["results"]] == [str(known.pk), None]
    assert (Order.objects.get().amount, AuditEntry.objects.count(), Job.objects.count()) == (
        known.amount,
        trail,
        1,
    )


def test_accounts_are_created_when_asked_for(send):
    assert send("orders", [order("o1")]).status_code == 422
    assert send("orders", [order("o1")], create_accounts="true", source="shop").status_code == 200

    assert Account.objects.get().keys.get().source == "shop"


def test_a_backfill_was_known_when_it_happened(send, najm):
    send("orders", [order("o1")], backfill="true")

    kept = Order.objects.get()
    assert kept.recorded_at == kept.ordered_at


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"dry_run": "maybe"},
        {"source": "x" * 61},
        {"source": ""},
        {"decimal": "-"},
        {"time_zone": "Mars"},
        {"delimiter": "\n"},
        {"date_format": "%Q"},
        {"date_format": "%d%d"},
    ],
)
def test_parameters_that_cannot_be_are_refused(send, query):
    answer = send("plans", [{"code": "basic"}], **query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"#/{next(iter(query))}"


def test_a_resource_that_there_is_not(send, client, token):
    assert send("users", []).status_code == 404
    assert client.get("/api/v1/bulk/plans/", headers={"Authorization": f"Bearer {token}"}).status_code == 403


# Who may, and what is left behind


def test_a_token_needs_the_scope(send, operations):
    reading = issue(operations, name="Reader", scopes=["read"], lifetime=None)[1]

    assert send("plans", [{"code": "basic"}], token=reading).status_code == 403


def test_who_may_not_see_all_accounts_is_told(send, charlie):
    charlie.groups.add(Group.objects.get(name="CSM"))
    answer = send("contacts", [], token=issue(charlie, name="His", scopes=["write"], lifetime=None)[1])

    assert answer.status_code == 403
    assert "your roles do not include seeing all" in answer.json()["detail"]


def test_who_may_not_write_such_rows_is_told(send, charlie, najm):
    charlie.groups.add(Group.objects.get(name="Marketing"))
    his = issue(charlie, name="His", scopes=["write"], lifetime=None)[1]

    assert send("leads", [], token=his).status_code == 200
    assert send("orders", [], token=his).status_code == 403
    assert send("leads", [], token=his, create_accounts="true").status_code == 403
    charlie.user_permissions.add(Permission.objects.get(codename="add_account"))
    assert send("leads", [], token=his, create_accounts="true").status_code == 200


def test_strangers_come_in_nowhere(send):
    assert send("plans", [], token="nonsense").status_code == 401


def test_what_was_written_is_a_run_that_names_who_and_by_what(send, operations, najm):
    answer = send("orders", [order("o1"), order("o2", account="x", amount="y")])

    run = Job.objects.get()
    assert answer.json()["run"] == str(run.pk)
    assert (run.kind, run.state, run.created_by) == ("bulk", Job.State.DONE, operations)
    assert run.parameters["token_name"] == "Warehouse"
    assert (run.result["created"], run.result["rejected"]) == (1, 1)
    entry = AuditEntry.objects.get(table="accounts_order")
    assert (entry.actor, entry.job) == (operations, run)


def test_a_request_that_changes_nothing_leaves_no_run(send, najm):
    send("orders", [order("o1")])

    answer = send("orders", [order("o1")])

    assert answer.json()["run"] is None
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "can send all of them again"), ("ar", "أن يرسلها كلها")]
)
def test_a_failed_request_is_sent_again_by_its_program(sign_in, operations, language, words):
    Job.objects.create(kind="bulk", state=Job.State.FAILED, created_by=operations)
    operations.language = language
    operations.save()

    page = sign_in(operations).get("/runs/?of=programs").content.decode()

    assert words in page
    assert "recompute --go-on" not in page


def test_a_request_can_be_undone(send, operations, najm, sign_in):
    answer = send("orders", [order("o1"), order("o2", number="7")])

    page = sign_in(operations).get(f"/runs/{answer.json()['run']}/undo/")
    undo.work_on(undo.begin(Job.objects.get(), by=None, now=Job.objects.get().created_at))

    assert page.status_code == 200
    assert not Order.objects.exists()


def test_reasons_come_in_the_language_that_is_asked_for(send, najm):
    answer = send("orders", [order("o1", amount="ten")], headers={"Accept-Language": "ar"})

    assert errors(answer) == [("#/0/amount", "هذا ليس عددًا.")]


def test_whoever_is_signed_in_needs_no_token(sign_in, operations):
    answer = sign_in(operations).post(
        "/api/v1/bulk/plans/", [{"code": "basic"}], content_type="application/json"
    )

    assert answer.status_code == 200
    assert AuditEntry.objects.get(table="accounts_plan").actor == operations


def test_the_number_of_statements_does_not_grow_with_the_rows(send, najm, django_assert_max_num_queries):
    send("contacts", [{"id": "warm", "account": "najm", "name": "Warm"}])
    with django_assert_max_num_queries(60) as few:
        send("contacts", [{"id": "1", "account": "najm", "name": "Sara"}])
    rows = [{"id": str(number), "account": "najm", "name": "Sara"} for number in range(2, 302)]
    with django_assert_max_num_queries(60) as many:
        send("contacts", rows)

    assert len(many) == len(few)
    assert Contact.objects.count() == 302


def test_the_limits_are_those_that_are_told():
    assert (bulk_bodies.ROWS, bulk_bodies.MEGABYTES) == (5000, 10)
    assert "5,000 rows and 10 MB" in str(bulk_bodies.TooLarge.default_detail)


def test_the_description_names_both_answers_of_422_and_that_of_406(sign_in, operations):
    described = sign_in(operations).get("/api/schema/", headers={"Accept": "application/json"}).json()

    answers = described["paths"]["/api/v1/bulk/{resource}/"]["post"]["responses"]
    assert set(answers["422"]["content"]) == {"application/json", "application/problem+json"}
    assert set(answers["406"]["content"]) == {"application/problem+json"}
