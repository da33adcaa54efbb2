from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone, translation

from accounts.models import AuditEntry, Team
from cxhub.middleware import ActorMiddleware, PreferencesMiddleware


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def request_of(user, method="POST"):
    return SimpleNamespace(user=user, method=method)


def seen_by(user):
    seen = {}

    def view(request):
        seen.update(language=translation.get_language(), zone=timezone.get_current_timezone_name())
        return HttpResponse()

    PreferencesMiddleware(view)(request_of(user))
    return seen


def test_preferences_are_those_of_the_user(alice):
    alice.language, alice.time_zone = "ar", "Asia/Kuwait"

    assert seen_by(alice) == {"language": "ar", "zone": "Asia/Kuwait"}


def test_preferences_without_a_time_zone_are_those_of_the_organisation(alice):
    from accounts.models import Organisation

    Organisation.current()
    Organisation.objects.update(time_zone="Asia/Riyadh")

    assert seen_by(alice) == {"language": "en", "zone": "Asia/Riyadh"}


def test_preferences_end_with_the_request(alice):
    alice.time_zone = "Asia/Kuwait"

    seen_by(alice)

    assert timezone.get_current_timezone_name() == "UTC"


def change(request):
    Team.objects.create(name="Made by a view")
    return HttpResponse()


def actors():
    return list(AuditEntry.objects.filter(table="accounts_team").values_list("actor", flat=True))


def test_actor_of_a_change_is_the_user(alice):
    AuditEntry.objects.all().delete()

    ActorMiddleware(change).process_view(request_of(alice), change, [], {})

    assert actors() == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_view_that_fails_leaves_nothing_behind(alice):
    def fail(request):
        change(request)
        raise ValueError

    with pytest.raises(ValueError):
        ActorMiddleware(fail).process_view(request_of(alice), fail, [], {})

    assert not Team.objects.filter(name="Made by a view").exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_actor_leaves_reading_alone(alice, method):
    assert ActorMiddleware(change).process_view(request_of(alice, method), change, [], {}) is None


def test_actor_leaves_strangers_to_the_view():
    assert ActorMiddleware(change).process_view(request_of(AnonymousUser()), change, [], {}) is None


def test_actor_leaves_views_that_commit_on_their_own(alice):
    @transaction.non_atomic_requests
    def view(request):
        return HttpResponse()

    assert ActorMiddleware(view).process_view(request_of(alice), view, [], {}) is None


def test_language_is_kept_with_the_user(sign_in, alice):
    sign_in(alice).post("/language/", {"language": "ar", "next": "/healthz"})

    alice.refresh_from_db()
    assert alice.language == "ar"


def test_unknown_language_changes_nothing(sign_in, alice):
    sign_in(alice).post("/language/", {"language": "xx"})

    alice.refresh_from_db()
    assert alice.language == "en"


def test_stranger_may_choose_a_language(client, db):
    answer = client.post("/language/", {"language": "ar", "next": "/sign-in/login/"})

    assert answer.cookies["django_language"].value == "ar"
