"""The pages of the rules of how often anybody is asked."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.message_forms import FrequencyRuleForm
from accounts.models import FrequencyRule
from accounts.requests import Request, only_for

watches = only_for("accounts.view_frequencyrule")
adds = permission_required("accounts.add_frequencyrule", raise_exception=True)
deletes = permission_required("accounts.delete_frequencyrule", raise_exception=True)


@watches
@require_safe
def list_rules(request: Request) -> HttpResponse:
    return render(request, "accounts/frequency_rules.html", {"rules": FrequencyRule.objects.all()})


@watches
@adds
@require_http_methods(["GET", "POST"])
def add_rule(request: Request) -> HttpResponse:
    form = FrequencyRuleForm(request.POST or None)
    if form.is_valid():
        form.save()
        messages.success(request, _("From now on nobody is asked more often."))
        return redirect("accounts:frequency-rules")
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/add_frequency_rule.html", {"form": form}, status=status)


@watches
@deletes
@require_POST
def remove_rule(request: Request, pk: int) -> HttpResponse:
    FrequencyRule.objects.filter(pk=pk).delete()
    return redirect("accounts:frequency-rules")
