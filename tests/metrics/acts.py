"""What people do, at random: contacts of a book's accounts, their days of activity, sessions, mails and ids."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from accounts.models import (
    ActivityDay,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Delivery,
    EventName,
    Feature,
    Goal,
    Identity,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Session,
    Subscription,
    Ticket,
)

# Of every name, what it may be done to.
OBJECTS = {
    "Signed In": ("",),
    "Signed Out": ("",),
    "Page": ("/", "/prices", ""),
    "Screen": ("/prices", "Home"),
    "Feature Used": ("export", "search", "unknown"),
    "Resource Viewed": ("guide", "film"),
    "Resource Rated": ("guide", "film"),
    "Review Submitted": ("g2", "capterra"),
    "Post Liked": ("p1",),
    "Post Shared": ("p1",),
    "Post Commented": ("p1",),
    "Post Clicked": ("p1", "p2"),
    "Event Registered": ("day", "talk", "elsewhere"),
    "Event Attended": ("day", "talk", "elsewhere"),
    "Event Interacted": ("day",),
    "Email Delivered": ("mail 1",),
    "Email Link Clicked": ("mail 1",),
    "Tour Started": ("first steps",),
    "Tour Completed": ("first steps",),
    "Report Sent": ("",),
    "Heartbeat": ("",),
}
OFTEN = (
    *("Signed In", "Page", "Page", "Report Sent", "Report Sent"),
    *("Feature Used", "Feature Used", "Feature Used", "Event Registered", "Event Attended", "Event Attended"),
    *("Tour Started", "Tour Completed"),
)


class Actors:
    """Writes with a book's random generator, days and instants."""

    def __init__(self, writer):
        self.writer, self.random = writer, writer.random

    def write(self):
        EventName.objects.create(sent_as="Heartbeat", is_activity=False)
        EventName.objects.create(sent_as="Report Sent", is_activity=True)
        EventName.objects.create(sent_as="Tipp", means="Report Sent", is_activity=False)
        self.contacts = list(self.people())
        self.merge()
        self.include()
        ActivityDay.objects.bulk_create(self.day() for _ in range(self.random.choice([0, 80, 250])))
        self.goals = [
            Goal.objects.create(code="told", target="Report Sent"),
            Goal.objects.create(code="prices", kind="page", target="/prices"),
        ]
        self.offer()
        Session.objects.bulk_create(self.session() for _ in range(self.random.choice([0, 10, 40])))
        Delivery.objects.bulk_create(self.mail(n) for n in range(self.random.choice([0, 20, 60])))
        self.agree()
        self.sign_up()

    def people(self):
        """Some go by the same address at another account."""
        for number, account in enumerate(self.writer.some(4, empty=0.2)):
            address = self.random.choice([f"{number}@example.com", "one@example.com", "two@example.com"])
            yield Contact.objects.create(account=account, name=f"Person {number}", email=address)

    def merge(self):
        for loser in self.contacts[1:]:
            if self.random.random() < 0.15:
                loser.merged_into = self.contacts[0]
                loser.save(update_fields=["merged_into"])

    def whose(self):
        """An account and its contact, an account's nobody, or nobody's at all."""
        person = UUID(int=self.random.randrange(6))
        if not self.contacts or self.random.random() < 0.1:
            return {"person": person}
        contact = self.random.choice(self.contacts)
        if self.random.random() < 0.1:
            return {"person": person, "account_id": contact.account_id}
        return {"person": UUID(int=100 + contact.pk), "account_id": contact.account_id, "contact": contact}

    def around(self):
        """Days that lie close together, so that windows have several of a person."""
        first = self.random.choice([date(2026, 1, 20), date(2026, 2, 20), self.writer.day()])
        return first + timedelta(self.random.randint(0, 12))

    def day(self):
        name = self.random.choice([*OBJECTS, *OFTEN])
        day, count = self.around(), self.random.randint(1, 3)
        number = self.random.choice([None, None, 1, 3, 4, 5])
        return ActivityDay(
            **self.whose(),
            day=day,
            name=name,
            object=self.random.choice(OBJECTS[name]),
            campaign=self.random.choice(["", "", "spring"]),
            machine=self.random.random() < 0.1,
            late_on=day + timedelta(self.random.choice([2, 40])) if self.random.random() < 0.1 else None,
            count=count,
            valued=0 if number is None else 1,
            value=number,
            last_value=number,
            last_at=self.at(day),
        )

    def at(self, day):
        hour = datetime.combine(day, time(0), self.writer.organisation.zone)
        return hour + timedelta(hours=self.random.randint(0, 22), minutes=self.random.randint(0, 59))

    def session(self):
        day, pages = self.around(), self.random.choice([0, 1, 1, 2])
        began = self.at(day)
        events = pages + self.random.choice([0, 0, 1]) or 1
        length = timedelta(minutes=self.random.choice([0, 7, 30, 45])) if events > 1 else timedelta(0)
        seen = [self.random.choice(["/", "/prices"]) if pages else "" for _ in range(2)]
        reached = [goal.pk for goal in self.goals if self.random.random() < 0.3]
        return Session(
            **self.whose(),
            day=day,
            began=began,
            ended=began + length,
            recorded_at=began + length,
            events=events,
            pages=pages,
            entry=seen[0],
            exit=seen[1],
            goals=reached,
            channel=self.random.choice(["", "search"]),
            campaign=self.random.choice(["", "spring"]),
        )

    def mail(self, number):
        sent = self.at(self.around())

        def later(share):
            hours = self.random.choice([1, 24, 71, 72, 73, 24 * 8, 24 * 20])
            return sent + timedelta(hours=hours) if self.random.random() < share else None

        delivered = sent if self.random.random() < 0.8 else None
        return Delivery(
            **self.whose(),
            mail=f"mail {number}",
            campaign=self.random.choice(["", "spring", "spring"]),
            recorded_at=sent,
            sent_at=sent if self.random.random() < 0.9 else None,
            delivered_at=delivered,
            bounced_at=None if delivered else later(0.7),
            opened_at=later(0.4),
            opened_by_machine_at=later(0.3),
            clicked_at=later(0.6),
            unsubscribed_at=later(0.2),
            replied_at=later(0.2),
        )

    def offer(self):
        for code, kind in (("spring", "email"), ("day", "event"), ("talk", "event"), ("elsewhere", "ads")):
            goal, starts = self.random.choice([None, *self.goals, *self.goals]), self.around()
            campaign = Campaign.objects.create(code=code, kind=kind, starts=starts, goal=goal)
            self.reach(campaign)
        product = Product.objects.create(sku="GUIDE")
        Resource.objects.create(code="guide", topic="GUIDE")
        for view in ActivityDay.objects.filter(name="Resource Viewed", contact__isnull=False):
            if self.random.random() < 0.4:
                Ticket.objects.create(
                    account_id=view.account_id,
                    requester=view.contact,
                    product=self.random.choice([None, product]),
                    opened_at=view.last_at + timedelta(hours=self.random.choice([-1, 0, 23, 24])),
                )

    def reach(self, campaign):
        for day in sorted({self.around() for _ in range(self.random.choice([0, 3, 9]))}):
            numbers = {"reach": self.random.randint(0, 3), "clicks": self.random.randint(0, 2)}
            CampaignDay.objects.create(campaign=campaign, day=day, currency="USD", **numbers)

    def include(self):
        """Plans of which some days have more features than others."""
        features = [Feature.objects.create(code=code) for code in ("export", "search", "print")]
        plans = [Plan.objects.create(code=code) for code in ("basic", "full")]
        for plan in plans:
            for feature in features:
                starts = self.random.choice([None, None, self.writer.day()])
                ends = self.random.choice([None, None, (starts or self.writer.day()) + timedelta(100)])
                if self.random.random() < 0.7:
                    PlanFeature.objects.create(plan=plan, feature=feature, starts=starts, ends=ends)
        for subscription in Subscription.objects.order_by("pk"):
            subscription.plan = self.random.choice([None, *plans])
            subscription.save(update_fields=["plan"])

    def agree(self):
        for contact in self.contacts:
            for channel in ("email", "sms"):
                given = self.at(self.around())
                withdrawn = given + timedelta(self.random.choice([0, 10, 20, 30]))
                if self.random.random() < 0.6:
                    Consent.objects.create(
                        contact=contact,
                        channel=channel,
                        purpose=self.random.choice(["marketing", "marketing", "service"]),
                        given_at=given,
                        withdrawn_at=withdrawn if self.random.random() < 0.5 else None,
                    )

    def sign_up(self):
        for number, contact in enumerate(self.contacts):
            since = self.random.choice([None, self.writer.day()])
            ends = (since or self.writer.day()) + timedelta(self.random.choice([1, 90]))
            if self.random.random() < 0.7:
                Identity.objects.create(
                    contact=contact,
                    source="app",
                    kind=self.random.choice(["user", "user", "anonymous"]),
                    value=str(number if self.random.random() < 0.6 else self.random.randrange(3)),
                    verified=self.random.random() < 0.7,
                    since=since,
                    until=self.random.choice([None, ends]),
                )
