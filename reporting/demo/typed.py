"""What the demo's factory people type, each in the language of the factory.

Their advisors and assessors write in the language of the programme's staff, as in life: those
texts are in `depth` and `bulk`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OtherItem:
    """An item that no assessment brought: who saw it, where it belongs, what was told."""

    origin: str
    point: str
    issue: str
    root_cause: str
    action: str


@dataclass(frozen=True)
class Typed:
    """Everything factory people type in one language."""

    actions: tuple[tuple[str, str], ...]  # root cause, action
    responsible: tuple[str, str]
    other: tuple[OtherItem, ...]
    captions: dict[str, str]  # by kind of picture
    minutes: tuple[str, ...]
    decisions: tuple[str, ...]
    told: dict[str, tuple[str, ...]]  # answers of a progress report, by question
    nothing: str
    noted: str  # beside an issue of the self-diagnosis
    comment: str  # on the draft of a report


# Origin and compliance point of each item in `Typed.other`.
_ORIGINS = (
    ("self_diagnosis", "OSH-WEL"), ("self_diagnosis", "CO-INF"), ("self_diagnosis", "OSH-WPR"),
    ("advisory", "OSH-EP"), ("advisory", "CT-DDD"), ("worker_voice", "WT-OT"),
    ("worker_voice", "OSH-HFA"), ("group", "OSH-CHM"), ("buyer", "OSH-ENV"),
)  # fmt: skip


def _others(*texts: tuple[str, str, str]) -> tuple[OtherItem, ...]:
    return tuple(OtherItem(*place, *text) for place, text in zip(_ORIGINS, texts, strict=True))


_ENGLISH = Typed(
    actions=(
        (
            "No place is set aside for goods in transit.",
            "Mark a storage area and check it at each shift.",
        ),
        (
            "The task was nobody's in writing.",
            "Name one person and a deputy, and post both names.",
        ),
        (
            "Supervisors did not know the rule.",
            "Train all supervisors and keep the attendance list.",
        ),
        (
            "Records are kept in two places.",
            "Keep one register and check it against payroll monthly.",
        ),
    ),
    responsible=("HR manager", "Floor manager"),
    other=_others(
        (
            "Drinking water is far from lines 7 to 12.",
            "Lines were moved and the water stayed.",
            "Add two water points on floor 3.",
        ),
        (
            "Some workers cannot read their payslip.",
            "It is printed in one language and in short forms.",
            "Print words, and explain them once.",
        ),
        (
            "Needle guards are missing on some machines.",
            "Guards are taken off for cleaning.",
            "Check the guards each Monday with a list.",
        ),
        (
            "Drills were held in the day shift alone.",
            "The night shift was not planned for.",
            "Hold a drill in each shift and note who led it.",
        ),
        (
            "Complaints get no answer in writing.",
            "Nobody was named for it.",
            "Name two people, one of each side, and answer in ten days.",
        ),
        (
            "Overtime is announced in the afternoon of the same day.",
            "Targets of the lines change late.",
            "Announce overtime a day ahead on the board.",
        ),
        (
            "The clinic is closed during the second shift.",
            "The nurse works in the day alone.",
            "Hire a second nurse for the evening.",
        ),
        (
            "Safety data sheets are not in the workers' language.",
            "The supplier sends them in English.",
            "Ask for translations and post them in the store.",
        ),
        (
            "The buyer asks for a temperature record of the ironing section.",
            "No thermometer was there.",
            "Measure twice a day and keep the record.",
        ),
    ),
    captions={
        "corridor": "The aisle after the markings were painted",
        "board": "The notice on the board of the floor",
        "register": "A page of the register",
        "water": "The new water point",
    },
    minutes=(
        "The committee went through the open items of the plan, agreed who acts, and heard the"
        " workers' questions on overtime and canteen.",
        "Both sides walked through the finishing section and the stores, then agreed three points.",
        "The worker side told what colleagues asked for; the management side answered each point.",
        "The report of the assessment was read point by point. Two findings were disputed and"
        " explained.",
    ),
    decisions=(
        "Keep the aisles of the finishing section clear at every shift change.",
        "Post the hours of overtime of each line every Thursday.",
        "Move the drinking water of floor 3 closer to lines 7 to 12.",
        "Explain the payslip to new workers on their first pay day.",
        "Choose one person for each first-aid box and post the names.",
        "Put fans beside the ironing tables before the hot months.",
        "Answer each complaint of the box within ten days.",
    ),
    told={
        "pr1-changes": (
            "One more sewing line was opened and 60 workers were hired; owner and building are"
            " the same.",
            "Nothing changed but the head of personnel.",
            "The washing section was closed; its workers were moved to finishing.",
        ),
        "pr1-committee-role": (
            "We began with what workers named most often, then with what the law asks by a day.",
            "Safety first, then what costs little. Both sides voted.",
        ),
        "pr1-workers-informed": (
            "By the notice boards, and members speak to their lines after each meeting.",
            "Decisions are read out on the floor in the week after the meeting.",
        ),
        "pr1-systems": (
            "Each rule has a person who answers for it, and one register for the whole factory.",
            "Supervisors check exits and guards each morning and sign a list.",
        ),
        "pr1-training": (
            "Twelve supervisors on working with workers, eight members of the committee on safety.",
            "Two seminars on root causes; the whole committee took part.",
        ),
        "pr1-feedback": (
            "The visits help. We ask for more time between the draft and the day of comments.",
            "We should like an example of a good register.",
        ),
    },
    nothing="Nothing to add.",
    noted="Told by workers of two lines.",
    comment="The exit was cleared the same day. Photos follow in the plan.",
)

_BENGALI = Typed(
    actions=(
        (
            "চলাচলের পথে থাকা মালের জন্য কোনো জায়গা নির্ধারিত নেই।",
            "একটি মজুদের জায়গা দাগ দিয়ে আলাদা করা এবং প্রতি শিফটে তা দেখা।",
        ),
        (
            "কাজটি লিখিতভাবে কারও দায়িত্বে ছিল না।",
            "একজন দায়িত্বপ্রাপ্ত ও একজন বিকল্প ঠিক করে দুজনের নাম টাঙানো।",
        ),
        (
            "সুপারভাইজাররা নিয়মটি জানতেন না।",
            "সব সুপারভাইজারকে প্রশিক্ষণ দেওয়া এবং উপস্থিতির তালিকা রাখা।",
        ),
        (
            "নথি দুই জায়গায় রাখা হয়।",
            "একটিই রেজিস্টার রাখা এবং প্রতি মাসে বেতনের তালিকার সঙ্গে মেলানো।",
        ),
    ),
    responsible=("মানবসম্পদ ব্যবস্থাপক", "ফ্লোর ব্যবস্থাপক"),
    other=_others(
        (
            "৭ থেকে ১২ নম্বর লাইন থেকে খাবার পানি দূরে।",
            "লাইন সরানো হয়েছে, পানির জায়গা আগের মতোই আছে।",
            "তৃতীয় তলায় আরও দুটি পানির জায়গা বসানো।",
        ),
        (
            "কিছু শ্রমিক বেতনের রসিদ পড়তে পারেন না।",
            "রসিদ এক ভাষায় এবং সংক্ষেপে ছাপা হয়।",
            "পুরো শব্দে ছাপা এবং একবার বুঝিয়ে বলা।",
        ),
        (
            "কিছু মেশিনে সুচের গার্ড নেই।",
            "পরিষ্কারের জন্য গার্ড খুলে রাখা হয়।",
            "প্রতি সোমবার তালিকা ধরে গার্ড দেখা।",
        ),
        (
            "মহড়া শুধু দিনের শিফটে হয়েছে।",
            "রাতের শিফটের কথা পরিকল্পনায় ছিল না।",
            "প্রতি শিফটে মহড়া করা এবং কে পরিচালনা করলেন তা লেখা।",
        ),
        (
            "অভিযোগের লিখিত উত্তর দেওয়া হয় না।",
            "এর জন্য কাউকে দায়িত্ব দেওয়া হয়নি।",
            "দুই পক্ষ থেকে একজন করে ঠিক করা এবং দশ দিনের মধ্যে উত্তর দেওয়া।",
        ),
        (
            "ওভারটাইমের কথা সেদিন বিকেলে জানানো হয়।",
            "লাইনের লক্ষ্যমাত্রা দেরিতে বদলায়।",
            "এক দিন আগে বোর্ডে ওভারটাইম জানানো।",
        ),
        (
            "দ্বিতীয় শিফটে চিকিৎসাকেন্দ্র বন্ধ থাকে।",
            "নার্স শুধু দিনে কাজ করেন।",
            "সন্ধ্যার জন্য আরেকজন নার্স নিয়োগ দেওয়া।",
        ),
        (
            "রাসায়নিকের নিরাপত্তা তথ্যপত্র শ্রমিকদের ভাষায় নেই।",
            "সরবরাহকারী ইংরেজিতে পাঠান।",
            "অনুবাদ চাওয়া এবং গুদামে টাঙিয়ে রাখা।",
        ),
        (
            "ক্রেতা ইস্ত্রি বিভাগের তাপমাত্রার নথি চেয়েছেন।",
            "সেখানে কোনো থার্মোমিটার ছিল না।",
            "দিনে দুবার মাপা এবং লিখে রাখা।",
        ),
    ),
    captions={
        "corridor": "দাগ দেওয়ার পরে চলাচলের পথ",
        "board": "ফ্লোরের বোর্ডে টাঙানো নোটিশ",
        "register": "রেজিস্টারের একটি পাতা",
        "water": "নতুন পানির জায়গা",
    },
    minutes=(
        "কমিটি পরিকল্পনার বাকি কাজগুলো দেখেছে, কে কী করবেন তা ঠিক করেছে এবং ওভারটাইম ও ক্যান্টিন"
        " নিয়ে শ্রমিকদের প্রশ্ন শুনেছে।",
        "দুই পক্ষ একসঙ্গে ফিনিশিং বিভাগ ও গুদাম ঘুরে দেখেছে, তারপর তিনটি বিষয়ে একমত হয়েছে।",
        "সহকর্মীরা যা চেয়েছেন তা শ্রমিকপক্ষ জানিয়েছে; মালিকপক্ষ প্রতিটির উত্তর দিয়েছে।",
        "মূল্যায়নের প্রতিবেদন এক এক করে পড়া হয়েছে। দুটি ফলাফল নিয়ে আপত্তি ছিল, সেগুলো বুঝিয়ে বলা হয়েছে।",
    ),
    decisions=(
        "প্রতি শিফট বদলের সময় ফিনিশিং বিভাগের চলাচলের পথ খালি রাখা।",
        "প্রতি বৃহস্পতিবার প্রতিটি লাইনের ওভারটাইমের ঘণ্টা টাঙানো।",
        "তৃতীয় তলার খাবার পানি ৭ থেকে ১২ নম্বর লাইনের কাছে আনা।",
        "নতুন শ্রমিকদের প্রথম বেতনের দিনে রসিদ বুঝিয়ে বলা।",
        "প্রতিটি প্রাথমিক চিকিৎসার বাক্সের জন্য একজন ঠিক করা এবং নাম টাঙানো।",
        "গরমের মাসের আগে ইস্ত্রির টেবিলের পাশে পাখা বসানো।",
        "বাক্সে পাওয়া প্রতিটি অভিযোগের উত্তর দশ দিনের মধ্যে দেওয়া।",
    ),
    told={
        "pr1-changes": (
            "আরও একটি সেলাই লাইন চালু হয়েছে এবং ৬০ জন শ্রমিক নেওয়া হয়েছে; মালিক ও ভবন একই আছে।",
            "মানবসম্পদ প্রধান ছাড়া আর কিছু বদলায়নি।",
            "ওয়াশিং বিভাগ বন্ধ হয়েছে; সেখানকার শ্রমিকেরা ফিনিশিংয়ে গেছেন।",
        ),
        "pr1-committee-role": (
            "শ্রমিকেরা যা বেশি বলেছেন তা দিয়ে শুরু করেছি, তারপর আইনে যার সময় বাঁধা।",
            "আগে নিরাপত্তা, তারপর যাতে খরচ কম। দুই পক্ষ ভোট দিয়েছে।",
        ),
        "pr1-workers-informed": (
            "নোটিশ বোর্ডে, আর সদস্যেরা প্রতি সভার পরে নিজের লাইনে কথা বলেন।",
            "সভার পরের সপ্তাহে ফ্লোরে সিদ্ধান্ত পড়ে শোনানো হয়।",
        ),
        "pr1-systems": (
            "প্রতিটি নিয়মের জন্য একজন দায়ী আছেন, আর পুরো কারখানার জন্য একটিই রেজিস্টার।",
            "সুপারভাইজাররা প্রতিদিন সকালে বহির্গমন পথ ও গার্ড দেখে তালিকায় সই করেন।",
        ),
        "pr1-training": (
            "বারোজন সুপারভাইজার শ্রমিকদের সঙ্গে কাজ করা নিয়ে, কমিটির আটজন নিরাপত্তা নিয়ে।",
            "মূল কারণ নিয়ে দুটি সেমিনার; পুরো কমিটি অংশ নিয়েছে।",
        ),
        "pr1-feedback": (
            "পরিদর্শনে উপকার হয়। খসড়া ও মন্তব্যের শেষ দিনের মাঝে আরও সময় চাই।",
            "একটি ভালো রেজিস্টারের উদাহরণ পেলে ভালো হয়।",
        ),
    },
    nothing="আর কিছু বলার নেই।",
    noted="দুটি লাইনের শ্রমিকেরা বলেছেন।",
    comment="সেদিনই বহির্গমন পথ খালি করা হয়েছে। ছবি পরিকল্পনায় দেওয়া হবে।",
)

_ARABIC = Typed(
    actions=(
        (
            "لا مكان مخصّص للبضائع التي تنتظر النقل.",
            "تحديد منطقة تخزين بالطلاء وتفقّدها في كل وردية.",
        ),
        (
            "لم تكن المهمة موكلة إلى أحد كتابةً.",
            "تسمية شخص ونائب عنه وتعليق الاسمين.",
        ),
        (
            "لم يكن المشرفون يعرفون القاعدة.",
            "تدريب جميع المشرفين وحفظ كشف الحضور.",
        ),
        (
            "تُحفظ السجلات في مكانين.",
            "اعتماد سجل واحد ومطابقته مع كشف الأجور كل شهر.",
        ),
    ),
    responsible=("مدير الموارد البشرية", "مدير الطابق"),
    other=_others(
        (
            "ماء الشرب بعيد عن الخطوط من 7 إلى 12.",
            "نُقلت الخطوط وبقي الماء في مكانه.",
            "إضافة نقطتي ماء في الطابق الثالث.",
        ),
        (
            "بعض العمال لا يستطيعون قراءة كشف الأجر.",
            "يُطبع بلغة واحدة وباختصارات.",
            "طباعة الكلمات كاملة وشرحها مرة واحدة.",
        ),
        (
            "واقيات الإبر غير موجودة على بعض الماكينات.",
            "تُنزع الواقيات عند التنظيف.",
            "تفقّد الواقيات كل يوم أحد وفق قائمة.",
        ),
        (
            "أُجريت تدريبات الإخلاء في وردية النهار فقط.",
            "لم تُحسب وردية الليل في الخطة.",
            "إجراء تدريب في كل وردية وتدوين اسم من قاده.",
        ),
        (
            "لا تتلقى الشكاوى جوابًا مكتوبًا.",
            "لم يُكلَّف أحد بذلك.",
            "تسمية شخصين، واحد من كل جانب، والرد خلال عشرة أيام.",
        ),
        (
            "يُعلن العمل الإضافي بعد ظهر اليوم نفسه.",
            "تتغير أهداف الخطوط في وقت متأخر.",
            "إعلان العمل الإضافي على اللوحة قبل يوم.",
        ),
        (
            "تُغلق العيادة في الوردية الثانية.",
            "تعمل الممرضة نهارًا فقط.",
            "توظيف ممرضة ثانية للمساء.",
        ),
        (
            "صحائف بيانات السلامة ليست بلغة العمال.",
            "يرسلها المورّد بالإنجليزية.",
            "طلب ترجماتها وتعليقها في المخزن.",
        ),
        (
            "يطلب المشتري سجلًا لدرجة الحرارة في قسم الكي.",
            "لم يكن فيه ميزان حرارة.",
            "القياس مرتين في اليوم وحفظ السجل.",
        ),
    ),
    captions={
        "corridor": "الممر بعد طلاء الخطوط",
        "board": "الإعلان على لوحة الطابق",
        "register": "صفحة من السجل",
        "water": "نقطة الماء الجديدة",
    },
    minutes=(
        "راجعت اللجنة بنود الخطة المفتوحة واتفقت على من يقوم بكل منها، واستمعت إلى أسئلة العمال عن"
        " العمل الإضافي والمطعم.",
        "تجوّل الجانبان في قسم التشطيب والمخازن ثم اتفقا على ثلاث نقاط.",
        "نقل جانب العمال ما طلبه زملاؤهم، وردّ جانب الإدارة على كل نقطة.",
        "قُرئ تقرير التقييم نقطة نقطة. كان هناك اعتراض على نتيجتين وجرى توضيحهما.",
    ),
    decisions=(
        "إبقاء ممرات قسم التشطيب خالية عند كل تبديل للوردية.",
        "تعليق ساعات العمل الإضافي لكل خط كل يوم خميس.",
        "تقريب ماء الشرب في الطابق الثالث من الخطوط من 7 إلى 12.",
        "شرح كشف الأجر للعمال الجدد في أول يوم دفع لهم.",
        "اختيار شخص لكل صندوق إسعاف أولي وتعليق الأسماء.",
        "وضع مراوح بجانب طاولات الكي قبل الأشهر الحارة.",
        "الرد على كل شكوى في الصندوق خلال عشرة أيام.",
    ),
    told={
        "pr1-changes": (
            "فُتح خط خياطة آخر ووُظّف 60 عاملًا؛ المالك والمبنى كما هما.",
            "لم يتغير شيء سوى رئيس شؤون الموظفين.",
            "أُغلق قسم الغسيل ونُقل عماله إلى التشطيب.",
        ),
        "pr1-committee-role": (
            "بدأنا بما ذكره العمال أكثر، ثم بما حدد له القانون موعدًا.",
            "السلامة أولًا، ثم ما كلفته قليلة. صوّت الجانبان.",
        ),
        "pr1-workers-informed": (
            "عبر لوحات الإعلان، ويتحدث الأعضاء إلى خطوطهم بعد كل اجتماع.",
            "تُقرأ القرارات في الطوابق في الأسبوع الذي يلي الاجتماع.",
        ),
        "pr1-systems": (
            "لكل قاعدة شخص مسؤول عنها، وسجل واحد للمصنع كله.",
            "يتفقد المشرفون المخارج والواقيات كل صباح ويوقّعون قائمة.",
        ),
        "pr1-training": (
            "اثنا عشر مشرفًا على التعامل مع العمال، وثمانية من أعضاء اللجنة على السلامة.",
            "ندوتان عن الأسباب الجذرية؛ شاركت اللجنة كلها.",
        ),
        "pr1-feedback": (
            "الزيارات مفيدة. نطلب وقتًا أطول بين المسودة وآخر يوم للملاحظات.",
            "نود مثالًا على سجل جيد.",
        ),
    },
    nothing="لا شيء نضيفه.",
    noted="ذكره عمال من خطين.",
    comment="أُخلي المخرج في اليوم نفسه. ستُضاف الصور إلى الخطة.",
)

BY_LANGUAGE = {"en": _ENGLISH, "bn": _BENGALI, "ar": _ARABIC}
