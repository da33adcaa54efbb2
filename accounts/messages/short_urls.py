"""What stands in SMS, where each letter counts."""

from django.urls import path

from accounts.messages import views

app_name = "short"

urlpatterns = [path("<str:token>", views.follow_short, name="link")]
