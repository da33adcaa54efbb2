"""A file is uploaded, or refused when it begins."""

import pytest

from accounts.models import Import, Upload
from tests.cxhub.importing import CONTRACTS, uploaded

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


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
