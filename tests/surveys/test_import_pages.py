"""The pages of an import of old responses: tried out, taken, taken back; who may, and what a file of ours says."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.imports import uploads
from accounts.models import Contact
from accounts.texts import Text
from surveys.content import Kind, Option, Question
from surveys.models import Response, ResponseImport
from tests.accounts.messages.mailed import in_role
from tests.factories import account
from tests.surveys import rows
from tests.surveys.importing import taken, uploaded
from tests.surveys.rows import NPS, WHY

pytestmark = pytest.mark.django_db
LINES = ("id,day,nps,why", "R-1,2026-01-10,9,Good", "R-2,2026-01-10,11,")
PAGES = ("", "rejected/", "take-back/")


@pytest.fixture
def survey():
    return rows.survey()


@pytest.fixture
def author(alice):
    return in_role(alice)


@pytest.fixture
def hers(sign_in, author):
    return sign_in(author)


def send(client, survey, content, source="old"):
    file = SimpleUploadedFile("old.csv", content)
    return client.post(f"/surveys/{survey.pk}/import/", {"file": file, "source": source})


def test_file_is_tried_out_and_then_taken(hers, survey):
    sent = send(hers, survey, "\n".join(LINES).encode())
    where = sent["Location"]
    tried = strip_tags(hers.get(where).content.decode())

    assert (survey.responses.count(), "This must lie between 0 and 10." in tried) == (0, True)
    assert "Import 1 row" in tried
    done = hers.post(f"{where}run/", follow=True).content.decode()
    assert list(survey.responses.values_list("external_id", "band")) == [("R-1", "high")]
    assert ("Imported." in done, "This must lie between 0 and 10." in done) == (True, True)
    assert "old.csv" in hers.get(f"/surveys/{survey.pk}/import/").content.decode()


def test_reasons_are_said_in_the_language_of_the_reader(sign_in, author, survey):
    author.language = "ar"
    author.save()
    made = uploaded(survey, author, *LINES)

    page = sign_in(author).get(f"/surveys/imports/{made.pk}/").content.decode()

    assert "يجب أن تقع" in page


def test_days_are_read_as_it_is_said(hers, author, survey):
    made = uploaded(survey, author, "id,day,nps", "R-1,03/02/2026,9")
    where = f"/surveys/imports/{made.pk}/"

    refused = hers.post(where, {"date_format": "%H"})
    hers.post(where, {"date_format": "%d/%m/%Y"})
    hers.post(f"{where}run/")

    assert refused.status_code == 400
    assert survey.responses.get().responded_at.date().isoformat() == "2026-02-03"


def test_file_without_its_columns_is_told_and_not_taken(hers, author, survey):
    made = uploaded(survey, author, "nps", "9")
    where = f"/surveys/imports/{made.pk}/"

    assert "The file has no column for: Id, Day." in hers.get(where).content.decode()
    hers.post(f"{where}run/")

    made.refresh_from_db()
    assert (made.done_at, survey.responses.count()) == (None, 0)


def test_rejected_rows_come_as_they_stood_with_what_is_wrong(hers, author, survey):
    made = uploaded(survey, author, *LINES)

    sheet = load_workbook(BytesIO(b"".join(hers.get(f"/surveys/imports/{made.pk}/rejected/")))).active

    head, row = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert head == ["What is wrong", "Line", "id", "day", "nps", "why"]
    assert row[:5] == ["nps: This must lie between 0 and 10.", "3", "R-2", "2026-01-10", "11"]


def test_import_is_taken_back(hers, author, survey):
    made = taken(survey, author, *LINES)
    asked = strip_tags(hers.get(f"/surveys/imports/{made.pk}/take-back/").content.decode())

    hers.post(f"/surveys/imports/{made.pk}/take-back/")

    assert "1 response whose answers came from" in asked
    assert survey.responses.count() == 0
    assert hers.post(f"/surveys/imports/{made.pk}/take-back/").status_code == 404
    assert "This import was taken back." in hers.get(f"/surveys/imports/{made.pk}/").content.decode()


def test_file_that_is_gone_leaves_its_counts(hers, author, survey):
    made = taken(survey, author, *LINES)
    uploads.prune(timezone.now() + timedelta(days=1))

    page = hers.get(f"/surveys/imports/{made.pk}/")

    assert (page.status_code, "Imported." in page.content.decode()) == (200, True)


@pytest.mark.parametrize("identity", ["confidential", "anonymous"])
def test_survey_that_names_nobody_takes_no_file(hers, identity):
    survey = rows.survey(identity=identity)

    refused = send(hers, survey, "\n".join(LINES).encode())

    assert (refused.status_code, ResponseImport.objects.exists()) == (400, False)
    assert "name nobody" in refused.content.decode()
    assert "csrfmiddlewaretoken" not in refused.content.decode().split("<main")[1]


def test_team_of_hers_sees_no_file_of_hers_and_strangers_see_nothing(
    author, bob, charlie, survey, sign_in, administrator
):
    made = taken(survey, author, *LINES)
    pages = [f"/surveys/imports/{made.pk}/{page}" for page in PAGES]

    client = sign_in(charlie)
    assert {client.get(page).status_code for page in [*pages, f"/surveys/{survey.pk}/import/"]} == {404}
    client = sign_in(in_role(bob))
    assert {client.get(page).status_code for page in pages} == {404}
    assert client.post(f"/surveys/imports/{made.pk}/run/").status_code == 404
    client = sign_in(in_role(bob, "CS manager"))
    for page in pages:
        shown = client.get(page)
        assert (shown.status_code, bool(b"".join(shown))) == (200, True)


def test_whoever_reads_surveys_alone_imports_nothing(sign_in, bob, survey):
    client = sign_in(in_role(bob, "Service manager"))

    assert client.get(f"/surveys/{survey.pk}/import/").status_code == 403
    assert f"/surveys/{survey.pk}/import/" not in client.get(f"/surveys/{survey.pk}/").content.decode()


# What our own file says


OPTIONS = (Option("a", Text(en="A; or so", ar="أ")), Option("b", Text(en="B", ar="ب")))


def asked():
    kinds = {
        "one": (Kind.ONE, {"options": OPTIONS, "has_other": True}),
        "any": (Kind.SEVERAL, {"options": OPTIONS, "has_other": True}),
        "rank": (Kind.RANKING, {"options": OPTIONS}),
        "again": (Kind.YES_NO, {}),
        "many": (Kind.NUMBER, {}),
        "on": (Kind.DATE, {}),
        "reach": (Kind.CONTACT, {}),
    }
    further = (Question(key, kind, Text(en=key.title()), **more) for key, (kind, more) in kinds.items())
    return rows.survey(NPS, WHY, *further)


def kept(survey):
    return sorted(
        (row.question, str(row.value), row.text, row.score, row.band)
        for response in survey.responses.all()
        for row in response.answers.all()
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_exported_file_gives_the_same_answers(sign_in, author, language):
    author.language = language
    author.save()
    survey, client = asked(), sign_in(author)
    sara = Contact.objects.create(account=account("Najm", owner=author), name="Sara")
    given = rows.response(survey, account=sara.account, contact=sara, language="ar", band="high")
    rows.answer(given, 10)
    for question, value, text in [
        ("why", None, "=1+1\n'so'"),
        ("one", "_other", "Fax"),
        ("any", ["a", "_other"], "Post"),
        ("rank", ["b", "a"], ""),
        ("again", False, ""),
        ("many", 2.5, ""),
        ("on", "2026-01-31", ""),
        ("reach", None, "Sara\n\n+966 1"),
    ]:
        given.answers.create(question=question, value=value, text=text)
    before = kept(survey)
    exported = client.get(f"/surveys/{survey.pk}/results/export.csv?window=365d")
    content = b"".join(exported.streaming_content)
    Response.objects.all().delete()

    where = send(client, survey, content)["Location"]
    client.post(f"{where}run/")

    one = survey.responses.get()
    assert kept(survey) == before
    assert (one.account, one.contact, one.language, one.band) == (sara.account, sara, "ar", "high")
    assert one.external_id == str(given.pk)
