from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts import api
from accounts.events_api import EventsView
from accounts.mailing_api import MailingView
from accounts.webhook_api import WebhookDeliveryView, WebhookView

app_name = "accounts_api"

router = SimpleRouter()
router.register("accounts", api.AccountView, "account")
router.register("contacts", api.ContactView, "contact")
router.register("leads", api.LeadView, "lead")
router.register("products", api.ProductView, "product")
router.register("plans", api.PlanView, "plan")
router.register("subscriptions", api.SubscriptionView, "subscription")
router.register("pauses", api.PauseView, "pause")
router.register("terms", api.TermView, "term")
router.register("departures", api.DepartureView, "departure")
router.register("exchange-rates", api.ExchangeRateView, "exchange-rate")
router.register("orders", api.OrderView, "order")
router.register("order-lines", api.OrderLineView, "order-line")
router.register("returns", api.ReturnView, "return")
router.register("payments", api.PaymentView, "payment")
router.register("expenses", api.ExpenseView, "expense")
router.register("tickets", api.TicketView, "ticket")
router.register("ticket-events", api.TicketEventView, "ticket-event")
router.register("working-calendars", api.WorkingCalendarView, "working-calendar")
router.register("features", api.FeatureView, "feature")
router.register("plan-features", api.PlanFeatureView, "plan-feature")
router.register("learning-resources", api.ResourceView, "learning-resource")
router.register("goals", api.GoalView, "goal")
router.register("campaigns", api.CampaignView, "campaign")
router.register("campaign-days", api.CampaignDayView, "campaign-day")
router.register("identities", api.IdentityView, "identity")
router.register("consents", api.ConsentView, "consent")
router.register("event-names", api.EventNameView, "event-name")

# They are written on pages alone.
MAILING = [
    path("mailings/", MailingView.as_view({"get": "list"}), name="mailing-list"),
    path("mailings/<int:pk>/", MailingView.as_view({"get": "retrieve"}, detail=True), name="mailing-detail"),
    *(
        path(
            f"mailings/<int:pk>/{step}/",
            MailingView.as_view({"post": step}, detail=True),
            name=f"mailing-{step}",
        )
        for step in ("schedule", "pause", "resume", "stop")
    ),
]
# Of what is told to others, which are no facts.
webhooks = SimpleRouter()
webhooks.register("webhooks/deliveries", WebhookDeliveryView, "webhook-delivery")
webhooks.register("webhooks", WebhookView, "webhook")

urlpatterns = [
    *router.urls,
    *MAILING,
    *webhooks.urls,
    path("events/", EventsView.as_view(), name="events"),
]
