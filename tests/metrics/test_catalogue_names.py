"""Metrics are found by their names in both languages, and by what others call them."""

import pytest
from django.utils import translation

from metrics import catalogue


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mrr", "mrr"),
        ("REPEAT purchase", "repeat_purchase_rate"),
        ("repeat_purchase", "repeat_purchase_rate"),
        ("logo churn", "customer_churn_rate"),
        ("معدل زبد العملاء", "customer_churn_rate"),
        ("معدّل زَبَد العملاء", "customer_churn_rate"),  # with the vowels written
        ("السله", "average_order_value"),  # with the other letter at the end
    ],
)
def test_metric_is_found_by_its_names_in_both_languages(text, key):
    with translation.override("en"):
        assert key in {metric.key for metric in catalogue.ALL.values() if metric.is_found_by(text)}


# What people call them: the words of the catalogue's own table, for the metrics that there are.
ALIASES = {
    "activation_rate": "activation; معدل التنشيط",
    "time_to_first_value": "TTV; TTFV; time to value; الوقت اللازم لتحقيق القيمة الأولى; حان الوقت للقيمة",
    "time_to_onboard": "go-live; الوقت حتى الإعداد; حان الوقت على متن الطائرة",
    "onboarding_drop_off_rate": "abandonment; معدلات التسرب",
    "onboarding_csat support_csat": "تقييمات الرضا",
    "new_customer_retention": "early retention; معدل الاحتفاظ",
    "feature_adoption_rate": ("product adoption; معدل اعتماد المنتج; معدل تبني المنتج; معدل تبني الميزات"),
    "mrr arr": "run rate; الإيراد الشهري المتكرر; الإيراد السنوي المتكرر",
    "arpa arpu": "متوسط العائد لكل عميل",
    "net_revenue_retention gross_revenue_retention": "NDR; net dollar retention; GDR",
    "customer_churn_rate revenue_churn_rate": (
        "churn; attrition; logo churn; معدل الفقد في العملاء; معدل زبد العملاء; معدل الزبد; التخبط; التراجع; "
        "معدلات ترك الخدمة"
    ),
    "renewal_rate": "معدل عودة العملاء",
    "total_revenue profit": "income; earnings; الإيرادات الشهرية الكلية; نقاط الدخل",
    "customer_lifetime_value": "LTV; CLV; CLTV; قيمة عمر العميل; القيمة العمرية للعميل",
    "customer_acquisition_cost": "CAC; كاك; تكلفة الاستحواذ على العميل",
    "leads": "prospects; حجم العملاء المحتملين",
    "average_order_value": "AOV; basket; متوسط قيمة الطلبات; السلة",
    "product_return_rate": "refunds; معدل إرجاع المنتجات المشتراة",
    "daily_active_users monthly_active_users": "DAU; MAU; نسبة العملاء النشطين شهريًا",
    "licence_utilisation": "license utilization; استخدام الترخيص",
    "session_duration time_in_product": "time on site; معدل الوقت المستغرق في التصفح",
    "goal_conversion_rate campaign_conversion_rate": "conversion rate; CVR; معدل التحويل",
    "email_open_rate email_click_rate": "CTR; نسبة النقر إلى الظهور",
    "resource_rating resource_views": "knowledge base; تصنيفات موارد التعليم; الموارد التعليمية",
    "engagement_score": "engagement index; درجة تفاعل العملاء",
    "tickets_per_customer": "contact rate; تذاكر / زبون",
    "time_to_resolution": "MTTR; متوسط وقت حل المشكلات",
    "nps": "صافي نقاط الترويج",
    "csat": "customer satisfaction; رضا العملاء",
    "ces": "effort score; درجة جهد العملاء",
    "health_score": "customer health; نقاط صحة العميل; نتيجة صحة العملاء",
    "outcomes_achieved value_realised": "ROI; النتائج; القيمة المحققة; العائد على الاستثمار",
    "advocates referrals": "champions; word of mouth; الإحالات الشفوية; سفراء العلامة",
    "expansion_pipeline expansion_ready": (
        "upsell; cross-sell; البيع الإضافي; البيع العابر; البيع المتقاطع; زيادة البيع"
    ),
}

CALLED = [
    (key, word) for keys, words in ALIASES.items() for key in keys.split() for word in words.split("; ")
]


@pytest.mark.parametrize(("key", "word"), [(key, word) for key, word in CALLED if key in catalogue.ALL])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_metric_is_found_by_what_others_call_it(key, word, language):
    with translation.override(language):
        assert catalogue.ALL[key] in catalogue.found_by(word)


def test_metric_is_found_by_either_name_whatever_is_being_read():
    for language in ("en", "ar"):
        with translation.override(language):
            assert catalogue.ALL["tickets"] in catalogue.found_by("التذاكر")
            assert catalogue.ALL["tickets"] in catalogue.found_by("tickets")
