"""Who may do what: the groups that every installation has. It knows the permissions of all rooms, so it lives here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_noop as _

SEE_ALL = "accounts.view_all_accounts"
COMPANY_FIGURES = "metrics.view_company_figures"
SHARED_POPULATIONS = "accounts.change_shared_population"
# Whether a person opened a mail, or a program.
JUDGE_HITS = "accounts.change_hit"
MANAGE_FOLLOW_UPS = "surveys.manage_follow_ups"
EXPORT_PERSON, ERASE_PERSON = "accounts.export_person", "accounts.erase_person"

CUSTOMERS = (
    "accounts.account",
    "accounts.contact",
    "accounts.accountkey",
    "accounts.accountchange",
    "accounts.attachment",
    "accounts.consent",
    "accounts.identity",
)
ACQUISITION = ("accounts.lead",)
CATALOGUE = ("accounts.product", "accounts.plan", "accounts.feature", "accounts.planfeature")
CAMPAIGNS = ("accounts.campaign", "accounts.goal")
LEARNING = ("accounts.resource",)
CONTRACTS = ("accounts.subscription", "accounts.pause", "accounts.term", "accounts.departure")
SALES = ("accounts.order", "accounts.orderline", "accounts.return", "accounts.payment")
# What a campaign cost is not everybody's to read either.
REACH = ("accounts.campaignday",)
MONEY = ("accounts.expense", "accounts.exchangerate", *REACH)
SERVICE = ("accounts.ticket", "accounts.ticketevent")
CALENDARS = ("accounts.workingcalendar",)
MEANINGS = ("accounts.eventname", "accounts.traitfield")
VOCABULARY = ("accounts.attributedefinition", "accounts.tag", *MEANINGS)
EVENTS = ("accounts.event",)
POPULATIONS = ("accounts.population",)
# What events come in by, and those that could not be taken.
INTAKE = ("accounts.writekey", "accounts.rejectedevent", "accounts.providercall")
# Whom we tell of what happens, and what they were told.
WEBHOOKS = ("accounts.webhookendpoint",)
TOLD = ("accounts.webhookdelivery",)
# What is written to many at once, and what became of each.
MAILINGS = ("accounts.mailing", "surveys.distribution", "surveys.invitation")
MESSAGES = ("accounts.message",)
# What customers are asked, and on which scales.
SURVEYS = ("surveys.survey", "surveys.surveyversion", "surveys.gradedscale", "surveys.surveylink")
# What they answer.
ITEMS = ("surveys.feedbackitem",)
FEEDBACK = ("surveys.theme", *ITEMS)
RESPONSES = ("surveys.response", *FEEDBACK)
# Addresses at which results are read.
REPORTS = ("surveys.reportlink",)
# Whether a person answered, or a program.
JUDGE_RESPONSES = "surveys.change_response"
# Old ones, from a file.
IMPORT_RESPONSES = "surveys.add_response"
# How messages leave, and to whom none do.
SENDING = ("accounts.outbox", "accounts.suppression")
# How often anybody is asked.
RULES = ("accounts.frequencyrule",)
# What is done about low answers, and who is told when nothing is.
FOLLOW_UPS = ("surveys.followup",)
TRACES = ("accounts.auditentry", "accounts.job", "accounts.notice")

FACTS = CUSTOMERS + ACQUISITION + CATALOGUE + CAMPAIGNS + LEARNING + CONTRACTS + SALES + SERVICE
EVERYTHING = "*"
# Not even administrators write these.
WRITTEN_BY_THE_DATABASE = ("auditentry",)


@dataclass(frozen=True)
class Role:
    name: str
    purpose: str
    views: tuple[str, ...] = FACTS + POPULATIONS + SURVEYS
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    def codenames(self) -> set[str]:
        """As Django writes them: app.verb_model."""
        written = self.writes + self.deletes
        verbs = {
            "view": self.views + written,
            "add": self.writes,
            "change": self.writes,
            "delete": self.deletes,
        }
        return {named(verb, model) for verb, models in verbs.items() for model in models} | set(self.extras)


def named(verb: str, model: str) -> str:
    app, _dot, name = model.partition(".")
    return f"{app}.{verb}_{name}"


ROLES = (
    Role(
        _("CSM"),
        _("Looks after the accounts of their own and of their teams."),
        views=(*FACTS, *POPULATIONS, *MESSAGES, *SURVEYS, *RESPONSES),
        writes=(
            "accounts.account",
            "accounts.contact",
            "accounts.attachment",
            "accounts.departure",
            "accounts.term",
            *POPULATIONS,
            *MAILINGS,
            *FOLLOW_UPS,
            *FEEDBACK,
            *SURVEYS,
        ),
        deletes=ITEMS,
        extras=(JUDGE_HITS, IMPORT_RESPONSES),
    ),
    Role(
        _("CS manager"),
        _("Answers for all accounts and for those who look after them."),
        views=(*FACTS, *POPULATIONS, *MESSAGES, *SENDING, *RULES, *SURVEYS, *RESPONSES),
        writes=(
            *CUSTOMERS,
            *CONTRACTS,
            *POPULATIONS,
            *MAILINGS,
            *FOLLOW_UPS,
            *FEEDBACK,
            *SURVEYS,
            *REPORTS,
        ),
        deletes=("accounts.contact", "accounts.attachment", *ITEMS),
        extras=(
            SEE_ALL,
            COMPANY_FIGURES,
            SHARED_POPULATIONS,
            JUDGE_HITS,
            JUDGE_RESPONSES,
            IMPORT_RESPONSES,
            MANAGE_FOLLOW_UPS,
        ),
    ),
    Role(
        _("Service manager"),
        _("Answers for support: tickets, their clock and their calendars."),
        views=(*FACTS, *POPULATIONS, *MESSAGES, *SURVEYS, *RESPONSES),
        writes=(*SERVICE, *CALENDARS, "accounts.attachment", *POPULATIONS, *MAILINGS, *FOLLOW_UPS),
        extras=(SEE_ALL,),
    ),
    Role(
        _("Product"),
        _("Asks what customers use and buy."),
        views=(*FACTS, *MEANINGS, *POPULATIONS, *INTAKE, *SURVEYS, *RESPONSES),
        writes=(*CATALOGUE, *LEARNING, *POPULATIONS),
        extras=(SEE_ALL,),
    ),
    Role(
        _("Marketing"),
        _("Brings leads in and asks what became of them."),
        views=(*FACTS, *POPULATIONS, *MESSAGES, *SURVEYS),
        writes=(*ACQUISITION, *CAMPAIGNS, *REACH, *POPULATIONS, *MAILINGS),
        extras=(SEE_ALL, JUDGE_HITS),
    ),
    Role(
        _("Sales"),
        _("Sells, renews and expands."),
        writes=(
            *ACQUISITION,
            "accounts.account",
            "accounts.contact",
            "accounts.attachment",
            *CONTRACTS,
            *POPULATIONS,
        ),
        extras=(SEE_ALL,),
    ),
    Role(
        _("Executive"),
        _("Reads everything and changes nothing."),
        views=(
            *FACTS,
            *MONEY,
            *CALENDARS,
            *MEANINGS,
            *POPULATIONS,
            *MAILINGS,
            *MESSAGES,
            *SURVEYS,
            *RESPONSES,
        ),
        extras=(SEE_ALL, COMPANY_FIGURES),
    ),
    Role(
        _("Operations"),
        _("Enters, imports and corrects facts of every kind."),
        views=(*FACTS, *MONEY, *TRACES, *TOLD, *MESSAGES, *SURVEYS),
        writes=(
            *INTAKE,
            *WEBHOOKS,
            *SENDING,
            *RULES,
            *EVENTS,
            *FACTS,
            *MONEY,
            *CALENDARS,
            *VOCABULARY,
            *POPULATIONS,
            *MAILINGS,
        ),
        deletes=(*FACTS, *MONEY, *VOCABULARY, *WEBHOOKS, *RULES),
        extras=(SEE_ALL, SHARED_POPULATIONS, JUDGE_HITS, EXPORT_PERSON, ERASE_PERSON),
    ),
    Role(
        _("Survey author"),
        _("Writes surveys and reads their answers."),
        views=(*FACTS, *POPULATIONS, *RESPONSES),
        writes=(*POPULATIONS, *MAILINGS, *SURVEYS, *REPORTS),
        extras=(JUDGE_RESPONSES, IMPORT_RESPONSES),
    ),
    Role(
        _("Administrator"),
        _("Invites users and sets up the installation; may do everything."),
        extras=(EVERYTHING,),
    ),
)


def permissions_of(role: Role) -> "Iterable[Permission]":
    everything = Permission.objects.select_related("content_type")
    if EVERYTHING in role.extras:
        return everything.exclude(
            ~Q(codename__startswith="view_"), content_type__model__in=WRITTEN_BY_THE_DATABASE
        )
    wanted = role.codenames()
    return [found for found in everything if f"{found.content_type.app_label}.{found.codename}" in wanted]


def sync_after_migrate(sender: AppConfig, apps: Any = apps, **_signal: Any) -> None:
    # Its own permissions come from another receiver of the same signal, whose turn may be after ours.
    create_permissions(sender, apps=apps, verbosity=0)
    sync()


def sync() -> None:
    """Makes the groups what this module says, also those that somebody changed."""
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role.name)
        group.permissions.set(permissions_of(role))


def as_markdown() -> str:
    models = sorted({model for role in ROLES for model in role.views + role.writes + role.deletes})
    head = ["Facts", *(role.name for role in ROLES)]
    rows = [[_plural(model), *(_rights(role, model) for role in ROLES)] for model in models]
    rows += [
        ["**every account**, not only one's own and one's teams'", *(_mark(role, SEE_ALL) for role in ROLES)],
        ["**company-wide figures**", *(_mark(role, COMPANY_FIGURES) for role in ROLES)],
        ["**shared populations of others** changed", *(_mark(role, SHARED_POPULATIONS) for role in ROLES)],
        ["**told of follow-ups that are overdue**", *(_mark(role, MANAGE_FOLLOW_UPS) for role in ROLES)],
        ["**say who opened a mail**, a person or a program", *(_mark(role, JUDGE_HITS) for role in ROLES)],
        [
            "**say who answered a survey**, a person or a program",
            *(_mark(role, JUDGE_RESPONSES) for role in ROLES),
        ],
        ["**import old responses**", *(_mark(role, IMPORT_RESPONSES) for role in ROLES)],
        ["**export all about a person**", *(_mark(role, EXPORT_PERSON) for role in ROLES)],
        ["**erase a person**", *(_mark(role, ERASE_PERSON) for role in ROLES)],
    ]
    purposes = [f"* **{role.name}**: {role.purpose}" for role in ROLES]
    table = [_line(head), _line("---" for _column in head), *map(_line, rows)]
    return "\n".join([*INTRODUCTION, "", *purposes, "", *table, ""])


INTRODUCTION = (
    "# Roles",
    "",
    "Every installation has these groups; a user may be in several. They are declared in `cxhub/roles.py` and put",
    "into the database by every `migrate`; `manage.py describe_roles` writes this page. A mixture of your own belongs",
    "into a group of your own: changes to these do not last.",
    "",
    "Without the right to see every account, a user sees the accounts that they own and those of their teams. To",
    "enter the admin, a user also needs *may enter the admin*.",
    "",
    "r: read, w: add and change, d: delete.",
)


def _plural(model: str) -> str:
    return str(apps.get_model(model)._meta.verbose_name_plural)


def _rights(role: Role, model: str) -> str:
    if EVERYTHING in role.extras:
        return "r" if model.partition(".")[2] in WRITTEN_BY_THE_DATABASE else "r w d"
    letters = {"r": "view", "w": "add", "d": "delete"}
    return (
        " ".join(letter for letter, verb in letters.items() if named(verb, model) in role.codenames()) or "–"
    )


def _mark(role: Role, permission: str) -> str:
    return "yes" if {permission, EVERYTHING} & set(role.extras) else "–"


def _line(cells: "Iterable[str]") -> str:
    return f"| {' | '.join(cells)} |"
