"""From a file to its rows in the database, as people walk it; and who may not."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.imports import undo
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    ColumnMapping,
    Import,
    Job,
    Plan,
    RowFate,
    Subscription,
    Upload,
    User,
)
from accounts.models.work import TRIES
from accounts.tasks import undo_imports
from cxhub.tasks import take_up_imports, work_on_import
from tests.accounts.workbooks import workbook

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

CONTRACTS = (
    "Customer no.,Company name,Contract no.,Monthly price,Currency,Start date\n"
    "C1,Najm,K1,100,SAR,31/01/2025\n"
    "C2,شركة النخيل,K2,200,SAR,01/02/2025\n"
)


def user_with(*roles, email="omar@example.com"):
    from accounts.models import User

    user = User.objects.create_user(email, "correct horse battery", name=email.partition("@")[0])
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def browser_of(user):
    desk = Client()
    desk.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return desk


@pytest.fixture
def omar():
    return user_with("Operations")


@pytest.fixture
def desk(omar):
    return browser_of(omar)


def uploaded(desk, content, resource="accounts", source="crm", name="file.csv"):
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return desk.post("/imports/new/", {"file": file, "resource": resource, "source": source})


def answers(desk, planned, **other):
    """The mapping form as it is offered, and what a person changes in it."""
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    offered = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (offered | other).items() if value not in (None, False, "")}


def field_of(desk, planned, column):
    """The name of the select beside a column of the file."""
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    return next(place for place, name in form.places.items() if name == column)


def mapped(desk, planned, **other):
    return desk.post(f"/imports/{planned.pk}/columns/", answers(desk, planned, **other))


def tried(desk, content, resource="accounts", **more):
    """Uploaded, mapped as guessed, and tried out."""
    assert uploaded(desk, content, resource, **more).status_code == 302
    planned = Import.objects.latest("pk")
    assert mapped(desk, planned).status_code == 302
    work_on_import(planned=planned.pk)
    return planned


def act(desk, planned, action, **more):
    response = desk.post(f"/imports/{planned.pk}/", {"action": action, **more})
    work_on_import(planned=planned.pk)
    return response


def page_of(desk, planned, query=""):
    return desk.get(f"/imports/{planned.pk}/{query}")


# Uploading


def test_nobody_has_imported_yet(desk):
    page = desk.get("/imports/").content.decode()

    assert "No file was imported yet" in page


def test_kind_of_rows_is_chosen_by_the_link_that_leads_there(desk):
    form = desk.get("/imports/new/?resource=tickets").context["form"]
    refused = desk.get("/imports/new/?resource=secrets")

    assert form["resource"].value() == "tickets"
    assert refused.status_code == 400
    assert "secrets is not one of the available choices" in refused.content.decode()


def test_file_is_uploaded_and_asked_about(desk, omar):
    response = uploaded(desk, CONTRACTS)

    planned = Import.objects.get()
    assert response.headers["Location"] == f"/imports/{planned.pk}/columns/"
    assert (planned.created_by, planned.resource, planned.source) == (omar, "accounts", "crm")
    assert planned.upload.name == "file.csv"
    assert desk.get(f"/{planned.upload.file.name}").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The submitted file is empty."),
        (b"\n\n", "The file is empty."),
        (b"PK\x03\x04 no zip", "The workbook is damaged."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is an old workbook (.xls)."),
    ],
)
def test_file_that_cannot_be_read_leaves_nothing_behind(desk, content, said):
    response = uploaded(desk, content)

    assert response.status_code == 400
    assert said in str(response.context["form"].errors["file"])
    assert (Upload.objects.count(), Import.objects.count()) == (0, 0)


class Endless:
    """A body that goes on as long as anybody reads, and counts what was read."""

    def __init__(self, head):
        self.head, self.given = head, 0

    def read(self, size=-1):
        self.given += size
        first, self.head = self.head[:size], self.head[size:]
        return first or b"x" * size

    readline = read


@pytest.mark.parametrize("announced", [(200 << 20) + 1, 2 << 30])
def test_two_gigabytes_are_refused_when_they_begin(desk, settings, announced):
    settings.UPLOAD_LIMIT = 200 << 20
    head = (
        b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\ncrm\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    )
    body = Endless(head)

    response = desk.generic(
        "POST",
        "/imports/new/",
        **{
            "wsgi.input": body,
            "CONTENT_LENGTH": str(announced),
            "CONTENT_TYPE": "multipart/form-data; boundary=b",
        },
    )

    assert response.status_code == 400
    assert "larger than 200.0\xa0MB. Divide it" in str(response.context["form"].errors["file"])
    assert response.context["form"].data["source"] == "crm"
    assert body.given < 1 << 20
    assert Upload.objects.count() == 0


def test_kind_of_rows_must_be_one_that_the_person_may_write(desk):
    assert uploaded(desk, CONTRACTS, resource="users").status_code == 400


# What the columns mean


def test_columns_are_guessed_with_their_first_values(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()

    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]

    assert {column.name: column.field.value() for column in form.file_columns if column.field.value()} == {
        "Customer no.": "id",
        "Company name": "name",
    }
    assert form.file_columns[1].cells == ["Najm", "شركة النخيل"]


def test_mapping_is_remembered_for_the_source(desk):
    uploaded(desk, "Nr;Wer;Text\n1;Najm;x\n")
    first = Import.objects.get()
    places = {name: field_of(desk, first, name) for name in ("Nr", "Wer", "Text")}
    mapped(desk, first, **{places["Nr"]: "id", places["Wer"]: "name", places["Text"]: ""})

    uploaded(desk, "WER,nr\nNajm,1\n")
    uploaded(desk, "Wer,Nr\nNajm,1\n", source="other")

    again, other = Import.objects.order_by("-pk")[1], Import.objects.latest("pk")
    form = desk.get(f"/imports/{again.pk}/columns/").context["form"]
    assert [column.field.value() for column in form.file_columns] == ["name", "id"]
    form = desk.get(f"/imports/{other.pk}/columns/").context["form"]
    assert [column.field.value() for column in form.file_columns] == ["", ""]
    assert ColumnMapping.objects.filter(source="crm", column="text", field="").exists()


def test_field_of_two_columns_is_an_error_beside_both(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    one, other = (field_of(desk, planned, name) for name in ("Company name", "Contract no."))

    response = mapped(desk, planned, **{other: "name"})

    assert response.status_code == 400
    errors = response.context["form"].errors
    assert errors[one] == ["Also given by Contract no.. Choose one."]
    assert errors[other] == ["Also given by Company name. Choose one."]
    assert Job.objects.count() == 0


def test_missing_fields_are_said_at_once(desk):
    uploaded(desk, "Base,Day\nUSD,2026-01-01\n", resource="exchange_rates")
    planned = Import.objects.get()

    response = mapped(desk, planned)

    errors = response.context["form"].errors
    assert errors["__all__"] == ["Every row must give: Currency, Rate."]
    assert {"constant-currency", "constant-rate"} <= set(errors)


def test_what_only_new_rows_need_is_said_and_not_asked_for(desk):
    uploaded(desk, "Contract no.,Monthly price\nK1,5\n", resource="subscriptions")
    planned = Import.objects.get()

    response = desk.get(f"/imports/{planned.pk}/columns/")

    assert "No column gives Account, Currency, Starts." in response.content.decode()
    assert not response.context["form"].shows_constants
    assert mapped(desk, planned).status_code == 302


def test_same_in_every_row_gives_a_field(desk):
    AccountKey.objects.create(account=Account.objects.create(name="Najm"), source="crm", value="C1")
    uploaded(desk, "Contract no.,Monthly price\nK1,5\n", resource="subscriptions")
    planned = Import.objects.get()
    given = {"constant-account": "C1", "constant-currency": "SAR", "constant-starts": "2026-01-01"}

    assert mapped(desk, planned, **given | {"constant-currency": "Riyal"}).status_code == 400
    assert mapped(desk, planned, **given).status_code == 302
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    kept = Subscription.objects.get()
    assert (kept.external_id, kept.currency, str(kept.starts)) == ("K1", "SAR", "2026-01-01")


def test_days_that_can_be_read_in_two_ways_are_asked_for(desk):
    content = CONTRACTS.replace("31/01/2025", "05/03/2025")
    uploaded(desk, content, resource="subscriptions")
    planned = Import.objects.get()

    response = mapped(desk, planned)

    form = response.context["form"]
    assert "Choose how to read them" in str(form.errors["date_format"])
    assert [value for value, _label in form.fields["date_format"].choices] == ["", "%d/%m/%Y", "%m/%d/%Y"]
    assert "05/03/2025 is 5 March 2025" in str(form["date_format"])
    assert mapped(desk, planned, date_format="%d/%m/%Y").status_code == 302


def test_comma_that_can_mean_two_things_is_asked_for(desk):
    uploaded(desk, CONTRACTS.replace("100", '"1,234"'), resource="subscriptions")
    planned = Import.objects.get()

    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    assert form.signs == [".", ","]
    assert "decimal" in mapped(desk, planned, decimal="").context["form"].errors
    assert mapped(desk, planned, decimal=",").status_code == 302


def test_words_of_the_file_are_read_as_ours(desk):
    uploaded(desk, "id,name,Status\n1,Najm,Active\n2,Nakheel,live\n")
    planned = Import.objects.get()
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    ((key, which),) = form.values.items()
    assert which == ("Status", "Active")

    mapped(desk, planned, **{key: "live"})
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    assert set(Account.objects.values_list("stage", flat=True)) == {"live"}
    assert page_of(desk, planned).context["rejected"] == 0


def test_what_words_mean_is_remembered_whatever_came_in_between(desk):
    def asked():
        planned = Import.objects.latest("pk")
        form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
        return planned, {value: (key, form[key].value()) for key, (_name, value) in form.values.items()}

    uploaded(desk, "id,name,Stage\n1,A,Active\n2,B,Gone\n")
    planned, words = asked()
    mapped(desk, planned, **{words["Active"][0]: "live", words["Gone"][0]: "churned"})
    uploaded(desk, "id,name,Stage\n3,C,Gone\n")
    planned, words = asked()
    mapped(desk, planned, **{words["Gone"][0]: "renewing"})

    uploaded(desk, "id,name,stage\n4,D,Active\n5,E,Gone\n")
    assert {word: new for word, (_key, new) in asked()[1].items()} == {
        "Active": "live",
        "Gone": "renewing",
    }
    uploaded(desk, "id,name,Stage\n4,D,Active\n", source="erp")
    assert asked()[1]["Active"][1] == ""


def test_country_that_is_not_known_can_be_said(desk):
    uploaded(desk, "id,name,country\n1,A,Saudi\n2,B,مصر\n")
    planned = Import.objects.get()
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    ((place, (_name, value)),) = form.values.items()
    assert value == "Saudi"
    assert ("SA", "Saudi Arabia") in form.fields[place].choices

    mapped(desk, planned, **{place: "SA"})
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    assert dict(Account.objects.values_list("name", "country")) == {"A": "SA", "B": "EG"}


def test_other_encoding_and_sheet_are_chosen_with_a_look_at_the_rows(desk, tmp_path):
    uploaded(desk, "id,name\n1,شركة\n".encode("windows-1256"))
    planned = Import.objects.get()
    where = f"/imports/{planned.pk}/columns/"
    page = desk.get(where)
    assert "The file is not UTF-8" in page.content.decode()
    assert page.context["look"].rows == [["1", "شركة"]]

    desk.post(where, {"action": "read", "encoding": "windows-1252", "delimiter": "", "header": "on"})

    assert desk.get(where).context["look"].rows != [["1", "شركة"]]
    assert desk.post(where, {"action": "read", "encoding": "rot13"}).status_code == 400

    path = workbook(tmp_path / "a.xlsx", [["id", "name"], [1, "Najm"]], title="Customers", hidden=["Notes"])
    uploaded(desk, path.read_bytes(), name="a.xlsx")
    form = desk.get(f"/imports/{Import.objects.latest('pk').pk}/columns/").context["manner"]
    assert [value for value, _label in form.fields["sheet"].choices] == ["Customers"]


# Trying it out, having it taken, mending it


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


def test_rejected_rows_are_mended_and_uploaded_again(desk):
    planned = tried(desk, CONTRACTS + "C3,,K3,5,SAR,\n")
    act(desk, planned, "run")

    answer = desk.get(f"/imports/{planned.pk}/rejected.xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.active
    assert [cell.value for cell in sheet[1]][:3] == ["What to mend", "Customer no.", "Company name"]
    assert sheet["A2"].value == "Company name: This must not be empty."
    sheet["C2"] = "Mended"
    mended = io.BytesIO()
    book.save(mended)
    file = SimpleUploadedFile("rejected.xlsx", mended.getvalue())
    response = desk.post(f"/imports/{planned.pk}/", {"action": "again", "file": file})

    second = Import.objects.latest("pk")
    assert response.headers["Location"] == f"/imports/{second.pk}/columns/"
    mapped(desk, second)
    work_on_import(planned=second.pk)
    act(desk, second, "run")
    assert Account.objects.filter(name="Mended", keys__value="C3").exists()
    assert page_of(desk, second).context["rejected"] == 0
    assert "mends rows of" in page_of(desk, second).content.decode()


def mended(desk, planned, content):
    file = SimpleUploadedFile("mended.csv", content.encode())
    desk.post(f"/imports/{planned.pk}/", {"action": "again", "file": file})
    second = Import.objects.latest("pk")
    mapped(desk, second)
    work_on_import(planned=second.pk)
    act(desk, second, "run")
    second.refresh_from_db()
    return second


def test_import_whose_rows_came_again_is_to_be_mended_no_more(desk, administrator):
    def listed():
        response = browser_of(administrator).get("/quality/imports_with_rejections/")
        return [line.address for line in response.context["lines"]], response.context["remedy"]

    planned = tried(desk, CONTRACTS + "C3,,K3,5,SAR,\nC4,,K4,5,SAR,\n")
    act(desk, planned, "run")
    assert listed() == ([f"/imports/{planned.pk}/"], "/imports/")

    head = CONTRACTS.partition("\n")[0]
    second = mended(desk, planned, f"{head}\nC3,Third,K3,5,SAR,\nC4,,K4,5,SAR,\n")
    assert listed()[0] == [f"/imports/{second.pk}/"]
    page = strip_tags(page_of(desk, planned).content.decode())
    assert "The rejected rows were left out, and came again, mended: mended.csv" in page
    assert "Mend them below" not in page
    assert "Mend what was rejected" not in page

    third = mended(desk, second, f"{head}\nC4,Fourth,K4,5,SAR,\n")
    assert listed()[0] == []

    for one in (third, second):
        browser_of(administrator).post(f"/runs/{one.job_id}/undo/")
        undo_imports()
    assert listed()[0] == [f"/imports/{planned.pk}/"]
    assert "Mend them below" in page_of(desk, planned).content.decode()


def mended_of(desk, planned, change=lambda sheet: None):
    """The rejected rows of an import, downloaded, changed, uploaded again and taken."""
    answer = desk.get(f"/imports/{planned.pk}/rejected.xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    change(book.active)
    mended = io.BytesIO()
    book.save(mended)
    file = SimpleUploadedFile("rejected.xlsx", mended.getvalue())
    desk.post(f"/imports/{planned.pk}/", {"action": "again", "file": file})
    again = Import.objects.latest("pk")
    mapped(desk, again)
    work_on_import(planned=again.pk)
    act(desk, again, "run")
    again.refresh_from_db()
    return again


def test_rejected_row_overwrites_no_good_row_of_the_file_that_it_mends(desk):
    planned = tried(desk, "id,name,website\nR1,Najm,najm.example\nR1,Double,\nR2,,\nR3,,\n")
    act(desk, planned, "run")

    def named(name):
        def write(sheet):
            place = [cell.value for cell in sheet[1]].index("name") + 1
            assert [row[place - 2].value for row in sheet.iter_rows(min_row=2)][:2] == ["R1", refused.pop(0)]
            sheet.cell(3, place).value = name

        return write

    refused = ["R2", "R3"]
    second = mended_of(desk, planned, named("Nakheel"))
    third = mended_of(desk, second, named("Rimal"))

    said = "Line 2 of the file that this one mends has this id already, with other values."
    for again in (second, third):
        refused = RowFate.objects.get(job=again.job, line=2)
        assert (refused.fate, refused.key, refused.reason) == ("rejected", "R1", said)
    kept = Account.objects.order_by("name").values_list("name", "website")
    assert list(kept) == [("Najm", "https://najm.example"), ("Nakheel", ""), ("Rimal", "")]


def test_mended_days_of_an_account_join_the_others(desk):
    planned = tried(desk, "id,name,tier,from_day\nR1,Najm,A,2026-01-01\nR1,Najm,B,2026-02-31\n")
    act(desk, planned, "run")

    def mend(sheet):
        sheet["E2"] = "2026-02-28"

    again = mended_of(desk, planned, mend)

    assert again.job.result["changed"] == 1
    assert list(AccountChange.objects.filter(field="tier").values_list("value", flat=True)) == ["A", "B"]


def test_formula_without_a_value_is_shown_and_stays_rejected_until_it_is_mended(desk, tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["code", "name"], ["a", "=1+1"], ["b", "B"]])
    planned = tried(desk, path.read_bytes(), "plans", name="a.xlsx")
    columns = desk.get(f"/imports/{planned.pk}/columns/").content.decode()
    assert "=1+1" in columns

    (fate,) = RowFate.objects.filter(job__preview_of=planned, fate="rejected")
    assert (fate.line, fate.column, fate.value) == (2, "name", "=1+1")
    answer = desk.get(f"/imports/{planned.pk}/rejected.xlsx")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [(cell.value, cell.data_type) for cell in sheet[2]][1:] == [("a", "s"), ("#N/A", "e")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_table_below_a_title_is_found_and_can_be_chosen(desk, tmp_path, kind):
    rows = [["Plans of 2026"], [], ["code", "name"], ["pro", "Pro"], [None, "x"]]
    if kind == "xlsx":
        content = workbook(tmp_path / "a.xlsx", rows).read_bytes()
    else:
        content = "Plans of 2026\n\ncode;name\npro;Pro\n;x\n"
    planned = tried(desk, content, "plans", name=f"a.{kind}")

    form = desk.get(f"/imports/{planned.pk}/columns/").context["manner"]
    assert form["header_row"].value() == 3
    fates = RowFate.objects.filter(job__preview_of=planned).values_list("line", "fate")
    assert list(fates) == [(4, "created"), (5, "rejected")]
    manner = {name: form[name].value() or "" for name in form.fields}
    desk.post(f"/imports/{planned.pk}/columns/", manner | {"header_row": 4, "action": "read"})
    chosen = desk.get(f"/imports/{planned.pk}/columns/").context
    assert chosen["manner"]["header_row"].value() == 4
    assert chosen["look"].header == ["pro", "Pro"]


def test_mended_file_that_cannot_be_read_says_so(desk):
    planned = tried(desk, CONTRACTS + "C3,,K3,5,SAR,\n")
    file = SimpleUploadedFile("rejected.xlsx", b"PK\x03\x04 no")

    page = desk.post(f"/imports/{planned.pk}/", {"action": "again", "file": file}, follow=True)

    assert "The workbook is damaged" in page.content.decode()
    assert Import.objects.count() == 1


def test_mended_file_that_is_too_large_says_so(desk, settings):
    planned = tried(desk, CONTRACTS + "C3,,K3,5,SAR,\n")
    settings.UPLOAD_LIMIT = 1 << 10
    file = SimpleUploadedFile("rejected.csv", b"x" * 2048)

    page = desk.post(f"/imports/{planned.pk}/", {"action": "again", "file": file}, follow=True)

    (said,) = page.context["messages"]
    assert str(said).startswith("The file is larger than 1.0\xa0KB.")
    assert Import.objects.count() == 1


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


def test_timetable_takes_up_what_waits(desk, monkeypatch):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    mapped(desk, planned)
    sent = []
    monkeypatch.setattr(work_on_import, "apply_async", lambda **sending: sent.append(sending["kwargs"]))

    take_up_imports()

    assert sent == [{"planned": planned.pk}]


# Who may


@pytest.fixture
def planned(desk):
    return tried(desk, CONTRACTS + "C3,,K3,5,SAR,\n")


PLACES = ["", "columns/", "report.csv", "rejected.xlsx"]


@pytest.mark.parametrize("place", PLACES)
def test_imports_of_others_are_not_found_by_strangers(planned, place):
    marketing = browser_of(user_with("Marketing", email="mia@example.com"))
    csm = browser_of(user_with("CSM", email="carl@example.com"))

    assert marketing.get(f"/imports/{planned.pk}/{place}").status_code == 404
    assert csm.get(f"/imports/{planned.pk}/{place}").status_code == 404
    assert marketing.get("/imports/").status_code == 200
    assert csm.get("/imports/").status_code == 404
    assert csm.get("/imports/new/").status_code == 404


def test_colleague_sees_the_imports_of_others_and_leaves_them_alone(planned):
    colleague = browser_of(user_with("Operations", email="olga@example.com"))

    assert [one["import"] for one in colleague.get("/imports/").context["listed"]] == [planned]
    assert colleague.get(f"/imports/{planned.pk}/").status_code == 200
    assert colleague.get(f"/imports/{planned.pk}/columns/").status_code == 403
    for action in ("run", "stop", "go-on", "again", "next"):
        assert colleague.post(f"/imports/{planned.pk}/", {"action": action}).status_code == 403
    assert Import.objects.get(pk=planned.pk).job is None


def test_administrator_may_go_on_for_others(planned, administrator):
    desk = browser_of(administrator)

    act(desk, planned, "run")

    assert Import.objects.get(pk=planned.pk).job.created_by == administrator
    assert Account.objects.count() == 2


def test_each_role_is_offered_what_it_may_write(desk):
    marketing = browser_of(user_with("Marketing", email="mia@example.com"))

    offered = [
        name for name, _label in marketing.get("/imports/new/").context["form"].fields["resource"].choices
    ]

    assert offered == ["leads", "goals", "campaigns", "campaign_days"]
    assert uploaded(marketing, CONTRACTS).status_code == 400


def test_accounts_are_created_on_the_way_only_by_those_who_may(desk):
    service = browser_of(user_with("Service manager", email="sam@example.com"))
    uploaded(service, "id,opened\n1,2026-01-01\n", resource="tickets")
    uploaded(desk, "id,opened\n1,2026-01-01\n", resource="tickets")
    his, hers = Import.objects.order_by("pk")

    assert "create_accounts" not in service.get(f"/imports/{his.pk}/columns/").context["form"].fields
    assert "create_accounts" in desk.get(f"/imports/{hers.pk}/columns/").context["form"].fields


def test_navigation_shows_imports_to_those_who_import(desk):
    csm = browser_of(user_with("CSM", email="carl@example.com"))

    assert 'href="/imports/"' in desk.get("/runs/").content.decode()
    assert 'href="/imports/"' not in csm.get("/runs/").content.decode()


# Cost


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number(desk, omar, number, django_assert_num_queries):
    for _time in range(number):
        tried(desk, CONTRACTS)
    desk.get("/imports/")

    with django_assert_num_queries(7):
        desk.get("/imports/")


@pytest.mark.parametrize("number", [1, 3])
def test_report_costs_the_same_for_any_number(desk, number, django_assert_num_queries):
    rows = "".join(f"C{n},Najm {n},K,1,SAR,\n" for n in range(number))
    planned = tried(desk, CONTRACTS.splitlines()[0] + "\n" + rows)
    page_of(desk, planned)

    with django_assert_num_queries(9):
        page_of(desk, planned)


def test_rows_of_many_pages_are_turned(desk):
    planned = tried(desk, "code,name\n" + "".join(f"p{n},Plan {n}\n" for n in range(60)), "plans")

    assert [row.line for row in page_of(desk, planned, "?page=2").context["page"]] == list(range(52, 62))
    assert RowFate.objects.count() == 60
    assert Plan.objects.count() == 0
