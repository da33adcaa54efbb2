from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.models import Organisation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def render(source, language="en", **variables):
    request = RequestFactory().get(variables.pop("address", "/"))
    request.COOKIES = variables.pop("cookies", {})
    with translation.override(language):
        return Template("{% load cxhub i18n %}" + source).render(RequestContext(request, variables))


@pytest.mark.parametrize(
    "tag",
    [
        "{% number v reason=why %}",
        "{% percent v reason=why %}",
        "{% money v 'USD' reason=why %}",
        "{% duration v reason=why %}",
        "{% day v reason=why %}",
        "{% moment v reason=why %}",
        "{% ago v now reason=why %}",
        "{% metric v '%' reason=why %}",
        "{% interval v v '%' reason=why %}",
    ],
)
@pytest.mark.parametrize("known", [{"v": None}, {}], ids=["None", "unknown variable"])
def test_no_value_is_a_dash_that_says_why(tag, known):
    html = render(tag, why="nobody <asked>", now=NOW, **known)

    assert 'title="nobody &lt;asked&gt;"' in html
    assert '<span class="visually-hidden">nobody &lt;asked&gt;</span>' in html
    assert "–" in html


def test_zero_is_a_value():
    assert ">0%<" in render("{% percent v places=0 %}", v=0)
    assert ">0<" in render("{% metric v 'count' %}", v=0)


def test_numbers_are_isolated_in_the_direction_of_the_page():
    assert render("{% number 5 %}") == '<bdi class="num" dir="ltr">5</bdi>'
    assert render("{% number 5 %}", "ar") == '<bdi class="num" dir="rtl">5</bdi>'


@pytest.mark.parametrize(("digits", "text"), [("latn", "1,234"), ("arab", "١٬٢٣٤")])
def test_arabic_pages_take_the_digits_of_the_organisation(digits, text):
    Organisation.current()
    Organisation.objects.update(digits=digits)

    assert text in render("{% number 1234 %}", "ar")
    assert "1,234" in render("{% number 1234 %}", "en")


def test_organisation_is_asked_once_a_page(django_assert_num_queries):
    Organisation.current()

    with django_assert_num_queries(1):
        render("{% number 1 %}{% number 2 %}{% organisation as house %}", "ar")


def test_tags_work_without_a_request():
    assert (
        Template("{% load cxhub %}{% number 5 %}").render(Context()) == '<bdi class="num" dir="ltr">5</bdi>'
    )


def test_short_money_says_the_exact_amount_when_pointed_at():
    assert 'title="$1,234,567.00"' in render("{% money 1234567 'USD' short=True %}")


def test_hours_say_the_exact_hours_when_pointed_at():
    html = render("{% metric 97.59 'hours' %}")

    assert 'title="97.59 hours"' in html
    assert "4\u00a0d 2\u00a0h" in html


def test_a_moment_is_shown_in_the_zone_of_its_reader():
    with timezone.override("Asia/Riyadh"):
        assert "1 Mar 2026, 15:00" in render("{% moment now %}", now=NOW)
        assert 'datetime="2026-03-01T12:00:00+00:00"' in render("{% moment now %}", now=NOW)


def test_the_day_of_a_time_is_that_of_its_reader():
    with timezone.override("Asia/Riyadh"):
        assert "2 Mar 2026" in render("{% day late %}", late=NOW + timedelta(hours=10))


def test_ago_says_the_moment_when_pointed_at():
    html = render("{% ago then now %}", then=NOW - timedelta(hours=3), now=NOW)

    assert "3 hours ago" in html
    assert 'title="1 Mar 2026, 09:00"' in html


@pytest.mark.parametrize(
    ("low", "high", "text"), [(0.1, 0.2, "10.0–20.0%"), (0.1, None, "from 10.0%"), (None, 0.2, "up to 20.0%")]
)
def test_interval_may_be_open(low, high, text):
    assert text in render("{% interval low high '%' %}", low=low, high=high)


@pytest.mark.parametrize(
    ("now", "before", "better", "real", "meaning", "word"),
    [
        (2, 1, "up", True, "good", "up by"),
        (2, 1, "down", True, "bad", "up by"),
        (1, 2, "up", True, "bad", "down by"),
        (1, 2, "down", True, "good", "down by"),
        (2, 1, "none", True, "neutral", "up by"),
        (2, 1, "up", None, "good", "up by"),
        (2, 1, "up", False, "noise", "within noise:"),
        (1, 1, "up", True, "neutral", "unchanged:"),
    ],
)
def test_change_says_its_meaning_in_words_too(now, before, better, real, meaning, word):
    html = render(
        "{% change now before 'count' better=better real=real %}",
        now=now,
        before=before,
        better=better,
        real=real,
    )

    assert f"change-{meaning}" in html
    assert word in html


def test_what_is_written_as_zero_did_not_move():
    html = render("{% change now before '%' better='up' %}", now=0.1000001, before=0.1)

    assert "change-neutral" in html
    assert "unchanged:" in html


def test_no_change_without_a_period_before():
    assert render("{% change 5 None 'count' %}").strip() == ""


def test_nothing_that_stayed_nothing_is_no_change():
    assert render("{% change 0 0 'count' %}").strip() == ""


def test_sparkline_has_no_inline_style_and_hides_what_says_nothing():
    html = render("{% sparkline values %}", values=[1, None, 2, 3])

    assert "style=" not in html
    assert 'aria-hidden="true"' in html
    assert render("{% sparkline values %}", values=[1]).strip() == ""
    assert render("{% sparkline values 'MRR' %}", values=[1, 2]).count('aria-label="MRR"') == 1


def test_chart_carries_its_numbers_in_a_table():
    series = [{"name": "<MRR>", "values": [1, None]}, {"name": "lower", "role": "low", "values": [0.5, None]}]

    html = render(
        "{% chart title='MRR' labels=days series=series unit='money' currency='USD' months=True %}",
        days=[date(2026, 1, 1), date(2026, 2, 1)],
        series=series,
    )

    assert "&lt;MRR&gt;" in html
    assert '<td class="n" data-value="1.0">$1.00</td>' in html
    assert '<td class="n" data-value="">–</td>' in html
    assert '<th scope="row">Feb 2026</th>' in html


def test_chart_refuses_series_that_do_not_fit_its_labels():
    with pytest.raises(ValueError, match="zip"):
        render(
            "{% chart title='MRR' labels=days series=series unit='count' %}",
            days=["a"],
            series=[{"name": "b", "values": [1, 2]}],
        )


@pytest.mark.parametrize(("address", "current"), [("/design/", "page"), ("/design/more/", "true"), ("/", "")])
def test_navigation_knows_where_one_is(address, current):
    html = render("{% nav_item 'Design' 'design' 'palette' %}", address=address)

    assert (f'aria-current="{current}"' in html) if current else ("aria-current" not in html)


@pytest.mark.parametrize(
    "address", ["/people/3/rights/", "/contacts/3/edit/", "/attachments/3/", "/handover/"]
)
def test_pages_of_accounts_that_stand_elsewhere_are_marked_in_the_navigation(address):
    html = render('{% include "_sidebar.html" %}', address=address)

    assert 'href="/accounts/" aria-current="true"' in html
    assert html.count("aria-current") == 1


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/metrics/mrr/", "/metrics/"),
        ("/metrics/adoption/3/", "/metrics/adoption/"),
        ("/metrics/web/", "/metrics/adoption/"),
    ],
)
def test_pages_of_engagement_are_a_place_of_their_own(address, current):
    html = render('{% include "_sidebar.html" %}', address=address)

    assert f'href="{current}" aria-current="true"' in html
    assert html.count("aria-current") == 1


def test_navigation_leaves_out_what_is_not_there():
    assert render("{% nav_item 'Elsewhere' 'no-such-route' 'home' %}").strip() == ""


@pytest.mark.parametrize(
    ("cookie", "chosen"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', "")]
)
def test_theme_is_one_of_two_or_none(cookie, chosen):
    assert render("{% theme %}", cookies={"theme": cookie}) == chosen
