from django.urls import path

from metrics import api
from metrics.api_values import ValuesView

app_name = "metrics_api"

urlpatterns = [
    path("metrics/", api.CatalogueView.as_view(), name="catalogue"),
    path("metrics/values/", ValuesView.as_view(), name="values"),
    path("metrics/<slug:key>/", api.MetricView.as_view(), name="metric"),
    path("metrics/<slug:key>/series/", api.SeriesView.as_view(), name="series"),
    path("metrics/<slug:key>/rows/", api.RowsView.as_view(), name="rows"),
    path("cohorts/retention/", api.CohortsView.as_view(), name="cohorts"),
    path("accounts/<int:pk>/metrics/", api.AccountMetricsView.as_view(), name="account"),
]
