"""How a file is to be read and what its columns and words mean."""

import pytest

from accounts.models import Account, AccountKey, ColumnMapping, Import, Job, RowFate, Subscription
from cxhub.tasks import work_on_import
from tests.accounts.workbooks import workbook
from tests.cxhub.importing import CONTRACTS, act, field_of, mapped, page_of, tried, uploaded

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def test_columns_are_guessed_with_their_first_values(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()

    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]

    assert {column.name: column.field.value() for column in form.file_columns if column.field.value()} == {
        "Customer no.": "id",
        "Company name": "name",
    }
    assert form.file_columns[1].cells == ["Najm", "شركة النخيل"]


def test_mapping_is_remembered_for_the_source(desk):
    uploaded(desk, "Nr;Wer;Text\n1;Najm;x\n")
    first = Import.objects.get()
    places = {name: field_of(desk, first, name) for name in ("Nr", "Wer", "Text")}
    mapped(desk, first, **{places["Nr"]: "id", places["Wer"]: "name", places["Text"]: ""})

    uploaded(desk, "WER,nr\nNajm,1\n")
    uploaded(desk, "Wer,Nr\nNajm,1\n", source="other")

    again, other = Import.objects.order_by("-pk")[1], Import.objects.latest("pk")
    form = desk.get(f"/imports/{again.pk}/columns/").context["form"]
    assert [column.field.value() for column in form.file_columns] == ["name", "id"]
    form = desk.get(f"/imports/{other.pk}/columns/").context["form"]
    assert [column.field.value() for column in form.file_columns] == ["", ""]
    assert ColumnMapping.objects.filter(source="crm", column="text", field="").exists()


def test_field_of_two_columns_is_an_error_beside_both(desk):
    uploaded(desk, CONTRACTS)
    planned = Import.objects.get()
    one, other = (field_of(desk, planned, name) for name in ("Company name", "Contract no."))

    response = mapped(desk, planned, **{other: "name"})

    assert response.status_code == 400
    errors = response.context["form"].errors
    assert errors[one] == ["Also given by Contract no.. Choose one."]
    assert errors[other] == ["Also given by Company name. Choose one."]
    assert Job.objects.count() == 0


def test_missing_fields_are_said_at_once(desk):
    uploaded(desk, "Base,Day\nUSD,2026-01-01\n", resource="exchange_rates")
    planned = Import.objects.get()

    response = mapped(desk, planned)

    errors = response.context["form"].errors
    assert errors["__all__"] == ["Every row must give: Currency, Rate."]
    assert {"constant-currency", "constant-rate"} <= set(errors)


def test_what_only_new_rows_need_is_said_and_not_asked_for(desk):
    uploaded(desk, "Contract no.,Monthly price\nK1,5\n", resource="subscriptions")
    planned = Import.objects.get()

    response = desk.get(f"/imports/{planned.pk}/columns/")

    assert "No column gives Account, Currency, Starts." in response.content.decode()
    assert not response.context["form"].shows_constants
    assert mapped(desk, planned).status_code == 302


def test_same_in_every_row_gives_a_field(desk):
    AccountKey.objects.create(account=Account.objects.create(name="Najm"), source="crm", value="C1")
    uploaded(desk, "Contract no.,Monthly price\nK1,5\n", resource="subscriptions")
    planned = Import.objects.get()
    given = {"constant-account": "C1", "constant-currency": "SAR", "constant-starts": "2026-01-01"}

    assert mapped(desk, planned, **given | {"constant-currency": "Riyal"}).status_code == 400
    assert mapped(desk, planned, **given).status_code == 302
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    kept = Subscription.objects.get()
    assert (kept.external_id, kept.currency, str(kept.starts)) == ("K1", "SAR", "2026-01-01")


def test_days_that_can_be_read_in_two_ways_are_asked_for(desk):
    content = CONTRACTS.replace("31/01/2025", "05/03/2025")
    uploaded(desk, content, resource="subscriptions")
    planned = Import.objects.get()

    response = mapped(desk, planned)

    form = response.context["form"]
    assert "Choose how to read them" in str(form.errors["date_format"])
    assert [value for value, _label in form.fields["date_format"].choices] == ["", "%d/%m/%Y", "%m/%d/%Y"]
    assert "05/03/2025 is 5 March 2025" in str(form["date_format"])
    assert mapped(desk, planned, date_format="%d/%m/%Y").status_code == 302


def test_comma_that_can_mean_two_things_is_asked_for(desk):
    uploaded(desk, CONTRACTS.replace("100", '"1,234"'), resource="subscriptions")
    planned = Import.objects.get()

    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    assert form.signs == [".", ","]
    assert "decimal" in mapped(desk, planned, decimal="").context["form"].errors
    assert mapped(desk, planned, decimal=",").status_code == 302


def test_words_of_the_file_are_read_as_ours(desk):
    uploaded(desk, "id,name,Status\n1,Najm,Active\n2,Nakheel,live\n")
    planned = Import.objects.get()
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    ((key, which),) = form.values.items()
    assert which == ("Status", "Active")

    mapped(desk, planned, **{key: "live"})
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    assert set(Account.objects.values_list("stage", flat=True)) == {"live"}
    assert page_of(desk, planned).context["rejected"] == 0


def test_what_words_mean_is_remembered_whatever_came_in_between(desk):
    def asked():
        planned = Import.objects.latest("pk")
        form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
        return planned, {value: (key, form[key].value()) for key, (_name, value) in form.values.items()}

    uploaded(desk, "id,name,Stage\n1,A,Active\n2,B,Gone\n")
    planned, words = asked()
    mapped(desk, planned, **{words["Active"][0]: "live", words["Gone"][0]: "churned"})
    uploaded(desk, "id,name,Stage\n3,C,Gone\n")
    planned, words = asked()
    mapped(desk, planned, **{words["Gone"][0]: "renewing"})

    uploaded(desk, "id,name,stage\n4,D,Active\n5,E,Gone\n")
    assert {word: new for word, (_key, new) in asked()[1].items()} == {
        "Active": "live",
        "Gone": "renewing",
    }
    uploaded(desk, "id,name,Stage\n4,D,Active\n", source="erp")
    assert asked()[1]["Active"][1] == ""


def test_country_that_is_not_known_can_be_said(desk):
    uploaded(desk, "id,name,country\n1,A,Saudi\n2,B,مصر\n")
    planned = Import.objects.get()
    form = desk.get(f"/imports/{planned.pk}/columns/").context["form"]
    ((place, (_name, value)),) = form.values.items()
    assert value == "Saudi"
    assert ("SA", "Saudi Arabia") in form.fields[place].choices

    mapped(desk, planned, **{place: "SA"})
    work_on_import(planned=planned.pk)
    act(desk, planned, "run")

    assert dict(Account.objects.values_list("name", "country")) == {"A": "SA", "B": "EG"}


def test_other_encoding_and_sheet_are_chosen_with_a_look_at_the_rows(desk, tmp_path):
    uploaded(desk, "id,name\n1,شركة\n".encode("windows-1256"))
    planned = Import.objects.get()
    where = f"/imports/{planned.pk}/columns/"
    page = desk.get(where)
    assert "The file is not UTF-8" in page.content.decode()
    assert page.context["look"].rows == [["1", "شركة"]]

    desk.post(where, {"action": "read", "encoding": "windows-1252", "delimiter": "", "header": "on"})

    assert desk.get(where).context["look"].rows != [["1", "شركة"]]
    assert desk.post(where, {"action": "read", "encoding": "rot13"}).status_code == 400

    path = workbook(tmp_path / "a.xlsx", [["id", "name"], [1, "Najm"]], title="Customers", hidden=["Notes"])
    uploaded(desk, path.read_bytes(), name="a.xlsx")
    form = desk.get(f"/imports/{Import.objects.latest('pk').pk}/columns/").context["manner"]
    assert [value for value, _label in form.fields["sheet"].choices] == ["Customers"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_table_below_a_title_is_found_and_can_be_chosen(desk, tmp_path, kind):
    rows = [["Plans of 2026"], [], ["code", "name"], ["pro", "Pro"], [None, "x"]]
    if kind == "xlsx":
        content = workbook(tmp_path / "a.xlsx", rows).read_bytes()
    else:
        content = "Plans of 2026\n\ncode;name\npro;Pro\n;x\n"
    planned = tried(desk, content, "plans", name=f"a.{kind}")

    form = desk.get(f"/imports/{planned.pk}/columns/").context["manner"]
    assert form["header_row"].value() == 3
    fates = RowFate.objects.filter(job__preview_of=planned).values_list("line", "fate")
    assert list(fates) == [(4, "created"), (5, "rejected")]
    manner = {name: form[name].value() or "" for name in form.fields}
    desk.post(f"/imports/{planned.pk}/columns/", manner | {"header_row": 4, "action": "read"})
    chosen = desk.get(f"/imports/{planned.pk}/columns/").context
    assert chosen["manner"]["header_row"].value() == 4
    assert chosen["look"].header == ["pro", "Pro"]
