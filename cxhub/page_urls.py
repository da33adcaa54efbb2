from django.urls import path

from cxhub import (
    action_pages,
    attachment_pages,
    duplicate_pages,
    handover_pages,
    import_pages,
    pages,
    quality_pages,
)

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/<int:pk>/", pages.account, name="account"),
    path("accounts/<int:pk>/attachments/", attachment_pages.of_account, name="attachments"),
    path("attachments/<int:pk>/", attachment_pages.show_or_delete, name="attachment"),
    path("accounts/change/", action_pages.change_accounts, name="change-accounts"),
    path("handover/", handover_pages.hand_over, name="handover"),
    path("accounts/<int:pk>/merge/", duplicate_pages.merge_account, name="merge-account"),
    path("contacts/<int:pk>/merge/", duplicate_pages.merge_contact, name="merge-contact"),
    path("duplicates/", duplicate_pages.list_duplicates, name="duplicates"),
    path("merges/<int:pk>/undo/", duplicate_pages.undo_merge, name="undo-merge"),
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
