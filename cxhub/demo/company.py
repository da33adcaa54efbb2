"""Our own house: whom the demo company employs, what it sells, and what its money is worth."""

from dataclasses import dataclass
from decimal import Decimal

NAME = {"en": "Rafeef Systems", "ar": "أنظمة رفيف"}
TIME_ZONE = "Asia/Riyadh"
CURRENCY = "USD"
FRIDAY, SATURDAY, SUNDAY = 5, 6, 7
WEEKEND = [FRIDAY, SATURDAY]


@dataclass(frozen=True)
class Offer:
    """A plan, and what a seat costs in a month by currency."""

    code: str
    name: dict[str, str]
    prices: dict[str, Decimal]


def _prices(**of: str) -> dict[str, Decimal]:
    return {currency: Decimal(price) for currency, price in of.items()}


OFFERS = [
    Offer(
        "starter",
        {"en": "Starter", "ar": "البداية"},
        _prices(USD="19", SAR="71", AED="70", EUR="18", KWD="5.9"),
    ),
    Offer(
        "growth",
        {"en": "Growth", "ar": "النمو"},
        _prices(USD="35", SAR="131", AED="129", EUR="33", KWD="10.75"),
    ),
    Offer(
        "scale",
        {"en": "Scale", "ar": "التوسّع"},
        _prices(USD="55", SAR="206", AED="202", EUR="51", KWD="16.9"),
    ),
    Offer(
        "enterprise",
        {"en": "Enterprise", "ar": "المؤسسات"},
        _prices(USD="75", SAR="281", AED="275", EUR="69", KWD="23"),
    ),
]

# Worth of one unit in US dollars, and how far it may wander in a month. Riyal and dirham are pegged.
WORTH = {
    "SAR": (0.266667, 0.0),
    "AED": (0.272294, 0.0),
    "EUR": (1.09, 0.016),
    "KWD": (3.255, 0.002),
}


@dataclass(frozen=True)
class Item:
    """A product of the shop, its price in US dollars and how many are bought at once."""

    sku: str
    name: dict[str, str]
    category: str
    price: int
    at_once: tuple[int, int]


ITEMS = [
    Item("HS-200", {"en": "Handheld scanner HS-200", "ar": "ماسح محمول HS-200"}, "Scanners", 389, (1, 6)),
    Item("HS-300", {"en": "Rugged scanner HS-300", "ar": "ماسح متين HS-300"}, "Scanners", 640, (1, 4)),
    Item("RF-50", {"en": "RFID reader RF-50", "ar": "قارئ موجات راديوية RF-50"}, "Scanners", 1150, (1, 2)),
    Item("LP-4", {"en": "Label printer LP-4", "ar": "طابعة ملصقات LP-4"}, "Printers", 420, (1, 4)),
    Item("LP-8", {"en": "Industrial printer LP-8", "ar": "طابعة صناعية LP-8"}, "Printers", 1480, (1, 2)),
    Item("MP-2", {"en": "Mobile printer MP-2", "ar": "طابعة متنقلة MP-2"}, "Printers", 310, (1, 5)),
    Item("POS-15", {"en": "Till terminal POS-15", "ar": "نقطة بيع POS-15"}, "Tills", 890, (1, 5)),
    Item("CD-1", {"en": "Cash drawer CD-1", "ar": "درج نقود CD-1"}, "Tills", 120, (1, 5)),
    Item("BAT-2", {"en": "Spare battery", "ar": "بطارية احتياطية"}, "Accessories", 49, (2, 20)),
    Item("DOCK-4", {"en": "Charging dock, four slots", "ar": "قاعدة شحن رباعية"}, "Accessories", 180, (1, 4)),
    Item(
        "LBL-100",
        {"en": "Label rolls, box of 12", "ar": "لفائف ملصقات، علبة من ١٢"},
        "Consumables",
        58,
        (4, 40),
    ),
    Item("RIB-60", {"en": "Ink ribbon, box of 6", "ar": "شريط حبر، علبة من ٦"}, "Consumables", 72, (2, 20)),
    Item(
        "REC-80",
        {"en": "Receipt paper, box of 50", "ar": "ورق إيصالات، علبة من ٥٠"},
        "Consumables",
        44,
        (4, 50),
    ),
    Item(
        "TAG-1K",
        {"en": "RFID tags, 1,000 pieces", "ar": "وسوم راديوية، ١٠٠٠ قطعة"},
        "Consumables",
        210,
        (1, 8),
    ),
]
DURABLE = [number for number, item in enumerate(ITEMS) if item.category != "Consumables"]
CONSUMABLE = [number for number, item in enumerate(ITEMS) if item.category == "Consumables"]


@dataclass(frozen=True)
class Country:
    """Where it lies for us, in what it pays, what time it has, how its mobiles begin, its tax in %."""

    region: str
    currency: str
    time_zone: str
    dial: str
    tax: int = 0


COUNTRIES = {
    "SA": Country("Gulf", "SAR", "Asia/Riyadh", "+96650", 15),
    "AE": Country("Gulf", "AED", "Asia/Dubai", "+97150", 5),
    "KW": Country("Gulf", "KWD", "Asia/Kuwait", "+96550"),
    "QA": Country("Gulf", "USD", "Asia/Qatar", "+97433"),
    "BH": Country("Gulf", "USD", "Asia/Bahrain", "+97336"),
    "OM": Country("Gulf", "USD", "Asia/Muscat", "+96892"),
    "JO": Country("Levant", "USD", "Asia/Amman", "+96279"),
    "LB": Country("Levant", "USD", "Asia/Beirut", "+96170"),
    "IQ": Country("Levant", "USD", "Asia/Baghdad", "+96477"),
    "EG": Country("North Africa", "USD", "Africa/Cairo", "+20100"),
    "MA": Country("North Africa", "EUR", "Africa/Casablanca", "+21266"),
    "TN": Country("North Africa", "EUR", "Africa/Tunis", "+21620"),
    "DZ": Country("North Africa", "EUR", "Africa/Algiers", "+21355"),
    "GB": Country("Europe", "EUR", "Europe/London", "+44770"),
    "IE": Country("Europe", "EUR", "Europe/Dublin", "+35385"),
    "DE": Country("Europe", "EUR", "Europe/Berlin", "+49151"),
    "FR": Country("Europe", "EUR", "Europe/Paris", "+33612"),
    "NL": Country("Europe", "EUR", "Europe/Amsterdam", "+31612"),
    "SE": Country("Europe", "EUR", "Europe/Stockholm", "+46701"),
    "US": Country("North America", "USD", "America/New_York", "+1202555"),
    "CA": Country("North America", "USD", "America/Toronto", "+1416555"),
}

KEY_ACCOUNTS, GULF, LEVANT, WEST = (
    "Gulf key accounts",
    "Gulf",
    "Levant and North Africa",
    "Europe and North America",
)
TEAMS = [KEY_ACCOUNTS, GULF, LEVANT, WEST]
TEAM_OF_REGION = {
    "Gulf": GULF,
    "Levant": LEVANT,
    "North Africa": LEVANT,
    "Europe": WEST,
    "North America": WEST,
}


@dataclass(frozen=True)
class Colleague:
    """`teams`: whose accounts they see. The role is a group of cxhub.roles."""

    address: str
    name: str
    role: str
    language: str = "en"
    teams: tuple[str, ...] = ()
    is_active: bool = True


CSM, AGENT = "CSM", "Service manager"
COLLEAGUES = [
    Colleague("admin", "Salem Bahri", "Administrator"),
    Colleague("executive", "Huda Al-Mansour", "Executive"),
    Colleague("manager", "Yara Khalil", "CS manager"),
    Colleague("operations", "Tomás Rivera", "Operations"),
    Colleague("layla", "ليلى العتيبي", CSM, "ar", (KEY_ACCOUNTS,)),
    Colleague("faisal", "فيصل الدوسري", CSM, "ar", (KEY_ACCOUNTS,)),
    Colleague("amal", "Amal Al-Kaabi", CSM, "en", (KEY_ACCOUNTS,)),
    Colleague("turki", "تركي الحربي", CSM, "ar", (GULF,)),
    Colleague("maha", "مها الزهراني", CSM, "ar", (GULF,)),
    Colleague("bader", "Bader Al-Sabah", CSM, "en", (GULF,)),
    Colleague("rania", "رانية خوري", CSM, "ar", (LEVANT,)),
    Colleague("mostafa", "مصطفى الشناوي", CSM, "ar", (LEVANT,)),
    Colleague("salma", "Salma Bennani", CSM, "en", (LEVANT,)),
    Colleague("sofia", "Sofia Lindgren", CSM, "en", (WEST,)),
    Colleague("daniel", "Daniel Hughes", CSM, "en", (WEST,)),
    Colleague("claire", "Claire Fontaine", CSM, "en", (WEST,)),
    Colleague("nadim", "Nadim Awad", CSM, "en", (GULF,), is_active=False),
    Colleague("support.lead", "Ghada Nasser", AGENT),
    Colleague("agent.hani", "هاني السيد", AGENT, "ar"),
    Colleague("agent.mira", "Mira Kapoor", AGENT),
    Colleague("agent.jonas", "Jonas Weber", AGENT),
]
# Whose book was handed over.
LEAVER = "nadim"
