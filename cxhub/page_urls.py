from django.urls import path

from cxhub import import_pages, pages, quality_pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/<int:pk>/", pages.account, name="account"),
    path("imports/", import_pages.list_imports, name="imports"),
    path("imports/new/", import_pages.new_import, name="new-import"),
    path("imports/<int:pk>/", import_pages.show_import, name="import"),
    path("imports/<int:pk>/columns/", import_pages.map_columns, name="map-import"),
    path("imports/<int:pk>/report.csv", import_pages.report, name="import-report"),
    path("imports/<int:pk>/rejected.xlsx", import_pages.rejected, name="import-rejected"),
    path("quality/", quality_pages.show, name="quality"),
    path("quality/look/", quality_pages.look, name="look-at-quality"),
    path("quality/sources/<int:pk>/close/", quality_pages.close_source, name="close-source"),
    path("quality/sources/<int:pk>/expect/", quality_pages.expect_source, name="expect-source"),
    path("quality/<slug:key>/", quality_pages.show_check, name="quality-check"),
    path("quality/<slug:key>/export.csv", quality_pages.export_check, name="export-quality-check"),
    path("runs/", pages.list_runs, name="runs"),
    path("runs/<int:pk>/stop/", pages.stop_run, name="stop-run"),
    path("runs/<int:pk>/undo/", pages.undo_run, name="undo-run"),
]
