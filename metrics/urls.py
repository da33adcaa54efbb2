from django.urls import path

from metrics import population_pages, views

app_name = "metrics"

urlpatterns = [
    path("accounts/", views.list_accounts, name="accounts"),
    path("accounts/export.csv", views.export_accounts, name="export-accounts"),
    path("populations/", population_pages.list_populations, name="populations"),
    path("populations/new/", population_pages.new_population, name="new-population"),
    path("populations/<int:pk>/", population_pages.show_population, name="population"),
    path("populations/<int:pk>/edit/", population_pages.edit_population, name="edit-population"),
    path("populations/<int:pk>/export.csv", population_pages.export_population, name="export-population"),
    path("metrics/", views.show_catalogue, name="catalogue"),
    path("metrics/cohorts/", views.show_cohorts, name="cohorts"),
    path("metrics/cohorts/export.csv", views.export_cohorts, name="export-cohorts"),
    path("metrics/<slug:key>/", views.show_metric, name="metric"),
    path("metrics/<slug:key>/trend/", views.show_trend, name="trend"),
    path("metrics/<slug:key>/rows/", views.show_rows, name="rows"),
    path("metrics/<slug:key>/rows/export.csv", views.export_rows, name="export-rows"),
    path("metrics/<slug:key>/rows/<int:pk>/", views.show_facts, name="facts"),
]
