"""What became of uploaded files and of their rows, for programs."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.imports import undo
from accounts.models import Account, AccountKey, Import, Job
from accounts.resources import ACCOUNTS
from tests.accounts.reading import problem
from tests.accounts.uploading import imported, planned, previewed
from tests.accounts.writing import Program, pointers

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {"No": "id", "Name": "name", "Country": "country", "Test": "internal"}
FILE = "No,Name,Country,Test\nC1,Najm,SA,no\nC2,Falak,Nowhere,no\nC3,Nur,Nowhere,perhaps\nC1,Najm,SA,no\n"


@pytest.fixture
def omar(alice):
    alice.groups.set(Group.objects.filter(name="Operations"))
    return alice


@pytest.fixture
def program(omar):
    return Program(omar, "read")


@pytest.fixture
def file(omar):
    return planned(FILE.encode(), ACCOUNTS, COLUMNS, by=omar, name="customers.csv")


def of(program, path):
    answer = program.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def rows_of(program, found, query=""):
    return of(program, f"imports/{found.pk}/rows/{query}")["results"]


def test_an_import_says_how_far_it_is(program, file, omar):
    assert of(program, f"imports/{file.pk}/") == {
        "id": str(file.pk),
        "resource": "accounts",
        "source": "crm",
        "file": "customers.csv",
        "size": len(FILE),
        "uploaded_at": file.upload.uploaded_at.isoformat().replace("+00:00", "Z"),
        "created_by": {"id": str(omar.pk), "name": "Alice", "email": "alice@example.com"},
        "created_at": file.created_at.isoformat().replace("+00:00", "Z"),
        "step": "columns",
        "state": None,
        "done": None,
        "total": None,
        "totals": None,
        "error": "",
        "run": None,
        "started_at": None,
        "finished_at": None,
        "undone": False,
    }
    assert rows_of(program, file) == []

    previewed(file, ACCOUNTS, by=omar)
    tried = of(program, f"imports/{file.pk}/")
    job = imported(file, ACCOUNTS, by=omar)
    taken = of(program, f"imports/{file.pk}/")

    totals = {"read": 4, "created": 1, "changed": 0, "unchanged": 1, "rejected": 2}
    assert (tried["step"], tried["state"], tried["totals"]) == ("preview", "done", totals)
    assert (taken["step"], taken["state"], taken["totals"]) == ("import", "done", totals)
    assert (taken["run"], taken["undone"]) == (str(job.pk), False)
    assert (taken["done"], taken["total"]) == (5, 5)
    assert of(program, "imports/")["results"] == [taken]


def test_what_was_taken_back_is_told(program, file, omar):
    job = imported(file, ACCOUNTS, by=omar)

    undo.begin(job, by=omar, now=timezone.now())

    assert of(program, f"imports/{file.pk}/")["undone"] is True
    assert of(program, "imports/")["results"][0]["undone"] is True


def test_every_row_says_its_fate_and_our_id_once_it_is_there(program, file, omar):
    previewed(file, ACCOUNTS, by=omar)
    assert [(row["line"], row["fate"], row["id"]) for row in rows_of(program, file)] == [
        (2, "created", None),
        (3, "rejected", None),
        (4, "rejected", None),
        (4, "rejected", None),
        (5, "unchanged", None),
    ]

    imported(file, ACCOUNTS, by=omar)

    najm = str(AccountKey.objects.get(value="C1").account_id)
    created, falak, *_nameless, again = rows_of(program, file)
    blank = {"key": "C1", "column": "", "value": "", "reason": "", "changes": [], "id": najm}
    assert created == {"line": 2, "fate": "created", **blank}
    assert again == {"line": 5, "fate": "unchanged", **blank}
    assert (falak["line"], falak["column"], falak["value"], falak["id"]) == (3, "Country", "Nowhere", None)
    assert falak["reason"]


def test_changed_rows_say_what_changes(program, file, omar):
    imported(file, ACCOUNTS, by=omar)
    Account.objects.update(name="Other")
    file.pk, file.job = None, None
    file.save()

    previewed(file, ACCOUNTS, by=omar)

    changed = rows_of(program, file)[0]
    assert (changed["fate"], changed["key"]) == ("changed", "C1")
    assert changed["changes"] == [{"field": "name", "before": "Other", "after": "Najm"}]


def test_rows_are_found_by_fate_and_come_in_pages(program, file, omar):
    imported(file, ACCOUNTS, by=omar)

    assert {row["line"] for row in rows_of(program, file, "?fate=rejected")} == {3, 4}
    first = of(program, f"imports/{file.pk}/rows/?page_size=2")
    pages = [first]
    while following := pages[-1]["next"]:
        pages.append(program.client.get(following).json())
    assert [row["line"] for page in pages for row in page["results"]] == [2, 3, 4, 4, 5]
    assert pointers(problem(program.get(f"imports/{file.pk}/rows/?fate=lost"), 400)) == ["#/fate"]
    assert pointers(problem(program.get("imports/?updated_since=2026-01-01T00:00:00Z"), 400)) == [
        "#/updated_since"
    ]


def test_imports_are_found_by_kind_and_source(program, file):
    assert len(of(program, "imports/?resource=accounts&source=crm")["results"]) == 1
    assert of(program, "imports/?resource=order-lines")["results"] == []
    assert pointers(problem(program.get("imports/?resource=order_lines"), 400)) == ["#/resource"]


def test_only_who_may_import_sees_any_and_of_others_only_with_the_right_to_see_runs(file, bob, administrator):
    addresses = [f"imports/{file.pk}/", f"imports/{file.pk}/rows/"]
    assert problem(Program(bob, "read").get("imports/"), 403)
    for address in addresses:
        assert problem(Program(bob, "read").get(address), 404)

    bob.groups.add(Group.objects.get(name="Sales"))

    assert of(Program(bob, "read"), "imports/")["results"] == []
    for address in addresses:
        assert problem(Program(bob, "read").get(address), 404)
        assert of(Program(administrator, "read"), address)


def test_nothing_can_be_written(administrator, file):
    writer = Program(administrator)

    for answer in (writer.post("imports/", {}), writer.delete(f"imports/{file.pk}/")):
        assert problem(answer, 405)
    assert Import.objects.count() == 1


def test_lists_cost_the_same_for_one_and_three(program, file, omar, django_assert_num_queries):
    imported(file, ACCOUNTS, by=omar)
    of(program, "imports/")
    with django_assert_num_queries(5):
        of(program, "imports/")
    for _number in range(2):
        imported(planned(FILE.encode(), ACCOUNTS, COLUMNS, by=omar), ACCOUNTS, by=omar)
    assert Job.objects.count() == 3
    with django_assert_num_queries(5):
        of(program, "imports/")
