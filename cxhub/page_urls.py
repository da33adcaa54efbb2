from django.urls import path

from cxhub import import_pages, pages, person_pages, privacy_pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/<int:pk>/", pages.account, name="account"),
    path("people/<int:pk>/rights/", person_pages.show_person, name="person"),
    path("people/<int:pk>/export/", person_pages.export_person, name="export-person"),
    path("people/<int:pk>/erase/", person_pages.erase_contact, name="erase-contact"),
    path("users/<int:pk>/erase/", person_pages.erase_user, name="erase-user"),
    path("erasures/<int:pk>/", person_pages.show_erasure, name="erasure"),
    path("imports/", import_pages.list_imports, name="imports"),
    path("imports/new/", import_pages.new_import, name="new-import"),
    path("imports/<int:pk>/", import_pages.show_import, name="import"),
    path("imports/<int:pk>/columns/", import_pages.map_columns, name="map-import"),
    path("imports/<int:pk>/report.csv", import_pages.report, name="import-report"),
    path("imports/<int:pk>/rejected.xlsx", import_pages.rejected, name="import-rejected"),
    path("privacy/", privacy_pages.show_privacy, name="privacy"),
    path("runs/", pages.list_runs, name="runs"),
    path("runs/<int:pk>/stop/", pages.stop_run, name="stop-run"),
    path("runs/<int:pk>/undo/", pages.undo_run, name="undo-run"),
]
