"""Pages of engagement: which features are used, what pages lead to, what helps to learn, and what campaigns reach."""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import Campaign, Feature, Resource
from accounts.requests import Request, organisation_of
from metrics import adoption, campaigns, exports, learning, web
from metrics.adoption import Adopted
from metrics.campaigns import Ran
from metrics.comparisons import Change
from metrics.engagement_forms import AdoptionForm, EngagementForm
from metrics.learning import OfResource
from metrics.sources import Clock
from metrics.web import OfPage

ROWS = 50
CAMPAIGN_COLUMNS = {
    "reach": _lazy("Reach"),
    "impressions": _lazy("Impressions"),
    "clicks": _lazy("Clicks"),
    "delivered": _lazy("Mails delivered"),
    "opened": _lazy("Opened by people"),
    "clicked": _lazy("Clicked by people"),
    "unsubscribed": _lazy("Unsubscribed"),
    "bounced": _lazy("Came back"),
    "registered": _lazy("Registered"),
    "attended": _lazy("Attended"),
    "walk_ins": _lazy("Walk-ins"),
    "sessions": _lazy("Sessions"),
    "wanted": _lazy("People who reached the goal"),
}
OF_COMPANY = {
    "reach": _lazy("Reach (whole company)"),
    "impressions": _lazy("Impressions (whole company)"),
    "clicks": _lazy("Clicks (whole company)"),
}
Row = TypeVar("Row")


def form_of(
    request: Request,
    sorts: Iterable[str] = (),
    form: type[EngagementForm] = EngagementForm,
    usual: str = "30d",
) -> Any:
    clock = Clock(organisation_of(request), timezone.now())
    return form(request.GET, reader=request.user, clock=clock, sorts=tuple(sorts), usual=usual)


def refused(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, f"metrics/{template}.html", context, status=HTTPStatus.BAD_REQUEST)


def in_order(rows: Iterable[Row], sorts: dict[str, Callable[[Row], Any]], asked: str) -> list[Row]:
    return sorted(rows, key=sorts[asked.removeprefix("-")], reverse=asked.startswith("-"))


def context_of(form: EngagementForm) -> dict[str, Any]:
    """What every page of engagement shows of its question."""
    return {
        "form": form,
        "window": form.scope.window,
        "clock": form.clock,
        "sort": form.asked_sort,
        "is_limited": form.scope.population.user is not None,
        "is_of_all": form.scope.population.is_everybody,
    }


def show_adoption(request: Request) -> HttpResponse:
    form = form_of(request, adoption.SORTS, AdoptionForm)
    if not form.is_valid():
        return refused(request, "adoption", {"form": form})
    scope = form.scope
    found = adoption.adopted(scope, Feature.objects.all())
    page = Paginator(in_order(found, adoption.SORTS, form.asked_sort), ROWS).get_page(form.number)
    people = adoption.people(scope, [row.feature for row in page])
    whole = scope.ask_each(adoption.ADOPTION, [{}])[0]
    context = context_of(form) | {
        "page": page,
        "rows": [(row, people[row.feature.pk]) for row in page],
        "whole": whole,
        "is_compared": whole.since is None,
        "never": [row for row in found if row.is_never_used],
    }
    return render(request, "metrics/adoption.html", context)


def export_adoption(request: Request) -> HttpResponseBase:
    form = form_of(request, adoption.SORTS, AdoptionForm)
    if not form.is_valid():
        return refused(request, "adoption", {"form": form})
    found = in_order(adoption.adopted(form.scope, Feature.objects.all()), adoption.SORTS, form.asked_sort)
    people = adoption.people(form.scope, [row.feature for row in found])
    return exports.csv_file("adoption", form.scope.day, adoption_lines(found, people))


def adoption_lines(found: list[Adopted], people: dict[int, Change]) -> Iterator[list[Any]]:
    yield [
        _("Code"),
        _("Feature"),
        _("Accounts that have it"),
        _("Accounts that used it"),
        _("Accounts that never used it"),
        _("People who used it"),
        _("Active people"),
        _("Adoption by people"),
        _("First use"),
        _("Last use"),
    ]
    for row in found:
        answer = people[row.feature.pk].answer
        yield [
            row.feature.code,
            str(row.feature),
            row.eligible,
            row.used,
            row.never,
            answer.numerator,
            answer.denominator,
            answer.value,
            row.first,
            row.last,
        ]


def show_feature(request: Request, pk: int) -> HttpResponse:
    """Whom to call: the accounts that have the feature and never used it."""
    feature = get_object_or_404(Feature, pk=pk)
    form = form_of(request, (), AdoptionForm)
    if not form.is_valid():
        return refused(request, "feature", {"form": form, "feature": feature})
    scope = form.scope
    weeks = adoption.weeks_of(scope, feature)
    context = context_of(form) | {
        "feature": feature,
        "row": adoption.adopted(scope, Feature.objects.filter(pk=pk))[0],
        "change": adoption.people(scope, [feature])[pk],
        "page": Paginator(adoption.without_use(scope, feature), ROWS).get_page(form.number),
        "weeks": [week.until for week in weeks],
        "series": [
            {"name": _("People"), "values": [week.people for week in weeks]},
            {"name": _("Accounts"), "values": [week.accounts for week in weeks]},
        ],
        "is_drawn": any(week.accounts or week.people for week in weeks),
    }
    return render(request, "metrics/feature.html", context)


def export_feature(request: Request, pk: int) -> HttpResponseBase:
    feature = get_object_or_404(Feature, pk=pk)
    form = form_of(request, (), AdoptionForm)
    if not form.is_valid():
        return refused(request, "feature", {"form": form, "feature": feature})
    lines = account_lines(adoption.without_use(form.scope, feature))
    return exports.csv_file("never-used", form.scope.day, lines)


def account_lines(accounts: Iterable[Any]) -> Iterator[list[Any]]:
    yield [_("id"), _("Name"), _("Owner"), _("Active people"), _("Last active")]
    for account in accounts:
        owner = str(account.owner) if account.owner else ""
        yield [account.pk, account.name, owner, account.people, account.last_active]


def show_web(request: Request) -> HttpResponse:
    form = form_of(request, web.SORTS)
    if not form.is_valid():
        return refused(request, "web", {"form": form})
    scope, days = form.scope, web.by_day(form.scope)
    rows = in_order(web.pages(scope), web.SORTS, form.asked_sort)
    sources, goals = web.sources(scope), web.goals(scope)
    context = context_of(form) | {
        "page": Paginator(rows, ROWS).get_page(form.number),
        "figures": scope.moved(*web.FIGURES),
        "sources": sources[:ROWS],
        "hidden_sources": max(len(sources) - ROWS, 0),
        "goals": goals,
        "is_compared": not any(row.sessions.since for row in goals),
        "days": list(days),
        "series": [{"name": _("Sessions"), "values": list(days.values())}],
        "is_drawn": any(days.values()),
    }
    return render(request, "metrics/web.html", context)


def export_web(request: Request) -> HttpResponseBase:
    form = form_of(request, web.SORTS)
    if not form.is_valid():
        return refused(request, "web", {"form": form})
    rows = in_order(web.pages(form.scope), web.SORTS, form.asked_sort)
    return exports.csv_file("pages", form.scope.day, page_lines(rows))


def page_lines(rows: list[OfPage]) -> Iterator[list[Any]]:
    yield [_("Page"), _("Views"), _("Entries"), _("Exits"), _("Exit rate"), _("Bounces"), _("Bounce rate")]
    for row in rows:
        bounces = (row.bounces.numerator, row.bounces.value) if row.bounces else (None, None)
        yield [row.page, row.views.value, row.entries, row.exits.numerator, row.exits.value, *bounces]


def show_resources(request: Request) -> HttpResponse:
    form = form_of(request, learning.SORTS, usual="90d")
    if not form.is_valid():
        return refused(request, "resources", {"form": form})
    rows = in_order(learning.resources(form.scope), learning.SORTS, form.asked_sort)
    context = context_of(form) | {
        "page": Paginator(rows, ROWS).get_page(form.number),
        "figures": [
            change for change in form.scope.moved(*learning.FIGURES) if change.answer.value is not None
        ],
    }
    return render(request, "metrics/resources.html", context)


def export_resources(request: Request) -> HttpResponseBase:
    form = form_of(request, learning.SORTS, usual="90d")
    if not form.is_valid():
        return refused(request, "resources", {"form": form})
    rows = in_order(learning.resources(form.scope), learning.SORTS, form.asked_sort)
    return exports.csv_file("resources", form.scope.day, resource_lines(rows))


def resource_lines(rows: list[OfResource]) -> Iterator[list[Any]]:
    yield [
        _("Code"),
        _("Resource"),
        _("Views"),
        _("People"),
        _("Rating"),
        _("Ratings"),
        _("Share helped"),
        _("Tickets within 24 hours"),
        _("Tickets on that day or the next"),
    ]
    for row in rows:
        yield [
            row.code,
            row.name,
            row.views.value if row.views else 0,
            row.people,
            row.rating.value if row.rating else None,
            row.rating.n if row.rating else 0,
            row.useful.value if row.useful else None,
            row.after,
            row.before,
        ]


def show_resource(request: Request, pk: int) -> HttpResponse:
    resource = get_object_or_404(Resource.objects.select_related("feature"), pk=pk)
    form = form_of(request, usual="90d")
    if not form.is_valid():
        return refused(request, "resource", {"form": form, "resource": resource})
    scope, views = form.scope, learning.by_day(form.scope, resource)
    context = context_of(form) | {
        "resource": resource,
        "row": next(row for row in learning.resources(scope) if row.code == resource.code),
        "page": Paginator(learning.tickets_after(scope, resource), ROWS).get_page(form.number),
        "pages": learning.pages_that_day(scope, resource),
        "days": scope.days,
        "series": [{"name": _("Views"), "values": views}],
        "is_drawn": any(views),
    }
    return render(request, "metrics/resource.html", context)


def show_campaigns(request: Request) -> HttpResponse:
    form = form_of(request, campaigns.SORTS, usual="365d")
    if not form.is_valid():
        return refused(request, "campaigns", {"form": form})
    rows = in_order(campaigns_of(request, form), campaigns.SORTS, form.asked_sort)
    context = context_of(form) | {"page": Paginator(rows, ROWS).get_page(form.number)}
    return render(request, "metrics/campaigns.html", context)


def campaigns_of(request: Request, form: EngagementForm) -> list[Ran]:
    with_costs = request.user.has_perm("accounts.view_campaignday")
    return campaigns.ran(form.scope, campaigns.in_window(form.scope), with_costs=with_costs)


def export_campaigns(request: Request) -> HttpResponseBase:
    form = form_of(request, campaigns.SORTS, usual="365d")
    if not form.is_valid():
        return refused(request, "campaigns", {"form": form})
    rows = in_order(campaigns_of(request, form), campaigns.SORTS, form.asked_sort)
    return exports.csv_file("campaigns", form.scope.day, campaign_lines(rows, labels_of(form)))


def labels_of(form: EngagementForm) -> dict[str, str]:
    """What a campaign reached is always that of the whole company, whatever else is filtered."""
    labels = CAMPAIGN_COLUMNS | ({} if form.scope.population.is_everybody else OF_COMPANY)
    return {name: str(label) for name, label in labels.items()}


def campaign_lines(rows: list[Ran], labels: dict[str, str]) -> Iterator[list[Any]]:
    """What was paid has a column for each currency, where the reader sees it."""
    currencies = sorted({currency for row in rows for _amount, currency in row.costs})
    cost = _("Cost")
    costs = [f"{cost} ({currency})" for currency in currencies]
    yield [_("Code"), _("Campaign"), _("Kind"), _("Starts"), _("Ends"), *labels.values(), *costs]
    for row in rows:
        one, paid = row.campaign, {currency: amount for amount, currency in row.costs}
        numbers = [*(getattr(row, name) for name in labels), *(paid.get(name) for name in currencies)]
        yield [one.code, str(one), one.get_kind_display(), one.starts, one.ends, *numbers]


def show_campaign(request: Request, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("goal"), pk=pk)
    form = form_of(request, usual="365d")
    if not form.is_valid():
        return refused(request, "campaign", {"form": form, "campaign": campaign})
    with_costs = request.user.has_perm("accounts.view_campaignday")
    labels, (days, by_day) = labels_of(form), campaigns.by_day(form.scope, campaign)
    drawn = {name: values for name, values in by_day.items() if any(values)}
    context = context_of(form) | {
        "campaign": campaign,
        "row": campaigns.ran(form.scope, Campaign.objects.filter(pk=pk), with_costs=with_costs)[0],
        "days": days,
        "series": [{"name": labels[name], "values": values} for name, values in drawn.items()],
    }
    return render(request, "metrics/campaign.html", context)
