"""The books on paper: what people did in June 2026, which began on a Monday."""

from accounts.models import Campaign, CampaignDay, Goal, Product, Resource
from tests.factories import account, accounts, day, order, subscription, term, ticket
from tests.metrics.doing import act, consent, contact, identity, mail, plan_with, visit

ADDRESS = "office@example.com"


def using():
    """Aster has four seats and two people, Birch two and one, who began on the 21st; Cedar pays for no number.

    Sara and Lina have one address.
    """
    aster, birch, cedar, dahlia = accounts(4)
    subscription(aster, 25, "2025-01-01", quantity=4)
    subscription(birch, 30, "2025-01-01", quantity=2)
    subscription(cedar, 30, "2025-01-01", quantity=0)
    sara, omar = contact(aster, "Sara", email=ADDRESS), contact(aster, "Omar")
    lina, noor = contact(birch, "Lina", email=ADDRESS), contact(dahlia, "Noor")
    act(sara, "2026-05-01")
    act(sara, "2026-06-01", "Signed In", count=2)
    act(sara, "2026-06-06")  # a Saturday
    act(sara, "2026-06-30")
    act(sara, "2026-06-30", "Page", "/")
    act(omar, "2026-06-02", "Signed In")
    act(omar, "2026-06-03", "Signed Out")
    act(omar, "2026-06-04", machine=True)
    act(omar, "2026-06-24")
    act(lina, "2026-06-21")  # a Sunday
    act(lina, "2026-06-30")
    act(noor, "2026-06-10")
    act(None, "2026-06-05", "Signed In", count=4)
    for who, ends in ((sara, None), (omar, "2026-06-10"), (lina, None), (noor, None)):
        identity(who, who.name, since="2026-01-01", until=ends)
    identity(omar, "browser", kind="anonymous")


def filling():
    """Aster's term began on 10 April; of its two seats, since May four, all served in April; of Birch's most in May."""
    aster, birch, cedar = accounts(3)
    subscription(aster, 25, "2025-01-01", "2026-05-01", quantity=2)
    subscription(aster, 25, "2026-05-01", quantity=4)
    term(aster, "2025-04-10", "2026-04-10")
    term(aster, "2026-04-10", "2027-04-10")
    subscription(birch, 25, "2025-01-01", quantity=3)
    term(birch, "2026-05-31", "2026-07-01")
    subscription(cedar, 25, "2025-01-01", quantity=1)
    term(cedar, "2025-06-01", "2026-06-30")  # is over on that day
    sara, omar, lina = (contact(aster, name) for name in NAMES[:3])
    noor, ali, zain = (contact(birch, name) for name in ("Noor", "Ali", "Zain"))
    for who, days in (
        (sara, ["2026-02-10", "2026-04-01", "2026-05-10", "2026-06-10"]),
        (omar, ["2026-02-10", "2026-04-30"]),
        (lina, ["2026-02-10", "2026-05-01", "2026-05-10"]),
        (noor, ["2026-05-02", "2026-06-30"]),
        (ali, ["2026-05-31", "2026-05-01"]),
        (zain, ["2026-05-01", "2026-04-15"]),  # in neither month's thirty days
        (contact(cedar), ["2026-06-10"]),
    ):
        for on in days:
            act(who, on)


def visiting():
    """Four sessions, one of nobody; four people are active, three of them in a session."""
    aster, birch = accounts(2)
    sara, omar = contact(aster, "Sara"), contact(aster, "Omar")
    lina, noor = contact(birch, "Lina"), contact(birch, "Noor")
    visit(sara, "2026-06-10 10:00", 30, events=3, pages=2, left="/prices")
    visit(omar, "2026-06-11 10:00")
    visit(None, "2026-06-12 10:00", 12, events=2, pages=0, left="")
    visit(lina, "2026-06-13 23:50", 40, events=2, left="/prices")
    visit(sara, "2026-05-31 10:00", 500)
    act(sara, "2026-06-10", "Page", "/")
    act(sara, "2026-06-10", "Page", "/prices", count=3)
    act(omar, "2026-06-11", "Page", "/")
    act(lina, "2026-06-14", "Screen", "/prices")
    act(noor, "2026-06-15")


def starting():
    """Ripe on 30 June: customers since 1 April or before. Aster acts on the 61st day, Birch a day too soon and late."""
    aster, birch, cedar, dahlia, elm = accounts(5)
    for one, since in ((aster, "2026-01-10"), (birch, "2026-01-10"), (cedar, "2026-04-01")):
        subscription(one, 10, since)
    subscription(dahlia, 10, "2025-01-01")  # not new
    order(elm, "2026-01-15 12:00")
    subscription(elm, 10, "2026-03-01")
    for one, days in (
        (aster, ["2026-03-12"]),
        (birch, ["2026-03-11", "2026-04-11"]),
        (cedar, ["2026-06-30"]),
        (dahlia, ["2026-03-20"]),
        (elm, ["2026-03-26"]),  # 70 days after the order
    ):
        for on in days:
            act(contact(one), on)


def adopting():
    """Aster's plan has two features and Birch's one; Cedar's had one until the 15th. Sara and Lina have one address."""
    aster, birch, cedar = accounts(3)
    full, basic = plan_with("full", "export", "search"), plan_with("basic", "search")
    ended = plan_with("ended", "export", ends=day("2026-06-15"))
    subscription(aster, 10, "2025-01-01", plan=full)
    subscription(birch, 0, "2025-01-01", plan=basic, kind="free")
    subscription(cedar, 10, "2025-01-01", plan=ended)
    sara, omar = contact(aster, "Sara", email=ADDRESS), contact(aster, "Omar")
    lina, noor = contact(birch, "Lina", email=ADDRESS), contact(cedar, "Noor")
    act(sara, "2026-06-10", "Feature Used", "export")
    act(sara, "2026-06-11", "Feature Used", "export")
    act(omar, "2026-06-10", "Feature Used", "export")
    act(omar, "2026-05-31", "Feature Used", "search")
    act(lina, "2026-06-10", "Feature Used", "export")  # not in her plan
    act(noor, "2026-06-10", "Feature Used", "export")  # no longer in hers


def reaching():
    """Four sessions, three of people; two reach something, one of them what was bought."""
    aster = account()
    sara, omar = contact(aster, "Sara"), contact(aster, "Omar")
    bought, asked = (Goal.objects.create(code=code, target=code) for code in ("bought", "asked"))
    visit(sara, "2026-06-10 10:00", goals=[bought.pk, asked.pk])
    visit(sara, "2026-06-11 10:00")
    visit(omar, "2026-06-12 10:00")
    visit(None, "2026-06-13 10:00", goals=[asked.pk])


def mailing():
    """Ripe on 30 June after three days: what was delivered up to the 27th."""
    sara = contact(account())
    mail(sara, "2026-06-10 10:00", "1", opened_at="2026-06-13 10:00", replied_at="2026-06-12 10:00")
    mail(sara, "2026-06-10 10:00", "2", opened_at="2026-06-13 10:01")  # a minute too late
    mail(sara, "2026-06-11 10:00", "3", opened_by_machine_at="2026-06-11 10:00")
    mail(sara, "2026-06-12 10:00", "4", clicked_at="2026-06-12 11:00", unsubscribed_at="2026-06-20 10:00")
    mail(None, "2026-06-12 10:00", "5", opened_at="2026-06-12 11:00", clicked_at="2026-06-12 11:00")
    mail(sara, "2026-06-29 10:00", "6", opened_at="2026-06-29 11:00")  # not ripe
    mail(sara, "2026-06-12 10:00", "7", delivered_at=None, bounced_at="2026-06-12 10:05")
    mail(sara, "2026-06-12 10:00", "8", sent_at=None, delivered_at=None, bounced_at="2026-06-12 10:05")


def converting_by_mail():
    """Ripe on 30 June after fourteen days: what was delivered up to the 16th."""
    bought = Goal.objects.create(code="bought", target="Report Sent")
    Goal.objects.create(code="seen", kind="page", target="/prices")
    Campaign.objects.create(code="spring", starts=day("2026-06-01"), goal=bought)
    sara, omar = contact(account(), "Sara"), contact(account(), "Omar")
    for who, number in ((sara, "1"), (omar, "2")):
        mail(who, "2026-06-01 10:00", number, campaign="spring", clicked_at="2026-06-08 10:00")
    mail(sara, "2026-06-02 10:00", "3", clicked_at="2026-06-02 11:00")  # of no campaign
    mail(sara, "2026-06-02 10:00", "4", campaign="spring")
    act(sara, "2026-06-15", at_hour=10)  # on the seventh day
    act(omar, "2026-06-15", at_hour=11)  # an hour too late
    for who in (sara, omar):
        act(who, "2026-06-09", "Page", "/prices")


def campaigning():
    """Spring, which reached 20 in June and had 8 clicks, is for reports; the fair is for nothing, the radio unseen."""
    told = Goal.objects.create(code="told", target="Report Sent")
    for code, goal in (("spring", told), ("fair", None), ("radio", told)):
        Campaign.objects.create(code=code, starts=day("2026-05-01"), goal=goal)
    for code, on, reach, clicks in (
        ("spring", "2026-06-01", 15, 5),
        ("spring", "2026-06-30", 5, 3),
        ("spring", "2026-05-31", 100, 50),
        ("fair", "2026-06-01", 10, 10),
    ):
        of_day = {"reach": reach, "clicks": clicks, "currency": "USD"}
        CampaignDay.objects.create(campaign=Campaign.objects.get(code=code), day=day(on), **of_day)
    aster, birch = accounts(2)
    sara, omar = contact(aster, "Sara"), contact(aster, "Omar")
    lina, noor = contact(birch, "Lina"), contact(birch, "Noor")
    act(sara, "2026-06-10", "Page", "/", campaign="spring")
    act(sara, "2026-06-10")
    act(sara, "2026-06-20", "Page", "/", campaign="spring")
    act(sara, "2026-06-25", campaign="spring")
    act(omar, "2026-06-10", "Email Link Clicked", campaign="spring")
    act(omar, "2026-06-09")  # the day before
    act(lina, "2026-06-10", "Email Delivered", campaign="spring")  # brings nobody
    act(lina, "2026-06-11")
    act(noor, "2026-06-10", "Page", "/", campaign="radio")
    act(noor, "2026-06-12", "Page", "/", campaign="fair")
    act(noor, "2026-06-13")
    act(None, "2026-06-10", "Page", "/", campaign="spring")
    act(None, "2026-06-30")


def agreeing():
    """Three subscribers at the end of May; one withdraws, one does and comes back, one withdraws one of two."""
    aster, birch = accounts(2)
    sara, omar, lina, noor = (
        contact(whose, name) for whose, name in zip((aster, aster, birch, birch), NAMES, strict=True)
    )
    consent(sara, "2026-01-01 10:00", "2026-06-10 10:00")
    consent(omar, "2026-01-01 10:00", "2026-06-10 10:00")
    consent(omar, "2026-06-20 10:00")
    consent(lina, "2026-01-01 10:00", "2026-06-10 10:00", channel="sms")
    consent(lina, "2026-01-01 10:00")
    consent(noor, "2026-06-10 10:00")
    consent(sara, "2026-01-01 10:00", purpose="service")


NAMES = ("Sara", "Omar", "Lina", "Noor")


def publishing():
    aster = account()
    sara = contact(aster)
    for name, count in (("Post Liked", 3), ("Post Shared", 2), ("Post Commented", 1), ("Post Clicked", 5)):
        act(sara, "2026-06-10", name, "p1", count=count)
        act(None, "2026-06-11", name, "p1")
        act(sara, "2026-06-12", name, "p1", machine=True)
    act(None, "2026-06-10", "Event Interacted", "day", count=4)


def holding():
    """An event on 20 June, for which three people registered; two of them came, and one who had not. One in March."""
    for code, kind, starts in (
        ("talk", "event", "2026-06-20"),
        ("past", "event", "2026-03-01"),
        ("ads", "ads", "2026-06-20"),
    ):
        Campaign.objects.create(code=code, kind=kind, starts=day(starts))
    aster = account()
    sara, omar, lina = (contact(aster, name) for name in NAMES[:3])
    for who in (sara, omar, None):
        act(who, "2026-01-10", "Event Registered", "talk")
    act(sara, "2026-02-10", "Event Registered", "talk")
    for who in (sara, lina, None):
        act(who, "2026-06-20", "Event Attended", "talk")
    for code in ("past", "ads"):
        act(sara, "2026-02-20", "Event Registered", code)
        act(sara, "2026-06-20", "Event Attended", code)


def learning():
    """Sara asks what the guide should have said, and so does Omar, who rates it well; Lina asks on the next day."""
    guide = Product.objects.create(sku="GUIDE")
    Resource.objects.create(code="guide", topic="GUIDE")
    aster = account()
    sara, omar, lina = (contact(aster, name) for name in NAMES[:3])
    for who in (sara, omar, lina):
        act(who, "2026-06-10", "Resource Viewed", "guide", count=2)
    act(None, "2026-06-10", "Resource Viewed", "film")
    for who, when, product in (
        (sara, "2026-06-10 13:00", guide),
        (omar, "2026-06-10 13:00", guide),
        (lina, "2026-06-11 12:00", guide),
        (lina, "2026-06-10 13:00", None),
    ):
        ticket(aster, opened=when, requester=who, product=product)
    for who, on, rating in (
        (omar, "2026-06-10", 2),
        (omar, "2026-06-12", 5),
        (sara, "2026-06-12", 3),
        (None, "2026-06-12", 1),
    ):
        act(who, on, "Resource Rated", "guide", last_value=rating)


def touring():
    """Ripe on 30 June: tours begun up to the 23rd. Omar takes a day too long, Lina stops at the second step.

    Lina has Sara's address.
    """
    aster, birch = accounts(2)
    sara, omar = contact(aster, "Sara", email=ADDRESS), contact(aster, "Omar")
    lina = contact(birch, "Lina", email=ADDRESS)
    for who, on in ((sara, "2026-06-01"), (sara, "2026-06-02"), (omar, "2026-06-10"), (lina, "2026-06-10")):
        act(who, on, "Tour Started", "welcome")
    act(lina, "2026-06-30", "Tour Started", "second")  # not ripe
    act(sara, "2026-06-08", "Tour Completed", "welcome")
    act(omar, "2026-06-18", "Tour Completed", "welcome")
    act(lina, "2026-06-10", "Tour Completed", "another")
    for who in (sara, lina):
        act(who, "2026-06-10" if who is lina else "2026-06-03", "Tour Step Completed", "welcome/2")
