from django.urls import path

from surveys.api import InvitationView, ResponseView, SurveyView

app_name = "surveys_api"

urlpatterns = [
    path("surveys/", SurveyView.as_view({"get": "list"}), name="survey-list"),
    path("surveys/<int:pk>/", SurveyView.as_view({"get": "retrieve"}, detail=True), name="survey-detail"),
    path("invitations/", InvitationView.as_view({"get": "list", "post": "create"}), name="invitation-list"),
    path(
        "invitations/<int:pk>/",
        InvitationView.as_view({"get": "retrieve"}, detail=True),
        name="invitation-detail",
    ),
    path(
        "invitations/<int:pk>/revoke/",
        InvitationView.as_view({"post": "revoke"}, detail=True),
        name="invitation-revoke",
    ),
    path("responses/", ResponseView.as_view({"get": "list"}), name="response-list"),
    path(
        "responses/<uuid:pk>/", ResponseView.as_view({"get": "retrieve"}, detail=True), name="response-detail"
    ),
]
