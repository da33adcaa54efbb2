from django.urls import path

from accounts import intake_pages, message_pages, views, webhook_pages

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
    path("messages/", message_pages.list_outboxes, name="messages"),
    path("messages/outboxes/<slug:medium>/", message_pages.edit_outbox, name="edit-outbox"),
    path("messages/outboxes/<slug:medium>/switch/", message_pages.switch_outbox, name="switch-outbox"),
    path("messages/suppressions/", message_pages.list_suppressions, name="suppressions"),
    path("messages/suppressions/new/", message_pages.suppress, name="suppress"),
    path("messages/suppressions/<int:pk>/lift/", message_pages.lift, name="lift-suppression"),
    path("messages/unknown/", message_pages.list_unknown, name="unknown-messages"),
    path("messages/<int:pk>/", message_pages.show, name="message"),
    path("messages/<int:pk>/content/", message_pages.show_content, name="message-content"),
    path("messages/<int:pk>/again/", message_pages.send_again, name="send-message-again"),
    path("messages/<int:pk>/arrived/", message_pages.note_arrival, name="message-arrived"),
    path("messages/hits/<int:pk>/flip/", message_pages.flip, name="flip-hit"),
    path("accounts/<int:pk>/timeline/", views.show_timeline, name="timeline"),
    path("accounts/<int:pk>/usage/", views.show_usage, name="usage"),
    path("accounts/<int:pk>/<slug:name>/", views.panel, name="panel"),
]
