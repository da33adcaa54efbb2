from django.urls import path

from cxhub import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/<int:pk>/", pages.account, name="account"),
    path("runs/", pages.list_runs, name="runs"),
    path("runs/<int:pk>/stop/", pages.stop_run, name="stop-run"),
    path("runs/<int:pk>/undo/", pages.undo_run, name="undo-run"),
]
