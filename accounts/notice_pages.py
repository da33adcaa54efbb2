"""The pages of one's own notifications; nobody sees another one's."""

from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.messages import preferences
from accounts.models import ChatPost, Notice, NotificationSetting
from accounts.models.work import NoticeQuerySet
from accounts.notice_forms import NoticesForm, NotificationsForm
from accounts.notices import kinds
from accounts.requests import Request

ROWS = 50


def list_notices(request: Request) -> HttpResponse:
    form = NoticesForm(request.GET)
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST
        return render(request, "accounts/notifications.html", {"form": form}, status=status)
    rows = Notice.objects.told_to(request.user).select_related("account")
    if kind := form.cleaned_data["kind"]:
        rows = rows.filter(kind=kind)
    if form.cleaned_data["unread"]:
        rows = rows.filter(read_at=None)
    # The unread first, and of each the latest.
    rows = rows.alias(is_read=Q(read_at__isnull=False)).order_by("is_read", F("happened_at").desc(), "-pk")
    page = Paginator(rows, ROWS).get_page(form.cleaned_data["page"] or 1)
    context = {"form": form, "page": page, "shown": [_shown(notice) for notice in page]}
    return render(request, "accounts/notifications.html", context | {"now": timezone.now()})


def _shown(notice: Notice) -> dict[str, object]:
    known = kinds.KINDS.get(notice.kind)
    return {
        "notice": notice,
        "words": kinds.says(notice, isolated=True),
        "address": kinds.address(notice),
        "icon": known.icon if known else "info-circle",
    }


@require_POST
def read(request: Request, pk: int) -> HttpResponse:
    get_object_or_404(Notice.objects.told_to(request.user), pk=pk)
    return _read(request, Notice.objects.filter(pk=pk))


@require_POST
def read_all(request: Request) -> HttpResponse:
    return _read(request, Notice.objects.filter(recipient=request.user))


def _read(request: Request, rows: NoticeQuerySet) -> HttpResponse:
    """Back to the same list."""
    rows.filter(read_at=None).update(read_at=timezone.now())
    query = request.GET.urlencode()
    return redirect(f"{reverse('accounts:notifications')}{'?' if query else ''}{query}")


@require_http_methods(["GET", "POST"])
def change_settings(request: Request) -> HttpResponse:
    setting = NotificationSetting.of(request.user)
    form = NotificationsForm(request.POST or None, instance=setting, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("accounts:notification-settings")
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    why_no_mail = preferences.why_not(request.user.email)
    context = {
        "form": form,
        "chat_host": NotificationSetting.of(request.user).chat_host,
        "last_post": ChatPost.objects.filter(user=request.user).exclude(tried_at=None).first(),
        "why_no_mail": why_no_mail,
        "may_be_mailed_again": why_no_mail and why_no_mail.reason in preferences.OWN,
    }
    return render(request, "accounts/notification_settings.html", context, status=status)


@require_POST
def mail_again(request: Request) -> HttpResponse:
    """To an address that was unsubscribed."""
    preferences.let_in(request.user.email, timezone.now())
    return redirect("accounts:notification-settings")
