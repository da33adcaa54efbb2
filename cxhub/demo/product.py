"""What our product can do and what there is to learn about it: what the events of the demo company point to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A feature; `since` is the first offer that includes it, `use` how much it is used."""

    code: str
    name: dict[str, str]
    since: int
    use: float


FEATURES = [
    Part("stock", {"en": "Stock count", "ar": "جرد المخزون"}, 0, 1.0),
    Part("receiving", {"en": "Goods receipt", "ar": "استلام البضائع"}, 0, 0.7),
    Part("labels", {"en": "Label printing", "ar": "طباعة الملصقات"}, 0, 0.5),
    Part("search", {"en": "Item search", "ar": "البحث عن صنف"}, 0, 0.8),
    Part("reports", {"en": "Reports", "ar": "التقارير"}, 1, 0.4),
    Part("transfers", {"en": "Transfers between stores", "ar": "التحويل بين الفروع"}, 1, 0.35),
    Part("alerts", {"en": "Low-stock alerts", "ar": "تنبيهات نفاد المخزون"}, 1, 0.2),
    Part("approvals", {"en": "Approvals", "ar": "الموافقات"}, 2, 0.2),
    Part("forecast", {"en": "Demand forecast", "ar": "توقع الطلب"}, 2, 0.12),
    Part("api", {"en": "Connection to other systems", "ar": "الربط مع الأنظمة الأخرى"}, 2, 0.08),
    Part("audit", {"en": "Audit trail", "ar": "سجل التدقيق"}, 3, 0.05),
    Part("sso", {"en": "Single sign-on", "ar": "تسجيل الدخول الموحّد"}, 3, 0.04),
]
RESOURCES = [
    ("first-count", {"en": "Your first stock count", "ar": "أول جرد للمخزون"}, "article", "stock"),
    ("labels-guide", {"en": "Labels that scan at once", "ar": "ملصقات تُقرأ من أول مرة"}, "article", "labels"),
    ("reports-tour", {"en": "Reports in five minutes", "ar": "التقارير في خمس دقائق"}, "video", "reports"),
    ("forecast-course", {"en": "Forecasting demand", "ar": "التنبؤ بالطلب"}, "course", "forecast"),
    ("connect", {"en": "Connecting your till", "ar": "ربط نقطة البيع"}, "article", "api"),
]
GOALS = [
    ("report-shared", {"en": "Report shared", "ar": "مشاركة تقرير"}, "event", "Report Shared"),
    ("pricing", {"en": "Looked at the prices", "ar": "الاطلاع على الأسعار"}, "page", "/pricing"),
]
PAGES = ["/app/home", "/app/stock", "/app/items", "/app/reports", "/app/settings", "/help", "/pricing"]
