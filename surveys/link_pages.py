"""The page on which links to a survey are made and revoked, with the code that a telephone reads."""

from datetime import timedelta
from http import HTTPStatus
from io import BytesIO

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from qrcode import QRCode
from qrcode.image.svg import SvgPathFillImage

from accounts.requests import Request, only_for, organisation_of
from surveys.link_forms import LinkForm
from surveys.models import Survey, SurveyLink
from surveys.widgets import snippets

reads = only_for("surveys.view_surveylink")
revokes = permission_required("surveys.change_surveylink", raise_exception=True)


def address_of(link: SurveyLink) -> str:
    return settings.URL + reverse("surveys:answer", args=[link.key])


@reads
@require_http_methods(["GET", "POST"])
def list_links(request: Request, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    may_add = request.user.has_perm("surveys.add_surveylink")
    if request.method == "POST" and not may_add:
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    today = organisation_of(request).today(timezone.now())
    form = LinkForm(request.POST or None, today=today)
    if form.is_valid():
        _make(request, survey, form)
        messages.success(request, _("The link is made. Copy its address, or print its code."))
        return redirect("surveys:links", pk)
    rows = survey.links.select_related("made_by").annotate(
        answered=Count("responses", Q(responses__completed_at__isnull=False))
    )
    context = {
        "survey": survey,
        "links": [(link, address_of(link), snippets(link)) for link in rows],
        "form": form if may_add else None,
        "now": timezone.now(),
    }
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "surveys/links.html", context, status=status)


def _make(request: Request, survey: Survey, form: LinkForm) -> None:
    """Open to the end of its last day, in the organisation's time."""
    day, link = form.cleaned_data["last_day"], form.save(commit=False)
    link.survey, link.made_by = survey, request.user
    link.expires_at = organisation_of(request).start_of(day + timedelta(days=1)) if day else None
    link.save()


@reads
@revokes
@require_http_methods(["GET", "POST"])
def revoke(request: Request, pk: int) -> HttpResponse:
    link = get_object_or_404(SurveyLink.objects.select_related("survey"), pk=pk, revoked_at=None)
    if request.method == "POST":
        SurveyLink.objects.filter(pk=pk).update(revoked_at=timezone.now())
        messages.success(request, _("The link is revoked. What was answered by it is kept."))
        return redirect("surveys:links", link.survey_id)
    return render(request, "surveys/revoke_link.html", {"link": link, "survey": link.survey})


@reads
@require_safe
def show_code(request: Request, pk: int) -> HttpResponse:
    """Of a link that still holds."""
    link = get_object_or_404(SurveyLink, pk=pk, revoked_at=None)
    code, drawn = QRCode(image_factory=SvgPathFillImage), BytesIO()
    code.add_data(address_of(link))
    code.make_image().save(drawn)
    answer = HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'inline; filename="survey-{link.survey_id}-link-{pk}.svg"'
    return answer
