"""Words of reports in the scripts that the product ships, and pages that hold them.

Each list has words that share glyphs and differ in how they use them: conjuncts, vowels drawn
before or around their letter, marks above and below, ligatures.
"""

import random
from collections import Counter

ENGLISH = """
    finding factory office efficient workflow fifty afford naïve café façade résumé Zürich
    overtime worker’s “exit” 2026 first-aid 48% committee
"""
BENGALI = """
    মি মিল কমিটি শ্রমিক শ্রম প্রতিষ্ঠান ক্ষতিপূরণ ক্ষমতা বৈঠক কর্মী কর্মক্ষেত্র নির্গমন নিরাপত্তা স্বাস্থ্য
    মজুরি মাতৃত্ব অগ্নি সম্মেলন উন্নয়ন পর্যবেক্ষণ দুর্ঘটনা চুক্তি শৃঙ্খলা কৌশল দৈনিক ছুটি বড় সময় আষাঢ়
    হঠাৎ চাঁদ দুঃখ বিজ্ঞপ্তি ন্যায্য র‍্যাম্প দ্বন্দ্ব ঊর্ধ্বতন ২০২৬ রু হৃদয় ত্রুটি গ্রুপ স্ট্রিট লক্ষ্য
"""
ARABIC = """
    السلامة والصحة المهنية ساعات العمل الأجور لجنة مصنع عاملات إجازة الأمومة مخرج الطوارئ الحرية
    النقابية عقود سلامة لا الإضافي أُجِّل مؤسَّسة اللجنة الثنائية بلاغ تفتيش شؤون الأردن قَبْلَ الله
    زيارة ثلاثة اتفاقية إلغاء الآن مسؤول بيئة گچپ
"""
KHMER = """
    សុខភាព សុវត្ថិភាព កម្មករ រោងចក្រ ប្រាក់ឈ្នួល គណៈកម្មាធិការ ម៉ោង បន្ថែម កិច្ចសន្យា ច្បាប់ ស្ត្រី
    ភ្លើង ច្រកចេញ គ្រឿងចក្រ ថ្ងៃ ឆ្នាំ សេរីភាព អនាម័យ ២០២៦ ការងារ ក្រុមហ៊ុន ដៃគូ នៅ កៅអី ពេលវេលា
"""
VIETNAMESE = """
    Việt Nam sức khỏe lao động người nhà máy tiền lương giờ làm thêm hợp đồng công đoàn nghỉ phép
    quyền tự do đối thoại lửa cửa thoát hiểm được ưỡn Đặng thưởng sử dụng kiểm tra lỗi phụ nữ
"""
TEXTS = {"en": ENGLISH, "bn": BENGALI, "ar": ARABIC, "km": KHMER, "vi": VIETNAMESE}
WORDS = {language: list(dict.fromkeys(text.split())) for language, text in TEXTS.items()}
STYLE = (
    "@page{size:A4;margin:15mm} body{font-size:11pt;line-height:1.9}"
    "table{width:100%;border-collapse:collapse;table-layout:fixed}"
    "td,th{border:.2mm solid #888;padding:1mm 2mm;text-align:start} h2{font-size:15pt}"
    "th{font-weight:600} .end{text-align:end} .justified{text-align:justify}"
    # A reader decides the direction of a page by its letters, so each language has its pages.
    "section{break-after:page}"
)


def direction(language: str) -> str:
    return "rtl" if language == "ar" else "ltr"


def orders(language: str) -> list[list[str]]:
    """The words in five orders, always the same ones."""
    rng = random.Random(f"{language} 1")
    return [rng.sample(WORDS[language], k=len(WORDS[language])) for _ in range(5)]


def table_rows(language: str) -> list[list[str]]:
    """The words of the table, four in a row."""
    tabled = orders(language)[-1]
    return [tabled[i : i + 4] for i in range(0, len(tabled), 4)]


def blocks(language: str) -> str:
    """Every word five times: heading, paragraph, justified paragraph, list and table."""
    head, plain, justified, listed, _ = orders(language)
    rows = "".join(
        "<tr>" + "".join(f"<td>{word}</td>" for word in row) + "</tr>"
        for row in table_rows(language)
    )
    return (
        f'<section lang="{language}" dir="{direction(language)}">'
        f"<h2>{' '.join(head)}</h2><p>{' '.join(plain)}</p>"
        f'<p class="justified">{" ".join(justified)}</p>'
        f"<ul>{''.join(f'<li>{word}</li>' for word in listed)}</ul>"
        f"<table><tbody>{rows}</tbody></table></section>"
    )


def in_one_line() -> str:
    """Words of all left-to-right languages in one line, and Arabic with a date and a code."""
    columns = zip(*(WORDS[language] for language in ("en", "bn", "km", "vi")), strict=False)
    together = " ".join(word for column in columns for word in column)
    arabic = " ".join(WORDS["ar"][:3])
    return (
        f"<p>{together}</p>"
        f'<p lang="ar" dir="rtl">{arabic} <bdi dir="ltr">2026-08-13</bdi> '
        f'{arabic} <bdi dir="ltr" class="code">BD-2026-A077</bdi> {arabic}</p>'
    )


def page(languages: list[str], body: str = "") -> str:
    first = languages[0]
    return (
        f'<!doctype html><html lang="{first}" dir="{direction(first)}"><head>'
        f"<title>Words</title><style>{STYLE}</style></head><body>"
        f"{body or ''.join(blocks(language) for language in languages)}</body></html>"
    )


def expected(languages: list[str]) -> Counter[str]:
    return Counter(word for language in languages for word in WORDS[language] for _ in range(5))
