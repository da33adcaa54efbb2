"""Rejected rows are downloaded, mended and uploaded again."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.models import Account, AccountChange, Import, RowFate
from accounts.tasks import undo_imports
from cxhub.tasks import work_on_import
from tests.accounts.workbooks import workbook
from tests.cxhub.importing import CONTRACTS, act, browser_of, mapped, page_of, tried

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


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
