"""After an erasure nothing that is kept holds the person: a dump of the database, our files, the lines of the log."""

import io
import logging
import logging.config
import re
import zipfile
from datetime import date
from random import Random

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Account, AccountKey, Contact, Lead, User
from accounts.resources import CONTACTS
from accounts.texts import search_key
from cxhub.persons.places import places
from cxhub.tasks import erase_persons
from metrics import catalogue
from surveys import follow_ups
from surveys.models import AnonymousBox, FollowUp
from tests.accounts.uploading import imported, planned, previewed
from tests.accounts.workbooks import workbook
from tests.accounts.writing import Program
from tests.cxhub.persons.traces import ARABIC, EMAIL, NAME, PHONE, SPELLINGS, dumped, erase, now, upload
from tests.factories import accounts, departure, lead, ticket
from tests.metrics.api.calling import client_of, ok
from tests.metrics.books import Writer
from tests.sampling import some
from tests.surveys import rows

FORMER = "Jumana al-Rashid-Haddad"


@pytest.fixture
def written():
    """All lines of the log, as the console has them, requests included."""
    stream = io.StringIO()
    formatter = logging.config.DictConfigurator({"version": 1}).configure_custom(
        dict(settings.LOGGING["formatters"]["lines"])
    )
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    handler.setFormatter(formatter)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream.getvalue
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def kept_in(monkeypatch, tmp_path):
    """A folder of its own for all files of people, of whatever model: other tests leave theirs."""
    for place in places():
        for name in place.files:
            storage = place.model._meta.get_field(name).storage
            monkeypatch.setitem(vars(storage), "location", str(tmp_path / "kept"))
    return tmp_path / "kept"


def files(folder):
    """Their names and contents; of workbooks, what is packed in them."""
    found = []
    for path in sorted(folder.rglob("*")):
        found.append(path.name)
        if path.is_file():
            parts = [path.read_bytes(), *unpacked(path)]
            found += [
                part.decode(one, "replace") for part in parts for one in ("utf-8", "windows-1256", "utf-16")
            ]
    return found


def unpacked(path):
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def held(texts):
    """Which of the spellings are there, letters and digits folded, and in what an escape would hide."""
    found = set()
    for text in texts:
        key = search_key(text)
        found |= {one for one in SPELLINGS if search_key(one) in key}
        found |= {one for one in ("jumana", "rashid") if one in key}
        if re.search(r"7[ -]?6[ -]?5[ -]?4[ -]?3[ -]?2[ -]?1", key):
            found.add("7654321")
    return found


def come_in(program, browser, operations, folder):
    """By every door there is: pages, files and programs; under several names and spellings, some in vain."""
    najm = Account.objects.create(name="Najm")
    AccountKey.objects.create(account=najm, source="crm", value="C1")
    made = program.post(
        "contacts/",
        {"account": str(najm.pk), "name": FORMER, "email": "j.rashid@najm.example", "phone": PHONE},
        Idempotency_Key="one",
    )
    where = f"contacts/{made.json()['id']}/"
    assert program.patch(where, {"name": NAME, "email": EMAIL}).status_code == 200
    assert program.patch(where, {"email": EMAIL, "preferred_hour": 99, "time_zone": NAME}).status_code == 400
    program.post(
        "bulk/leads/", [{"id": "1", "name": ARABIC, "email": EMAIL.upper(), "first_interest": "2026-01-05"}]
    )
    gone = program.post("contacts/", {"account": str(najm.pk), "name": ARABIC, "email": EMAIL})
    program.delete(f"contacts/{gone.json()['id']}/")
    contact = Contact.objects.get()
    ticket(najm, opened="2026-01-05 10:00", subject="Jumana wants to talk", requester=contact)
    ticket(najm, opened="2026-01-06 10:00", subject="Ring ٠٥٠٧٦٥٤٣٢١, AL-RASHID, Jumana")
    departure(najm, "2026-02-01", note=f"{ARABIC} said so")
    answer_surveys(contact)
    browser.get("/accounts/", {"q": NAME})
    Client().post("/sign-in/", {"login": EMAIL, "password": PHONE})
    mapping = {
        "Id": "external_id",
        "Company": "account",
        "Who": "name",
        "Mail": "email",
        "Hour": "preferred_hour",
    }
    people = f"Id,Company,Who,Mail,Hour\n1,C1,{ARABIC},{EMAIL},99\n2,C1,Omar,omar@najm.example,9\n"
    table = workbook(folder / "people.xlsx", [line.split(",") for line in people.splitlines()])
    for content in (people.encode("windows-1256"), table.read_bytes()):
        found = planned(content, CONTACTS, mapping, by=operations, name=f"{NAME}.csv")
        previewed(found, CONTACTS, by=operations)
        imported(found, CONTACTS, by=operations)
    upload("id,name\n1,Omar\n")
    return contact


def answer_surveys(contact):
    """By their invitation, by a link where they say who they are, and anonymously; with what was done about it."""
    asked = rows.survey()
    said = rows.response(asked, account=contact.account, contact=contact)
    rows.answer(said, 2)
    said.answers.create(question="why", text="Rashid is not amused")
    case = rows.follow_up(said, note="Jumana was called")
    follow_ups.write(case, "Sorry", "Dear Jumana, it works again.", None, now())
    FollowUp.objects.filter(pk=case.pk).update(note="Rashid was called again")
    unknown = rows.response(asked, account=None, link=rows.link(asked))
    for question, text in (("reach", f"{ARABIC}\n{EMAIL}\n{PHONE}"), ("why", "Ask for Jumana")):
        unknown.answers.create(question=question, text=text)
    box = [{"form": "1", "version": 1, "answers": {"why": f"I am {NAME}"}, "is_machine": False}]
    AnonymousBox.objects.create(survey=rows.survey(identity="anonymous"), waiting=box)


@pytest.mark.django_db(transaction=True)
def test_after_an_erasure_the_person_is_held_nowhere(written, kept_in, tmp_path):
    operations = User.objects.create_user("omar@example.com", "correct horse battery", name="Omar")
    operations.groups.add(Group.objects.get(name="Operations"))
    browser = Client()
    browser.force_login(operations, backend="allauth.account.auth_backends.AuthenticationBackend")
    contact = come_in(Program(operations), browser, operations, tmp_path)
    assert held([dumped()]) >= {*SPELLINGS[:1], "jumana", "rashid", "7654321"}
    assert held(files(kept_in)) >= {"jumana.rashid@najm", "جمانه الراشد"}

    browser.post(f"/people/{contact.pk}/erase/", {"confirmation": NAME})
    erase_persons()
    erase_persons()

    assert held([dumped()]) == set()
    assert held(files(kept_in)) == set()
    assert "Omar" in "".join(files(kept_in))
    assert "request_finished" in written()
    assert held([written()]) == set()
    assert "Omar" in dumped()


# Figures


def figures(get, day, every):
    """Of the catalogue, with what they are made of."""
    return {key: ok(get(f"metrics/{key}/", as_of=day)) for key in [*list(catalogue.ALL)[::every], "leads"]}


@pytest.mark.django_db
@pytest.mark.parametrize("every", some([7, 1], every=2))
def test_no_figure_changes(administrator, time_machine, every):
    time_machine.move_to("2026-03-17T13:30:00Z", tick=False)
    Writer(Random(7)).write()
    for number, account in enumerate(accounts(3)):
        lead(f"2026-01-{number + 10}", account, email=EMAIL if number else EMAIL.upper(), name=NAME)
        Contact.objects.create(account=account, name=NAME, email=EMAIL, phone=PHONE)
        ticket(account, opened="2026-03-02 10:00", subject=NAME, requester=account.contacts.get())
        departure(account, "2026-03-05", note=EMAIL)
        said = rows.response(on="2026-03-05 10:00", account=account, contact=account.contacts.get())
        rows.answer(said, 3)
        said.answers.create(question="why", text="Too slow")
        rows.follow_up(said, opened="2026-03-05 10:00", due="2026-03-09 10:00", note=NAME)
    get = client_of(administrator)
    before = figures(get, date(2026, 3, 15), every)

    job = erase(Contact.objects.first(), administrator)

    assert job.result["rows"] == {"accounts.Contact": 3, "accounts.Lead": 3}
    assert not Lead.objects.filter(name=NAME).exists()
    assert {
        key for key, said in figures(get, date(2026, 3, 15), every).items() if said != before[key]
    } == set()
    assert before["leads"]["value"] is not None
