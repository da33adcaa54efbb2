"""Files of accounts for programs: put there, fetched, deleted, by the rules of the pages."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import attachments
from accounts.models import Attachment, AuditEntry, Contact
from tests import factories
from tests.accounts.reading import problem
from tests.accounts.writing import Program, pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def csm(alice):
    alice.groups.add(Group.objects.get(name="CSM"))
    return alice


@pytest.fixture
def najm(csm, team):
    return factories.account("Najm", owner=csm, team=team)


@pytest.fixture
def contract(najm, csm):
    return attachments.add(najm, ContentFile(b"%PDF-1.7 terms", "العقد.pdf"), by=csm)


@pytest.fixture
def program(csm):
    return Program(csm)


def sent(program, content=b"%PDF-1.7", name="terms.pdf", key=None, **fields):
    file = {} if content is None else {"file": SimpleUploadedFile(name, content)}
    headers = {"Idempotency-Key": key} if key else {}
    return program.client.post("/api/v1/attachments/", {**file, **fields}, headers=headers)


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


def test_file_is_put_to_an_account_shown_and_fetched(program, csm, najm):
    answer = sent(program, account=najm.pk)

    assert answer.status_code == 201, answer.content
    added = Attachment.objects.get()
    assert answer.json() == {
        "id": str(added.pk),
        "account": str(najm.pk),
        "contact": None,
        "ticket": None,
        "name": "terms.pdf",
        "size": 8,
        "type": "application/pdf",
        "sha256": added.sha256,
        "added_by": {"id": str(csm.pk), "name": "Alice", "email": "alice@example.com"},
        "added_at": added.added_at.isoformat().replace("+00:00", "Z"),
    }
    assert answer["Location"].endswith(f"/api/v1/attachments/{added.pk}/")
    shown = program.get(f"attachments/{added.pk}/")
    assert (shown.json(), shown["ETag"]) == (answer.json(), answer["ETag"])
    assert program.get(f"attachments/?account={najm.pk}").json()["results"] == [answer.json()]
    file = program.get(f"attachments/{added.pk}/file/", Accept="application/pdf")
    assert b"".join(file.streaming_content) == b"%PDF-1.7"
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert file["Content-Disposition"].startswith("attachment")
    entry = AuditEntry.objects.get(table="accounts_attachment")
    assert (entry.action, entry.actor) == ("insert", csm)


def test_it_is_about_one_of_its_people_or_tickets_and_of_no_others(program, najm):
    sara = Contact.objects.create(account=najm, name="Sara")
    ticket = factories.ticket(najm, [("opened", "2026-01-05 10:00")])
    stranger = Contact.objects.create(account=factories.account("Other"), name="Omar")

    assert sent(program, account=najm.pk, contact=sara.pk).json()["contact"] == str(sara.pk)
    assert pointers(problem(sent(program, account=najm.pk, contact=stranger.pk), 400)) == ["#/contact"]
    both = problem(sent(program, account=najm.pk, contact=sara.pk, ticket=ticket.pk), 400)
    assert "not to both" in both["errors"][0]["detail"]
    assert Attachment.objects.count() == 1


def test_what_the_page_refuses_is_refused_in_the_same_words(program, najm, monkeypatch):
    monkeypatch.setattr(attachments, "MOST_BYTES", 10)

    large = problem(sent(program, b"x" * 11, account=najm.pk), 400)
    assert (pointers(large), "larger than 10" in large["errors"][0]["detail"]) == (["#/file"], True)
    for content in (b"", None):
        assert pointers(problem(sent(program, content, account=najm.pk), 400)) == ["#/file"]
    assert pointers(problem(sent(program, account=najm.pk, nmae="x"), 400)) == ["#/nmae"]
    assert pointers(problem(sent(program), 400)) == ["#/account"]
    assert problem(program.post("attachments/", {"account": str(najm.pk)}), 415)
    assert not Attachment.objects.exists()


def test_files_of_a_merged_account_are_put_to_the_survivor(program, csm, najm):
    loser = factories.account("Loser", owner=csm, merged_into=najm)

    refused = problem(sent(program, account=loser.pk), 409)

    assert refused["merged_into"] == str(najm.pk)


def test_sent_again_with_its_key_it_is_there_once(program, najm):
    """The file need not fit into memory, and what stands between the parts of a form differs each time."""
    large = b"x" * (11 << 20)
    first = sent(program, large, key="a", account=najm.pk)
    again = sent(program, large, key="a", account=najm.pk)

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert problem(sent(program, b"other", key="a", account=najm.pk), 422)
    assert Attachment.objects.count() == 1


def test_who_added_it_deletes_it_and_others_with_the_right_alone(
    program, bob, contract, django_capture_on_commit_callbacks
):
    bob.groups.add(Group.objects.get(name="Sales"))
    path = contract.file.path

    assert problem(Program(bob).delete(f"attachments/{contract.pk}/"), 403)
    assert problem(program.delete(f"attachments/{contract.pk}/", If_Match='"old"'), 412)
    with django_capture_on_commit_callbacks(execute=True):
        assert program.delete(f"attachments/{contract.pk}/").status_code == 204

    assert not Attachment.objects.exists()
    with pytest.raises(FileNotFoundError):
        open(path)  # noqa: PTH123, SIM115
    entry = AuditEntry.objects.filter(table="accounts_attachment").latest("pk")
    assert (entry.action, entry.actor) == ("delete", contract.added_by)


def test_a_manager_deletes_what_others_added(bob, contract):
    bob.groups.add(Group.objects.get(name="CS manager"))

    assert Program(bob).delete(f"attachments/{contract.pk}/").status_code == 204


def test_strangers_find_nothing_and_put_nothing(charlie, bob, najm, contract):
    charlie.groups.add(Group.objects.get(name="CSM"))
    his = Program(charlie)

    assert ids(his.get("attachments/")) == []
    for path in (f"attachments/{contract.pk}/", f"attachments/{contract.pk}/file/"):
        assert problem(his.get(path), 404)
    assert problem(his.delete(f"attachments/{contract.pk}/"), 404)
    assert pointers(problem(sent(his, account=najm.pk), 400)) == ["#/account"]
    assert problem(Program(bob).get("attachments/"), 403)
    assert problem(sent(Program(bob), account=najm.pk), 403)
    assert problem(sent(Program(charlie, "read"), account=najm.pk), 403)
    assert Attachment.objects.count() == 1


def test_copies_are_told_what_is_new_and_what_is_gone(administrator, najm, contract):
    program, key = Program(administrator), contract.pk

    assert ids(program.get("attachments/?updated_since=2026-01-01T00:00:00Z")) == [str(key)]
    attachments.remove(contract)
    (gone,) = program.get("attachments/?updated_since=2026-01-01T00:00:00Z").json()["results"]
    assert (gone["id"], gone["deleted"]) == (str(key), True)


def test_lists_cost_the_same_for_one_and_three(administrator, csm, najm, contract, django_assert_num_queries):
    program = Program(administrator)
    program.get("attachments/")
    with django_assert_num_queries(2):
        assert len(ids(program.get("attachments/"))) == 1
    for number in range(2):
        attachments.add(najm, ContentFile(b"x", f"{number}.txt"), by=csm)
    with django_assert_num_queries(2):
        assert len(ids(program.get("attachments/"))) == 3
