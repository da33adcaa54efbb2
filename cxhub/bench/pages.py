"""What pages cost on a large book, beside the barest page of the same rows on the same server."""

from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Organisation, User
from cxhub.bench.books import build_pages_book
from cxhub.bench.recompute import full_run
from cxhub.bench.server import Browser, asked_on_load, serving, signed_in
from cxhub.bench.timing import Ratio, interleaved

BARE = "/bench/"
AIM_OF_LISTS, AIM_OF_PAGES = 5, 8
WARM_UP = 3


def routes() -> dict[str, tuple[str, float]]:
    """By what is measured: the path, and how many times as long as the bare page it may take."""
    account, name = Account.objects.order_by("pk").values_list("pk", "name")[0]
    word = quote(name.split()[0])
    return {
        "accounts": ("/accounts/", AIM_OF_LISTS),
        "accounts by MRR": ("/accounts/?sort=-mrr", AIM_OF_LISTS),
        "accounts by tickets": ("/accounts/?sort=-tickets", AIM_OF_LISTS),
        "accounts of a segment": ("/accounts/?segment=enterprise", AIM_OF_LISTS),
        "accounts of a segment by MRR": ("/accounts/?segment=enterprise&sort=-mrr", AIM_OF_LISTS),
        "accounts by a word": (f"/accounts/?q={word}", AIM_OF_LISTS),
        "accounts by a contact": (f"/accounts/?q=person{account}@account{account}.example", AIM_OF_LISTS),
        "home": ("/", AIM_OF_PAGES),
        "account": (f"/accounts/{account}/", AIM_OF_PAGES),
    }


def readers() -> dict[str, User]:
    """Whoever sees every account, and one of those who look after some: the first account is hers."""
    everybody, _is_new = User.objects.get_or_create(
        email="everything@bench.example", defaults={"name": "Everything"}
    )
    everybody.user_permissions.set(
        Permission.objects.filter(codename__in=["view_all_accounts", "view_company_figures"])
    )
    owner = Account.objects.order_by("pk").select_related("owner")[0].owner
    assert owner is not None
    return {"sees every account": everybody, "CSM": owner}


def fill(accounts: int, contacts: int) -> None:
    build_pages_book(accounts, contacts, today=Organisation().today(timezone.now()))
    full_run()
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE metrics_currentvalue")


def statements() -> dict[str, dict[str, int]]:
    """Of every page with all that it asks for, by reader; in this process, so that they can be counted."""
    with override_settings(ROOT_URLCONF="cxhub.bench.urls"):
        return {
            who: {name: _statements(user, path) for name, path in _paths()} for who, user in readers().items()
        }


def _paths() -> list[tuple[str, str]]:
    return [("bare", BARE), *((name, path) for name, (path, _aim) in routes().items())]


def _statements(user: User, path: str) -> int:
    client = signed_in(user)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(path)
        if page.status_code != 200:
            raise AssertionError(f"{path} answered {page.status_code}")
        for panel in asked_on_load(page.content.decode()):
            client.get(panel, headers={"HX-Request": "true"})
    return len(captured)


def timings(repetitions: int) -> dict[str, Any]:
    """By reader and page: seconds, and how many times as long as the bare page before it."""
    with serving() as port:
        return {who: _timings_for(user, port, repetitions) for who, user in readers().items()}


def _timings_for(user: User, port: int, repetitions: int) -> dict[str, Any]:
    with closing(Browser(port, user)) as browser:
        return _timings_of(browser, repetitions)


def _timings_of(browser: Browser, repetitions: int) -> dict[str, Any]:
    pieces = {name: partial(browser.open, path) for name, path in _paths()}
    interleaved(pieces, min(WARM_UP, repetitions))
    measured = interleaved(pieces, repetitions)
    aims = {name: aim for name, (_path, aim) in routes().items()}
    return {
        name: timing.as_json()
        | {"requests": browser.open(path)}
        | (
            {"ratio": Ratio.of(timing, measured["bare"]).as_json() | {"aim": aims[name]}}
            if name in aims
            else {}
        )
        for (name, path), timing in zip(_paths(), measured.values(), strict=True)
    }
