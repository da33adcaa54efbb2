from django.urls import path

from metrics import views

app_name = "metrics"

urlpatterns = [
    path("accounts/", views.list_accounts, name="accounts"),
    path("accounts/export.csv", views.export_accounts, name="export-accounts"),
    path("metrics/", views.show_catalogue, name="catalogue"),
    path("metrics/cohorts/", views.show_cohorts, name="cohorts"),
    path("metrics/cohorts/export.csv", views.export_cohorts, name="export-cohorts"),
    path("metrics/<slug:key>/", views.show_metric, name="metric"),
    path("metrics/<slug:key>/trend/", views.show_trend, name="trend"),
    path("metrics/<slug:key>/rows/", views.show_rows, name="rows"),
    path("metrics/<slug:key>/rows/export.csv", views.export_rows, name="export-rows"),
    path("metrics/<slug:key>/rows/<int:pk>/", views.show_facts, name="facts"),
]
