"""The pages on which webhooks are entered and looked after: what they were sent, what they answered, and once more."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.requests import Request, only_for
from accounts.tasks import deliver_webhooks
from accounts.webhook_forms import SPANS, DeliveriesForm, EndpointForm, ReplayForm
from accounts.webhooks import delivering, endpoints

ROWS = 50
# Where the session holds the secret that is shown next, and whose it is.
MADE = "made_webhook_secret"
# Notices are of every account.
WATCH = ("accounts.view_webhookendpoint", "accounts.view_webhookdelivery", "accounts.view_all_accounts")
watches = only_for(*WATCH)
enters = permission_required("accounts.add_webhookendpoint", raise_exception=True)
changes = permission_required("accounts.change_webhookendpoint", raise_exception=True)


@watches
def list_endpoints(request: Request) -> HttpResponse:
    now = timezone.now()
    return render(request, "accounts/webhooks.html", {"webhooks": endpoints.health(now), "now": now})


@watches
@enters
@never_cache
@require_http_methods(["GET", "POST"])
def add(request: Request) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if not form.is_valid():
        return _form(request, form)
    endpoint, secret = endpoints.make(**form.cleaned_data, by=request.user, now=timezone.now())
    request.session[MADE] = [endpoint.pk, secret]
    return redirect("accounts:webhook-secret", endpoint.pk)


@watches
@changes
@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    form = EndpointForm(request.POST or None, instance=get_object_or_404(WebhookEndpoint, pk=pk))
    if not form.is_valid():
        return _form(request, form)
    form.save()
    return redirect("accounts:webhook", pk)


def _form(request: Request, form: EndpointForm) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    context = {"form": form, "webhook": form.instance, "kinds": endpoints.kinds()}
    return render(request, "accounts/edit_webhook.html", context, status=status)


@watches
@changes
@never_cache
def show_secret(request: Request, pk: int) -> HttpResponse:
    """Once: whoever loads it again is back at the webhook."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    whose, secret = request.session.pop(MADE, (None, ""))
    if whose != pk:
        return redirect("accounts:webhook", pk)
    return render(request, "accounts/webhook_secret.html", {"webhook": endpoint, "secret": secret})


@watches
@changes
@require_http_methods(["GET", "POST"])
def rotate(request: Request, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    if request.method == "POST":
        request.session[MADE] = [pk, endpoints.rotate(endpoint, timezone.now())]
        return redirect("accounts:webhook-secret", pk)
    return render(request, "accounts/rotate_webhook.html", {"webhook": endpoint})


@watches
@changes
@require_POST
def enable(request: Request, pk: int) -> HttpResponse:
    endpoints.enable(get_object_or_404(WebhookEndpoint, pk=pk))
    deliver_webhooks.delay_on_commit()
    return redirect("accounts:webhook", pk)


@watches
@changes
@require_POST
def disable(request: Request, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    endpoints.disable(endpoint, WebhookEndpoint.Why.BY_HAND, timezone.now())
    return redirect("accounts:webhook", pk)


@watches
def show(request: Request, pk: int) -> HttpResponse:
    now = timezone.now()
    endpoint = get_object_or_404(WebhookEndpoint.objects.select_related("created_by"), pk=pk)
    form = DeliveriesForm(request.GET)
    context: dict[str, Any] = {"webhook": endpoint, "form": form, "replay": ReplayForm(), "now": now}
    if not form.is_valid():
        return render(request, "accounts/webhook.html", context, status=HTTPStatus.BAD_REQUEST)
    rows = endpoint.deliveries.defer("payload", "answer")
    if state := form.cleaned_data["state"]:
        rows = rows.filter(state=state)
    context["page"] = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    (context["health"],) = endpoints.health(now, WebhookEndpoint.objects.filter(pk=pk))
    return render(request, "accounts/webhook.html", context)


@watches
def show_delivery(request: Request, pk: int) -> HttpResponse:
    delivery = get_object_or_404(WebhookDelivery.objects.select_related("endpoint"), pk=pk)
    return render(request, "accounts/webhook_delivery.html", {"delivery": delivery, "now": timezone.now()})


@watches
@changes
@require_POST
def replay(request: Request, pk: int) -> HttpResponse:
    delivery = get_object_or_404(WebhookDelivery, pk=pk)
    _tell(request, delivering.replay(WebhookDelivery.objects.filter(pk=pk), timezone.now()))
    return redirect("accounts:webhook-delivery", delivery.pk)


@watches
@changes
@require_POST
def replay_failed(request: Request, pk: int) -> HttpResponse:
    endpoint, now = get_object_or_404(WebhookEndpoint, pk=pk), timezone.now()
    form = ReplayForm(request.POST)
    if form.is_valid():
        span = SPANS.get(form.cleaned_data["since"])
        failed = WebhookDelivery.objects.failed().filter(endpoint=endpoint)
        _tell(request, delivering.replay(failed.filter(tried_at__gt=now - span) if span else failed, now))
    return redirect("accounts:webhook", pk)


@watches
@changes
@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint.objects.active(), pk=pk)
    delivery = delivering.send_test(endpoint, timezone.now())
    deliver_webhooks.delay_on_commit()
    messages.success(request, _("A test is on its way. Load this page again to see what was answered."))
    return redirect("accounts:webhook-delivery", delivery.pk)


def _tell(request: Request, count: int) -> None:
    deliver_webhooks.delay_on_commit()
    sentence = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
    messages.success(request, sentence % {"count": count})
