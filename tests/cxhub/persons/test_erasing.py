"""Erasing a person: what is emptied, what stays, who does not come back."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from accounts import attachments
from accounts.imports import run, undo
from accounts.merges import merge_contacts
from accounts.models import (
    Account,
    AccountKey,
    ApiToken,
    Attachment,
    AuditEntry,
    Contact,
    ErasedAddress,
    Import,
    Job,
    KeptAnswer,
    Lead,
    Notice,
    NotificationSetting,
    RowFate,
    Ticket,
    Upload,
    User,
)
from accounts.resources import CONTACTS, LEADS
from accounts.tokens import issue
from cxhub.persons import erasing
from tests.accounts.importing import OPTIONS
from tests.cxhub.persons.traces import ARABIC, EMAIL, NAME, PHONE, erase, now, upload
from tests.factories import account, departure, lead, ticket

pytestmark = pytest.mark.django_db

NOBODY = "@erased.invalid"


def entries(table, row):
    found = AuditEntry.objects.filter(table=table, row=row).order_by("pk")
    return [(entry.action, entry.before, entry.after) for entry in found]


# The rows that are the person


def test_names_and_addresses_are_emptied_and_the_row_stays(jumana, alice):
    job = erase(jumana, alice)

    jumana.refresh_from_db()
    assert job.state == Job.State.DONE
    assert (jumana.name, jumana.name_key, jumana.phone) == ("", "", "")
    assert jumana.email == f"erased-{job.pk}{NOBODY}"
    assert (jumana.role, jumana.external_id, str(jumana)) == ("sponsor", "17", "Erased person")
    assert jumana.erased_at is not None


def test_rows_with_the_same_address_are_the_same_person_in_any_case(jumana, alice):
    elsewhere = Contact.objects.create(account=account("Other"), name="Jumana R.", email=EMAIL.upper())
    came = lead("2026-01-05", name="J. Rashid", email=EMAIL, company="Najm")
    stranger = lead("2026-01-05", name="Somebody", email="x" + EMAIL)

    job = erase(jumana, alice)

    assert {Contact.objects.get(pk=elsewhere.pk).email, Lead.objects.get(pk=came.pk).email} == {
        f"erased-{job.pk}{NOBODY}"
    }
    assert Lead.objects.get(pk=came.pk).company == "Najm"
    assert Lead.objects.get(pk=stranger.pk).name == "Somebody"
    assert job.result["rows"] == {"accounts.Contact": 2, "accounts.Lead": 1}


def test_who_was_merged_is_the_same_person_with_another_address(jumana, alice):
    earlier = Contact.objects.create(account=jumana.account, name="J. Haddad", email="j.old@example.org")
    came = lead("2026-01-05", name="Jumana", email="J.OLD@example.org")
    merge_contacts(earlier, jumana, by=alice)

    job = erase(jumana, alice)

    for row in (earlier, came, jumana):
        row.refresh_from_db()
        assert (row.name, row.email) == ("", f"erased-{job.pk}{NOBODY}")


def test_namesakes_and_their_history_stay(jumana, alice):
    namesake = Contact.objects.create(account=jumana.account, name=NAME, email="another@najm.example")
    Contact.objects.filter(pk=namesake.pk).update(name=ARABIC)
    Contact.objects.filter(pk=namesake.pk).update(name=NAME)

    foreseen = erasing.foresee(jumana)
    erase(jumana, alice)

    assert foreseen.alike == [namesake]
    assert Contact.objects.get(pk=namesake.pk).name == NAME
    assert {"name": NAME} in [before for _action, before, _after in entries("accounts_contact", namesake.pk)]


def test_an_office_number_stays_with_the_colleague(jumana, alice, najm):
    colleague = Contact.objects.create(account=najm, name="Omar", email="omar@najm.example", phone=PHONE)
    ticket(najm, opened="2026-01-05 10:00", subject=f"Reach them at {PHONE}")

    erase(jumana, alice)

    assert Contact.objects.get(pk=colleague.pk).phone == PHONE
    assert Ticket.objects.get().subject == f"Reach them at {PHONE}"


def test_a_corrected_address_stays_with_whose_it_is(jumana, alice, najm):
    """Jumana had Omar's for a day, by mistake."""
    Contact.objects.filter(pk=jumana.pk).update(email="omar@najm.example")
    Contact.objects.filter(pk=jumana.pk).update(email=EMAIL)
    omar = Contact.objects.create(account=najm, name="Omar", email="omar@najm.example")

    erase(jumana, alice)

    assert Contact.objects.get(pk=omar.pk).email == "omar@najm.example"
    Contact.objects.filter(pk=omar.pk).update(role="champion")


def test_an_id_that_is_the_address_is_emptied(jumana, alice):
    Contact.objects.filter(pk=jumana.pk).update(external_id=EMAIL)

    erase(jumana, alice)

    assert Contact.objects.get().external_id is None


# What speaks of them


def test_texts_that_speak_of_the_person_are_emptied(jumana, alice, najm):
    for number, subject in enumerate(
        ["Login of JUMANA AL-RASHID fails", f"Fwd: {EMAIL}", "Call ٠٥٠ ٧٦٥ ٤٣٢١ back", "Broken printer"]
    ):
        ticket(najm, opened=f"2026-01-0{number + 1} 10:00", subject=subject)
    departure(najm, "2026-02-01", note="Al-Rashid, Jumana told us on the phone")

    job = erase(jumana, alice)

    subjects = Ticket.objects.order_by("opened_at").values_list("subject", flat=True)
    assert list(subjects) == ["", "", "", "Broken printer"]
    assert job.result["emptied"]["accounts.Ticket.subject"] == 3
    assert job.result["emptied"]["accounts.Departure.note"] == 1


def test_in_their_own_tickets_one_word_of_the_name_is_enough(jumana, alice, najm):
    own = ticket(najm, opened="2026-01-01 10:00", subject="Jumana cannot print", requester=jumana)
    others = ticket(najm, opened="2026-01-02 10:00", subject="Jumana cannot print")

    erase(jumana, alice)

    assert Ticket.objects.get(pk=own.pk).subject == ""
    assert Ticket.objects.get(pk=others.pk).subject == "Jumana cannot print"
    assert [
        before for action, before, _after in entries("accounts_ticket", own.pk) if action == "update"
    ] == [{"subject": ""}]


def test_former_names_and_addresses_are_theirs_too(jumana, alice, najm):
    Contact.objects.filter(pk=jumana.pk).update(name="Jumana Haddad", email="j.haddad@najm.example")
    jumana.refresh_from_db()
    ticket(najm, opened="2026-01-01 10:00", subject=f"{NAME} is {EMAIL} is Haddad, Jumana")

    erase(jumana, alice)

    assert Ticket.objects.get().subject == ""
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(account=najm, email=EMAIL)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(account=najm, email="j.haddad@najm.example")


def test_notices_keep_all_but_the_person(jumana, alice, najm):
    Notice.objects.create(kind="x", account=najm, payload={"by": NAME, "n": [1, EMAIL]}, happened_at=now())

    erase(jumana, alice)

    assert Notice.objects.get().payload == {"by": "", "n": [1, ""]}


def test_history_of_rows_deleted_long_ago_is_emptied(jumana, alice, najm):
    """Of rows with the address all that was personal, also what only looked like a name once."""
    gone = Contact.objects.create(account=najm, name="Old Name", email=EMAIL, phone="12345")
    Contact.objects.filter(pk=gone.pk).update(name="Older Name")
    row = gone.pk
    gone.delete()

    erase(jumana, alice)

    kept = entries("accounts_contact", row)
    assert [action for action, _before, _after in kept] == ["insert", "update", "delete"]
    assert kept[1][1:] == ({"name": ""}, {"name": ""})
    deleted = kept[2][1]
    assert (deleted["name"], deleted["email"], deleted["phone"], deleted["role"]) == ("", "", "", "user")


def test_the_erasure_itself_repeats_nothing(jumana, alice):
    job = erase(jumana, alice)

    kept = AuditEntry.objects.filter(job=job, table="accounts_contact")
    assert [(entry.before["name"], entry.before["email"], entry.actor_id) for entry in kept] == [
        ("", "", alice.pk)
    ]
    assert "Jumana" not in json.dumps([job.parameters, job.result, job.position], ensure_ascii=False)


def test_answers_and_rejections_are_emptied(jumana, alice):
    KeptAnswer.objects.create(
        user=alice, key="k", fingerprint="f", status=201, body=json.dumps({"email": EMAIL})
    )
    imported = Job.objects.create(
        kind="import",
        parameters={"file": f"{NAME}.csv"},
        result={"rejections": [[3, "email", f"“{EMAIL}” is wrong"]]},
    )
    RowFate.objects.create(job=imported, line=3, fate="rejected", value=EMAIL, reason=f"“{EMAIL}” is wrong")

    erase(jumana, alice)

    imported.refresh_from_db()
    assert KeptAnswer.objects.get().body == ""
    assert (imported.parameters, imported.result) == ({"file": ""}, {"rejections": [[3, "email", ""]]})
    assert RowFate.objects.values_list("line", "value", "reason").get() == (3, "", "")


def test_what_libraries_keep_is_emptied(jumana, alice):
    LogEntry.objects.create(
        user=alice,
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(jumana.pk),
        object_repr="Jumana",
        action_flag=CHANGE,
        change_message="[]",
    )
    about, silent = SessionStore(), SessionStore()
    about["note"], silent["note"] = [f"{NAME} was saved."], ["Somebody was saved."]
    about.save()
    silent.save()

    erase(jumana, alice)

    assert LogEntry.objects.values_list("object_repr", "change_message").get() == ("", "")
    assert [one.pk for one in Session.objects.all()] == [silent.session_key]


# Files


def planned(kept, **fields):
    return Import.objects.create(upload=kept, resource="contacts", source="crm", **fields)


def test_uploads_that_hold_the_person_go_and_others_stay(jumana, alice):
    holding, other = upload("id,first,last\n1,JUMANA,al-rashid\n"), upload("id,name\n1,Omar\n")
    tried = Job.objects.create(kind="import.preview", state=Job.State.DONE)
    planned(holding, preview=tried, choices={"constants": {"name": "x"}})
    RowFate.objects.create(job=tried, line=2, fate="rejected", value="al")
    path = holding.file.path

    job = erase(jumana, alice)

    assert not Path(path).exists()
    assert Upload.objects.get(pk=holding.pk).file.name == ""
    assert Path(other.file.path).read_text() == "id,name\n1,Omar\n"
    assert (RowFate.objects.count(), Import.objects.get().choices) == (0, {})
    assert job.result["files"] == {"accounts.Upload": 1}


def test_attachments_that_are_about_the_person_go_and_others_stay(jumana, alice):
    def attached(content, name, **more):
        return attachments.add(jumana.account, ContentFile(content, name), by=alice, **more)

    photo = attached(PICTURE, "photo.png", contact=jumana)
    letter = attached(f"Dear {NAME},".encode(), "letter.txt")
    logo, colleague = (
        attached(PICTURE, "logo.png"),
        Contact.objects.create(account=jumana.account, name="Omar"),
    )
    other = attached(b"Dear Omar,", "other.txt", contact=colleague)

    job = erase(jumana, alice)

    assert [path.exists() for path in paths(photo, letter, logo, other)] == [False, False, True, True]
    kept = dict(Attachment.objects.exclude(file="").values_list("pk", "name"))
    assert kept == {logo.pk: "logo.png", other.pk: "other.txt"}
    assert job.result["files"] == {"accounts.Attachment": 2}
    assert job.result["unread"] == [["accounts.Attachment", logo.pk]]


def test_the_name_of_an_attachment_does_not_tell_of_the_person_either(jumana, alice):
    named = attachments.add(jumana.account, ContentFile(PICTURE, f"{NAME}.png"), by=alice)

    job = erase(jumana, alice)

    assert job.state == Job.State.DONE
    named.refresh_from_db()
    assert named.name == "–"
    assert "jumana" not in json.dumps(entries("accounts_attachment", named.pk)).lower()


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def paths(*rows):
    return [Path(row.file.path) for row in rows]


def test_erasure_waits_for_an_import_of_such_a_file(jumana, alice):
    holding = upload(f"id,email\n1,{EMAIL}\n")
    going = Job.objects.create(kind="import", state=Job.State.RUNNING)
    planned(holding, job=going)

    job = erase(jumana, alice)

    jumana.refresh_from_db()
    assert (job.state, jumana.name) == (Job.State.WAITING, NAME)
    Job.objects.filter(pk=going.pk).update(state=Job.State.DONE)
    assert erase(jumana, alice).state == Job.State.DONE


def test_who_is_killed_before_the_files_went_goes_on(jumana, alice):
    holding = upload(f"id,email\n1,{EMAIL}\n")
    job = erasing.begin(jumana, by=alice)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, seen_alive_at=now() - timedelta(hours=1))
    job.refresh_from_db()
    erasing._erase(job, now)
    Job.objects.filter(pk=job.pk).update(seen_alive_at=now() - timedelta(hours=1))

    [again] = erasing.due(now())
    erasing.work_on(again)

    assert Job.objects.get(pk=job.pk).state == Job.State.DONE
    assert not Path(holding.file.path).exists()
    assert Job.objects.get(pk=job.pk).position == {"files": []}


# What an account is called


def test_a_business_of_the_same_name_is_asked_for(alice):
    trader = account("Jumana Al-Rashid Trading", website="https://jumana.example")
    contact = Contact.objects.create(account=trader, name=NAME, email=EMAIL)

    assert erasing.foresee(contact).businesses == [trader]
    told = erase(contact, alice).result["still_told"]

    assert ["accounts.Account", "name", [trader.pk]] in told
    assert Account.objects.get().name == "Jumana Al-Rashid Trading"


def test_a_business_of_the_same_name_becomes_a_number(alice):
    trader = account("Jumana Al-Rashid Trading", website="https://jumana.example")
    contact = Contact.objects.create(account=trader, name=NAME, email=EMAIL)

    job = erase(contact, alice, with_businesses=True)

    trader.refresh_from_db()
    assert (trader.name, trader.website) == (f"#{trader.pk}", "")
    assert job.result["still_told"] == []
    kept = AuditEntry.objects.filter(job=job, table="accounts_account").values_list("before", flat=True)
    assert list(kept) == [
        {
            "name": "",
            "website": "",
        }
    ]


# Nobody comes back


def test_an_import_of_the_address_is_refused_with_words(jumana, alice, najm):
    erase(jumana, alice)
    AccountKey.objects.create(account=najm, source=OPTIONS.source, value="najm")
    row = {"id": "99", "account": "najm", "name": "J", "email": EMAIL.upper()}

    rows = [(2, row), (3, row | {"id": "100", "email": "omar@najm.example"})]
    outcome = run(CONTACTS, rows, fields=list(row), options=OPTIONS, job=Job.objects.create(kind="import"))

    assert (outcome.counts.created, outcome.counts.rejected) == (1, 1)
    [rejection] = Job.objects.get(kind="import").result["rejections"]
    assert rejection[:2] == [2, "email"]
    assert "was erased" in rejection[2]


def test_an_import_of_the_row_by_its_id_is_refused(jumana, alice, najm):
    erase(jumana, alice)
    AccountKey.objects.create(account=najm, source="crm", value="najm")
    row = {"id": "17", "account": "najm", "name": "Jumana", "email": "new@najm.example"}

    outcome = run(CONTACTS, [(2, row)], fields=list(row), options=replace(OPTIONS, source="crm"))

    assert (outcome.counts.rejected, outcome.counts.created) == (1, 0)
    assert Contact.objects.get().name == ""


def test_leads_of_the_address_are_refused(jumana, alice):
    erase(jumana, alice)
    row = {"id": "1", "name": "J", "email": EMAIL, "first_interest": "2026-01-05"}

    assert run(LEADS, [(2, row)], fields=list(row), options=OPTIONS).counts.rejected == 1


def test_forms_say_why(jumana, alice, najm):
    erase(jumana, alice)

    with pytest.raises(ValidationError) as refused:
        Contact(account=najm, email=EMAIL.upper()).full_clean()
    jumana.refresh_from_db()
    jumana.name = "Jumana"
    with pytest.raises(ValidationError):
        jumana.full_clean()

    assert list(refused.value.error_dict) == ["email"]


def test_an_address_that_is_let_in_again_is_taken(jumana, alice, najm):
    erase(jumana, alice)

    ErasedAddress.objects.of(f" {EMAIL.upper()}").delete()

    assert Contact.objects.create(account=najm, email=EMAIL).pk


# When it cannot be done


def test_nobody_is_erased_twice(jumana, alice):
    erase(jumana, alice)
    jumana.refresh_from_db()

    with pytest.raises(erasing.NotErasable):
        erasing.begin(jumana, by=alice)


def test_a_second_click_finds_the_job_of_the_first(jumana, alice):
    assert erasing.begin(jumana, by=alice) == erasing.begin(jumana, by=alice)


# Our own people


def test_a_leaver_is_erased_and_what_they_did_stays(alice, bob, najm):
    issue(bob, name="Bob's phone", scopes=["read"], lifetime=None)
    session = SessionStore()
    session["_auth_user_id"] = str(bob.pk)
    session.save()
    Account.objects.filter(pk=najm.pk).update(owner=bob)
    ticket(najm, opened="2026-01-05 10:00", subject="Bob (bob@example.com) promised")
    AuditEntry.objects.create(table="accounts_account", row=najm.pk, action="update", actor=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    bob.refresh_from_db()

    job = erase(bob, alice)

    bob.refresh_from_db()
    assert (bob.name, bob.email, bob.is_active, bob.has_usable_password()) == (
        "",
        f"erased-{job.pk}{NOBODY}",
        False,
        False,
    )
    assert (Account.objects.get().owner, Ticket.objects.get().subject) == (bob, "")
    assert AuditEntry.objects.filter(actor=bob).exists()
    assert (ApiToken.objects.count(), Session.objects.count()) == (0, 0)
    assert "Bob" not in json.dumps(entries("accounts_user", bob.pk))


def test_who_works_here_is_not_erased(alice, bob):
    for user, by in [(bob, alice), (alice, alice)]:
        with pytest.raises(erasing.NotErasable):
            erasing.begin(user, by=by)


def test_undoing_an_import_brings_nobody_back(najm, alice):
    """One import made the person, another one changed the name: both are taken back after the erasure."""
    AccountKey.objects.create(account=najm, source=OPTIONS.source, value="najm")
    jobs = []
    for name in ("Old Name", NAME):
        job = Job.objects.create(kind="import", parameters={"resource": "contacts"}, state=Job.State.RUNNING)
        row = {"id": "17", "account": "najm", "name": name, "email": EMAIL, "phone": PHONE}
        run(CONTACTS, [(2, row)], fields=list(row), options=OPTIONS, job=job)
        job.refresh_from_db()
        job.finish(Job.State.DONE, now(), **job.result)
        jobs.append(job)
    erase(Contact.objects.get(), alice)

    for job in reversed(jobs):
        undo.work_on(undo.begin(job, by=alice, now=now()))

    assert [(one.name, one.phone) for one in Contact.objects.all()] in ([], [("", "")])
    assert "Jumana" not in str(list(AuditEntry.objects.values_list("before", "after")))
    assert "Old Name" not in str(list(AuditEntry.objects.values_list("before", "after")))


def test_wishes_of_a_user_go_with_them(alice, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    bob.refresh_from_db()
    for user in (alice, bob):
        NotificationSetting.objects.create(user=user)

    erase(bob, alice)

    assert NotificationSetting.objects.get().user == alice
