"""The command: files as they are, what it says, how it ends."""

import csv
import io
import json
import os
import shlex
import sys
import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import BaseCommand, CommandError, call_command
from django.db.models import Count, Sum
from django.utils import translation

from accounts.imports import service
from accounts.models import Account, AuditEntry, IntakeBatch, Job, Order, Plan, Subscription, Touched
from accounts.resources import RESOURCES
from cxhub.management.commands import import_csv
from tests.accounts.workbooks import workbook
from tests.factories import attribute

ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = os.environ.get("CXHUB_REAL_DATA")
real_data = pytest.mark.skipif(
    not REAL_DATA, reason="CXHUB_REAL_DATA names no folder with the public data sets"
)
UNSURE = "Only dates written as 2026-03-31, 2026/03/31 or 20260331 are sure. Choose the date format."
NAMED = "code,name\npro,Pro\nbasic,Basic\n"


@pytest.fixture
def file(tmp_path):
    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def command(*arguments):
    """What it wrote, and the code with which it ended."""
    output = io.StringIO()
    code = 0
    try:
        call_command("import_csv", *arguments, stdout=output, stderr=output)
    except CommandError as error:
        output.write(f"{error}\n")
        code = error.returncode
    return output.getvalue().splitlines(), code


def test_file_is_imported_and_counted(db, file):
    lines, code = command("plans", file(NAMED))

    assert (lines, code) == (["Rows: 2. Created: 2, changed: 0, unchanged: 0, rejected: 0."], 0)
    job = Job.objects.get()
    assert (job.kind, job.state, job.done, job.total) == ("import", Job.State.DONE, 3, 3)
    assert job.parameters["file"] == "file.csv"


def test_declared_attributes_are_columns_too(db, file):
    attribute("seats", "whole")
    path = file("id,name,Seats,tags\nn1,Najm,250,VIP; Beta\nn2,Falak,many,\n")

    lines, code = command("accounts", path, "--map", "Seats=attribute.seats")

    assert (lines[-2], code) == ("Rows: 2. Created: 1, changed: 0, unchanged: 0, rejected: 1.", 1)
    account = Account.objects.get()
    assert (account.attributes, account.tags) == ({"seats": ["250"]}, ["Beta", "VIP"])


def test_rejected_rows_are_listed_by_the_names_of_the_file_and_others_kept(db, file, tmp_path):
    rejects = tmp_path / "rejects.csv"
    path = file(
        "from,to,when,rate\nUSD,SAR,2026-01-01,0.27\nUSD,XYZ1,1/2/2026,0.27\nUSD,EUR,2026-01-01,-1\nUSD\n"
    )

    lines, code = command(
        "exchange_rates", path, "--map", "from=base", "to=currency", "when=day", "--rejects", str(rejects)
    )

    assert lines == [
        "3: to “XYZ1”: This is no currency. Give a code such as SAR.",
        f"3: when “1/2/2026”: {UNSURE}",
        "4: rate “-1”: This must be above zero.",
        "5: Cells in the row: 1, in the header: 4.",
        "Rows: 4. Created: 1, changed: 0, unchanged: 0, rejected: 3.",
        "Some rows were rejected. The others were kept.",
    ]
    assert code == 1
    assert rejects.read_text(encoding="utf-8-sig").splitlines()[:3] == [
        "line,column,value,reason",
        "3,to,XYZ1,This is no currency. Give a code such as SAR.",
        f'3,when,1/2/2026,"{UNSURE}"',
    ]


def test_what_a_file_brings_does_not_run_in_a_spreadsheet(db, file, tmp_path):
    rejects = tmp_path / "rejects.csv"
    path = file("base,@when,currency,rate\nUSD,=1+1,SAR,3.75\n")

    command("exchange_rates", path, "--map", "@when=day", "--rejects", str(rejects))

    assert rejects.read_text(encoding="utf-8-sig").splitlines()[1].startswith("2,'@when,'=1+1,")


def test_what_a_file_brings_does_not_steer_the_terminal(db, file):
    lines, _code = command("exchange_rates", file('base,currency,day,rate\nUSD,"\x1b[2J\nx",2026-01-01,1\n'))

    assert lines[0] == "2: currency “�[2J�x”: This is no currency. Give a code such as SAR."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--map", "Kode=code"], "The file has no column Kode"),
        (["--map", "code=kode"], "There is no field kode here"),
        (["--set", "kode=x"], "There is no field kode here"),
        (["--map", "code"], "'code' is not written as NAME=NAME"),
        (["--map", "code="], "Every row must give: code."),
        (["--values", "name"], "'name' is not written as COLUMN:FROM=TO"),
        (["--set", "name"], "'name' is not written as FIELD=VALUE"),
        (["--encoding", "klingon"], "There is no encoding of the name klingon"),
        (["--delimiter", "::"], "A delimiter is one character"),
        (["--source", "x" * 61], "a name of at most 60 characters"),
        (["--time-zone", "Riyadh"], "'Riyadh' is no time zone"),
        (["--date-format", "%Q"], "'%Q' is no date format"),
        (["--id-from", "line"], "Rows of this kind have no id"),
        (["--resume", "7"], "There is no import job 7"),
        (["--header-row", "0"], "is no number of a row"),
    ],
)
def test_usage_errors_end_before_anything_is_read(db, file, arguments, said):
    with pytest.raises(CommandError, match=said) as error:
        call_command("import_csv", "plans", file(NAMED), *arguments, stderr=io.StringIO())

    assert not Plan.objects.exists()
    assert not Job.objects.exists()
    # Django tells errors of its own parser by 2 on the command line only.
    if not str(error.value).startswith("Error: argument"):
        assert error.value.returncode == 2


def test_table_below_a_title_keeps_its_lines(db, file):
    path = file("Plans of 2026; all\n\ncode;name\npro;Pro\n;x\n")

    lines, code = command("plans", path, "--header-row", "3")

    assert code == 1
    assert Plan.objects.get().code == "pro"
    assert lines[0].startswith("5: code")


def test_file_that_is_not_there(db):
    assert command("plans", "/nowhere/plans.csv") == (["/nowhere/plans.csv: No such file or directory"], 2)


def test_standard_input(db, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NAMED.encode())))

    assert command("plans", "-")[1] == 0
    assert Plan.objects.count() == 2


def test_unused_columns_are_named(db, file):
    lines, _code = command("plans", file("code,name,note,\npro,Pro,x,\n"))

    assert lines[0] == "Not imported: note, ."


def test_values_constants_encoding_delimiter_date_format(db, file):
    content = "رقم;عميل;يوم;مبلغ\n1;نجم;31/03/2026;23,50\n2;نجم;01/04/2026;1.234,5\n".encode("windows-1256")
    options = [
        "--encoding",
        "windows-1256",
        "--date-format",
        "%d/%m/%Y",
        "--decimal",
        ",",
        "--create-accounts",
    ]
    mapping = [
        "--map",
        "رقم=id",
        "عميل=account",
        "يوم=ordered_at",
        "مبلغ=amount",
        "--values",
        "عميل:نجم=najm",
    ]

    lines, code = command(
        "orders", file(content), *options, *mapping, "--set", "currency=SAR", "--time-zone", "Asia/Riyadh"
    )

    assert (lines, code) == (["Rows: 2. Created: 2, changed: 0, unchanged: 0, rejected: 0."], 0)
    assert list(
        Order.objects.order_by("ordered_at").values_list("account__name", "ordered_at", "amount")
    ) == [
        ("najm", datetime(2026, 3, 30, 21, tzinfo=UTC), Decimal("23.5")),
        ("najm", datetime(2026, 3, 31, 21, tzinfo=UTC), Decimal("1234.5")),
    ]


def test_file_without_a_header(db, file):
    lines, code = command(
        "plans", file("pro|x|Pro\n"), "--no-header", "--delimiter", "|", "--map", "1=code", "3=name"
    )

    assert code == 0
    assert str(Plan.objects.get().name) == "Pro"


def test_dry_run_tells_each_row_its_fate_and_writes_nothing(db, file):
    lines, code = command("plans", file(NAMED + ",Nameless\n"), "--dry-run")

    assert lines == [
        "2: created",
        "3: created",
        "4: code “”: This must not be empty.",
        "Rows: 3. Created: 2, changed: 0, unchanged: 0, rejected: 1.",
        "Nothing was written.",
        "Some rows were rejected. The others were kept.",
    ]
    assert (code, Plan.objects.count(), Job.objects.count()) == (1, 0, 0)


def test_reasons_come_in_the_language_of_the_reader(db, file):
    with translation.override("ar"):
        lines, _code = command("plans", file("code\npro\n" + "x" * 81 + "\n"))

    assert "Too long" not in lines[0]


# Stop and go on


class Breaks(Exception):
    pass


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 1)


def break_off(monkeypatch, kind):
    """The command ends in the middle: behind its first batch."""

    def advance(job, done, now):
        raise kind

    with monkeypatch.context() as patch:
        patch.setattr(Job, "advance", advance)
        yield


@pytest.mark.parametrize(("kind", "state"), [(KeyboardInterrupt, "stopped"), (Breaks, "failed")])
def test_import_that_breaks_off_goes_on_where_it_was(db, file, small_batches, monkeypatch, kind, state):
    path = file(NAMED)
    for _broken in break_off(monkeypatch, kind):
        with pytest.raises((CommandError, Breaks)):
            call_command("import_csv", "plans", path, stdout=io.StringIO())
    job = Job.objects.get()
    assert (job.state, job.position, Plan.objects.count()) == (state, {"line": 2}, 1)

    lines, code = command("plans", path, "--resume", str(job.pk))

    assert (lines, code) == (["Rows: 2. Created: 2, changed: 0, unchanged: 0, rejected: 0."], 0)
    job.refresh_from_db()
    assert (job.state, Plan.objects.count()) == ("done", 2)


def test_ctrl_c_ends_with_130(db, file, small_batches, monkeypatch):
    for _broken in break_off(monkeypatch, KeyboardInterrupt):
        assert command("plans", file(NAMED))[1] == 130


def test_a_file_without_rows_says_so(db, file):
    lines, code = command("plans", file("code,name\n"))

    assert (lines[-1], code) == ("The file has no row.", 0)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised(db, file, encoding):
    path = file(NAMED.encode(encoding))

    lines, code = command("plans", path)

    assert (lines, code) == ([f"The file looks like UTF-16. Say so: --encoding {encoding}"], 2)
    assert command("plans", path, "--encoding", encoding)[1] == 0
    assert Plan.objects.count() == 2


def test_a_header_in_another_encoding_says_which_it_may_be(db, file):
    lines, code = command("plans", file("الرمز,الاسم\npro,Pro\n".encode("windows-1256")))

    assert code == 2
    assert lines[-1].startswith("Line 1: ")
    assert "Choose the encoding of the file, such as windows-1256." in lines[-1]


def test_import_that_was_asked_to_stop_says_how_to_go_on(db, file, small_batches, monkeypatch):
    monkeypatch.setattr(Job, "advance", lambda job, done, now: False)

    lines, code = command("plans", file(NAMED))

    assert (lines[-1], code) == (f"Stopped. Go on with --resume {Job.objects.get().pk}.", 1)


def test_resume_wants_the_same_options(db, file, small_batches, monkeypatch):
    path = file(NAMED)
    for _broken in break_off(monkeypatch, KeyboardInterrupt):
        command("plans", path)
    pk = Job.objects.get().pk

    lines, code = command("plans", path, "--source", "erp", "--resume", str(pk))

    assert (lines, code) == (["The job was started with other options: source."], 2)


@pytest.mark.parametrize(("silent_for", "code"), [(timedelta(seconds=10), 2), (timedelta(minutes=5), 0)])
def test_a_running_job_is_taken_over_only_when_it_is_dead(
    db, file, small_batches, monkeypatch, silent_for, code
):
    path = file(NAMED)
    for _broken in break_off(monkeypatch, KeyboardInterrupt):
        command("plans", path)
    job = Job.objects.get()
    Job.objects.update(state=Job.State.RUNNING, seen_alive_at=datetime.now(UTC) - silent_for)

    assert command("plans", path, "--resume", str(job.pk))[1] == code


def test_a_job_that_is_done_does_not_go_on(db, file):
    path = file(NAMED)
    command("plans", path)

    assert command("plans", path, "--resume", str(Job.objects.get().pk))[1] == 2


# Workbooks


def test_workbook_is_imported_like_a_text(db, tmp_path):
    path = workbook(tmp_path / "plans.xlsx", [["code", "name"], [7, "Pro"], [8.5, None]], title="Plans")

    assert command("plans", path)[1] == 0
    lines, code = command("plans", path, "--sheet", "Other")

    assert set(Plan.objects.values_list("code", flat=True)) == {"7", "8.5"}
    assert (lines, code) == (["The workbook has no sheet Other."], 2)


# The docs


def test_every_resource_field_and_option_is_documented():
    text = (ROOT / "docs" / "importing.md").read_text()
    ours, djangos = (
        {name for action in command.create_parser("", "")._actions for name in action.option_strings}
        for command in (import_csv.Command(), BaseCommand())
    )

    missing = {option for option in ours - djangos if f"`{option}" not in text}
    for resource in RESOURCES:
        line = next((line for line in text.splitlines() if line.startswith(f"| `{resource.name}` ")), "")
        missing |= {f"{resource.name}.{name}" for name in resource.columns if f"`{name}`" not in line}
    assert missing == set()


# Real input


def oracles():
    return json.loads((Path(REAL_DATA) / "oracles.json").read_text())


def again_changes_nothing(*arguments):
    before = AuditEntry.objects.count(), Touched.objects.count()
    _lines, code = command(*arguments)
    assert code == 0
    assert (AuditEntry.objects.count(), Touched.objects.count()) == before


PLAYBOOK = shlex.split(
    "--map subscription_id=id customer_id=account start_date=starts end_date=ends monthly_amount=price"
    " --set currency=USD --create-accounts --backfill"
)


@real_data
@pytest.mark.oracle
def test_mrr_playbook(db):
    arguments = ["subscriptions", f"{REAL_DATA}/mrr_playbook/subscription_periods.csv", *PLAYBOOK]

    lines, code = command(*arguments)

    assert (lines, code) == (["Rows: 121. Created: 121, changed: 0, unchanged: 0, rejected: 0."], 0)
    assert Account.objects.count() == 55
    for month, expected in oracles()["mrr_playbook"]["by_month"].items():
        day = date.fromisoformat(month)
        mrr = Subscription.objects.in_service(day).with_mrr(day).aggregate(total=Sum("mrr"))["total"]
        assert (month, mrr or 0) == (month, Decimal(str(expected["mrr"])))
    again_changes_nothing(*arguments)


def telco(folder, day):
    """The sample has tenure instead of dates: accounts and subscriptions as of a day, the last one of a month."""
    with (Path(REAL_DATA) / "telco/WA_Fn-UseC_-Telco-Customer-Churn.csv").open(newline="") as file:
        customers = list(csv.DictReader(file))
    for customer in customers:
        months = day.year * 12 + day.month - 1 - int(customer["tenure"])
        start = date(
            months // 12, months % 12 + 1, min(day.day, monthrange(months // 12, months % 12 + 1)[1])
        )
        gone = customer["Churn"] == "Yes"
        customer["starts"] = start - timedelta(days=2) if gone else start
        customer["ends"] = day - timedelta(days=2) if gone else ""
    path = folder / "telco.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, customers[0])
        writer.writeheader()
        writer.writerows(customers)
    return str(path)


@real_data
@pytest.mark.oracle
def test_telco(db, tmp_path):
    day = date(2026, 1, 31)
    path = telco(tmp_path, day)
    accounts = [
        "accounts",
        path,
        *shlex.split("--map customerID=id customerID=name Contract=segment --backfill"),
    ]
    price = ["--map", "customerID=id", "customerID=account", "MonthlyCharges=price", "--set", "currency=USD"]
    subscriptions = ["subscriptions", path, *price, "--backfill"]
    expected = oracles()["telco"]

    assert (command(*accounts)[1], command(*subscriptions)[1]) == (0, 0)

    assert dict(Account.objects.values_list("segment").annotate(count=Count("id"))) == {
        contract: block["customers"] for contract, block in expected["by_contract"].items()
    }
    assert Subscription.objects.in_service(day).count() == expected["rows"] - expected["churned"]
    mrr = Subscription.objects.in_service(day).with_mrr(day).aggregate(total=Sum("mrr"))["total"]
    assert mrr == Decimal(str(expected["mrr_active"]))
    again_changes_nothing(*accounts)
    again_changes_nothing(*subscriptions)


# Size


def resident() -> float:
    """Megabytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.long
def test_memory_stays_flat_over_half_a_million_lines(transactional_db, tmp_path, monkeypatch, capsys):
    lines = 500_000
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("id,account,ordered_at,amount,currency,number\n")
        for number in range(lines):
            day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}"
            file.write(
                f"order-{number},account-{number % 5000},{day},{number % 997}.{number % 100:02},USD,{number}\n"
            )
    arguments = ["orders", str(path), "--create-accounts"]
    sizes = []
    advance = import_csv.Progress.advance
    monkeypatch.setattr(
        import_csv.Progress, "advance", lambda *passed: (sizes.append(resident()), advance(*passed))
    )

    started = time.monotonic()
    said, code = command(*arguments)
    first = time.monotonic() - started

    assert (said[-1], code) == ("Rows: 500000. Created: 500000, changed: 0, unchanged: 0, rejected: 0.", 0)
    again_changes_nothing(*arguments)
    # The first batches fill the caches of the columns; from then on nothing may grow.
    settled, peak = sizes[9], max(sizes[9:])
    with capsys.disabled():
        again = time.monotonic() - started - first
        print(
            f"\n{lines} lines: {first:.0f} s, again {again:.0f} s;"
            f" {settled:.0f} MB after 50,000 lines, at most {peak:.0f} MB after"
        )
    assert peak - settled < 16


def test_events_are_taken_by_the_command_as_others_are(db, file):
    head = "event,user_id,happened_at,properties.feature\n"
    rows = "Feature Used,u1,2026-11-01T10:00:00Z,reports\nSigned In,,2026-11-01T10:00:00Z,\n"

    lines, code = command("events", file(head + rows), "--source", "app")

    assert lines == [
        "3: It does not say who. Give a user_id or an anonymous_id.",
        "Rows: 2. Created: 1, changed: 0, unchanged: 0, rejected: 1.",
        "Some rows were rejected. The others were kept.",
    ]
    assert code == 1
    assert IntakeBatch.objects.get().events == 1
