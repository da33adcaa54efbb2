from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import translation

from cxhub import roles

PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"


def existing():
    return {
        f"{app}.{codename}"
        for app, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.name)
def test_role_names_only_permissions_that_exist(role, db):
    unknown = role.codenames() - existing() - {roles.EVERYTHING}

    assert unknown == set()


def test_migrating_makes_every_group(db):
    assert set(Group.objects.values_list("name", flat=True)) == {role.name for role in roles.ROLES}


def test_csm_sees_own_accounts_only(alice):
    alice.groups.add(Group.objects.get(name="CSM"))

    assert alice.has_perm("accounts.change_account")
    assert not alice.has_perm("accounts.view_all_accounts")


def test_executive_reads_everything_and_writes_nothing(alice):
    alice.groups.add(Group.objects.get(name="Executive"))

    verbs = {permission.split(".")[1].split("_")[0] for permission in alice.get_all_permissions()}

    assert verbs == {"view"}
    assert alice.has_perm("accounts.view_all_accounts")


def test_administrator_may_do_everything_but_write_the_audit(alice):
    alice.groups.add(Group.objects.get(name="Administrator"))

    forbidden = {f"accounts.{verb}_auditentry" for verb in ("add", "change", "delete")}
    assert alice.get_all_permissions() == existing() - forbidden


def test_sync_takes_back_what_somebody_added(db):
    group = Group.objects.get(name="Executive")
    before = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(Permission.objects.get(codename="delete_account"))

    roles.sync()

    assert set(group.permissions.values_list("pk", flat=True)) == before


def test_page_is_what_the_code_says():
    with translation.override("en"):
        assert PAGE.read_text() == roles.as_markdown(), "Run `make docs`."
