import re

import pytest
from django.core import mail

from accounts.models import Organisation

LOGIN = "/sign-in/login/"
PASSWORD = "correct horse battery"


def attempt(client, email, password):
    return client.post(LOGIN, {"login": email, "password": password})


def test_signing_in_by_email_in_any_case(client, alice):
    answer = attempt(client, "ALICE@example.com", PASSWORD)

    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_wrong_password_stays_out(client, alice):
    answer = attempt(client, alice.email, "wrong")

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_inactive_user_stays_out(client, alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    attempt(client, alice.email, PASSWORD)

    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped_for_the_guesser_alone(client, alice, bob, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    for _guess in range(settings.AXES_FAILURE_LIMIT):
        attempt(client, alice.email, "wrong")

    assert attempt(client, alice.email, PASSWORD).status_code == 429
    assert "_auth_user_id" not in client.session
    assert attempt(client, bob.email, PASSWORD).status_code == 302


def test_nobody_signs_up(client, db):
    from accounts.models import User

    client.post(
        "/sign-in/signup/", {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert User.objects.count() == 0


def test_password_reset_by_mail(client, alice):
    client.post("/sign-in/password/reset/", {"email": alice.email})

    (message,) = mail.outbox
    link = re.search(r"http://\S+(/sign-in/password/reset/key/\S+)", message.body)[1]
    form = client.get(link, follow=True)
    client.post(
        form.redirect_chain[-1][0], {"password1": "staple battery horse", "password2": "staple battery horse"}
    )

    alice.refresh_from_db()
    assert message.to == [alice.email]
    assert alice.check_password("staple battery horse")


@pytest.mark.parametrize(("language", "name"), [("en", "Rafeef Systems"), ("ar", "رفيف للأنظمة")])
def test_mail_is_from_the_organisation(client, alice, language, name):
    Organisation.current()
    Organisation.objects.update(name={"en": "Rafeef Systems", "ar": "رفيف للأنظمة"})
    client.cookies["django_language"] = language

    sent = client.post("/sign-in/password/reset/", {"email": alice.email}, follow=True)

    (message,) = mail.outbox
    without_link = re.sub(r"http://\S+/sign-in/\S+", "", message.body)
    assert message.subject.startswith(f"{name}: ")
    assert message.body.count(name) == 2
    assert "testserver" not in without_link + message.subject
    assert f'href="{LOGIN}"' in sent.content.decode()


def test_password_reset_does_not_reveal_who_exists(client, alice):
    known = client.post("/sign-in/password/reset/", {"email": alice.email})
    sent = len(mail.outbox)
    unknown = client.post("/sign-in/password/reset/", {"email": "nobody@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert sent == len(mail.outbox) == 1


def test_second_factor_is_asked_for(client, alice):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(alice, generate_totp_secret())

    answer = attempt(client, alice.email, PASSWORD)

    assert answer["Location"] == "/sign-in/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_admin_has_no_door_of_its_own(client, db):
    answer = client.get("/admin/login/?next=/admin/")

    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_admin_asks_for_the_flag(sign_in, alice):
    assert sign_in(alice).get("/admin/").status_code in {302, 403}


@pytest.mark.parametrize("path", [LOGIN, "/sign-in/password/reset/"])
def test_public_pages_forbid_whatever_is_not_theirs(client, db, path):
    policy = client.get(path)["Content-Security-Policy"]

    assert "unsafe-inline" not in policy
    for directive in (
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert directive in policy
