"""What stands in mails and SMS; whoever has the token needs no account."""

from django.urls import path

from accounts.messages import views

app_name = "messages"

urlpatterns = [
    path("<str:token>/", views.show_preferences, name="preferences"),
    path("<str:token>/unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("<str:token>/<int:number>/", views.follow, name="link"),
    path("<str:token>/picture.gif", views.picture, name="picture"),
    path("<str:token>/trap/", views.trap, name="trap"),
]
