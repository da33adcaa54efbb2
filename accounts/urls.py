from django.urls import path

from accounts import intake_pages, notice_pages, views, webhook_pages

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
    path("notifications/", notice_pages.list_notices, name="notifications"),
    path("notifications/read/", notice_pages.read_all, name="read-notices"),
    path("notifications/settings/", notice_pages.change_settings, name="notification-settings"),
    path("notifications/settings/mail/", notice_pages.mail_again, name="mail-again"),
    path("notifications/<int:pk>/read/", notice_pages.read, name="read-notice"),
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
    path("accounts/<int:pk>/timeline/", views.show_timeline, name="timeline"),
    path("accounts/<int:pk>/usage/", views.show_usage, name="usage"),
    path("accounts/<int:pk>/<slug:name>/", views.panel, name="panel"),
]
