"""Every page in both languages and themes, on a desk and on a phone: axe, direction, width, no complaints.

One visit looks at everything, because opening pages is what takes the time. A new page is one line in ADDRESSES.
"""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.utils import timezone

from accounts.intake import keys, service
from accounts.intake.bodies import Sending
from accounts.models import (
    ActivityDay,
    Campaign,
    CampaignDay,
    Contact,
    Delivery,
    Feature,
    Goal,
    Payment,
    Plan,
    PlanFeature,
    Population,
    RejectedEvent,
    Resource,
    Session,
    Term,
)
from accounts.notices.kinds import REPLIED
from accounts.notices.telling import tell
from accounts.rollups.passes import catch_up
from metrics import memberships
from surveys.models import FollowUp, ResponseImport, Survey, Theme
from surveys.publishing import publish
from tests import factories
from tests.surveys import rows
from tests.surveys.drafts import survey
from tests.surveys.importing import uploaded
from tests.surveys.rows import answer, follow_up, item, response, theme

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PUBLIC = ["/sign-in/login/", "/sign-in/password/reset/", "/no/such/page/"]
ADDRESSES = [
    "/",
    "/accounts/",
    "/accounts/{account}/",
    "/accounts/{account}/edit/",
    "/populations/",
    "/populations/{population}/",
    "/surveys/",
    "/surveys/new/",
    "/surveys/channels/",
    "/surveys/coverage/",
    "/surveys/{survey}/",
    "/surveys/{survey}/questions/nps/",
    "/surveys/{survey}/settings/",
    "/surveys/scales/new/",
    "/follow-ups/{follow_up}/",
    "/feedback/",
    "/feedback/{theme}/",
    "/feedback/accounts/{account}/",
    "/accounts/change/?of=all&do=stage&new_stage=churned",
    "/handover/",
    "/metrics/",
    "/metrics/mrr/",
    "/metrics/customer_churn_rate/?by=segment",
    "/metrics/adoption/",
    "/metrics/adoption/{feature}/",
    "/metrics/web/",
    "/metrics/resources/{resource}/",
    "/metrics/campaigns/",
    "/metrics/campaigns/{campaign}/",
    "/metrics/mrr_expansion/rows/{account}/?window=12m",
    "/accounts/{account}/usage/",
    "/events/",
    "/events/rejected/{rejected}/",
    "/imports/",
    "/notifications/",
    "/notifications/settings/",
    "/quality/",
    "/duplicates/",
    "/accounts/{account}/merge/?q=a",
    "/runs/",
    "/surveys/{survey}/links/",
    "/surveys/{survey}/import/",
    "/surveys/imports/{response_import}/",
    "/surveys/{survey}/reports/",
    "/surveys/{survey}/results/silent/",
    "/no/such/page/",
    "/admin/",
    "/admin/accounts/account/",
    "/admin/accounts/account/{account}/change/",
]

# The same pages otherwise: in the long part.
OTHERWISE = [
    "/follow-ups/",
    "/messages/rules/",
    "/messages/rules/new/",
    "/metrics/cohorts/",
    "/admin/accounts/account/{account}/delete/",
    "/accounts/{account}/attachments/",
    "/metrics/resources/",
    "/sign-in/2fa/",
    "/api/docs/",
    "/design/",
    "/imports/new/",
    "/metrics/mrr/rows/",
    "/quality/accounts_without_plan/",
    "/admin/accounts/account/{account}/history/",
    "/accounts/{account}/contacts/",
    "/accounts/{account}/timeline/",
    "/populations/new/?segment=enterprise",
    "/admin/accounts/product/add/",
    "/accounts/{account}/contacts/add/",
    "/events/rejected/",
    "/events/keys/new/",
    "/accounts/?segment=nobody",
    "/accounts/?sort=-mrr&q=najm",
    "/accounts/change/?of=all",
    "/accounts/change/?of=chosen",
    "/metrics/?q=churn",
    "/metrics/customer_churn_rate/?as_of=never",
    "/metrics/cohorts/?measure=mrr&months=3",
    "/quality/late_facts/",
    "/duplicates/?of=merges",
    "/admin/accounts/order/?q=nowhere",
    "/admin/accounts/accountchange/add/?field=owner",
    "/admin/accounts/contact/deleted/",
    "/sign-in/password/change/",
    "/sign-in/logout/",
]

# Faults of contrast come from the theme, faults of direction from the language: two visits see all four.
LOOKS = pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
# Where both would take too long, one of them in every run: the one in which more goes wrong.
IN_EITHER = ["ar", pytest.param("en", marks=pytest.mark.long)]
EITHER_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [pytest.param("en", "light", marks=pytest.mark.long), ("ar", "dark")]
)

# The admin's own stylesheet imports another, which axe would write into the page to read it: our policy refuses that.
WITHOUT_STYLES = {"preload": False}


def add_what_they_do(book, day):
    plan, feature, goal = (factories.some(kind) for kind in (Plan, Feature, Goal))
    factories.plain(PlanFeature, starts=None)
    campaign = factories.plain(Campaign, kind="event", starts=day, goal=goal)
    factories.plain(CampaignDay, campaign=campaign, day=day, reach=1200, clicks=30, cost=99.5)
    factories.plain(Resource, name={"ar": "الخطوات الأولى"}, feature=feature)
    of_names = (
        ("Feature Used", "reports"),
        ("Page", "/a/long/address/of/a/page"),
        ("Resource Viewed", "first-steps"),
    )
    for account in book:
        factories.subscription(account, 10, str(day), plan=plan)
        whose = {"account": account, "contact": account.contacts.get()}
        for name, what in (*of_names, ("Event Registered", campaign.code)):
            factories.plain(ActivityDay, **whose, day=day, name=name, object=what)
        factories.plain(
            Session, **whose, day=day, entry="/", exit="/", campaign=campaign.code, goals=[goal.pk]
        )
    factories.plain(Delivery, account=book[0], campaign=campaign.code)


@pytest.fixture
def book(administrator):
    """Three customers with names that are hard to set: long, without a space, and from right to left."""
    today = timezone.now().date()
    year_ago, month_ago = today - timedelta(days=360), today - timedelta(days=30)
    names = {
        "Najm Logistics & Warehousing (Gulf Region) Holding GmbH": "enterprise",
        "شركة النخيل للتجارة والمقاولات العامة (ش.م.م) فرع جدة": "mid-market",
        "Superkalifragilistikexpialigetischverwaltungsgesellschaft": "",
    }
    book = [
        factories.account(name, since=str(year_ago), segment=segment, owner=administrator, stage="live")
        for name, segment in names.items()
    ]
    for number, account in enumerate(book, start=1):
        factories.subscription(account, 1000 * number, str(year_ago))
        factories.order(account, f"{month_ago} 10:00", 12345.5)
        factories.resolved_ticket(account, f"{month_ago} 10:00", hours=26)
        Payment.objects.create(account=account, day=month_ago, amount=1000, currency="USD")
        Contact.objects.create(
            account=account,
            name="سارة القحطاني",
            email=f"sara{number}@najm.example",
            source="app",
            external_id=f"u{number}",
        )
        Term.objects.create(account=account, starts=year_ago, ends=today + timedelta(days=20), currency="USD")
        said = {"who": account.name, "subject": account.name * 3}
        tell(REPLIED, said, timezone.now(), account=account.pk)
    send_events(len(book))
    add_what_they_do(book, month_ago)
    call_command("recompute", months=3)
    everybody = factories.population(factories.asks("metric.mrr", "1", is_="at_least"), by=administrator)
    memberships.refresh(everybody, memberships.Asking(timezone.now()))
    asked = survey(colour="#ffd600")
    publish(asked, administrator)
    given = response(asked, account=book[0], band="low")
    answer(given, 3)
    follow_up(given)
    uploaded(asked, administrator, "id,day,nps", "R-1,2026-01-10,11", name="إجابات قديمة.csv")
    item(theme("التصدير", words=["excel"]), account=book[0])
    return book


def send_events(people):
    """Of each of them, one of somebody unknown, and one that cannot be taken."""
    key, _secret = keys.make(name="متجر الويب", source="app", kind="browser")
    calls = [
        {
            "type": "track",
            "event": name,
            "userId": f"u{number}",
            "properties": {"feature": "تقارير", "name": "x" * 90},
        }
        for number in range(1, people + 2)
        for name in ("Signed In", "Feature Used", "Export Of Everything That There Is In The Warehouse")
    ]
    calls.append({"type": "track", "event": "Nobody Did It"})
    service.take(service.sender_of(key), Sending(calls), now=timezone.now())
    catch_up(timezone.now())


def wrong_on(page, address, language):
    """What is wrong with the page, as lines to read; empty when all is well."""
    found = []
    page.set_viewport_size(DESK)
    # Swagger asks for what it shows by itself; our own pages say that they ask.
    answer = page.goto(address, wait_until="networkidle" if "/api/docs/" in address else "load")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    if answer.status >= 500:
        found.append(f"status {answer.status}")
    if page.locator("html").get_attribute("lang") != language:
        found.append("lang")
    if page.locator("html").get_attribute("dir") != ("rtl" if language == "ar" else "ltr"):
        found.append("dir")
    if page.locator("h1").count() != 1 and "/api/docs/" not in address:  # Swagger writes its own
        found.append(f"{page.locator('h1').count()} h1")
    found += [f"axe: {fault}" for fault in serious(Axe().run(page, options=WITHOUT_STYLES))]
    for name, size in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(size)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            found.append(f"{name}: {width} px wide")
    return [f"{address} {fault}" for fault in found]


def serious(results):
    return [
        f"{fault['id']} {node['target']} {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for fault in results.response["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def prefer(context, base, language, theme):
    context.add_cookies(
        [
            {"name": "django_language", "value": language, "url": base},
            {"name": "theme", "value": theme, "url": base},
        ]
    )


@LOOKS
def test_public_pages_serve_everybody(context, page, live_server, language, theme):
    prefer(context, live_server.url, language, theme)

    visited = [*PUBLIC, f"/s/{rows.link().key}/"]

    found = [fault for address in visited for fault in wrong_on(page, live_server.url + address, language)]

    assert "\n".join(found) == ""


# In every run each page in one of both looks; in the long form in both, and with what else can be asked of them.
@pytest.mark.parametrize(
    ("language", "theme", "addresses"),
    [
        pytest.param("en", "light", ADDRESSES[::2], id="en-light"),
        pytest.param("ar", "dark", ADDRESSES[1::2], id="ar-dark"),
        *(
            pytest.param(language, theme, addresses, id=f"{language}-{theme}-{name}", marks=pytest.mark.long)
            for name, addresses in {"pages": ADDRESSES, "otherwise": OTHERWISE}.items()
            for language, theme in (("en", "light"), ("ar", "dark"))
        ),
    ],
)
def test_pages_serve_everybody(
    context, page, live_server, administrator, signed_in, book, language, theme, addresses
):
    administrator.language = language
    administrator.save()
    signed_in(administrator)
    prefer(context, live_server.url, language, theme)

    visited = [
        address.format(
            account=book[0].pk,
            population=Population.objects.get().pk,
            survey=Survey.objects.get().pk,
            follow_up=FollowUp.objects.get().pk,
            response_import=ResponseImport.objects.get().pk,
            theme=Theme.objects.get().pk,
            feature=Feature.objects.get().pk,
            resource=Resource.objects.get().pk,
            campaign=Campaign.objects.get().pk,
            rejected=RejectedEvent.objects.get().pk,
        )
        for address in addresses
    ]
    found = [fault for address in visited for fault in wrong_on(page, live_server.url + address, language)]

    assert "\n".join(found) == ""


def test_navigation_on_a_phone_opens_and_closes(page, live_server, administrator, signed_in):
    signed_in(administrator)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/design/")
    assert not page.locator("#sidebar").is_visible()

    page.get_by_role("button", name="Menu").click()
    assert page.locator("#sidebar").is_visible()

    page.keyboard.press("Escape")
    assert not page.locator("#sidebar").is_visible()


def test_theme_is_kept_and_does_not_flash(page, live_server, administrator, signed_in):
    signed_in(administrator)
    page.goto(f"{live_server.url}/design/")

    page.get_by_role("button", name="Dark").click()
    answer = page.reload()

    assert 'data-bs-theme="dark"' in answer.text()


def test_language_is_one_click_and_is_kept(page, live_server, administrator, signed_in):
    signed_in(administrator)
    page.goto(f"{live_server.url}/design/")

    page.locator("#sidebar button[value=ar]").click()
    page.wait_for_load_state()

    administrator.refresh_from_db()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert administrator.language == "ar"


def test_first_tab_leads_past_the_navigation(page, live_server, administrator, signed_in):
    signed_in(administrator)
    page.goto(f"{live_server.url}/design/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_charts_are_drawn_from_their_tables(page, live_server, administrator, signed_in):
    signed_in(administrator)
    page.goto(f"{live_server.url}/design/", wait_until="networkidle")

    drawn = page.evaluate(
        """() => [...document.querySelectorAll(".chart canvas")].map((canvas) => {
            const chart = Chart.getChart(canvas);
            return [chart.data.labels.length, chart.data.datasets.length];
        })"""
    )

    assert drawn == [[12, 3], [12, 3]]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_list_fits_a_desk_and_shows_what_it_is_sorted_by_on_a_phone(
    page, live_server, administrator, signed_in, book, language
):
    administrator.language = language
    administrator.save()
    signed_in(administrator)
    frame = page.locator(".table-frame")

    page.set_viewport_size(DESK)
    page.goto(f"{live_server.url}/accounts/", wait_until="networkidle")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    assert frame.get_attribute("data-more") is None

    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/accounts/?sort=-mrr", wait_until="networkidle")
    sorted_by, room = page.locator("thead [aria-sort]").bounding_box(), frame.bounding_box()
    assert sorted_by["x"] >= room["x"] - 1
    assert sorted_by["x"] + sorted_by["width"] <= room["x"] + room["width"] + 1
    assert frame.get_attribute("data-more") == ""


def test_long_names_neither_widen_a_table_nor_leave_it(page, live_server, administrator, signed_in):
    today, path = timezone.localdate(), "/" + "a" * 180
    for days in range(8):
        for _twice in range(2 if days else 3):
            factories.plain(Session, day=today - timedelta(days=days), entry=path, exit=path)
        factories.plain(ActivityDay, day=today - timedelta(days=days), name="Page", object=path)
    signed_in(administrator)
    frame = page.locator(".table-frame", has=page.locator("bdi.shortened")).first

    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        page.goto(f"{live_server.url}/metrics/web/?window=7d&sort=-bounce_rate", wait_until="networkidle")
        name, room = frame.locator("bdi.shortened").bounding_box(), frame.bounding_box()
        assert room["x"] <= name["x"] <= name["x"] + name["width"] <= room["x"] + room["width"] / 2
        assert size == PHONE or frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")

    axis = page.evaluate(
        "() => Chart.getChart(document.querySelector('.chart canvas')).scales.y.ticks.map(t => t.value)"
    )
    assert axis == [0, 1, 2, 3]


def test_list_keeps_its_address_short_and_its_fields_as_the_address_says(
    page, live_server, administrator, signed_in, book
):
    signed_in(administrator)
    page.goto(f"{live_server.url}/accounts/")

    page.fill("[name=q]", "najm")
    page.press("[name=q]", "Enter")
    page.wait_for_url("**/accounts/?q=najm")

    page.fill("[name=q]", "typed and left")
    page.get_by_role("link", name="Metrics").click()
    page.wait_for_url("**/metrics/")
    page.go_back()
    page.wait_for_url("**/accounts/?q=najm")
    assert page.input_value("[name=q]") == "najm"


def test_a_month_between_two_without_a_value_is_a_dot(page, live_server, administrator, signed_in):
    asked, then = rows.survey(), timezone.now() - timedelta(days=70)
    answer(response(asked, account=factories.account(), on=f"{then:%Y-%m-15} 12:00"), 9)
    signed_in(administrator)

    page.goto(f"{live_server.url}/surveys/{asked.pk}/results/")

    shown = page.evaluate(
        "Chart.getChart(document.querySelector('.chart canvas')).data.datasets[0].pointRadius"
    )
    assert sorted(shown)[-2:] == [0, 3]


def test_a_chart_of_hours_says_so(page, live_server, administrator, signed_in, book):
    signed_in(administrator)
    page.goto(f"{live_server.url}/metrics/time_to_resolution/trend/", wait_until="networkidle")

    labels = page.evaluate(
        "Chart.getChart(document.querySelector('.chart canvas')).scales.y.ticks.map(tick => tick.label)"
    )

    assert all(label.endswith("h") for label in labels)


def test_a_chart_and_its_page_have_one_sign_for_the_currency(
    page, live_server, administrator, signed_in, book
):
    administrator.language = "ar"
    administrator.save()
    signed_in(administrator)
    page.goto(f"{live_server.url}/metrics/mrr/trend/", wait_until="networkidle")

    labels = page.evaluate(
        "Chart.getChart(document.querySelector('.chart canvas')).scales.y.ticks.map(tick => tick.label)"
    )

    assert all("$" in label and "US" not in label for label in labels)


def test_a_chart_from_right_to_left_shows_its_first_and_its_last_day(
    page, live_server, administrator, signed_in, book
):
    administrator.language = "ar"
    administrator.save()
    signed_in(administrator)
    page.goto(f"{live_server.url}/metrics/customers/trend/", wait_until="networkidle")

    first, last, half, width = page.evaluate(
        """() => {
            const chart = Chart.getChart(document.querySelector('.chart canvas')), x = chart.scales.x;
            chart.ctx.font = Chart.helpers.toFont(x.options.ticks.font).string;
            const half = Math.max(...chart.data.labels.map(label => chart.ctx.measureText(label).width)) / 2;
            return [x.getPixelForValue(0), x.getPixelForValue(chart.data.labels.length - 1), half, chart.width];
        }"""
    )

    assert last - half >= 0
    assert first + half <= width


def test_whoever_turns_the_page_of_rows_stays_there(page, live_server, administrator, signed_in):
    for number in range(30):
        factories.subscription(factories.account(f"Customer {number}"), 10, "2024-01-01")
    signed_in(administrator)
    page.goto(f"{live_server.url}/metrics/mrr/", wait_until="networkidle")
    assert page.evaluate("document.activeElement === document.body")

    page.locator("#rows [rel=next]").press("Enter")
    page.wait_for_selector("#rows [rel=prev]")

    assert page.evaluate("document.activeElement.matches('#rows .table-frame')")
