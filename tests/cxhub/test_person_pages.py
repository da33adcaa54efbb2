"""The pages of a person's rights, and who may not."""

import csv
import io
import json
import zipfile

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Contact, Job, KeptAnswer, Notice, User
from cxhub.persons import telling
from cxhub.tasks import erase_persons
from tests.cxhub.persons.traces import EMAIL, NAME, PHONE, now, upload
from tests.factories import account, departure, lead, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def operations(alice):
    alice.groups.add(Group.objects.get(name="Operations"))
    return alice


@pytest.fixture
def jumana(alice):
    najm = account("Najm", owner=alice)
    return Contact.objects.create(account=najm, name=NAME, email=EMAIL, phone=PHONE, role="sponsor")


def test_erasure_is_shown_confirmed_done_and_told(sign_in, operations, jumana):
    ticket(jumana.account, opened="2026-01-05 10:00", subject=f"{NAME} called")
    client = sign_in(operations)
    person, where = f"/people/{jumana.pk}/rights/", f"/people/{jumana.pk}/erase/"

    assert where in client.get(person).content.decode()
    with CaptureQueriesContext(connection) as queries:
        shown = client.get(where)
    answer = client.post(where, {"confirmation": NAME.upper()})

    # There may be millions of them: the worker reads them, and its report tells.
    assert not [query["sql"] for query in queries if "accounts_ticket" in query["sql"]]
    assert "Its report says how many rows" in shown.content.decode()
    assert "This cannot be undone." in shown.content.decode()
    job = Job.objects.get(kind="person.erase")
    assert (answer["Location"], job.state) == (f"/erasures/{job.pk}/", Job.State.WAITING)
    assert "A worker erases the person" in client.get(answer["Location"]).content.decode()
    erase_persons()
    told = client.get(answer["Location"]).content.decode()
    assert "What was emptied" in told
    job.refresh_from_db()
    assert [line.rows for line in telling.report(job).emptied if line.kind == "Tickets"] == [1]
    assert not [word for word in ("Jumana", EMAIL, PHONE) if word in told]
    assert f'href="{answer["Location"]}"' in client.get("/runs/").content.decode()
    page = client.get(person).content.decode()
    assert "Erased person" in page
    assert where not in page


@pytest.mark.parametrize("typed", ["", "Jumana", "yes", "jumana.rashid@najm.exampl"])
def test_erasure_needs_the_name_to_be_typed(sign_in, operations, jumana, typed):
    answer = sign_in(operations).post(f"/people/{jumana.pk}/erase/", {"confirmation": typed})

    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_erasure_shows_who_may_be_the_same_person_and_asks_for_the_business(sign_in, operations):
    trader = account("Jumana al-Rashid Trading", owner=operations)
    contact = Contact.objects.create(account=trader, name=NAME, email=EMAIL)
    Contact.objects.create(account=trader, name=NAME, email="other@najm.example")
    client = sign_in(operations)

    page = client.get(f"/people/{contact.pk}/erase/").content.decode()
    client.post(f"/people/{contact.pk}/erase/", {"confirmation": EMAIL, "with_businesses": "on"})

    assert "Perhaps the same person" in page
    assert "other@najm.example" in page
    assert "with_businesses" in page
    assert Job.objects.get().parameters["with_businesses"] is True


def test_who_was_erased_is_not_offered_again(sign_in, operations, jumana):
    client = sign_in(operations)
    where = f"/people/{jumana.pk}/erase/"
    client.post(where, {"confirmation": NAME})
    erase_persons()

    answer = client.post(where, {"confirmation": NAME})

    assert answer.status_code == 409
    assert "was erased already" in answer.content.decode()


def test_rights_are_a_permission_of_their_own(sign_in, alice, bob, charlie, jumana):
    jumana.account.team = alice.teams.get()
    jumana.account.save(update_fields=["team"])
    bob.groups.add(Group.objects.get(name="CSM"))
    charlie.groups.add(Group.objects.get(name="CSM"))
    pages = [f"/people/{jumana.pk}/{what}/" for what in ("rights", "erase", "export")]

    assert {sign_in(bob).post(page).status_code for page in pages} == {403}
    assert "/people/" not in sign_in(bob).get(f"/accounts/{jumana.account_id}/").content.decode()
    assert {sign_in(charlie).post(page).status_code for page in pages} == {404}


def test_contacts_link_to_their_rights(sign_in, operations, jumana):
    page = sign_in(operations).get(f"/accounts/{jumana.account_id}/").content.decode()

    assert f'href="/people/{jumana.pk}/rights/"' in page


def test_the_report_is_for_whoever_may_see_runs(sign_in, operations, charlie, jumana):
    sign_in(operations).post(f"/people/{jumana.pk}/erase/", {"confirmation": NAME})

    assert sign_in(charlie).get(f"/erasures/{Job.objects.get().pk}/").status_code == 404


# Users


def test_an_administrator_erases_a_leaver(sign_in, administrator, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    client = sign_in(administrator)

    assert client.get(f"/users/{bob.pk}/erase/").status_code == 200
    client.post(f"/users/{bob.pk}/erase/", {"confirmation": "bob"})
    erase_persons()

    bob.refresh_from_db()
    assert bob.name == ""
    assert client.get(f"/users/{bob.pk}/erase/").status_code == 409


def test_operations_erase_no_user(sign_in, operations, bob):
    assert sign_in(operations).get(f"/users/{bob.pk}/erase/").status_code == 404


# Export


def exported(client, contact):
    answer = client.post(f"/people/{contact.pk}/export/")
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


@pytest.fixture
def traces(jumana):
    """Of every kind, and as many that are about others."""
    najm = jumana.account
    Contact.objects.create(account=najm, name="Omar", email="omar@najm.example")
    Contact.objects.filter(pk=jumana.pk).update(name="Jumana Haddad")
    Contact.objects.filter(pk=jumana.pk).update(name=NAME)
    lead("2026-01-01", email=EMAIL.upper(), name="J. R.", company="Najm")
    ticket(najm, opened="2026-01-05 10:00", subject="Printer", requester=jumana)
    ticket(najm, opened="2026-01-06 10:00", subject=f"=cmd {NAME}")
    ticket(najm, opened="2026-01-07 10:00", subject="Of others")
    departure(najm, "2026-02-01", note=f"told by {EMAIL}")
    Notice.objects.create(kind="x", account=najm, payload={"by": NAME}, happened_at=now())
    upload(f"id,email\n1,{EMAIL}\n", name="people.csv")
    upload("id,email\n1,omar@najm.example\n", name="others.csv")
    return jumana


def test_export_has_all_that_is_about_the_person_and_nobody_else(sign_in, operations, traces):
    files = exported(sign_in(operations), traces)

    told = json.loads(files["person.json"])
    assert [row["Name"] for row in told["Contacts"]] == [NAME]
    assert [row["Name"] for row in told["Leads"]] == ["J. R."]
    assert [row["Subject"] for row in told["Tickets"]] == ["Printer", f"=cmd {NAME}"]
    assert len(told["Departures"]) == len(told["Notices"]) == 1
    assert [row["Name"] for row in told["Uploaded files"]] == ["people.csv"]
    assert {"name": "Jumana Haddad"} in [row["Before"] for row in told["Audit entries"]]
    assert "Omar" not in "".join(files.values())


def test_export_is_tables_that_run_no_formula(sign_in, operations, traces):
    files = exported(sign_in(operations), traces)

    head, first, second = csv.reader(io.StringIO(files["ticket.csv"]))
    assert (first[head.index("Subject")], second[head.index("Subject")]) == ("Printer", f"'=cmd {NAME}")


def test_export_is_in_the_readers_language(sign_in, operations, traces):
    operations.language = "ar"
    operations.save(update_fields=["language"])

    told = json.loads(exported(sign_in(operations), traces)["person.json"])

    with translation.override("ar"):
        assert str(Contact._meta.verbose_name_plural) in told
        assert (
            str(Contact._meta.get_field("name").verbose_name)
            in told[str(Contact._meta.verbose_name_plural)][0]
        )


def test_export_is_kept_in_mind(sign_in, operations, traces):
    exported(sign_in(operations), traces)

    job = Job.objects.get(kind="person.export")
    assert (job.created_by, job.state, job.parameters["row"]) == (operations, Job.State.DONE, traces.pk)
    assert job.result["rows"] > 5
    assert NAME not in json.dumps([job.parameters, job.result])


def test_export_shows_what_an_erased_person_has_left(sign_in, operations, traces):
    KeptAnswer.objects.create(user=operations, key="k", fingerprint="f", status=200, body=EMAIL)
    client = sign_in(operations)
    client.post(f"/people/{traces.pk}/erase/", {"confirmation": NAME})
    erase_persons()

    files = exported(client, traces)

    told = "".join(files.values()).lower()
    assert not [word for word in ("jumana", "rashid", "7654321", "haddad") if word in told]
