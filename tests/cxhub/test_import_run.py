"""A file is tried out, taken, stopped and undone; what its page and its report say of it."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.imports import undo
from accounts.models import Account, Import, Job, Plan, RowFate, Subscription, User
from accounts.models.work import TRIES
from accounts.tasks import undo_imports
from cxhub.tasks import take_up_imports, work_on_import
from tests.cxhub.importing import CONTRACTS, act, mapped, page_of, tried, uploaded

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


# Trying it out, having it taken


@pytest.mark.parametrize("job_of", ["preview", "job"])
def test_file_that_kills_every_worker_says_where_it_stands_and_what_one_can_do(desk, job_of):
    planned = tried(desk, CONTRACTS)
    act(desk, planned, "run")
    planned.refresh_from_db()
    given_up = {"state": Job.State.FAILED, "tries": TRIES, "done": 1234}
    Job.objects.filter(pk=getattr(planned, job_of).pk).update(**given_up)
    if job_of == "preview":
        Import.objects.update(job=None)

    page = strip_tags(page_of(desk, planned).content.decode())

    assert "Every worker that took it up died at it; it stands at line 1,234." in page
    assert ("Then try it out again." in page, "Then go on." in page) == (job_of == "preview", job_of == "job")
    assert "Every worker that took it up died at it." in desk.get("/runs/").content.decode()


def test_preview_shows_every_rows_fate_in_the_files_words(desk):
    planned = tried(desk, CONTRACTS + "C3,,K3,x,SAR,\n")

    page = page_of(desk, planned)

    assert [(str(label), count) for _fate, label, count in page.context["counts"]] == [
        ("Created", 2),
        ("Changed", 0),
        ("Unchanged", 0),
        ("Rejected", 1),
    ]
    (row,) = page.context["page"]
    assert (row.line, row.column, row.reason) == (4, "Company name", "This must not be empty.")
    assert "Import 2 rows" in strip_tags(page.content.decode())
    assert [row.line for row in page_of(desk, planned, "?fate=").context["page"]] == [2, 3, 4]
    assert [row.line for row in page_of(desk, planned, "?fate=created").context["page"]] == [2, 3]
    assert page_of(desk, planned, "?fate=lost").status_code == 400
    assert Account.objects.count() == 0


def test_import_shows_its_report_and_happens_once(desk, omar):
    planned = tried(desk, CONTRACTS)

    act(desk, planned, "run")
    act(desk, planned, "run")

    page = page_of(desk, planned)
    assert "Every row was taken." in page.content.decode()
    assert set(Account.objects.values_list("name", flat=True)) == {"Najm", "شركة النخيل"}
    assert Job.objects.filter(kind="import").count() == 1
    assert desk.get(f"/imports/{planned.pk}/columns/").headers["Location"] == f"/imports/{planned.pk}/"


def test_nothing_is_imported_before_the_preview_is_done(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    mapped(desk, planned)

    desk.post(f"/imports/{planned.pk}/", {"action": "run"})

    assert Import.objects.get().job is None


def test_progress_is_polled_and_can_be_stopped(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    mapped(desk, planned)

    part = desk.get(f"/imports/{planned.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="import"')
    assert 'hx-trigger="every 1s"' in part
    act(desk, planned, "stop")

    page = page_of(desk, planned).content.decode()
    assert "Stopped. Nothing was written." in page
    assert "hx-trigger" not in page


def test_stopped_import_goes_on(desk):
    planned = tried(desk, CONTRACTS)
    desk.post(f"/imports/{planned.pk}/", {"action": "run"})
    act(desk, planned, "stop")
    assert "Stopped. What was written so far stays" in page_of(desk, planned).content.decode()

    act(desk, planned, "go-on")

    assert Account.objects.count() == 2


def test_contracts_come_from_the_same_sheet(desk):
    planned = tried(desk, CONTRACTS)
    act(desk, planned, "run")
    further = dict(page_of(desk, planned).context["further"])
    assert "subscriptions" in further
    assert "accounts" not in further

    response = desk.post(f"/imports/{planned.pk}/", {"action": "next", "resource": "subscriptions"})
    second = Import.objects.latest("pk")
    assert response.headers["Location"] == f"/imports/{second.pk}/columns/"
    assert second.upload == planned.upload
    mapped(desk, second)
    work_on_import(planned=second.pk)
    act(desk, second, "run")

    kept = set(Subscription.objects.values_list("external_id", "account__name"))
    assert kept == {("K1", "Najm"), ("K2", "شركة النخيل")}
    assert "subscriptions" not in dict(page_of(desk, second).context["further"])


def test_timetable_takes_up_what_waits(desk, monkeypatch):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    mapped(desk, planned)
    sent = []
    monkeypatch.setattr(work_on_import, "apply_async", lambda **sending: sent.append(sending["kwargs"]))

    take_up_imports()

    assert sent == [{"planned": planned.pk}]


# Undoing it


def test_import_is_undone_from_its_page_and_does_not_go_on_then(desk):
    planned = tried(desk, "code,name\npro,Pro\n", "plans")
    assert "/undo/" not in page_of(desk, planned).content.decode()
    act(desk, planned, "run")
    planned.refresh_from_db()
    address = f"/runs/{planned.job_id}/undo/"
    assert f'href="{address}"' in page_of(desk, planned).content.decode()

    desk.post(address)
    undo_imports()

    page = page_of(desk, planned).content.decode()
    assert "This import was undone." in page
    assert address not in page
    Job.objects.filter(pk=planned.job_id).update(state=Job.State.STOPPED)
    act(desk, planned, "go-on")
    assert not Plan.objects.exists()


def test_import_is_undone_when_its_undo_is_done(desk):
    planned = tried(desk, "code,name\npro,Pro\n", "plans")
    act(desk, planned, "run")
    planned.refresh_from_db()
    desk.post(f"/runs/{planned.job_id}/undo/")
    its_undo = Job.objects.get(kind=undo.KIND)

    def said(**more):
        Job.objects.filter(pk=its_undo.pk).update(**more)
        return strip_tags(page_of(desk, planned).content.decode()), strip_tags(
            desk.get("/imports/").content.decode()
        )

    page, listed = said()
    assert "This import is being undone." in page
    assert "Undo the import" not in page
    assert "being undone" in listed
    page, listed = said(state="running", seen_alive_at=timezone.now(), total=1500, done=3)
    assert "This import is being undone: 3 of 1,500." in page
    assert "being undone" in listed
    page, listed = said(state="stopped", done=500)
    assert "The undo of this import broke off at 500 of 1,500." in page
    assert "the undo broke off" in listed
    page, listed = said(state="done", result={"left": 2})
    assert "This import was undone, but for 2 rows that stay." in page
    assert "undone in part" in listed
    page, listed = said(state="done", result={"left": 0})
    assert "This import was undone." in page
    assert "undone in part" not in listed
    assert "undone" in listed


# What is reported


def test_report_is_a_file_that_runs_no_formula(desk):
    planned = tried(desk, 'id,name,country\n1,Najm,SA\n2,Nakheel,"=cmd|x"\n')

    answer = desk.get(f"/imports/{planned.pk}/report.csv")

    lines = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert lines == [
        ["Line", "Id", "What became of it", "Column", "Value", "Reason", "Changes"],
        ["2", "1", "Created", "", "", "", ""],
        [
            "3",
            "2",
            "Rejected",
            "country",
            "'=cmd|x",
            "This is no country. Give its two letters, as in SA.",
            "",
        ],
    ]


def test_file_of_rejected_rows_alone_says_so(desk):
    planned = tried(desk, "id,name\nR1,\nR2,\n")

    page = page_of(desk, planned).content.decode()

    assert "every row was rejected. Mend them below, or change the columns." in page
    assert "every other row" not in page


def test_preview_names_the_row_and_says_what_would_change(desk):
    planned = tried(desk, "id,name,country\nR1,Najm,SA\n")
    act(desk, planned, "run")

    again = tried(desk, "id,name,stage\nR1,Najm Co,live\nR2,Falak,\n")

    page = page_of(desk, again).content.decode()
    account = Account.objects.get()
    assert f'<a href="/accounts/{account.pk}/"><bdi>Najm</bdi></a>' in page
    assert "Name: <bdi>Najm</bdi> → <bdi>Najm Co</bdi>" in page
    assert "Stage: <bdi>Lead</bdi> → <bdi>Live</bdi>" in page
    assert "<bdi>R2</bdi>" in page
    answer = desk.get(f"/imports/{again.pk}/report.csv")
    lines = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert lines[1] == ["2", "R1", "Changed", "", "", "", "Name: Najm → Najm Co; Stage: Lead → Live"]

    User.objects.update(language="ar")
    assert "<bdi>Najm</bdi> ← <bdi>Najm Co</bdi>" in page_of(desk, again).content.decode()


def test_file_whose_time_is_over_leaves_its_counts(desk):
    from accounts.imports import uploads

    planned = tried(desk, CONTRACTS)
    act(desk, planned, "run")

    uploads.prune(timezone.now() + timedelta(days=1))

    page = page_of(desk, planned)
    assert "were deleted when their time was over" in page.content.decode()
    assert [count for _fate, _label, count in page.context["counts"]] == [2, 0, 0, 0]
    assert desk.get(f"/imports/{planned.pk}/rejected.xlsx").status_code == 404


# Cost


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number(desk, omar, number, django_assert_num_queries):
    for _time in range(number):
        tried(desk, CONTRACTS)
    desk.get("/imports/")

    with django_assert_num_queries(8):
        desk.get("/imports/")


@pytest.mark.parametrize("number", [1, 3])
def test_report_costs_the_same_for_any_number(desk, number, django_assert_num_queries):
    rows = "".join(f"C{n},Najm {n},K,1,SAR,\n" for n in range(number))
    planned = tried(desk, CONTRACTS.splitlines()[0] + "\n" + rows)
    page_of(desk, planned)

    with django_assert_num_queries(10):
        page_of(desk, planned)


def test_rows_of_many_pages_are_turned(desk):
    planned = tried(desk, "code,name\n" + "".join(f"p{n},Plan {n}\n" for n in range(60)), "plans")

    assert [row.line for row in page_of(desk, planned, "?page=2").context["page"]] == list(range(52, 62))
    assert RowFate.objects.count() == 60
    assert Plan.objects.count() == 0
