"""The pages of scales of one's own, which are made and archived, and never change."""

from http import HTTPStatus

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import Request, only_for
from surveys.library import OWN_SCALES
from surveys.models import GradedScale
from surveys.scale_forms import ScaleForm
from surveys.scales import BUILT_IN

reads = only_for("surveys.view_gradedscale")
adds = permission_required("surveys.add_gradedscale", raise_exception=True)
writes = permission_required("surveys.change_gradedscale", raise_exception=True)


@reads
def list_scales(request: Request) -> HttpResponse:
    context = {
        "own": GradedScale.objects.select_related("made_by").order_by("archived", "id"),
        "built_in": [*BUILT_IN.values(), *OWN_SCALES.values()],
    }
    return render(request, "surveys/scales.html", context)


@reads
@adds
@require_http_methods(["GET", "POST"])
def add(request: Request) -> HttpResponse:
    form = ScaleForm(request.POST or None, instance=GradedScale(made_by=request.user))
    if form.is_valid():
        form.save()
        return redirect("surveys:scales")
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "surveys/scale_new.html", {"form": form}, status=status)


@reads
@writes
@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Or take back: it is offered again for new questions. Where it is asked already it stays."""
    scale = get_object_or_404(GradedScale, pk=pk)
    scale.archived = not scale.archived
    scale.save(update_fields=["archived"])
    return redirect("surveys:scales")
