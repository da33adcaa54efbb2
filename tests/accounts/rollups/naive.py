"""Roll-ups as one would compute them by hand: event by event, from the distinct ones, in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from accounts.intake.digests import digits
from accounts.models import Account, AccountKey, Contact, Goal, Identity
from accounts.taxonomy import STANDARD, Topic

PAUSE = timedelta(minutes=30)
MOMENTS = {
    "Email Sent": "sent_at",
    "Email Delivered": "delivered_at",
    "Email Opened": "opened_at",
    "Email Link Clicked": "clicked_at",
    "Email Bounced": "bounced_at",
    "Unsubscribed": "unsubscribed_at",
    "Email Marked as Spam": "complained_at",
    "Email Replied": "replied_at",
}


class Known:
    """Who is who, as the tables say now."""

    def __init__(self):
        self.accounts = {one.pk: one.merged_into_id or one.pk for one in Account.objects.all()}
        self.contacts = defaultdict(list)
        survivors = {}
        for one in Contact.objects.all():
            survivors[one.pk] = its = one.merged_into_id or one.pk, one.account_id
            self.contacts[digits("cxhub", "contact", str(one.pk))].append((None, None, *its))
            if one.external_id is not None:
                self.contacts[digits(one.source, "user", one.external_id)].append((None, None, *its))
        for one in Identity.objects.all():
            digest = digits(one.source, one.kind, one.value)
            self.contacts[digest].append((one.since, one.until, *survivors[one.contact_id]))
        self.companies = {
            digits(one.source, "account", one.value): one.account_id for one in AccountKey.objects.all()
        }

    def valid(self, person, day):
        return [
            (since or date.min, contact, account)
            for since, until, contact, account in self.contacts[person]
            if (since is None or since <= day) and (until is None or day < until)
        ]

    def visitor(self, person, day):
        """Whose visits are one: the first of the contacts, or somebody whom nobody knows."""
        return min((contact for _since, contact, _account in self.valid(person, day)), default=person)

    def who(self, person, company, day):
        """Account and contact."""
        valid = self.valid(person, day)
        valid.sort(key=lambda one: (-one[0].toordinal(), one[1]))
        if company in self.companies:
            account = self.companies[company]
            there = [one for one in valid if self.accounts[one[2]] == self.accounts[account]]
            return account, there[0][1] if there else None
        if not valid or (company is not None and len({one[1] for one in valid}) > 1):
            return None, None
        return valid[0][2], valid[0][1]


def in_order(events):
    return sorted(events, key=lambda one: (one.happened_at, one.message_id))


def first(values):
    return next((value for value in values if value), None)


def rows(found):
    return sorted(found, key=repr)


def activity(events, zone):
    known, groups = Known(), defaultdict(list)
    for one in events:
        day = one.happened_at.astimezone(ZoneInfo(zone)).date()
        recorded = one.recorded_at.astimezone(ZoneInfo(zone)).date()
        late_on = recorded if recorded > day + timedelta(days=1) else None
        key = (one.person, one.company, day, one.name, one.object, one.campaign, one.machine, late_on)
        groups[key].append(one)
    found = []
    for key, of_key in groups.items():
        numbers = [one.value for one in in_order(of_key) if one.value is not None]
        found.append(
            (
                *key,
                len(of_key),
                len(numbers),
                sum(numbers) if numbers else None,
                numbers[-1] if numbers else None,
                max(one.happened_at for one in of_key),
                *known.who(*key[:3]),
            )
        )
    return rows(found)


def parted(events):
    """The events of a visitor's sessions."""
    found, running = [], ""
    for one in in_order(events):
        pause = not found or one.happened_at - found[-1][-1].happened_at > PAUSE
        if pause or (one.session and running and one.session != running):
            found.append([])
            running = ""
        found[-1].append(one)
        running = one.session or running
    return found


def sessions(events, zone):
    known, visits = Known(), defaultdict(list)
    goals = list(Goal.objects.values_list("pk", "kind", "target"))
    for one in events:
        if not one.machine and not (one.name in STANDARD and not STANDARD[one.name].is_visit):
            day = one.happened_at.astimezone(ZoneInfo(zone)).date()
            visits[known.visitor(one.person, day)].append(one)
    found = []
    for of_visitor in visits.values():
        for one in parted(of_visitor):
            person = one[0].person
            day = one[0].happened_at.astimezone(ZoneInfo(zone)).date()
            company = first(event.company for event in one)
            pages = [event.object for event in one if event.name in ("Page", "Screen")]
            reached = {
                pk
                for pk, kind, target in goals
                if (target in pages if kind == "page" else target in [event.name for event in one])
            }
            found.append(
                (
                    person,
                    company,
                    day,
                    one[0].happened_at,
                    one[-1].happened_at,
                    min(event.recorded_at for event in one),
                    first(event.session for event in one) or "",
                    len(one),
                    len(pages),
                    pages[0] if pages else "",
                    pages[-1] if pages else "",
                    sorted(reached),
                    first(event.campaign for event in one) or "",
                    *known.who(person, company, day),
                )
            )
    return rows(found)


def deliveries(events, zone):
    known, mails = Known(), defaultdict(list)
    for one in events:
        is_mail = one.name in STANDARD and STANDARD[one.name].topic == Topic.EMAIL and one.object
        if is_mail and not (one.machine and one.name == "Email Link Clicked"):
            mails[one.person, one.object].append(one)
    found = []
    for (person, mail), of_mail in mails.items():
        moments = {**dict.fromkeys(MOMENTS.values()), "opened_by_machine_at": None}
        for one in reversed(in_order(of_mail)):
            machine = one.machine and one.name == "Email Opened"
            moments["opened_by_machine_at" if machine else MOMENTS[one.name]] = one.happened_at
        company = first(one.company for one in in_order(of_mail))
        day = min(moment for moment in moments.values() if moment).astimezone(ZoneInfo(zone)).date()
        found.append(
            (
                person,
                company,
                mail,
                first(one.campaign for one in in_order(of_mail)) or "",
                min(one.recorded_at for one in of_mail),
                sorted((name, moment) for name, moment in moments.items() if moment),
                *known.who(person, company, day),
            )
        )
    return rows(found)
