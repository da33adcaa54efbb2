from django.urls import path

from metrics import engagement_pages, population_pages, report_pages, survey_pages, views

app_name = "metrics"

urlpatterns = [
    path("accounts/", views.list_accounts, name="accounts"),
    path("accounts/export.csv", views.export_accounts, name="export-accounts"),
    path("populations/", population_pages.list_populations, name="populations"),
    path("populations/new/", population_pages.new_population, name="new-population"),
    path("populations/<int:pk>/", population_pages.show_population, name="population"),
    path("populations/<int:pk>/edit/", population_pages.edit_population, name="edit-population"),
    path("populations/<int:pk>/export.csv", population_pages.export_population, name="export-population"),
    path("surveys/<int:pk>/results/", survey_pages.show_results, name="survey-results"),
    path("surveys/<int:pk>/results/export.csv", survey_pages.export_answers, name="export-survey-answers"),
    path("surveys/<int:pk>/results/export.xlsx", survey_pages.export_workbook, name="export-survey-workbook"),
    path("surveys/<int:pk>/results/silent/", survey_pages.list_silent, name="silent-accounts"),
    path("surveys/<int:pk>/results/machine/", survey_pages.judge, name="judge-response"),
    path("surveys/<int:pk>/reports/", report_pages.list_reports, name="reports"),
    path("surveys/reports/<int:pk>/revoke/", report_pages.revoke, name="revoke-report"),
    path("reports/<slug:key>/", report_pages.show_report, name="report"),
    path("reports/<slug:key>/answers.csv", report_pages.show_table, name="report-table"),
    path("metrics/", views.show_catalogue, name="catalogue"),
    path("metrics/cohorts/", views.show_cohorts, name="cohorts"),
    path("metrics/cohorts/export.csv", views.export_cohorts, name="export-cohorts"),
    path("metrics/adoption/", engagement_pages.show_adoption, name="adoption"),
    path("metrics/adoption/export.csv", engagement_pages.export_adoption, name="export-adoption"),
    path("metrics/adoption/<int:pk>/", engagement_pages.show_feature, name="feature"),
    path("metrics/adoption/<int:pk>/export.csv", engagement_pages.export_feature, name="export-feature"),
    path("metrics/web/", engagement_pages.show_web, name="web"),
    path("metrics/web/export.csv", engagement_pages.export_web, name="export-web"),
    path("metrics/resources/", engagement_pages.show_resources, name="resources"),
    path("metrics/resources/export.csv", engagement_pages.export_resources, name="export-resources"),
    path("metrics/resources/<int:pk>/", engagement_pages.show_resource, name="resource"),
    path("metrics/campaigns/", engagement_pages.show_campaigns, name="campaigns"),
    path("metrics/campaigns/export.csv", engagement_pages.export_campaigns, name="export-campaigns"),
    path("metrics/campaigns/<int:pk>/", engagement_pages.show_campaign, name="campaign"),
    path("metrics/<slug:key>/", views.show_metric, name="metric"),
    path("metrics/<slug:key>/trend/", views.show_trend, name="trend"),
    path("metrics/<slug:key>/rows/", views.show_rows, name="rows"),
    path("metrics/<slug:key>/rows/export.csv", views.export_rows, name="export-rows"),
    path("metrics/<slug:key>/rows/<int:pk>/", views.show_facts, name="facts"),
]
