"""Parts of Stripe's objects, each by its path ("items.data.0.price"): what is not as documented is rejected by it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from accounts.connectors.reasons import Reason, Rejected
from accounts.money import known_currencies

# https://docs.stripe.com/currencies: not those of ISO 4217 throughout.
WITHOUT_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
WITH_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
LONGEST = 200
LARGEST = Decimal(10) ** 14
FOUR_DECIMALS = Decimal("0.0001")


class Part:
    """An object within an event, and where it stands."""

    def __init__(self, said: Any, path: str = "") -> None:
        if not isinstance(said, Mapping):
            raise Rejected(Reason.WRONG_TYPE if said is not None else Reason.MISSING, path)
        self.said, self.path = said, path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        return self.said.get(name) not in (None, "", {}, [])

    def part(self, name: str) -> "Part":
        return Part(self.said.get(name), self.at(name))

    def maybe(self, name: str) -> "Part":
        """An empty one where there is none."""
        return Part(self.said.get(name) or {}, self.at(name))

    def parts(self, name: str) -> list["Part"]:
        """Of one of Stripe's lists."""
        rows = self.maybe(name).said.get("data", [])
        if not isinstance(rows, list):
            raise Rejected(Reason.WRONG_TYPE, self.at(f"{name}.data"))
        return [Part(row, self.at(f"{name}.data.{number}")) for number, row in enumerate(rows)]

    def text(self, name: str, *, longest: int = LONGEST) -> str:
        """Empty where there is none, cut where it is longer."""
        value = self.said.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or "\0" in value:
            raise Rejected(Reason.WRONG_TYPE, self.at(name))
        return value.strip()[:longest]

    def id(self, name: str = "id") -> str:
        """Of an object that is named, or stands there as a whole."""
        value = self.said.get(name)
        if isinstance(value, Mapping):
            return self.part(name).id()
        found = self.text(name, longest=LONGEST + 1)
        if not found or len(found) > LONGEST:
            raise Rejected(Reason.MISSING if not found else Reason.WRONG_TYPE, self.at(name))
        return found

    def id_if_any(self, name: str) -> str:
        return self.id(name) if self.has(name) else ""

    def whole(self, name: str) -> int:
        value = self.said.get(name)
        if value is None:
            raise Rejected(Reason.MISSING, self.at(name))
        if type(value) is not int or abs(value) >= LARGEST:
            raise Rejected(Reason.BAD_NUMBER, self.at(name))
        return value

    def number(self, name: str) -> Decimal:
        value = self.said.get(name)
        if value is None:
            raise Rejected(Reason.MISSING, self.at(name))
        try:
            found = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or abs(found) >= LARGEST:
            raise Rejected(Reason.BAD_NUMBER, self.at(name))
        return found

    def moment(self, name: str) -> datetime:
        seconds = self.whole(name)
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise Rejected(Reason.BAD_TIME, self.at(name)) from None

    def moment_if_any(self, name: str) -> datetime | None:
        return self.moment(name) if self.said.get(name) is not None else None

    def currency(self, name: str = "currency") -> str:
        code = self.text(name).upper()
        if code not in known_currencies():
            raise Rejected(Reason.BAD_CURRENCY if code else Reason.MISSING, self.at(name))
        return code


def money(amount: Decimal | int, currency: str) -> Decimal:
    """Of an amount in the smallest coin, as Stripe counts it."""
    decimals = 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE else 2
    return Decimal(amount).scaleb(-decimals)


def kept(amount: Decimal) -> Decimal:
    return amount.quantize(FOUR_DECIMALS)
