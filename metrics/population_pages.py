"""Pages of populations: which there are, who is in one, and how one is written."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Contact, Membership, Organisation, Population, User
from accounts.requests import Request, organisation_of
from accounts.texts import Text
from metrics import account_list, exports, memberships, sentences, stored
from metrics.account_list import Ordered
from metrics.forms import WINDOWS, PopulationsForm
from metrics.memberships import Asking
from metrics.population_forms import PopulationForm, prefilled
from metrics.sentences import Words
from metrics.sources import Clock
from metrics.views import account_lines

LISTED, MEMBERS, LATELY = 25, 25, 10
# How far back changes are shown, and at most so many points of a trend.
DAYS_BACK, MOST_POINTS = 30, 60


def list_populations(request: Request) -> HttpResponse:
    form = PopulationsForm(request.GET)
    if not form.is_valid():
        return render(request, "metrics/populations.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    known = Population.objects.visible_to(request.user).select_related("made_by").order_by("-pk")
    asked = known.filter(archived=form.cleaned_data["archived"])
    page: Page[Any] = Paginator(asked, LISTED).get_page(form.cleaned_data["page"] or 1)
    now, words = timezone.now(), Words(page, request.user, organisation_of(request).currency)
    sizes = sizes_of(list(page), request.user, now)
    context = {
        "form": form,
        "page": page,
        "listed": [(one, words.sentence(one), *sizes.get(one.pk, (0, 0))) for one in page],
        "month_ago": now - timedelta(days=DAYS_BACK),
        "may_make": request.user.has_perm("accounts.add_population"),
    }
    return render(request, "metrics/populations.html", context)


def sizes_of(populations: list[Population], reader: User, now: datetime) -> dict[int, tuple[int, int]]:
    """Now, and so many days ago; of those whom the reader may see."""
    rows = Membership.objects.filter(population__in=populations).visible_to(reader).order_by()
    counted = rows.values_list("population").annotate(
        now=Count("pk", filter=Q(left=None)), before=Count("pk", filter=_in_at(now - timedelta(DAYS_BACK)))
    )
    return {pk: (size, before) for pk, size, before in counted}


def _in_at(moment: datetime) -> Q:
    return Q(entered__lte=moment) & (Q(left=None) | Q(left__gt=moment))


def show_population(request: Request, pk: int) -> HttpResponse:
    population = get_object_or_404(Population.objects.visible_to(request.user), pk=pk)
    form = PopulationsForm(request.GET)
    organisation = organisation_of(request)
    context = {
        "population": population,
        "sentence": Words([population], request.user, organisation.currency).sentence(population),
        "may_change": population.may_be_changed_by(request.user),
        "may_make": request.user.has_perm("accounts.add_population"),
        "now": timezone.now(),
        **members_shown(population, request, form.cleaned_data.get("page") if form.is_valid() else 1),
        **history_of(population, request.user, organisation, timezone.now()),
    }
    return render(
        request, "metrics/population.html", context, status=200 if form.is_valid() else HTTPStatus.BAD_REQUEST
    )


def members_shown(population: Population, request: Request, number: int | None) -> dict[str, Any]:
    """A page of them; accounts with the usual columns of their list."""
    listed = cast("Any", members_of(population, request.user))
    page: Page[Any] = Paginator(listed, MEMBERS).get_page(number or 1)
    shown: dict[str, Any] = {"page": page, "is_of_accounts": population.kind == Population.Kind.ACCOUNTS}
    if not shown["is_of_accounts"]:
        return shown
    currency, computed_at = organisation_of(request).currency, stored.computed_at()
    columns = account_list.columns_of(account_list.DEFAULT_COLUMNS)
    rows = account_list.rows_of(list(page), columns, currency, computed_at is not None)
    return shown | {"columns": columns, "rows": rows, "currency": currency, "computed_at": computed_at}


def history_of(
    population: Population, reader: User, organisation: Organisation, now: datetime
) -> dict[str, Any]:
    """Who came and went lately, and the size over time, of those whom the reader may see."""
    rows = Membership.objects.filter(population=population).visible_to(reader)
    days = days_of(population, organisation, now)
    moments = [min(organisation.end_of(day) - timedelta(microseconds=1), now) for day in days]
    sizes = rows.aggregate(**{f"on_{i}": Count("pk", filter=_in_at(at)) for i, at in enumerate(moments)})
    return {
        "entered": _told(rows, "entered", now),
        "left": _told(rows.filter(left__isnull=False), "left", now),
        "days": days,
        "series": [{"name": _("Members"), "values": [sizes[f"on_{i}"] for i in range(len(days))]}],
    }


def days_of(population: Population, organisation: Organisation, now: datetime) -> list[date]:
    """From the first day that is kept, at most so many, evenly apart."""
    if population.kept_since is None:
        return []
    today = organisation.today(now)
    since = min(organisation.today(population.kept_since), today)
    step = max(1, -(-(today - since).days // MOST_POINTS))
    count = (today - since).days // step
    return [today - timedelta(days=step * back) for back in range(count, -1, -1)]


def members_of(population: Population, reader: User) -> Any:
    """Those whom the reader may see, by name."""
    members = Membership.objects.filter(population=population).open()
    if population.kind == Population.Kind.ACCOUNTS:
        asked = {"population": population.pk, "internal": True}
        return Ordered(account_list.filtered(reader, asked), "name")
    contacts = Contact.objects.visible_to(reader).filter(pk__in=members.values("contact"))
    return contacts.select_related("account").order_by("name_key", "pk")


def _told(rows: QuerySet[Membership], moment: str, now: datetime) -> list[tuple[Membership, datetime, str]]:
    """The latest of the last days, each with when and why."""
    lately = rows.filter(**{f"{moment}__gt": now - timedelta(days=DAYS_BACK)})
    found = lately.select_related("account", "contact__account").order_by(f"-{moment}", "-pk")[:LATELY]
    return [(row, getattr(row, moment), sentences.why(getattr(row, f"why_{moment}"))) for row in found]


def export_population(request: Request, pk: int) -> HttpResponseBase:
    population = get_object_or_404(Population.objects.visible_to(request.user), pk=pk)
    organisation = organisation_of(request)
    members = members_of(population, request.user)
    columns = account_list.columns_of(account_list.DEFAULT_COLUMNS)
    lines = (
        account_lines(members, columns, organisation.currency, stored.computed_at() is not None)
        if population.kind == Population.Kind.ACCOUNTS
        else contact_lines(members)
    )
    return exports.csv_file(f"population-{population.pk}", organisation.today(timezone.now()), lines)


def contact_lines(contacts: QuerySet[Contact]) -> Iterator[list[Any]]:
    yield [_("id"), _("Name"), _("E-mail address"), _("Account"), _("Role"), _("Language")]
    for one in contacts.iterator(chunk_size=2_000):
        yield [one.pk, one.name, one.email, one.account.name, one.get_role_display(), one.language]


def new_population(request: Request) -> HttpResponse:
    """Empty, with the filters of a list of accounts (`?segment=large`), or like another one (`?copy=3`)."""
    if not request.user.has_perm("accounts.add_population"):
        raise PermissionDenied
    form = PopulationsForm(request.GET)
    copied = form.cleaned_data.get("copy") if form.is_valid() else None
    if copied is None:
        return _write(request, Population(made_by=request.user), prefilled(request.GET, request.user))
    source = get_object_or_404(Population.objects.visible_to(request.user), pk=copied)
    names = {code: _("%(name)s (copy)") % {"name": name} for code, name in source.name.items() if name}
    return _write(request, Population(made_by=request.user, name=Text(names), kind=source.kind), source.asked)


def edit_population(request: Request, pk: int) -> HttpResponse:
    population = get_object_or_404(Population.objects.visible_to(request.user), pk=pk)
    if not population.may_be_changed_by(request.user):
        raise PermissionDenied
    return _write(request, population, population.asked)


def _write(request: Request, population: Population, asked: Any) -> HttpResponse:
    now = timezone.now()
    clock = Clock(organisation_of(request), now)
    given = request.POST if request.method == "POST" else None
    form = PopulationForm(given, population=population, asked=asked, reader=request.user, clock=clock)
    is_valid = form.is_valid()
    counts = given is not None and "count" in given
    if is_valid and not counts:
        memberships.save(form.written(), by=request.user, now=now)
        messages.success(request, _("Saved."))
        return redirect("metrics:population", population.pk)
    context = {
        "form": form,
        "population": population,
        "windows": WINDOWS,
        "counts": counts,
        "count": count(form, request.user, now) if counts and not form.errors.keys() - {"name_en"} else None,
    }
    template = "metrics/_count.html" if counts and request.htmx else "metrics/population_form.html"
    status = HTTPStatus.BAD_REQUEST if form.is_bound and not is_valid and not counts else 200
    return render(request, template, context, status=status)


def count(form: PopulationForm, reader: User, now: datetime) -> int | None:
    """Who would be in it now, of those whom the reader may see; None: there are no values of metrics yet."""
    asked = form.written()
    if not memberships.can_be_evaluated(asked):
        return None
    return int(memberships.found(asked, Asking(now)).visible_to(reader).count())
