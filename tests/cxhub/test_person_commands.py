"""Export and erasure from the command line."""

import io
import zipfile

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Contact, Job
from tests.cxhub.persons.traces import EMAIL, NAME, PHONE
from tests.factories import account, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def jumana():
    najm = account("Najm")
    ticket(najm, opened="2026-01-05 10:00", subject=f"{NAME} called")
    return Contact.objects.create(account=najm, name=NAME, email=EMAIL, phone=PHONE)


def said(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_export_writes_a_file_and_never_over_one(jumana, tmp_path):
    file = tmp_path / "jumana.zip"

    told = said("export_person", jumana.pk, file)

    with zipfile.ZipFile(file) as archive:
        assert archive.namelist()[:2] == ["person.json", "contact.csv"]
    assert told == f"{Job.objects.get().result['rows']} rows written.\n"
    with pytest.raises(CommandError, match="is there already"):
        said("export_person", jumana.pk, file)


def test_erasure_is_foreseen_until_it_is_for_good(jumana):
    foreseen = said("erase_person", jumana.pk)

    assert foreseen == f"contact {jumana.pk}\nNothing was written.\n"
    assert Contact.objects.get().name == NAME
    told = said("erase_person", jumana.pk, for_good=True)
    assert "Contacts: 1\nTickets subject: 1\n" in told
    assert Contact.objects.get().name == ""


def test_who_is_not_there_is_neither_exported_nor_erased(jumana, tmp_path):
    for arguments in (["export_person", 0, tmp_path / "x.zip"], ["erase_person", 0]):
        with pytest.raises(CommandError, match="There is no contact 0"):
            said(*arguments)
    assert not (tmp_path / "x.zip").exists()


def test_nobody_is_erased_twice(jumana):
    said("erase_person", jumana.pk, for_good=True)

    with pytest.raises(CommandError, match="was erased already"):
        said("erase_person", jumana.pk, for_good=True)
