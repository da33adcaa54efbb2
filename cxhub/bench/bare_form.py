"""The least that a form of two questions could be: shown, checked, and kept as one row."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

PATH = "/bench/form/"
MAKE = """
CREATE TABLE bench_answer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, score int NOT NULL, why text NOT NULL,
  at timestamptz NOT NULL DEFAULT now())"""
INSERT = "INSERT INTO bench_answer (score, why) VALUES (%(score)s, %(why)s)"
COUNT = "SELECT count(*) FROM bench_answer"


class BareForm(forms.Form):
    score = forms.TypedChoiceField(
        label="How likely are you to recommend us to a colleague?",
        choices=[(score, score) for score in range(11)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label="What is the main reason?", max_length=10_000, widget=forms.Textarea, required=False
    )


@csrf_exempt
@login_not_required
def answer(request: HttpRequest) -> HttpResponse:
    form = BareForm(request.POST or None)
    if not form.is_valid():
        return render(request, "bench/form.html", {"form": form})
    with connection.cursor() as cursor:
        cursor.execute(INSERT, form.cleaned_data)
    return redirect(PATH)
