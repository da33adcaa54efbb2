from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("accounts/<int:pk>/timeline/", views.show_timeline, name="timeline"),
    path("accounts/<int:pk>/<slug:name>/", views.panel, name="panel"),
]
