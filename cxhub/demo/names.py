# ruff: noqa: E501
"""Names of companies and people, in the letters in which they write themselves and in Latin ones for their addresses."""

# fmt: off

# By country: what an Arabic company calls itself after, and how its domain spells it.
ARABIC_STEMS = {
    "SA": [
        ("واحة الشمال", "northwaha"), ("سنابل الخير", "sanabel"), ("درب القوافل", "darbqawafel"),
        ("نسيم الواحة", "naseemwaha"), ("بوابة الحجاز", "hijazgate"), ("ركائز البناء", "rakaez"),
        ("شموخ الرياض", "shumookh"), ("ينابيع نجد", "yanabee"), ("صدى المدينة", "sada-almadina"),
        ("آفاق المشرق", "afaq-mashreq"), ("قمم السراة", "qimam"), ("روابي عسير", "rawabi-aseer"),
        ("أروقة المعرفة", "arwiqa"), ("نبض المدينة", "nabd-city"), ("بساتين الغوطة", "basateen"),
        ("رمال الجنوب", "rimal"), ("وادي الدواسر", "wadi-d"), ("صقور الصحراء", "suqoor"),
        ("غيوم الطائف", "ghuyoom"), ("مشاعل الدرب", "mashael"), ("أوتاد الخيام", "awtad"),
        ("نقوش العلا", "nuqoosh"), ("ورود الطائف", "wurood"), ("سحاب الجوف", "sahab-j"),
        ("مدى القصيم", "mada-q"), ("نماء الأحساء", "namaa"), ("عيون المها", "oyoon"),
        ("ميزان العدل", "mizan"), ("تاج المشرق", "taj-m"), ("فجر الغد", "fajr"), ("ربيع الحقول", "rabee"),
        ("خطى النجاح", "khuta"), ("مهارات الجيل", "maharat"), ("بصمة الإتقان", "basma"),
    ],
    "AE": [
        ("مرافئ الخليج", "marafi"), ("لؤلؤة الساحل", "lulua-sahel"), ("مدار التقدم", "madar"),
        ("خيوط الشمس", "khuyoot"), ("تلال الورد", "tilal"), ("أجنحة دبي", "ajniha"),
        ("كثبان ليوا", "kuthban"), ("عنبر الشارقة", "anbar"), ("بحيرة خزام", "khuzam"),
    ],
    "KW": [
        ("محار الخليج", "mahar"), ("بيارق الكويت", "bayareq"), ("سفن المباركية", "sufun"),
    ],
    "QA": [
        ("أشرعة البحر", "ashreea"), ("شراع الدوحة", "shiraa"), ("سدرة قطر", "sidra-q"),
    ],
    "BH": [
        ("دانة البحرين", "dana-b"), ("مرجان المنامة", "marjan-m"),
    ],
    "OM": [
        ("لبان ظفار", "luban"), ("قوافل صلالة", "qawafel-s"), ("جبال مسقط", "jibal-muscat"),
        ("رياح مسندم", "riyah"),
    ],
    "JO": [
        ("جسور التواصل", "jusoor"), ("قلعة الكرك", "karak-castle"), ("أبواب القدس", "abwab"),
        ("مشارف عمّان", "masharef"),
    ],
    "LB": [
        ("أرز لبنان", "arz"), ("سهل البقاع", "sahl-bekaa"), ("كروم الجبل", "kuroom"),
    ],
    "IQ": [
        ("زهرة الياسمين", "yasmeen-zahra"), ("نخلة البصرة", "nakhla-basra"),
    ],
    "EG": [
        ("ضفاف النيل", "difaf-nile"), ("منارة الإسكندرية", "manara-alex"), ("دلتا الخضراء", "delta-green"),
        ("قوارب الصعيد", "qawareb"), ("أعمدة طيبة", "taiba-columns"), ("ميناء السويس", "suez-mina"),
        ("حقول الفيوم", "fayoum-fields"), ("نجوم القاهرة", "nujoom-cairo"),
    ],
    "MA": [
        ("أطلس المغرب", "atlas-mg"), ("فسيفساء فاس", "fassifsa"), ("ياقوت مراكش", "yaqout"),
        ("مضيق طنجة", "tanja-strait"),
    ],
    "TN": [
        ("زيتون الساحل", "zaytoun"), ("قرطاج الجديدة", "carthage-new"),
    ],
    "DZ": [
        ("سواحل وهران", "sawahel"), ("ثلوج جرجرة", "thuluj"),
    ],
}

ARABIC_FORMS = ["شركة", "شركة", "شركة", "مؤسسة", "مجموعة"]

# Arabic companies that write their brand in Latin letters inside an Arabic name.
MIXED_NAMES = [
    ("شركة Falak للتقنية", "falak"), ("مؤسسة Nabta للأغذية", "nabta"), ("شركة Rukn Retail المحدودة", "ruknretail"),
    ("مجموعة Zad Logistics القابضة", "zadlogistics"), ("شركة Mawj 360 للضيافة", "mawj360"),
    ("صيدليات Shifa+ الطبية", "shifaplus"), ("Bayt Al-Kutub بيت الكتب", "baytalkutub"), ("شركة Tariq Express للنقل", "tariqexpress"),
]

# By country again.
ENGLISH_STEMS = {
    "GB": [
        "Harbour & Finch", "Alder Street", "Eastbridge", "Fairholm", "Hollis & Webb", "Juniper Lane",
        "Kestrel", "Larkspur", "Millbrook", "Oakline", "Pemberton", "Quayside", "Redfern", "Silverdale",
        "Thornbury", "Upland", "Westmere", "Yarrow", "Ashcombe", "Calder Valley", "Drayton", "Elmhurst",
        "Foxglove", "Greystone", "Hawthorn", "Kingsley", "Marlow", "Ravensdale", "Saltmarsh", "Umber",
        "Willowbrook", "Amberley", "Brightwater", "Fernhill", "Goldcrest", "Ivybridge", "Vermilion",
        "Ardent",
    ],
    "IE": [
        "Dunmore", "Inverness Bay",
    ],
    "DE": [
        "Nordlicht", "Nordhafen", "Bergmann", "Ebersbach", "Grünwald", "Hofmeister",
    ],
    "FR": [
        "Castellane", "Delacroix", "Fontaine", "Moreau & Fils",
    ],
    "NL": [
        "Lowland", "Tidewater",
    ],
    "SE": [
        "Lindqvist",
    ],
    "US": [
        "Northgate", "Bluewater", "Copperfield", "Granite Peak", "Ironbark", "Newhaven", "Vantage Point",
        "Birchwood", "Pinewood", "Cedar Creek", "Driftwood", "Lakeshore", "Prairie Star", "Riverstone",
        "Sundial", "Three Rivers", "Wildrose",
    ],
    "CA": [
        "Orchard Hill", "Emerald Coast", "Highfield", "Old Mill",
    ],
    "AE": [
        "Zephyr", "Meridian Quay", "Oryx", "Pearl Coast", "Dhow", "Palm Court",
    ],
    "SA": [
        "Najd Valley", "Desert Rose", "Falcon Ridge", "Red Dune",
    ],
    "LB": [
        "Cedars",
    ],
}

# English: what it does; Arabic: the same as Arabic company names put it.
INDUSTRIES = [
    ("Retail", ["Retail", "Stores", "Trading"], ["للتجزئة", "للتجارة"]),
    ("Logistics", ["Logistics", "Freight", "Warehousing"], ["للخدمات اللوجستية", "للنقل والتخزين"]),
    ("Food and beverage", ["Foods", "Provisions", "Beverages"], ["للأغذية", "للمواد الغذائية"]),
    ("Health care", ["Medical", "Pharmacies", "Health"], ["للرعاية الصحية", "للمستلزمات الطبية"]),
    ("Hospitality", ["Hotels", "Hospitality", "Resorts"], ["للضيافة", "للفنادق"]),
    ("Manufacturing", ["Industries", "Components", "Packaging"], ["للصناعة", "للتعبئة والتغليف"]),
    ("Education", ["Academies", "Learning", "Schools"], ["للتعليم", "للتدريب"]),
    ("Construction", ["Builders", "Contracting", "Materials"], ["للمقاولات", "لمواد البناء"]),
    ("Financial services", ["Capital", "Insurance", "Leasing"], ["للخدمات المالية", "للتأمين"]),
    ("Technology", ["Systems", "Digital", "Labs"], ["للتقنية", "للحلول الرقمية"]),
]

# Families of companies: the parent, then its daughters, with the country of all of them.
GROUPS = [
    ("SA", "afaqgroup", ["مجموعة الأفق الواسع القابضة", "الأفق الواسع للتجزئة", "الأفق الواسع للخدمات اللوجستية", "الأفق الواسع للضيافة"]),
    ("AE", "marsagroup", ["مجموعة المرسى الذهبي", "المرسى الذهبي للأغذية", "المرسى الذهبي للنقل"]),
    ("KW", "diragroup", ["مجموعة الديرة المتحدة", "الديرة المتحدة للمستلزمات الطبية", "الديرة المتحدة للتجارة"]),
    ("EG", "wadigroup", ["مجموعة الوادي الأخضر", "الوادي الأخضر للصناعة", "الوادي الأخضر لمواد البناء"]),
    ("GB", "caldwell", ["Caldwell Group", "Caldwell Retail", "Caldwell Freight", "Caldwell Foods"]),
    ("DE", "steinbach", ["Steinbach Holding", "Steinbach Logistics", "Steinbach Packaging"]),
    ("US", "lonepine", ["Lone Pine Holdings", "Lone Pine Stores", "Lone Pine Freight"]),
]

ARABIC_GIVEN = [
    ("أحمد", "ahmad"), ("محمد", "mohammed"), ("خالد", "khaled"), ("عبدالله", "abdullah"), ("فهد", "fahd"),
    ("سلطان", "sultan"), ("يوسف", "yousef"), ("عمر", "omar"), ("حسن", "hassan"), ("طارق", "tareq"),
    ("ماجد", "majed"), ("نايف", "nayef"), ("سامي", "sami"), ("رامي", "rami"), ("بلال", "bilal"),
    ("أنس", "anas"), ("كريم", "karim"), ("وليد", "walid"), ("زياد", "ziad"), ("هشام", "hisham"),
    ("إبراهيم", "ibrahim"), ("مصطفى", "mostafa"), ("ياسين", "yassine"), ("أيوب", "ayoub"),
    ("نورة", "noura"), ("سارة", "sara"), ("ريم", "reem"), ("هند", "hind"), ("فاطمة", "fatima"),
    ("مريم", "maryam"), ("عائشة", "aisha"), ("ليلى", "layla"), ("منى", "mona"), ("دانة", "dana"),
    ("العنود", "alanoud"), ("رنا", "rana"), ("هالة", "hala"), ("سلمى", "salma"), ("ياسمين", "yasmine"),
    ("خديجة", "khadija"), ("أسماء", "asmaa"), ("غادة", "ghada"), ("لمى", "lama"), ("شهد", "shahad"),
    ("جود", "joud"), ("إيمان", "iman"), ("نجلاء", "najla"), ("زينب", "zainab"),
]

ARABIC_FAMILY = [
    ("العتيبي", "alotaibi"), ("القحطاني", "alqahtani"), ("الشمري", "alshammari"), ("الدوسري", "aldosari"),
    ("الحربي", "alharbi"), ("الزهراني", "alzahrani"), ("الغامدي", "alghamdi"), ("المطيري", "almutairi"),
    ("العنزي", "alanazi"), ("السبيعي", "alsubaie"), ("الكعبي", "alkaabi"), ("المنصوري", "almansoori"),
    ("البلوشي", "albalushi"), ("الصباح", "alsabah"), ("العجمي", "alajmi"), ("المهندي", "almohannadi"),
    ("حداد", "haddad"), ("خوري", "khoury"), ("النجار", "alnajjar"), ("الخطيب", "alkhatib"),
    ("عواد", "awad"), ("صالح", "saleh"), ("منصور", "mansour"), ("شاهين", "shaheen"),
    ("عبدالرحمن", "abdelrahman"), ("السيد", "elsayed"), ("فوزي", "fawzy"), ("الشناوي", "elshennawy"),
    ("بن علي", "benali"), ("العلوي", "alaoui"), ("بناني", "bennani"), ("الإدريسي", "idrissi"),
    ("بوزيد", "bouzid"), ("الطرابلسي", "trabelsi"), ("حمدان", "hamdan"), ("درويش", "darwish"),
    ("قاسم", "qasem"), ("الأنصاري", "alansari"), ("باوزير", "bawazir"), ("العمودي", "alamoudi"),
]

LATIN_GIVEN = [
    "James", "Oliver", "Emma", "Charlotte", "Thomas", "Grace", "Henry", "Alice", "Daniel", "Sophie", "Lucas", "Hannah",
    "Max", "Lena", "Felix", "Clara", "Jonas", "Marie", "Pierre", "Camille", "Antoine", "Chloé", "Marco", "Giulia",
    "Pablo", "Lucía", "Michael", "Jennifer", "David", "Ashley", "Ryan", "Megan", "Priya", "Arjun", "Anita", "Ravi",
    "Omar", "Layla", "Karim", "Nadia", "Faisal", "Rania", "Adam", "Zoë", "Björn", "Ingrid", "Joost", "Anouk",
]

LATIN_FAMILY = [
    "Carter", "Hughes", "Bennett", "Walsh", "Turner", "Clarke", "Murray", "Foster", "Schneider", "Weber", "Fischer",
    "Braun", "Keller", "Dubois", "Lambert", "Girard", "Rossi", "Conti", "García", "Navarro", "Johnson", "Miller",
    "Anderson", "Parker", "Sharma", "Menon", "Iyer", "Kapoor", "Haddad", "Mansour", "Aziz", "Saleh", "Rahman", "Nasser",
    "Lindgren", "Jensen", "de Vries", "Bakker", "O'Connor", "MacLeod",
]
