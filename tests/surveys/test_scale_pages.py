"""Scales of one's own: made, archived, and offered."""

import pytest

from surveys.models import GradedScale
from tests.accounts.messages.mailed import in_role
from tests.surveys.drafts import survey

pytestmark = pytest.mark.django_db
OFTEN = {
    "name_en": "How often",
    "name_ar": "كم مرة",
    "points": "3",
    "first": "1",
    "low_to": "1",
    "high_from": "3",
    "measure": "",
    "label1_en": "Never",
    "label1_ar": "أبدًا",
    "label3_en": "Always",
    "label3_ar": "دائمًا",
}


@pytest.fixture
def hers(sign_in, alice):
    return sign_in(in_role(alice, "Survey author"))


def test_a_scale_is_made(hers, alice):
    hers.post("/surveys/scales/new/", OFTEN)

    made = GradedScale.objects.get()
    assert (made.name, made.made_by) == ({"en": "How often", "ar": "كم مرة"}, alice)
    assert made.labels == [{"en": "Never", "ar": "أبدًا"}, {}, {"en": "Always", "ar": "دائمًا"}]
    assert (made.scale.least, made.scale.most, made.low_to, made.high_from) == (1, 3, 1, 3)
    assert "How often" in hers.get("/surveys/scales/").content.decode()


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"name_en": "", "name_ar": ""}, ["name_en"]),
        ({"points": "1"}, ["points"]),
        ({"points": "12"}, ["points"]),
        ({"points": "2"}, ["points", "label2_en"]),
        ({"label1_en": "", "label1_ar": ""}, ["label1_en"]),
        ({"low_to": "0"}, ["low_to"]),
        ({"high_from": "4"}, ["high_from"]),
        ({"low_to": "3"}, ["high_from"]),
        ({"first": ""}, ["first"]),
        ({"measure": "nps"}, ["measure"]),
    ],
)
def test_what_is_no_scale_is_refused(hers, given, fields):
    response = hers.post("/surveys/scales/new/", OFTEN | given)

    assert response.status_code == 400
    assert sorted(set(fields) - set(response.context["form"].errors)) == []
    assert not GradedScale.objects.exists()


def test_an_archived_scale_is_offered_only_where_it_is_asked(hers):
    hers.post("/surveys/scales/new/", OFTEN)
    row = GradedScale.objects.get()
    asked = {"key": "often", "kind": "scale", "text": {"en": "How often?"}, "scale": row.key}
    one, other = survey(), survey()
    type(one).objects.filter(pk=one.pk).update(draft={"questions": [asked]})

    hers.post(f"/surveys/scales/{row.pk}/archive/")

    def offered(one, key):
        form = hers.get(f"/surveys/{one.pk}/questions/{key}/").context["form"]
        return row.key in dict(form.fields["scale"].choices)

    assert (offered(one, "often"), offered(other, "nps")) == (True, False)
    hers.post(f"/surveys/scales/{row.pk}/archive/")
    assert offered(other, "nps")


def test_only_who_may_makes_and_archives(sign_in, charlie, hers):
    hers.post("/surveys/scales/new/", OFTEN)
    row = GradedScale.objects.get()
    his = sign_in(in_role(charlie, "Service manager"))

    assert his.get("/surveys/scales/").status_code == 200
    assert his.post("/surveys/scales/new/", OFTEN).status_code == 403
    assert his.post(f"/surveys/scales/{row.pk}/archive/").status_code == 403
