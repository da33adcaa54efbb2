"""A mailing as somebody gets it: who is listed, the mail in a frame that may do nothing, and the test to oneself."""

import pytest

from accounts.models import Consent, Contact, Mailing, Message, Suppression
from tests.accounts.messages.mailed import NOW, in_role, mailing, people, person, queued
from tests.accounts.messages.writing import texts
from tests.factories import account

pytestmark = pytest.mark.django_db


@pytest.fixture
def sara(csm):
    return person(account=account("Najm", owner=csm))


@pytest.fixture
def omar(sara):
    return person("omar@najm.example", name="عمر", account=sara.account, language="ar")


@pytest.fixture
def news(csm, sara, omar):
    return mailing(csm)


def test_recipients_lead_to_their_account_and_to_what_they_get(sign_in, csm, news, sara):
    page = sign_in(csm).get(f"/mailings/{news.pk}/recipients/").content.decode()

    assert "sara@najm.example" in page
    assert f"/accounts/{sara.account_id}/" in page
    assert f"/mailings/{news.pk}/preview/?contact={sara.pk}" in page


def test_who_is_left_out_is_listed_by_reason(sign_in, csm, news, sara):
    nameless = person("x@najm.example", name="", account=sara.account)
    one = mailing(csm, population=people())

    page = sign_in(csm).get(f"/mailings/{one.pk}/recipients/?skip=no_value")

    (row,) = page.context["rows"]
    assert (row.contact, row.lacks) == (nameless.pk, "name")
    assert "A merge field has no value" in page.content.decode()
    assert [(skip, count) for skip, _label, count in page.context["skips"]] == [("", 2), ("no_value", 1)]


def test_a_reason_for_which_nobody_is_left_out_lists_nobody(sign_in, csm, news):
    page = sign_in(csm).get(f"/mailings/{news.pk}/recipients/?skip=suppressed")

    assert page.status_code == 200
    assert page.context["rows"] == []
    assert [(skip, count) for skip, _label, count in page.context["skips"]] == [("", 2), ("suppressed", 0)]


def test_recipients_stand_on_pages_of_fifty(sign_in, csm, sara):
    for number in range(50):
        person(f"{number}@najm.example", account=sara.account)
    one, client = mailing(csm), sign_in(csm)

    first = client.get(f"/mailings/{one.pk}/recipients/")
    second = client.get(f"/mailings/{one.pk}/recipients/?after={first.context['next']}")

    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 1)
    assert second.context["next"] is None
    assert "From the beginning" in second.content.decode()


def test_a_reason_that_there_is_not_is_refused(sign_in, csm, news):
    assert sign_in(csm).get(f"/mailings/{news.pk}/recipients/?skip=mood").status_code == 400


def test_people_of_accounts_that_were_given_away_are_no_longer_shown(sign_in, csm, news, sara):
    client = sign_in(csm)
    queued(news)
    sara.account.owner = None
    sara.account.save()

    page = client.get(f"/mailings/{news.pk}/recipients/")

    assert page.context["rows"] == []
    assert "sara@najm.example" not in page.content.decode()
    assert client.get(f"/mailings/{news.pk}/preview/?contact={sara.pk}").status_code == 404
    assert client.get(f"/mailings/{news.pk}/preview/mail/?contact={sara.pk}").status_code == 404


def test_preview_is_in_the_recipient_s_language_and_in_another_one(sign_in, csm, news, omar):
    client, where = sign_in(csm), f"/mailings/{news.pk}/preview/?contact={omar.pk}"

    own, other = client.get(where), client.get(f"{where}&lang=en")

    assert own.context["filled"].subject == "مرحبا عمر"
    assert '<bdi lang="ar" dir="rtl">مرحبا عمر</bdi>' in own.content.decode()
    assert f"contact={omar.pk}&amp;lang=ar" in own.content.decode()
    assert other.context["filled"].subject == "Hello عمر"
    assert f"contact={omar.pk}&amp;lang=en" in other.content.decode()


def test_preview_without_a_name_is_of_the_first_who_gets_it(sign_in, csm, news, sara):
    assert sign_in(csm).get(f"/mailings/{news.pk}/preview/").context["recipient"].contact == sara.pk


def test_preview_of_somebody_who_is_left_out_says_why(sign_in, csm, sara):
    gone = person("", account=sara.account)
    one = mailing(csm)

    page = sign_in(csm).get(f"/mailings/{one.pk}/preview/?contact={gone.pk}").content.decode()

    assert "This person is left out: No address" in " ".join(page.split())


def test_nobody_to_preview_it_as(sign_in, csm):
    empty, unwritten = mailing(csm), mailing(csm)
    unwritten.letter.__class__.objects.filter(pk=unwritten.letter_id).update(texts={})
    client = sign_in(csm)

    for one in (empty, unwritten):
        assert "Nobody gets it yet" in client.get(f"/mailings/{one.pk}/preview/").content.decode()
        assert client.get(f"/mailings/{one.pk}/recipients/").status_code == 200
        assert client.get(f"/mailings/{one.pk}/").status_code == 200
        assert client.get(f"/mailings/{one.pk}/preview/mail/").status_code == 404


def test_a_stranger_to_the_population_is_not_shown(sign_in, csm, news):
    other = person("x@other.example", account=account("Other"))

    assert sign_in(csm).get(f"/mailings/{news.pk}/preview/?contact={other.pk}").status_code == 404


def test_mail_stands_in_a_frame_that_may_do_nothing(sign_in, csm, news, sara):
    client = sign_in(csm)

    page = client.get(f"/mailings/{news.pk}/preview/")
    mail = client.get(f"/mailings/{news.pk}/preview/mail/?contact={sara.pk}")

    assert ' sandbox title="' in page.content.decode()
    policy = dict(part.strip().partition(" ")[::2] for part in mail["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'unsafe-inline'"
    assert (policy["img-src"], policy["frame-ancestors"]) == ("data:", "'self'")
    assert "sandbox" in policy
    assert mail["X-Frame-Options"] == "SAMEORIGIN"
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert "picture.gif" not in mail.content.decode()
    assert "https://docs.example/guide" in mail.content.decode()


@pytest.mark.parametrize(("theme", "holds"), [("dark", "@media all"), ("", "@media not all")])
def test_mail_is_light_or_dark_whatever_the_device_is(sign_in, csm, news, theme, holds):
    mail = sign_in(csm).get(f"/mailings/{news.pk}/preview/mail/?theme={theme}").content.decode()

    assert holds in " ".join(mail.split())
    assert "prefers-color-scheme" not in mail


def test_what_an_address_asks_for_and_there_is_not_is_not_found(sign_in, csm, news):
    client = sign_in(csm)

    assert client.get(f"/mailings/{news.pk}/preview/?lang=xx").status_code == 404
    assert client.get(f"/mailings/{news.pk}/preview/mail/?contact=x").status_code == 404


def test_a_test_goes_to_oneself_as_a_recipient(sign_in, csm, news, omar):
    page = sign_in(csm).post(f"/mailings/{news.pk}/test/", {"lang": "ar", "contact": omar.pk}, follow=True)

    message = Message.objects.get()
    assert (message.address, message.language, message.mailing) == (csm.email, "ar", None)
    assert message.values["name"] == "عمر"
    assert csm.email in page.content.decode()
    assert news.state == "draft"


@pytest.mark.parametrize("purpose", ["", "marketing"])
def test_no_test_is_sent_to_an_address_that_is_suppressed(sign_in, csm, news, omar, purpose):
    Mailing.objects.update(purpose="marketing")
    Consent.objects.create(contact=omar, purpose="marketing", given_at=NOW)
    client, where = sign_in(csm), f"/mailings/{news.pk}/test/"
    row = Suppression.objects.create(address=csm.email.upper(), purpose=purpose)

    page = client.post(where, {"lang": "en", "contact": omar.pk}, follow=True).content.decode()
    assert "is suppressed" in page
    assert "on its way" not in page
    assert not Message.objects.exists()
    row.purpose = "surveys"
    row.save()

    assert (
        "on its way" in client.post(where, {"lang": "en", "contact": omar.pk}, follow=True).content.decode()
    )


def test_a_test_as_a_stranger_is_not_sent(sign_in, csm, news):
    other = person("x@other.example", account=account("Other"))
    client = sign_in(csm)

    assert client.post(f"/mailings/{news.pk}/test/", {"lang": "en", "contact": other.pk}).status_code == 404
    assert client.post(f"/mailings/{news.pk}/test/", {"lang": "xx"}).status_code == 302
    assert not Message.objects.exists()


def test_executive_sees_all_and_sends_no_test(sign_in, charlie, news, sara):
    client = sign_in(in_role(charlie, "Executive"))

    assert sara.email in client.get(f"/mailings/{news.pk}/recipients/").content.decode()
    assert client.get(f"/mailings/{news.pk}/preview/").status_code == 200
    assert client.post(f"/mailings/{news.pk}/test/", {"lang": "en"}).status_code == 403


@pytest.mark.parametrize("field", ["archived", "kept_since"])
def test_a_population_without_members_is_said(sign_in, csm, news, field):
    type(news.population).objects.update(
        **({"archived": True} if field == "archived" else {"kept_since": None})
    )
    client = sign_in(csm)

    words = "archived" if field == "archived" else "have not been found yet"
    for page in ("", "schedule/"):
        assert words in client.get(f"/mailings/{news.pk}/{page}").content.decode()


def test_names_cannot_write_html(sign_in, csm, sara):
    sara.name = "<b>Sara</b>"
    sara.save()
    one = mailing(csm, letter=texts(), name="<i>News</i>")
    client = sign_in(csm)

    for page in ("", "recipients/", "preview/", "schedule/"):
        assert "<b>Sara" not in client.get(f"/mailings/{one.pk}/{page}").content.decode()
        assert "<i>News" not in client.get(f"/mailings/{one.pk}/{page}").content.decode()
    assert "<b>Sara" not in client.get(f"/mailings/{one.pk}/preview/mail/").content.decode()


# SMS


@pytest.fixture
def with_a_line(settings):
    settings.SMS, settings.SMS_FROM = "console", "+966500000000"


def test_sms_are_a_choice_only_where_there_is_a_line(sign_in, csm, settings):
    client = sign_in(csm)
    settings.SMS = ""

    assert "medium" not in client.get("/mailings/new/").context["form"].fields
    settings.SMS = "console"
    assert "medium" in client.get("/mailings/new/").context["form"].fields


def test_an_sms_is_its_text_alone(sign_in, csm, with_a_line):
    typed = {"name": "Short", "population": people().pk, "purpose": "service", "language": "en"}
    typed |= {"medium": "sms", "subject_en": "Not kept", "body_en": "Hello {{ name }}", "body_ar": "مرحبا"}

    sign_in(csm).post("/mailings/new/", typed)

    letter = Mailing.objects.get().letter
    assert (letter.medium, letter.texts) == (
        "sms",
        {"en": {"body": "Hello {{ name }}"}, "ar": {"body": "مرحبا"}},
    )


def test_preview_of_an_sms_counts_its_segments_and_sends_no_test(sign_in, csm, sara, with_a_line):
    Contact.objects.update(phone="+966512345678")
    one = mailing(
        csm, medium="sms", letter={"en": {"body": "Hello {{ name }}"}, "ar": {"body": "مرحبا {{ name }}"}}
    )
    client, where = sign_in(csm), f"/mailings/{one.pk}/preview/"

    english, arabic = client.get(where), client.get(f"{where}?lang=ar")

    assert english.context["filled"].text == "Hello Sara"
    assert "GSM-7" in english.content.decode()
    assert "UCS-2" in arabic.content.decode()
    assert "1</bdi> segment" in english.content.decode()
    assert client.get(f"{where}mail/").status_code == 404
    assert client.post(f"/mailings/{one.pk}/test/", {"lang": "en"}).status_code == 404
    assert "Send a test" not in client.get(f"/mailings/{one.pk}/").content.decode()
