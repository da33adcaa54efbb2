from django.urls import path

from accounts.connectors import views
from accounts.models import ProviderCall

app_name = "connectors"

INBOUND = {"kind": ProviderCall.Kind.INBOUND}

urlpatterns = [
    path("stripe/", views.take_stripe, name="stripe"),
    path("sms/", views.take_sms, name="sms"),
    path("sms/twilio/", views.take_twilio, name="twilio"),
    path("mail/", views.take_mail, name="mail"),
    path("mail/<slug:provider>/tracking/", views.take, {"kind": ProviderCall.Kind.TRACKING}, name="tracking"),
    path("mail/<slug:provider>/inbound/", views.take, INBOUND, name="inbound"),
    # Mailgun sends mails as they came to addresses that say so.
    path("mail/<slug:provider>/inbound_mime/", views.take, INBOUND),
]
