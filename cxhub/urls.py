"""All routes on one screen."""

from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from cxhub import design, health, language

admin.autodiscover()
# One door, with its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def rooms(*modules: str) -> list[str]:
    return [module for module in modules if find_spec(module)]


urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("prometheus", health.prometheus, name="prometheus"),
    path("language/", language.choose, name="set_language"),
    path("sign-in/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("design/", design.show, name="design"),
    # Pages
    *[
        path("", include(module))
        for module in rooms("cxhub.page_urls", "accounts.urls", "surveys.urls", "metrics.urls")
    ],
    # Readers of mails and SMS
    *[path("m/", include(module)) for module in rooms("accounts.messages.urls")],
    *[path("s/", include(module)) for module in rooms("accounts.messages.short_urls")],
    # Programs
    *[path("v1/", include(module)) for module in rooms("accounts.intake_urls")],
    *[path("in/", include(module)) for module in rooms("accounts.connectors.urls")],
    *[
        path("api/v1/", include(module))
        for module in rooms("accounts.api_urls", "surveys.api_urls", "metrics.api_urls")
    ],
    *[path("api/", include(module)) for module in rooms("cxhub.api_urls")],
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/cxhub/favicon.svg"))),
]
