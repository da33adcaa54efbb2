"""A new operations person: five hundred customers with contracts from one spreadsheet with ten mistakes, corrected and
clean, by nothing but what the pages say; in both languages."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from openpyxl import load_workbook

from accounts.models import Account, Import, Subscription
from cxhub.tasks import work_on_import
from tests.accounts.workbooks import workbook
from tests.browser.test_pages import IN_EITHER, prefer, wrong_on

CUSTOMERS = 500
HEAD = {
    "en": [
        "Customer no.",
        "Company name",
        "Country",
        "Contract no.",
        "Monthly price",
        "Currency",
        "Start date",
        "Notes",
    ],
    "ar": [
        "رقم العميل",
        "اسم الشركة",
        "الدولة",
        "رقم العقد",
        "السعر الشهري",
        "العملة",
        "تاريخ البداية",
        "ملاحظات",
    ],
}
# number of the customer -> (column, what is wrong in it, what it should have been); half of them about the customer
MISTAKES = {
    7: (1, "", "Company 7"),
    41: (2, "Atlantis", "SA"),
    99: (0, "", "C099"),
    150: (2, "XX", "SA"),
    201: (1, "n" * 201, "Company 201"),
    222: (4, "free", "1222.50"),
    303: (5, "Riyal", "SAR"),
    350: (6, "31/02/2026", "28/02/2026"),
    404: (4, "-5", "1404.50"),
    499: (6, "soon", "28/02/2026"),
}


@pytest.fixture
def operator(db):
    from accounts.models import User

    user = User.objects.create_user("omar@example.com", "correct horse battery", name="Omar")
    user.groups.add(Group.objects.get(name="Operations"))
    return user


@pytest.fixture
def at_once(monkeypatch):
    """The worker of the tests: the next look at the page finds the work done."""
    monkeypatch.setattr(work_on_import, "delay", lambda planned: work_on_import(planned=planned))


def row(number, language):
    name = f"Company {number}" if number % 2 or language == "en" else f"شركة {number}"
    day = f"{number % 28 + 1:02}/{number % 12 + 1:02}/2025"
    cells = [f"C{number:03}", name, "SA", f"K{number:03}", f"{1000 + number}.50", "SAR", day, "x"]
    if number in MISTAKES:
        place, wrong, _right = MISTAKES[number]
        cells[place] = wrong
    return cells


def mended(path, head):
    """What the person does in the spreadsheet: looks at the reason, corrects the cell, saves."""
    book = load_workbook(path)
    sheet = book.active
    place_of_contract = [cell.value for cell in sheet[1]].index(head[3])
    for cells in sheet.iter_rows(min_row=2):
        assert cells[0].value
        number = int(cells[place_of_contract].value.removeprefix("K"))
        place, _wrong, right = MISTAKES[number]
        cells[place + 1].value = right
    book.save(path)
    return path


def press(page, selector):
    page.locator(selector).click()
    page.wait_for_load_state("networkidle")


def try_out(page):
    press(page, "form[data-busy] button.btn-primary")
    page.wait_for_selector(".import-counts")


def have_taken(page):
    press(page, "button[value=run]")
    page.wait_for_selector(".import-counts")


def mend(page, tmp_path, head):
    with page.expect_download() as download:
        page.locator("a[href$='rejected.xlsx']").click()
    path = tmp_path / f"{download.value.suggested_filename}"
    download.value.save_as(path)
    page.set_input_files("#import [name=file]", mended(path, head))
    press(page, "form[enctype] button.btn")
    try_out(page)
    have_taken(page)


@pytest.mark.parametrize("language", IN_EITHER)
def test_five_hundred_customers_with_contracts_from_one_sheet(
    context, page, live_server, signed_in, operator, at_once, tmp_path, language
):
    operator.language = language
    operator.save(update_fields=["language"])
    signed_in(operator)
    prefer(context, live_server.url, language, "light")
    head = HEAD[language]
    path = workbook(tmp_path / "customers.xlsx", [head, *(row(n, language) for n in range(1, CUSTOMERS + 1))])
    faults = []

    # The customers
    page.goto(f"{live_server.url}/imports/")
    press(page, "a[href='/imports/new/']")
    page.set_input_files("[name=file]", path)
    press(page, "main form button.btn-primary")
    faults += wrong_on(page, page.url, language)
    try_out(page)
    faults += wrong_on(page, page.url, language)
    assert Account.objects.count() == 0
    have_taken(page)
    first = page.url
    assert Account.objects.count() == CUSTOMERS - 5
    mend(page, tmp_path, head)
    assert Account.objects.count() == CUSTOMERS

    # Their contracts, from the file that is there already
    page.goto(first)
    press(page, "button[name=resource][value=subscriptions]")
    try_out(page)
    have_taken(page)
    faults += wrong_on(page, page.url, language)
    # Of one customer the number was missing in the file, so that its contract waits, too.
    assert Subscription.objects.count() == CUSTOMERS - 6
    mend(page, tmp_path, head)

    faults += wrong_on(page, f"{live_server.url}/imports/", language)
    kept = Subscription.objects.select_related("account").get(external_id="K350")
    assert (Subscription.objects.count(), Account.objects.count()) == (CUSTOMERS, CUSTOMERS)
    assert (kept.account.keys.get().value, str(kept.starts)) == ("C350", "2026-02-28")
    assert sum(Subscription.objects.values_list("price", flat=True)) == sum(
        Decimal(1000 + number) + Decimal("0.5") for number in range(1, CUSTOMERS + 1)
    )
    assert "\n".join(faults) == ""
    assert Import.objects.count() == 4
