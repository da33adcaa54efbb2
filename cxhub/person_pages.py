"""A person's rights: all that is kept about them, and their erasure."""

from http import HTTPStatus

from django.db import transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Contact, Job, User
from accounts.requests import Request
from cxhub import runs
from cxhub.person_forms import ErasureForm
from cxhub.persons import erasing, exporting, telling
from cxhub.tasks import erase_persons

EXPORT, ERASE = "accounts.export_person", "accounts.erase_person"
OF_USERS = (ERASE, "accounts.change_user", "accounts.delete_user")


def show_person(request: Request, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("account"), pk=pk)
    if not (request.user.has_perm(EXPORT) or request.user.has_perm(ERASE)):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    job = Job.objects.filter(kind=erasing.KIND, key=erasing.key_of(contact)).first()
    return render(request, "cxhub/person.html", {"contact": contact, "job": job})


def export_person(request: Request, pk: int) -> HttpResponseBase:
    """As a file; who asked for it stands in the runs."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm(EXPORT):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    if request.method != "POST":
        return redirect("person", pk)
    return exporting.response(contact, by=request.user, now=timezone.now())


@require_http_methods(["GET", "POST"])
def erase_contact(request: Request, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("account"), pk=pk)
    if not request.user.has_perm(ERASE):
        return render(request, "403.html", status=HTTPStatus.FORBIDDEN)
    return _erase(request, contact)


@require_http_methods(["GET", "POST"])
def erase_user(request: Request, pk: int) -> HttpResponse:
    if not request.user.has_perms(OF_USERS):
        raise Http404
    return _erase(request, get_object_or_404(User, pk=pk))


def _erase(request: Request, subject: Contact | User) -> HttpResponse:
    """What will happen; then, once it was confirmed, a worker does it."""
    if reason := erasing.why_not(subject, request.user):
        return render(
            request, "cxhub/erase.html", {"subject": subject, "refusal": reason}, status=HTTPStatus.CONFLICT
        )
    foreseen = erasing.foresee(subject)
    form = ErasureForm(request.POST or None, subject=subject, has_businesses=bool(foreseen.businesses))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("with_businesses", False)
        job = erasing.begin(subject, by=request.user, with_businesses=chosen)
        transaction.on_commit(erase_persons.delay, robust=True)
        return redirect("erasure", job.pk)
    context = {
        "subject": subject,
        "foreseen": foreseen,
        "form": form,
        "is_user": isinstance(subject, User),
    }
    return render(request, "cxhub/erase.html", context, status=HTTPStatus.BAD_REQUEST if form.errors else 200)


@require_GET
def show_erasure(request: Request, pk: int) -> HttpResponse:
    """The report: where how much was emptied, and what is left to look at."""
    job = get_object_or_404(runs.visible_to(request.user), pk=pk, kind=erasing.KIND)
    is_going = job.state in {Job.State.WAITING, Job.State.RUNNING}
    context = {"job": job, "is_going": is_going, "report": telling.report(job)}
    return render(request, "cxhub/_erasure.html" if request.htmx else "cxhub/erasure.html", context)
