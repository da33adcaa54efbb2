"""What is done about a call, by its kind."""

from accounts.connectors import billing, mail_events, mails_in, texts_in
from accounts.connectors.queue import Act
from accounts.models import ProviderCall

ACTS: dict[str, Act] = {
    ProviderCall.Kind.TRACKING: mail_events.act,
    ProviderCall.Kind.INBOUND: mails_in.act,
    ProviderCall.Kind.STRIPE: billing.act,
    ProviderCall.Kind.SMS: texts_in.act,
}
