"""Invented people and factories. No real company stands beside an invented result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Country:
    """What the demo of one programme is made of."""

    code: str
    language: str  # of its factory people
    staff_language: str
    committee: str
    regions: tuple[tuple[str, float, float], ...]  # name, latitude, longitude
    factories: tuple[str, ...]
    local_names: dict[str, str]
    first_names_women: tuple[str, ...]
    first_names_men: tuple[str, ...]
    last_names: tuple[str, ...]
    # role -> name of the person one signs in as
    people: dict[str, str]
    advisors: tuple[str, ...]
    # Advisors without a caseload of their own, who mostly assess.
    assessors: tuple[str, ...] = ()
    # Factories of an early cohort, the first of which joined on that day.
    early: tuple[str, ...] = ()
    early_from: date = date(2015, 4, 12)


BD = Country(
    code="BD",
    language="bn",
    staff_language="en",
    committee="Participation Committee",
    regions=(
        ("Gazipur", 23.99, 90.42),
        ("Ashulia and Savar", 23.89, 90.32),
        ("Narayanganj", 23.62, 90.50),
        ("Chattogram", 22.34, 91.83),
        ("Dhaka north", 23.87, 90.40),
    ),
    factories=(
        "Meghna Crest Apparels",
        "Karnaphuli Knit Composite",
        "Brahmaputra Garments",
        "Jamuna Linewear",
        "Bhairab Textiles",
        "Teesta Denim Works",
        "Padma Stitchworks",
        "Surma Outerwear",
        "Halda Knit Fashion",
        "Rupsha Tailoring",
        "Korotoa Fashion Wear",
        "Shitalakshya Shirts",
        "Dhaleshwari Knitwear",
        "Gomoti Casuals",
        "Kapotaksha Denim",
        "Titas Trouser Works",
        "Muhuri Sportswear",
        "Sangu Fashions",
        "Feni Bay Apparel",
        "Atrai Sweater Mills",
        "Punarbhaba Knits",
        "Ichamoti Wear",
        "Someshwari Garments",
        "Kushiyara Jackets",
        "Madhumati Lingerie",
        "Arial Khan Textiles",
        "Kirtonkhola Wear",
        "Turag Fashion House",
        "Buriganga Stitch",
        "Balu Bridge Apparels",
    ),
    local_names={
        "Meghna Crest Apparels": "মেঘনা ক্রেস্ট অ্যাপারেলস",
        "Karnaphuli Knit Composite": "কর্ণফুলী নিট কম্পোজিট",
        "Brahmaputra Garments": "ব্রহ্মপুত্র গার্মেন্টস",
        "Jamuna Linewear": "যমুনা লাইনওয়্যার",
        "Padma Stitchworks": "পদ্মা স্টিচওয়ার্কস",
        "Teesta Denim Works": "তিস্তা ডেনিম ওয়ার্কস",
    },
    first_names_women=(
        "Rokeya",
        "Shirin",
        "Salma",
        "Moushumi",
        "Parvin",
        "Nargis",
        "Ruma",
        "Hasina",
    ),
    first_names_men=("Abul", "Rafiq", "Kamal", "Jahangir", "Shafiq", "Mizan", "Selim", "Babul"),
    last_names=("Begum", "Akter", "Khatun", "Islam", "Hossain", "Rahman", "Uddin", "Miah"),
    people={
        "manager": "Farhana Chowdhury",
        "staff": "Imran Kabir",
        "planner": "Sultana Razia",
        "cat_editor": "Mahmud Hasan",
        "ambassador": "Rokeya Begum",
        "committee_worker": "Shirin Khatun",
        "committee_management": "Kamal Hossain",
        "constituent": "Anwar Ali",
    },
    advisors=("Nasrin Akter", "Tanvir Rahman", "Mahbub Alam", "Shirin Sultana"),
    assessors=(
        "Farhana Yasmin",
        "Rafiq Islam",
        "Sadia Karim",
        "Imran Hossain",
        "Lutfa Khatun",
        "Arif Chowdhury",
    ),
    early=(
        "Dakatia Garments",
        "Bangshi Knit Works",
        "Nabaganga Apparels",
        "Chitra Fashion Wear",
        "Khowai Textiles",
        "Lohajang Shirts",
        "Old Banar Sweaters",
        "Mogra Denim House",
    ),
)

JO = Country(
    code="JO",
    language="ar",
    staff_language="en",
    committee="Joint labour committee",
    regions=(
        ("Irbid", 32.55, 35.85),
        ("Dulayl", 32.14, 36.27),
        ("Sahab", 31.87, 36.00),
        ("Karak", 31.18, 35.70),
    ),
    factories=(
        "Wadi Nada Garments",
        "Jabal Rim Apparel",
        "Zaytoun Textiles",
        "Qasr Stitch Works",
        "Ghadir Sportswear",
        "Sahl Denim",
        "Yasmin Line Fashion",
        "Barq Knitwear",
        "Nakheel Uniforms",
        "Marj Activewear",
        "Safsaf Apparel",
        "Rimal Outerwear",
        "Tal Anwar Garments",
        "Hawa Shirts",
    ),
    local_names={
        "Wadi Nada Garments": "مصنع وادي الندى للألبسة",
        "Jabal Rim Apparel": "مصنع جبل الريم للألبسة",
        "Zaytoun Textiles": "زيتون للنسيج",
        "Qasr Stitch Works": "القصر للخياطة",
    },
    first_names_women=("Huda", "Rania", "Samar", "Abeer", "Lina", "Dalal", "Nisreen", "Suha"),
    first_names_men=("Rami", "Samer", "Khaled", "Omar", "Basel", "Fadi", "Nidal", "Ziad"),
    last_names=("Salem", "Qasim", "Khatib", "Haddad", "Nasser", "Odeh", "Sharif", "Zaid"),
    people={
        "manager": "Reem Haddad",
        "staff": "Yazan Odeh",
        "planner": "Maha Nasser",
        "cat_editor": "Tariq Zaid",
        "ambassador": "Samar Khatib",
        "committee_worker": "Huda Salem",
        "committee_management": "Rami Qasim",
        "constituent": "Nabil Sharif",
    },
    advisors=("Lina Haddad", "Omar Khatib", "Dina Zaid"),
    assessors=("Hala Nasser", "Samir Odeh", "Rula Salem", "Tareq Sharif"),
    early=(
        "Zahr Loz Garments",
        "Bayader Knit",
        "Sanabel Apparel",
        "Nasim Uniforms",
        "Ghusn Fashion",
    ),
    early_from=date(2021, 9, 5),
)

VN = Country(
    code="VN",
    language="en",
    staff_language="en",
    committee="PICC",
    regions=(
        ("Binh Duong", 11.17, 106.65),
        ("Dong Nai", 10.95, 106.82),
        ("Hai Phong", 20.84, 106.69),
        ("Ho Chi Minh City", 10.78, 106.70),
    ),
    factories=(
        "Song Xanh Garment",
        "Hoa Sen Line Apparel",
        "Truc Lam Sportswear",
        "Bien Gio Jackets",
        "Nui Mau Knit",
        "May Trang Fashion",
        "Lua Vang Textiles",
        "Sao Mai Stitch",
        "Dong Que Apparel",
        "Canh Buom Footwear",
        "Mua Thu Shirts",
        "Rung Thong Outdoor",
        "Suoi Ngoc Lingerie",
        "Den Long Denim",
        "Cau Vong Kidswear",
        "Bong Sung Uniforms",
    ),
    local_names={
        "Song Xanh Garment": "May mặc Sông Xanh",
        "Hoa Sen Line Apparel": "May Hoa Sen Line",
        "Truc Lam Sportswear": "Thể thao Trúc Lâm",
    },
    first_names_women=("Lan", "Hoa", "Thu", "Mai", "Huong", "Linh", "Ngoc", "Yen"),
    first_names_men=("Minh", "Tuan", "Hung", "Long", "Dung", "Khanh", "Phuc", "Quang"),
    last_names=("Nguyen", "Tran", "Le", "Pham", "Vo", "Dang", "Bui", "Do"),
    people={
        "manager": "Pham Thu Ha",
        "staff": "Do Quang Minh",
        "planner": "Bui Ngoc Anh",
        "cat_editor": "Dang Huu Phuc",
        "ambassador": "Tran Thi Mai",
        "committee_worker": "Le Thi Hoa",
        "committee_management": "Vo Minh Khanh",
        "constituent": "Nguyen Van Long",
    },
    advisors=("Nguyen Thi Lan", "Tran Minh Tuan", "Le Thu Huong"),
    assessors=("Vo Ngoc Linh", "Pham Duc Long", "Dang Thi Yen", "Bui Quang Phuc"),
    early=(
        "Gio Dong Garment",
        "La Tre Apparel",
        "Bo Song Shirts",
        "Hoang Hon Fashion",
        "Soi Chi Knit",
    ),
    early_from=date(2021, 9, 5),
)

COUNTRIES = (BD, JO, VN)
GROUPS = ("Delta Thread Holding", "Levant Garment Group", "Mekong Apparel Partners")
BUYERS = ("Northlight Outfitters", "Calle Nueva Moda", "Fjord & Field", "Harbour Street Kids")
PRODUCTS = ("T-shirts", "Trousers", "Denim jeans", "Jackets", "Shirts", "Sportswear", "Underwear")
OCCUPATIONS_WORKER = ("Sewing operator", "Quality inspector", "Cutter", "Ironer", "Helper")
OCCUPATIONS_MANAGEMENT = ("HR manager", "Production manager", "Compliance officer", "Floor manager")
