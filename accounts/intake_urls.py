"""As the HTTP API of Segment has them, so that its libraries find what they look for on another host."""

from django.urls import path, re_path

from accounts.intake import views

app_name = "intake"

# By their whole names, and by the letters that the browser's library uses.
KINDS = {
    "identify": "i",
    "group": "g",
    "track": "t",
    "page": "p",
    "screen": "s",
    "alias": "a",
    "batch": "b",
}

urlpatterns = [
    *[path(kind, views.take, {"kind": kind}, name=kind) for kind in KINDS],
    *[path(letter, views.take, {"kind": kind}) for kind, letter in KINDS.items()],
    path("import", views.take, {"kind": "batch"}, name="import"),
    path("projects/<str:key>/settings", views.show_settings, name="settings"),
    re_path(r"^[\s\S]*$", views.nothing_here),
]
