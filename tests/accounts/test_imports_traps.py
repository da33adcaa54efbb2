"""Every trap of a file, through the service of the pages: each line has exactly the fate that is listed for it."""

import pytest

from accounts.models import Subscription
from accounts.resources import SUBSCRIPTIONS
from tests.accounts import traps
from tests.accounts.traps import MAPPING
from tests.accounts.uploading import fates, imported, planned, previewed
from tests.accounts.workbooks import workbook

# The preview writes over a connection of its own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def both(content, wanted, name):
    """Tried and taken, it is the same."""
    found = planned(content, SUBSCRIPTIONS, MAPPING, name=name)

    tried = previewed(found, SUBSCRIPTIONS)
    assert Subscription.objects.count() == 0
    taken = imported(found, SUBSCRIPTIONS)

    assert fates(tried) == wanted
    assert fates(taken) == wanted
    assert (
        tried.result["rejected"]
        == taken.result["rejected"]
        == sum(not isinstance(one, str) for one in wanted.values())
    )
    assert Subscription.objects.count() == taken.result["created"]


def test_text_with_every_trap(najm):
    both(*traps.raw_file(), "traps.csv")

    kept = dict(Subscription.objects.values_list("external_id", "reference"))
    assert kept["=1+1"] == '=HYPERLINK("http://a.example","x")'
    assert kept["lines"] == "first\nsecond"


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("windows-1256", ";"), ("utf-8", "\t"), ("utf-16", "\t"), ("utf-16-le", "|"), ("utf-8-sig", ";")],
)
def test_every_encoding_and_delimiter_is_found_out(najm, encoding, delimiter):
    content, wanted = traps.encoded_file(encoding, delimiter)
    if encoding == "windows-1256":
        # It has no Persian digits: they came as question marks.
        wanted[4] = [("Price", "??", "This is not a number."), ("Starts", "????/??/??", traps.UNSURE)]
        wanted[3] = [("Price", "?????", "This is not a number."), ("Starts", "????-??-??", traps.UNSURE)]

    both(content, wanted, "traps.csv")


def test_workbook_with_every_trap(najm, tmp_path):
    rows, wanted = traps.sheet()
    path = workbook(tmp_path / "traps.xlsx", rows)

    both(path.read_bytes(), wanted, "traps.xlsx")

    assert Subscription.objects.filter(external_id="7", price="50.25").exists()
