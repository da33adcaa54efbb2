"""What the name of an event means, and which of its properties is its object.

Names follow Segment's semantic events where these have one. What an organisation calls otherwise it maps itself
(EventName); what neither knows is an event of its own: whoever does it is active.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# As long as the fields that keep them.
LONGEST_NAME, LONGEST_OBJECT, LONGEST_CAMPAIGN = 200, 300, 120
MOST = Decimal(10) ** 15


class Topic(StrEnum):
    """What figures ask for."""

    LOGIN = "login"
    PAGE = "page"
    FEATURE = "feature"
    REFUSED = "refused"
    EMAIL = "email"
    LIKE = "like"
    SHARE = "share"
    COMMENT = "comment"
    CLICK = "click"
    REGISTRATION = "registration"
    ATTENDANCE = "attendance"
    INTERACTION = "interaction"
    VIEW = "view"
    RATING = "rating"
    REVIEW = "review"
    REFERRAL = "referral"
    TOUR_START = "tour start"
    TOUR_STEP = "tour step"
    TOUR_END = "tour end"
    COMMERCE = "commerce"
    ACCOUNT = "account"
    OTHER = "other"


class Scale(NamedTuple):
    """Both ends belong to it."""

    least: int
    most: int


@dataclass(frozen=True)
class Meaning:
    """`object`, `part` and `value` are properties, of which the first that is given counts.

    `scale`: values beyond it are none. `is_activity`: whoever does it is active.
    `is_visit`: it happens where people are, and so belongs to a session.
    """

    topic: Topic
    object: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    is_activity: bool = True
    is_visit: bool = True
    scale: Scale | None = None


RATINGS = Scale(least=1, most=5)
PAGE, SCREEN = "Page", "Screen"
_MAIL = Meaning(Topic.EMAIL, ("email_id", "message_id", "mail"), is_activity=False, is_visit=False)
_SMS = Meaning(Topic.OTHER, ("message_id",), is_activity=False, is_visit=False)
_POST = ("post_id", "post", "share_id", "url")
_HELD = ("event_id", "webinar_id", "campaign_id", "campaign", "webinar", "event_name")
_RESOURCE = ("resource_id", "resource", "article_id", "article", "video_id", "course_id", "path", "url")
_TOUR = ("tour_id", "tour", "checklist_id", "name")
_PRODUCT = ("product_id", "sku", "product")
_OF_ACCOUNTS = Meaning(Topic.ACCOUNT, is_activity=False, is_visit=False)

STANDARD: dict[str, Meaning] = {
    PAGE: Meaning(Topic.PAGE, ("path", "url", "name")),
    SCREEN: Meaning(Topic.PAGE, ("name", "path")),
    "Signed In": Meaning(Topic.LOGIN),
    "Signed Out": Meaning(Topic.OTHER, is_activity=False),
    "Signed Up": Meaning(Topic.OTHER),
    "Feature Used": Meaning(Topic.FEATURE, ("feature_id", "feature", "feature_name", "name")),
    "Feature Refused": Meaning(Topic.REFUSED, ("feature_id", "feature", "feature_name", "name")),
    "Email Sent": _MAIL,
    "Email Delivered": _MAIL,
    "Email Opened": _MAIL,
    "Email Link Clicked": _MAIL,
    "Email Bounced": _MAIL,
    "Email Marked as Spam": _MAIL,
    "Email Replied": _MAIL,
    "Unsubscribed": _MAIL,
    "SMS Link Clicked": _SMS,
    "SMS Replied": _SMS,
    "SMS Unsubscribed": _SMS,
    "Post Liked": Meaning(Topic.LIKE, _POST, is_activity=False, is_visit=False),
    "Post Shared": Meaning(Topic.SHARE, _POST, is_activity=False, is_visit=False),
    "Post Commented": Meaning(Topic.COMMENT, _POST, is_activity=False, is_visit=False),
    "Post Clicked": Meaning(Topic.CLICK, _POST, is_activity=False, is_visit=False),
    "Event Registered": Meaning(Topic.REGISTRATION, _HELD, is_activity=False),
    "Event Attended": Meaning(Topic.ATTENDANCE, _HELD, is_activity=False, is_visit=False),
    "Event Interacted": Meaning(Topic.INTERACTION, _HELD, is_activity=False, is_visit=False),
    "Resource Viewed": Meaning(Topic.VIEW, _RESOURCE),
    "Resource Rated": Meaning(Topic.RATING, _RESOURCE, value=("rating", "value", "score"), scale=RATINGS),
    "Review Submitted": Meaning(
        Topic.REVIEW,
        ("site", "platform"),
        value=("rating", "value"),
        is_activity=False,
        is_visit=False,
        scale=RATINGS,
    ),
    "Referral Made": Meaning(Topic.REFERRAL, is_activity=False, is_visit=False),
    "Tour Started": Meaning(Topic.TOUR_START, _TOUR),
    "Tour Step Completed": Meaning(Topic.TOUR_STEP, _TOUR, part=("step_id", "step", "step_name")),
    "Tour Completed": Meaning(Topic.TOUR_END, _TOUR),
    "Products Searched": Meaning(Topic.COMMERCE, ("query",)),
    "Product Viewed": Meaning(Topic.COMMERCE, _PRODUCT),
    "Product Added": Meaning(Topic.COMMERCE, _PRODUCT),
    "Product Removed": Meaning(Topic.COMMERCE, _PRODUCT),
    "Product Shared": Meaning(Topic.COMMERCE, _PRODUCT),
    "Product Reviewed": Meaning(Topic.COMMERCE, _PRODUCT, value=("rating",), scale=RATINGS),
    "Cart Viewed": Meaning(Topic.COMMERCE, ("cart_id",)),
    "Checkout Started": Meaning(Topic.COMMERCE, ("order_id",), value=("value", "total")),
    "Order Completed": Meaning(Topic.COMMERCE, ("order_id",), value=("total", "value", "revenue")),
    "Order Cancelled": Meaning(Topic.COMMERCE, ("order_id",), value=("total",), is_activity=False),
    "Order Refunded": Meaning(
        Topic.COMMERCE, ("order_id",), value=("total",), is_activity=False, is_visit=False
    ),
    "Invite Sent": Meaning(Topic.OTHER),
    "Account Created": _OF_ACCOUNTS,
    "Account Deleted": _OF_ACCOUNTS,
    "Account Added User": _OF_ACCOUNTS,
    "Account Removed User": _OF_ACCOUNTS,
    "Trial Started": _OF_ACCOUNTS,
    "Trial Ended": _OF_ACCOUNTS,
}
OWN = Meaning(
    Topic.OTHER, ("object_id", "object", "id", "name"), value=("value", "revenue", "total", "rating")
)


def names_of(*topics: Topic) -> list[str]:
    return [name for name, meaning in STANDARD.items() if meaning.topic in topics]


NOT_ACTIVITY = [name for name, meaning in STANDARD.items() if not meaning.is_activity]
NOT_VISITS = [name for name, meaning in STANDARD.items() if not meaning.is_visit]
# What a mail brings about is what its reader does; that it came, was opened or ended a subscription brings nobody.
BRINGS_NOBODY = [
    *(name for name in names_of(Topic.EMAIL) if name not in {"Email Link Clicked", "Email Replied"}),
    "SMS Unsubscribed",
]


@dataclass(frozen=True)
class Mapped:
    """What an organisation says of its own name of an event. Without `means` it is an event of its own."""

    means: str = ""
    object_property: str = ""
    value_property: str = ""


@dataclass(frozen=True)
class Meant:
    """An event as it is kept. `sent_as` is empty where that is its name.

    `unfit`: the property that was given as the value and is none of the scale; then there is no value.
    """

    name: str
    sent_as: str
    object: str
    value: Decimal | None
    campaign: str
    unfit: str = ""


def meant(sent_as: str, properties: Mapping[str, Any], mapped: Mapping[str, Mapped]) -> Meant:
    """`properties` are flat names with values as JSON has them; what is no text or number names no object."""
    own = mapped.get(sent_as)
    name = own.means if own and own.means else sent_as
    meaning = STANDARD.get(name, OWN)
    objects = (own.object_property,) if own and own.object_property else meaning.object
    values = (own.value_property,) if own and own.value_property else meaning.value
    object_ = _first_text(objects, properties)
    if name == PAGE:
        object_ = path_of(object_)
    if meaning.part and (part := _first_text(meaning.part, properties)):
        object_ = f"{object_}/{part}"
    value, unfit = _value(values, properties, meaning.scale)
    return Meant(
        name,
        sent_as if name != sent_as else "",
        object_[:LONGEST_OBJECT],
        value,
        _first_text(("campaign_id", "campaign"), properties)[:LONGEST_CAMPAIGN],
        unfit,
    )


def path_of(address: str) -> str:
    """Of a page, without what was searched for: that may be personal. No address: the text itself."""
    if "://" not in address:
        return address.partition("?")[0].partition("#")[0]
    try:
        return urlsplit(address).path or "/"
    except ValueError:
        return ""


def _first_text(names: tuple[str, ...], properties: Mapping[str, Any]) -> str:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _value(
    names: tuple[str, ...], properties: Mapping[str, Any], scale: Scale | None
) -> tuple[Decimal | None, str]:
    """And the property that does not fit the scale, if one was given that does not; blank, none was."""
    numbers = ((name, _number(properties[name])) for name in names if _is_given(properties.get(name)))
    if scale is None:
        return next((number for _name, number in numbers if number is not None), None), ""
    name, number = next(numbers, ("", None))
    fits = number is not None and scale.least <= number <= scale.most
    return (number, "") if fits else (None, name)


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _number(value: Any) -> Decimal | None:
    """To four decimals. What is too large for a figure is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)).quantize(Decimal("0.0001"))
    except InvalidOperation:
        return None
    # "NaN" is a number too, to Decimal, and compares with none.
    return number if number.is_finite() and abs(number) < MOST else None
