"""The project's routes and, beside them, the least that a page with the same rows could be."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.models import Account
from accounts.requests import Request
from cxhub.bench import api, bare_form
from cxhub.urls import urlpatterns as routes

ROWS = 50


def bare(request: Request) -> HttpResponse:
    accounts = Account.objects.visible_to(request.user).filter(merged_into=None, internal=False)
    context = {"accounts": accounts.order_by("name_key", "pk")[:ROWS], "count": accounts.count()}
    return render(request, "bench/bare.html", context)


urlpatterns = [
    path("bench/", bare, name="bench-bare"),
    path("bench/form/", bare_form.answer),
    *[
        path(f"bench/api/{name}/", api.bare(view.queryset.model).as_view())
        for name, view in api.VIEWS.items()
    ],
    *routes,
]
