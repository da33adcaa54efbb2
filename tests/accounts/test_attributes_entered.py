"""Declared attributes and tags in the admin: defined, filled in, renamed."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import translation

from accounts.models import Account, AccountChange, AttributeDefinition, Contact, Tag
from tests import factories
from tests.accounts.test_admin import form
from tests.factories import attribute

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(sign_in, administrator):
    return sign_in(administrator)


def of(account):
    return reverse("admin:accounts_account_change", args=[account.pk])


def inputs(account, **fields):
    return form(name=account.name, stage=account.stage, segment=account.segment, **fields)


def declared(**values):
    return {f"attribute.{key}": value for key, value in values.items()}


# Accounts


def test_values_are_entered_with_their_history(page):
    attribute("seats", "whole"), attribute("pilot", "yes_no"), attribute("since", "day")
    attribute("modules", "choices", choices=["crm", "erp", "pos"])
    account = factories.account(tags=["vip"])

    given = declared(seats="٢٥٠", pilot="false", since="2026-03-01", modules=["pos", "crm"])
    done = page.post(of(account), inputs(account, tags="VIP، x", **given))

    account.refresh_from_db()
    assert done.status_code == 302
    assert account.attributes == {
        "seats": ["250"], "pilot": ["false"], "since": ["2026-03-01"], "modules": ["pos", "crm"]
    }  # fmt: skip
    assert account.tags == ["vip", "x"]
    by = set(AccountChange.objects.filter(field__startswith="attribute.").values_list("by__name", flat=True))
    assert by == {"Ada"}


def test_a_form_that_is_saved_unchanged_changes_nothing(page):
    attribute("seats", "whole"), attribute("modules", "choices", choices=["crm", "erp"])
    account = factories.account(tags=["vip"])
    given = declared(seats="250", modules=["crm"])
    page.post(of(account), inputs(account, tags="vip", **given))
    before = AccountChange.objects.count()

    page.post(of(account), inputs(account, tags="vip", **given))

    assert AccountChange.objects.count() == before
    assert b'value="250"' in page.get(of(account)).content


def test_a_new_account_has_them_too(page):
    attribute("seats", "whole")

    page.post(reverse("admin:accounts_account_add"), form(name="Falak", stage="lead", **declared(seats="7")))

    assert Account.objects.get().attributes == {"seats": ["7"]}


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("whole", "many", "This is not a number."),
        ("day", "1/2/2026", "Only dates written as"),
        ("choice", "pos", "Select a valid choice."),
        ("text", "", "This field is required."),
    ],
)
def test_what_does_not_fit_is_said_beside_its_input(page, kind, value, reason):
    attribute("it", kind, choices=["crm"] if kind == "choice" else [], required=True)
    account = factories.account()

    refused = page.post(of(account), inputs(account, **declared(it=value)))

    assert refused.status_code == 200
    assert reason in str(refused.context["adminform"].form.errors["attribute.it"])
    assert not AccountChange.objects.filter(field="attribute.it").exists()


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("x" * 41, "A tag has at most 40 characters."),
        (";".join(map(str, range(31))), "There are at most 30 tags."),
    ],
)
def test_too_many_tags_or_too_long_ones_are_refused_in_words(page, tags, reason):
    account = factories.account()

    refused = page.post(of(account), inputs(account, tags=tags))

    assert refused.context["adminform"].form.errors["tags"] == [reason]


def test_a_removed_choice_may_stay_where_it_was_made(page):
    definition = attribute("tier", "choice", choices=["gold", "silver"])
    account = factories.account()
    page.post(of(account), inputs(account, **declared(tier="silver")))
    definition.choices[1]["removed"] = True
    definition.save()

    fields = page.get(of(account)).context["adminform"].form.fields
    of_another = page.get(reverse("admin:accounts_account_add")).context["adminform"].form.fields

    assert [key for key, _name in fields["attribute.tier"].choices] == ["", "gold", "silver"]
    assert [key for key, _name in of_another["attribute.tier"].choices] == ["", "gold"]


def test_archived_attributes_are_not_asked_for(page):
    attribute("old", archived=True)

    fields = page.get(reverse("admin:accounts_account_add")).context["adminform"].form.fields

    assert "attribute.old" not in fields


# Definitions


def defined(**fields):
    given = {
        "key": "tier",
        "type": "choice",
        "order": "0",
        "name_en": "Tier",
        "name_ar": "الفئة",
    }
    return given | fields


def test_an_attribute_is_defined_with_its_choices_a_line_each(page):
    lines = "gold = Gold = ذهبي\n\nsilver = فضي = Silver\nplain = Plain"

    done = page.post(reverse("admin:accounts_attributedefinition_add"), defined(choices=lines))

    definition = AttributeDefinition.objects.get()
    assert done.status_code == 302
    assert definition.offered == {
        "gold": {"en": "Gold", "ar": "ذهبي"},
        "silver": {"en": "Silver", "ar": "فضي"},
        "plain": {"en": "Plain"},
    }
    with translation.override("ar"):
        assert str(definition) == "الفئة"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"choices": ""}, "Name at least one choice."),
        ({"choices": "Gold"}, "is not written as key"),
        ({"choices": "gold = A = B = C"}, "is not written as key"),
        ({"choices": "gold = A\ngold = B"}, "A key stands in several lines."),
        ({"choices": "gold = Gold", "key": "The tier"}, "Begin with a small letter"),
    ],
)
def test_a_definition_that_cannot_be_is_explained(page, fields, reason):
    refused = page.post(reverse("admin:accounts_attributedefinition_add"), defined(**fields))

    assert reason in str(refused.context["adminform"].form.errors)
    assert not AttributeDefinition.objects.exists()


def test_a_choice_whose_line_goes_stays_readable_and_can_come_back(page):
    definition = attribute("tier", "choice", choices=["gold", "silver"])
    url = reverse("admin:accounts_attributedefinition_change", args=[definition.pk])

    page.post(url, defined(choices="gold = Gold"))
    definition.refresh_from_db()
    assert (list(definition.offered), definition.words(["silver"])) == (["gold"], "Silver")

    page.post(url, defined(choices="silver = Argent\ngold = Gold"))
    definition.refresh_from_db()
    assert (list(definition.offered), definition.words(["silver"])) == (["silver", "gold"], "Argent")


def test_a_used_attribute_can_be_archived_but_not_deleted(page):
    definition = attribute("seats", "whole")
    factories.dated(factories.account(), "2026-01-01", **{"attribute.seats": "1"})
    url = reverse("admin:accounts_attributedefinition_change", args=[definition.pk])

    page.post(url, defined(key="chairs", type="text", archived="on"))
    deleted = page.post(
        reverse("admin:accounts_attributedefinition_delete", args=[definition.pk]), {"post": "yes"}
    )

    definition.refresh_from_db()
    assert (definition.key, definition.type, definition.archived) == ("seats", "whole", True)
    assert deleted.status_code == 403


def test_operations_define_attributes_and_others_do_not(sign_in, alice, bob):
    for user, role in ((alice, "Operations"), (bob, "CSM")):
        user.is_staff = True
        user.save()
        user.groups.add(Group.objects.get(name=role))
    url = reverse("admin:accounts_attributedefinition_add")

    assert sign_in(alice).get(url).status_code == 200
    assert sign_in(bob).get(url).status_code == 403


# Tags


def test_a_tag_is_renamed_merged_and_removed_in_the_admin(page):
    account = factories.account(tags=["Key account", "VIP"])
    Contact.objects.create(account=account, name="Sara", tags=["VIP"])
    tag = Tag.objects.get(name="VIP")
    url = reverse("admin:accounts_tag_change", args=[tag.pk])

    renamed = page.post(url, {"name": "Very important"}, follow=True)
    assert "It was changed in 2 places." in renamed.content.decode()
    assert Account.objects.get().tags == ["Key account", "Very important"]

    page.post(url, {"name": "key  ACCOUNT"})
    assert (Account.objects.get().tags, Contact.objects.get().tags) == (["Key account"], ["Key account"])

    kept = Tag.objects.get()
    page.post(reverse("admin:accounts_tag_delete", args=[kept.pk]), {"post": "yes"})
    assert (Account.objects.get().tags, Tag.objects.count()) == ([], 0)


def test_a_tag_is_made_once(page):
    Tag.objects.create(name="VIP")

    refused = page.post(reverse("admin:accounts_tag_add"), {"name": "vip"})
    page.post(reverse("admin:accounts_tag_add"), {"name": "Beta"})

    assert "There is this tag already." in refused.content.decode()
    assert set(Tag.objects.values_list("name", flat=True)) == {"VIP", "Beta"}


def test_tags_are_listed_with_how_many_have_them(page, django_assert_num_queries):
    factories.account("One", tags=["VIP"])
    url = reverse("admin:accounts_tag_changelist")
    page.get(url)
    with django_assert_num_queries(6):
        page.get(url)
    account = factories.account("Two", tags=["VIP", "Beta", "Third"])
    Contact.objects.create(account=account, name="Sara", tags=["VIP"])

    with django_assert_num_queries(6):
        rows = page.get(url).context["cl"].result_list
    assert {(tag.name, tag.of_accounts, tag.of_contacts) for tag in rows} == {
        ("VIP", 2, 1), ("Beta", 1, 0), ("Third", 1, 0)
    }  # fmt: skip


@pytest.mark.parametrize("model", ["account", "contact"])
def test_lists_are_filtered_by_tag(page, model):
    account = factories.account("One", tags=["VIP"])
    factories.account("Two", tags=["Beta"])
    Contact.objects.create(account=account, name="Sara", tags=["VIP"])

    listed = page.get(reverse(f"admin:accounts_{model}_changelist"), {"tag": "vip"})

    assert [str(row) for row in listed.context["cl"].result_list] == ["One" if model == "account" else "Sara"]
