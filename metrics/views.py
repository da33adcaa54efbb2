from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.requests import Request, organisation_of
from metrics import account_list, catalogue, cohorts, exports, questions, stored
from metrics.account_list import Column, Ordered
from metrics.answers import overlapping, refused
from metrics.cohorts import Cohort
from metrics.completeness import Supplies
from metrics.definitions import FAMILIES, Metric, Unit
from metrics.forms import WINDOWS, AccountListForm, CatalogueForm, CohortsForm, QuestionForm, RowsForm
from metrics.framing import month_ends
from metrics.populations import kept_later
from metrics.questions import Behind, Question
from metrics.reference import Reference
from metrics.sources import Clock

TREND_MONTHS = 12
ROWS = 25


def list_accounts(request: Request) -> HttpResponse:
    form = AccountListForm(request.GET, reader=request.user)
    if not form.is_valid():
        return render(request, "metrics/accounts.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    ordered = Ordered(account_list.filtered(request.user, form.cleaned_data), form.cleaned_data["sort"])
    page: Page[Any] = Paginator(cast("Any", ordered), account_list.PAGE).get_page(
        form.cleaned_data["page"] or 1
    )
    computed_at = stored.computed_at()
    currency = organisation_of(request).currency
    columns = account_list.columns_of(form.shown_columns, form.declared)
    context = {
        "form": form,
        "page": page,
        "asked": asked(request),
        "columns": columns,
        "rows": account_list.rows_of(
            list(page), columns, currency, computed_at is not None, form.cleaned_data["q"]
        ),
        "sort": form.cleaned_data["sort"],
        "usual_columns": " ".join(account_list.DEFAULT_COLUMNS),
        "currency": currency,
        "computed_at": computed_at,
        "has_changed": stored.have_changed([account.pk for account in page]),
        "now": timezone.now(),
    }
    return render(request, "metrics/accounts.html", context)


def asked(request: Request) -> list[tuple[str, str]]:
    """What the list was asked for, to be asked elsewhere; not its page, nor who is chosen in it."""
    said = [(name, value) for name, values in request.GET.lists() for value in values]
    return [(name, value) for name, value in said if value and name not in {"page", "account", "of"}]


def export_accounts(request: Request) -> HttpResponseBase:
    """All pages of the list, in its order and with its columns."""
    form = AccountListForm(request.GET, reader=request.user)
    if not form.is_valid():
        return render(request, "metrics/accounts.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    organisation = organisation_of(request)
    ordered = Ordered(account_list.filtered(request.user, form.cleaned_data), form.cleaned_data["sort"])
    columns = account_list.columns_of(form.shown_columns, form.declared)
    is_filled = stored.computed_at() is not None
    lines = account_lines(ordered, columns, organisation.currency, is_filled)
    return exports.csv_file("accounts", organisation.today(timezone.now()), lines)


def account_lines(
    ordered: Ordered, columns: list[Column], currency: str, is_filled: bool
) -> Iterator[list[Any]]:
    """Values are exact and shares are fractions: a file is for computing, not for reading."""
    yield [_("id"), _("Name"), *(heading(column, currency) for column in columns)]
    for accounts in ordered.chunks():
        for row in account_list.rows_of(accounts, columns, currency, is_filled):
            yield [row.account.pk, row.account.name, *(cell.in_a_file for cell in row.cells)]


def heading(column: Column, currency: str) -> str:
    return f"{column.label} ({currency})" if column.metric and column.metric.unit == "money" else column.label


def show_catalogue(request: Request) -> HttpResponse:
    """Every metric by family, with today's answer for everybody where the reader may see the company's figures."""
    form = CatalogueForm(request.GET)
    search = form.cleaned_data["q"] if form.is_valid() else ""
    found = catalogue.found_by(search)
    organisation = organisation_of(request)
    days = month_ends(organisation.today(timezone.now()), TREND_MONTHS)[:-1]
    figures = company_figures(request, days, organisation.currency)
    supplies = Supplies.now(clock_of(request))
    families = [
        (label, [(m, figures.get(m.key), supplies.of(m)) for m in found if m.family == family])
        for family, label in FAMILIES.items()
    ]
    context = {
        "form": form,
        "families": [(label, rows) for label, rows in families if rows],
        "now": supplies.clock.now,
        "shows_figures": bool(figures),
        "is_in_work": bool(figures) and stored.are_in_work(days),
    }
    return render(
        request, "metrics/catalogue.html", context, status=200 if form.is_valid() else HTTPStatus.BAD_REQUEST
    )


def company_figures(request: Request, days: list[Any], currency: str) -> dict[str, stored.Figure]:
    if not request.user.has_perm("metrics.view_company_figures"):
        return {}
    counted = [key for key, metric in catalogue.ALL.items() if not metric.of]
    _day, found = stored.of_population(counted, days, currency)
    figures = {figure.metric.key: figure for figure in found}
    return figures | {
        key: stored.derived(metric, figures) for key, metric in catalogue.ALL.items() if metric.of
    }


def show_cohorts(request: Request) -> HttpResponse:
    form = CohortsForm(request.GET, reader=request.user, clock=clock_of(request))
    context: dict[str, Any] = {"form": form, "small": cohorts.SMALL}
    if not form.is_valid():
        return render(request, "metrics/cohorts.html", context, status=HTTPStatus.BAD_REQUEST)
    found, population = cohorts_of(request, form), form.population(request.user)
    first = found[0].day if found else form.asked["as_of"]
    context |= {
        "cohorts": found,
        "months": range(len(found)),
        "measure": form.chosen_measure,
        "completeness": Supplies.now(form.clock).of_all(cohorts.metrics_of(form.chosen_measure)),
        "unit": cohorts.unit_of(form.chosen_measure),
        "currency": form.clock.organisation.currency,
        "is_limited": population.user is not None,
        "undated": questions.undated_in_words(population),
        "kept_later": kept_later(population, (), first, form.clock.organisation),
    }
    return render(request, "metrics/cohorts.html", context)


def export_cohorts(request: Request) -> HttpResponseBase:
    """A line for each cell, for pivot tables."""
    form = CohortsForm(request.GET, reader=request.user, clock=clock_of(request))
    if not form.is_valid():
        return render(request, "metrics/cohorts.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    label = str(cohorts.MEASURES[form.chosen_measure])
    if cohorts.unit_of(form.chosen_measure) is Unit.MONEY:
        label = f"{label} ({form.clock.organisation.currency})"
    lines = cell_lines(cohorts_of(request, form), label)
    return exports.csv_file(f"cohorts-{form.chosen_measure}", form.asked["as_of"], lines)


def cohorts_of(request: Request, form: CohortsForm) -> list[Cohort]:
    return cohorts.retention(form.chosen_measure, form.population(request.user), form.clock, **form.asked)


def cell_lines(found: list[Cohort], label: str) -> Iterator[list[Any]]:
    yield [
        _("Start month"),
        _("Accounts"),
        _("Month of life"),
        _("Day"),
        label,
        _("Share"),
        _("Month is over"),
    ]
    for cohort in found:
        for cell in cohort.cells:
            is_over = _("yes") if cell.is_complete else _("no")
            yield [
                f"{cohort.first:%Y-%m}",
                cohort.size,
                cell.month,
                cell.day,
                cell.value,
                cell.share,
                is_over,
            ]


def show_metric(request: Request, key: str) -> HttpResponse:
    metric, form = ask_form(request, key)
    context: dict[str, Any] = {"metric": metric, "form": form, "windows": WINDOWS, "clock": form.clock}
    context["reference"] = Reference.of(metric, form.clock.organisation)
    context["cohorts_by"] = cohorts.OF_METRICS.get(key)
    if not form.is_valid():
        return render(request, "metrics/metric.html", context, status=HTTPStatus.BAD_REQUEST)
    question = question_of(request, metric, form)
    answer, check = question.checked()
    parts = question.split(form.split) if form.split else []
    names = questions.names_of_parts(form.split, [part.split for part, _against in parts], request.user)
    context |= {
        "answer": answer,
        "completeness": Supplies.now(form.clock).of(metric),
        "check": check,
        "reason": questions.reason_in_words(answer),
        "basis": questions.basis_in_words(answer),
        "unattributed_unit": catalogue.counted_in(metric).unattributed_unit,
        "no_interval": questions.no_interval_in_words(answer),
        "scale": questions.scale_for([answer]),
        "moved": question.change(answer),
        "parts": [
            (names[part.split], part, questions.reason_in_words(part), against) for part, against in parts
        ],
        "some_differ": any(against and against.is_real for _part, against in parts),
        "are_compared": any(against and against.is_real is not None for _part, against in parts),
        "parts_have_intervals": any(part.interval for part, _against in parts),
        "parts_scale": questions.scale_for([part for part, _against in parts]),
        "is_limited": question.population.user is not None,
        "undated": questions.undated_in_words(question.population, form.split),
        "kept_later": kept_later(
            question.population, form.split, answer.membership_day, form.clock.organisation
        ),
        "is_share_of_counts": questions.is_share_of_counts(answer),
        "method": questions.method_in_words(answer),
        "split_labels": form.split_labels,
        "is_overlapping": overlapping(metric, form.split, answer.parameters),
        "is_refused": bool(refused(metric, question.population, form.split)),
    }
    return render(request, "metrics/metric.html", context)


def show_trend(request: Request, key: str) -> HttpResponse:
    """Thirteen answers: asked for after the page is there, since a large book takes seconds."""
    metric, form = ask_form(request, key)
    if not form.is_valid():
        return render(
            request, "metrics/_trend.html", {"metric": metric, "form": form}, status=HTTPStatus.BAD_REQUEST
        )
    points = [] if form.is_of_two_days else question_of(request, metric, form).trend()
    values = [None if point.value is None else float(point.value) for point in points]
    series: list[dict[str, Any]] = [{"name": str(metric.name), "values": values}]
    if any(point.interval for point in points):
        series += [
            {
                "name": _("lower limit"),
                "role": "low",
                "values": [p.interval and p.interval.low for p in points],
            },
            {
                "name": _("upper limit"),
                "role": "high",
                "values": [p.interval and p.interval.high for p in points],
            },
        ]
    context = {"metric": metric, "form": form, "days": [point.as_of for point in points], "series": series}
    context |= {
        "currency": form.clock.organisation.currency,
        "is_known": any(point.value is not None for point in points),
        "reasons": questions.reasons_in_words(points),
    }
    template = "metrics/_trend.html" if request.htmx else "metrics/trend.html"
    return render(request, template, context)


def show_rows(request: Request, key: str) -> HttpResponse:
    """The accounts behind the answer, those that weigh most first."""
    metric, form = ask_form(request, key, RowsForm)
    template = "metrics/_rows.html" if request.htmx else "metrics/rows.html"
    if not form.is_valid():
        return render(request, template, {"metric": metric, "form": form}, status=HTTPStatus.BAD_REQUEST)
    number = form.cleaned_data["page"] or 1
    question = question_of(request, metric, form)
    behind = question.behind((number - 1) * ROWS, ROWS)
    context = {
        "metric": metric,
        "form": form,
        "behind": behind,
        "recorded": question.recorded(),
        "counts_people_once": question.counted.is_of_people,
        "page": Paginator(range(behind.count), ROWS).get_page(number),
        "currency": form.clock.organisation.currency,
        # The page of the metric has its answer above the fragment.
        "answer": None if request.htmx else question.answer(),
    }
    return render(request, template, context)


def export_rows(request: Request, key: str) -> HttpResponseBase:
    metric, form = ask_form(request, key, RowsForm)
    if not form.is_valid():
        return render(
            request, "metrics/rows.html", {"metric": metric, "form": form}, status=HTTPStatus.BAD_REQUEST
        )
    behind = question_of(request, metric, form).behind()
    lines = share_lines(behind, form.clock.organisation.currency)
    return exports.csv_file(behind.metric.key, form.as_of_day, lines)


def share_lines(behind: Behind, currency: str) -> Iterator[list[Any]]:
    """The name of the metric stands above its numbers: of a derived one the rows are those of its part."""
    metric = behind.metric
    numerator, denominator, hours = _("numerator"), _("denominator"), _("hours")
    units = {"money": f" ({currency})", "hours": f" ({hours})"}
    above = f"{metric.name}: {numerator}{units.get(metric.numerator_unit, '')}"
    below = f"{denominator}{units.get(metric.denominator_unit, '') if metric.denominator else ''}"
    yield [_("id"), _("Name"), above, below]
    for share in behind.shares:
        account = (share.account.pk, share.account.name) if share.account else (None, _("Without an account"))
        yield [*account, share.numerator, share.denominator]


def show_facts(request: Request, key: str, pk: int) -> HttpResponse:
    """The facts of an account that the metric counts."""
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    metric, form = ask_form(request, key, RowsForm)
    context: dict[str, Any] = {"metric": metric, "form": form, "account": account}
    if not form.is_valid():
        return render(request, "metrics/facts.html", context, status=HTTPStatus.BAD_REQUEST)
    question = question_of(request, metric, form)
    measures = question.facts(account.pk)
    context |= {
        "completeness": Supplies.now(form.clock).of(metric),
        "counted": question.counted,
        "share": question.share(account),
        "measures": [measure for measure in measures if measure.listed],
        "empty": [measure for measure in measures if not measure.listed],
        "currency": form.clock.organisation.currency,
    }
    return render(request, "metrics/facts.html", context)


def ask_form(
    request: Request, key: str, form: type[QuestionForm] = QuestionForm
) -> tuple[Metric, QuestionForm]:
    if key not in catalogue.ALL:
        raise Http404
    metric = catalogue.ALL[key]
    return metric, form(request.GET, reader=request.user, metric=metric, clock=clock_of(request))


def clock_of(request: Request) -> Clock:
    return Clock(organisation_of(request), timezone.now())


def question_of(request: Request, metric: Metric, form: QuestionForm) -> Question:
    return Question(
        metric,
        form.population(request.user),
        form.clock,
        form.as_of_day,
        form.window_text,
        form.parameters,
    )
