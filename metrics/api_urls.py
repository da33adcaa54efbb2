from django.urls import path
from rest_framework.routers import SimpleRouter

from metrics import api
from metrics.api_values import ValuesView
from metrics.population_api import MembershipView, PopulationView
from metrics.survey_api import SurveyResultsView

app_name = "metrics_api"

router = SimpleRouter()
router.register("populations", PopulationView, "population")

urlpatterns = [
    *router.urls,
    path(
        "populations/<int:pk>/members/",
        MembershipView.as_view({"get": "list"}, is_open=True),
        name="population-members",
    ),
    path(
        "populations/<int:pk>/memberships/",
        MembershipView.as_view({"get": "list"}),
        name="population-memberships",
    ),
    path("surveys/<int:pk>/results/", SurveyResultsView.as_view(), name="survey-results"),
    path("metrics/", api.CatalogueView.as_view(), name="catalogue"),
    path("metrics/values/", ValuesView.as_view(), name="values"),
    path("metrics/<slug:key>/", api.MetricView.as_view(), name="metric"),
    path("metrics/<slug:key>/series/", api.SeriesView.as_view(), name="series"),
    path("metrics/<slug:key>/rows/", api.RowsView.as_view(), name="rows"),
    path("cohorts/retention/", api.CohortsView.as_view(), name="cohorts"),
    path("accounts/<int:pk>/metrics/", api.AccountMetricsView.as_view(), name="account"),
]
