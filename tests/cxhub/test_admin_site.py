import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.audit import acting
from accounts.models import Contact, Job
from cxhub.admin_site import SECTIONS
from tests import factories

pytestmark = pytest.mark.django_db


def sections(answer):
    return {
        section["app_label"]: [model["model"]._meta.model_name for model in section["models"]]
        for section in answer.context["app_list"]
    }


def test_first_page_groups_what_people_do(sign_in, administrator):
    found = sections(sign_in(administrator).get("/admin/"))

    of_customers = [
        "account",
        "contact",
        "lead",
        "accountchange",
        "accountkey",
        "identity",
        "consent",
        "attachment",
        "population",
    ]
    assert found["customers"] == of_customers
    assert found["sales"] == ["order", "orderline", "return"]
    assert list(found) == [key for key, _name, _its in SECTIONS]
    assert sum(map(len, found.values())) == len(admin.site._registry)


def test_a_section_of_which_one_may_see_nothing_is_not_there(sign_in, alice):
    alice.is_staff = True
    alice.save()
    alice.groups.add(Group.objects.get(name="CSM"))

    found = sections(sign_in(alice).get("/admin/"))

    assert "customers" in found
    assert "set-up" not in found


def test_whoever_has_no_role_reads_why_there_is_nothing(sign_in, alice):
    alice.is_staff = True
    alice.save()

    assert "Your roles let you see nothing here." in sign_in(alice).get("/admin/").content.decode()


def test_first_page_tells_what_one_changed_last(sign_in, administrator, alice):
    client = sign_in(administrator)
    contact = factories.plain(Contact, name="Mona")
    client.post(f"/admin/accounts/contact/{contact.pk}/delete/", {"post": "yes"})

    own = client.get("/admin/").context["recent"]
    alice.is_superuser = alice.is_staff = True
    alice.save()

    assert [deed.name for step in own for deed in step.deeds] == ["Mona"]
    assert sign_in(alice).get("/admin/").context["recent"] == []


def test_what_one_s_imports_changed_is_not_what_one_changed_last(sign_in, administrator):
    with acting(user=administrator, job=Job.objects.create(kind="import")):
        factories.plain(Contact, name="Mona")

    assert sign_in(administrator).get("/admin/").context["recent"] == []


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_admin_follows_the_readers_language_and_theme(sign_in, administrator, language, direction):
    administrator.language = language
    administrator.save()
    client = sign_in(administrator)
    client.cookies["theme"] = "dark"

    page = client.get("/admin/").content.decode()

    assert f'<html lang="{language}" dir="{direction}" data-bs-theme="dark">' in page
    assert "style=" not in page
    assert "<style" not in page
