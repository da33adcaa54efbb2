from django.urls import path

from accounts import intake_pages, mailing_pages, mailing_previews, views, webhook_pages

app_name = "accounts"

urlpatterns = [
    path("events/", intake_pages.show, name="intake"),
    path("events/keys/new/", intake_pages.add_key, name="add-write-key"),
    path("events/keys/<int:pk>/made/", intake_pages.show_made_key, name="write-key-made"),
    path("events/keys/<int:pk>/revoke/", intake_pages.revoke_key, name="revoke-write-key"),
    path("events/rejected/", intake_pages.list_rejected, name="rejected-events"),
    path("events/rejected/again/", intake_pages.send_again, name="send-again"),
    path("events/rejected/<int:pk>/", intake_pages.mend, name="mend-event"),
    path("events/rejected/<int:pk>/let-go/", intake_pages.let_go, name="let-event-go"),
    path("webhooks/", webhook_pages.list_endpoints, name="webhooks"),
    path("webhooks/new/", webhook_pages.add, name="add-webhook"),
    path("webhooks/<int:pk>/", webhook_pages.show, name="webhook"),
    path("webhooks/<int:pk>/edit/", webhook_pages.edit, name="edit-webhook"),
    path("webhooks/<int:pk>/secret/", webhook_pages.show_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/rotate/", webhook_pages.rotate, name="rotate-webhook"),
    path("webhooks/<int:pk>/switch/", webhook_pages.switch, name="switch-webhook"),
    path("webhooks/<int:pk>/test/", webhook_pages.test, name="test-webhook"),
    path("webhooks/<int:pk>/again/", webhook_pages.replay_failed, name="replay-failed"),
    path("webhooks/deliveries/<int:pk>/", webhook_pages.show_delivery, name="webhook-delivery"),
    path("webhooks/deliveries/<int:pk>/again/", webhook_pages.replay, name="replay-delivery"),
    path("mailings/", mailing_pages.list_mailings, name="mailings"),
    path("mailings/new/", mailing_pages.add, name="add-mailing"),
    path("mailings/<int:pk>/", mailing_pages.show, name="mailing"),
    path("mailings/<int:pk>/edit/", mailing_pages.edit, name="edit-mailing"),
    path("mailings/<int:pk>/duplicate/", mailing_pages.duplicate, name="duplicate-mailing"),
    path("mailings/<int:pk>/schedule/", mailing_pages.schedule, name="schedule-mailing"),
    path("mailings/<int:pk>/draft/", mailing_pages.unschedule, name="unschedule-mailing"),
    path("mailings/<int:pk>/pause/", mailing_pages.pause, name="pause-mailing"),
    path("mailings/<int:pk>/resume/", mailing_pages.resume, name="resume-mailing"),
    path("mailings/<int:pk>/stop/", mailing_pages.stop, name="stop-mailing"),
    path("mailings/<int:pk>/test/", mailing_previews.test, name="test-mailing"),
    path("mailings/<int:pk>/recipients/", mailing_previews.list_recipients, name="mailing-recipients"),
    path("mailings/<int:pk>/preview/", mailing_previews.preview, name="mailing-preview"),
    path("mailings/<int:pk>/preview/mail/", mailing_previews.show_mail, name="mailing-mail"),
    path("accounts/<int:pk>/timeline/", views.show_timeline, name="timeline"),
    path("accounts/<int:pk>/usage/", views.show_usage, name="usage"),
    path("accounts/<int:pk>/<slug:name>/", views.panel, name="panel"),
]
