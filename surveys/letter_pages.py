"""The page on which the letter of what goes out by itself is written, looked at in each language, and tried."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.framing import as_mail
from accounts.mailing_forms import PreviewForm, TestForm, direction_of
from accounts.mailing_previews import send_to_oneself
from accounts.messages import letters, mailings
from accounts.messages.recipients import Recipient
from accounts.models import Letter, Organisation, User
from accounts.models.outboxes import Medium
from accounts.requests import Request
from surveys import sending
from surveys.distribution_pages import reads, writes
from surveys.letter_forms import AskingForm
from surveys.models import Distribution
from surveys.triggers import mailing_of


def distribution_of(request: Request, pk: int) -> Distribution:
    """The letter of what goes out once is that of its mailing."""
    mine = Distribution.objects.visible_to(request.user).exclude(trigger="")
    return get_object_or_404(mine.select_related("survey", "population", "letter", "made_by"), pk=pk)


def letter_of(distribution: Distribution) -> Letter:
    """What goes out by itself has one."""
    return distribution.letter  # type: ignore[return-value]  # the database sees to it


def as_oneself(reader: User, language: str) -> Recipient:
    """Who will get it is not known before it happens."""
    here = Organisation.current().name.in_language(language)
    first, _space, _rest = reader.name.partition(" ")
    values = {
        "name": reader.name,
        "first_name": first,
        "account": here,
        "csm": reader.name,
        "csm_email": reader.email,
        "organisation": here,
    }
    return Recipient(0, 0, here, reader.name, reader.email, language, values, "", "")


def _filled(request: Request, distribution: Distribution, language: str) -> letters.Filled:
    with override(language):
        return mailings.preview(mailing_of(distribution), as_oneself(request.user, language))


@reads
@writes
@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    distribution = distribution_of(request, pk)
    form = AskingForm(request.POST or None, letter=letter_of(distribution))
    status = HTTPStatus.OK
    if form.is_bound:
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            if sending.rewrite(distribution, form.cleaned_data["seen"], form.texts, request.user):
                messages.success(request, _("Saved. From now on it goes out like this."))
                return redirect("surveys:letter", pk)
            status = HTTPStatus.CONFLICT
    texts = letter_of(distribution).texts
    shown = {
        "distribution": distribution,
        "form": form,
        "is_late": status == HTTPStatus.CONFLICT,
        "is_sms": letter_of(distribution).medium == Medium.SMS,
        "previews": [
            (code, name, direction_of(code), _filled(request, distribution, code))
            for code, name in settings.LANGUAGES
            if code in texts
        ],
        "test": TestForm(initial={"lang": request.LANGUAGE_CODE}),
    }
    return render(request, "surveys/letter.html", shown, status=status)


@reads
@never_cache
@as_mail
@require_safe
def show_mail(request: Request, pk: int) -> HttpResponse:
    """The HTML part alone, for the frames of the preview."""
    distribution, form = distribution_of(request, pk), PreviewForm(request.GET)
    if not form.is_valid() or form.cleaned_data["lang"] not in letter_of(distribution).texts:
        raise Http404
    return HttpResponse(_filled(request, distribution, form.cleaned_data["lang"]).html)


@reads
@writes
@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    distribution, form = distribution_of(request, pk), TestForm(request.POST)
    if letter_of(distribution).medium != Medium.EMAIL or not form.is_valid():
        raise Http404
    language = form.cleaned_data["lang"]
    send_to_oneself(request, mailing_of(distribution), as_oneself(request.user, language), language)
    return redirect("surveys:letter", pk)
