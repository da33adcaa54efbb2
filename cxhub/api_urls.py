"""The API's description, what takes rows of all rooms, and an answer in its own manner where there is nothing."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from cxhub import api_docs
from cxhub.attachment_api import AttachmentView
from cxhub.bulk_api import BulkView
from cxhub.import_api import FateView, ImportView
from cxhub.quality_api import QualityRowsView, QualityView

router = SimpleRouter()
router.register("v1/attachments", AttachmentView, "attachment_api")
router.register("v1/imports", ImportView, "import_api")

urlpatterns = [
    *router.urls,
    path("v1/imports/<int:pk>/rows/", FateView.as_view({"get": "list"}), name="import_rows"),
    path("schema/", api_docs.SchemaView.as_view(), name="api_schema"),
    path("docs/", api_docs.show, name="api_docs"),
    path("v1/bulk/<str:resource>/", BulkView.as_view(), name="bulk"),
    path("v1/quality/", QualityView.as_view(), name="quality_api"),
    path("v1/quality/<slug:key>/", QualityRowsView.as_view(), name="quality_rows"),
    re_path(r"^[\s\S]*$", api_docs.NothingHere.as_view()),
]
