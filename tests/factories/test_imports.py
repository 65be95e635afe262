"""Import: any file people send, row by row, applied once however often it is sent."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from betterwork.errors import DomainError
from betterwork.records.models import Job, TrailEvent
from betterwork.tenancy import scope
from factories import tasks
from factories.models import (
    Factory,
    FactoryBuyer,
    ImportBatch,
    ImportRow,
    ManufacturingGroup,
)
from factories.services import imports as services
from tests import builders

TODAY = date(2026, 11, 20)


def upload(data: bytes | str, name: str = "factories.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)


def check(data: bytes | str, name: str = "factories.csv") -> ImportBatch:
    return services.check_import(upload=upload(data, name), today=TODAY)


def codes(batch: ImportBatch) -> dict[int, dict[str, list[str]]]:
    return {
        row.number: {column: [e["code"] for e in errors] for column, errors in row.errors.items()}
        for row in batch.rows.all()
        if row.errors
    }


def test_export_of_the_enterprise_list_is_understood(bd: Any) -> None:
    builders.make_member("advisor", user=builders.make_user("Nasrin Akter"))
    head = (
        "id,original id,name,address line 1,address line 2,city,state,zip,country,alpha-2,contact,"
        "GPS x,GPS y,division,first product,customer 1,customer 1 length of relation,"
        "customer 1 preferred supplier,year began,female,male,total,status,assigned advisor,"
        "peer grouping enabled,creation date\n"
    )
    row = (
        "E-17,9,Padma Stitchworks,Road 4,Block B,Savar,Dhaka,1340,Bangladesh,BD,Rokeya Begum,"
        '90.27,23.85,14,T-shirts,Alpha Brand,7 years,yes,2004,"1,200",800,2000,Active (paying),'
        "Nasrin Akter,no,15/03/2024\n"
    )
    batch = check(head.replace("country,", "") + row.replace("Bangladesh,", ""))
    assert codes(batch) == {}
    services.start_import(batch_id=batch.pk, today=TODAY)
    factory = Factory.objects.get(name="Padma Stitchworks")
    assert (factory.legacy_id, factory.region, factory.postcode) == ("E-17", "Dhaka", "1340")
    assert factory.address == "Road 4\nBlock B"
    assert (float(factory.longitude or 0), float(factory.latitude or 0)) == (90.27, 23.85)
    assert (factory.workers_female, factory.workers_male) == (1200, 800)
    assert factory.advisor is not None
    assert factory.peer_grouping is False
    assert factory.registered_on == date(2024, 3, 15)
    link = factory.buyer_links.get()
    assert (link.buyer.name, link.since_year, link.relation) == ("Alpha Brand", 2019, "preferred")
    assert factory.contacts.get().name == "Rokeya Begum"


@pytest.mark.parametrize(
    "text",
    ["name;region\nA;Dhaka\n", "name\tregion\nA\tDhaka\n", "sep=;\nname;region\nA;Dhaka\n",
     "\ufeffname,region\r\nA,Dhaka\r\n", "name|region\nA|Dhaka\n"],
)  # fmt: skip
def test_separators_and_marks_of_every_kind(bd: Any, text: str) -> None:
    assert check(text).rows.get().cells == {"name": "A", "region": "Dhaka"}


def test_utf16_is_read(bd: Any) -> None:
    batch = check("name\tregion\nপদ্মা\tDhaka\n".encode("utf-16"))
    assert batch.rows.get().cells["name"] == "পদ্মা"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "upload_empty"),
        (b"name,region\n\xff\xfe\x41,caf\xe9\n"[12:], "a.csv", "import_encoding"),
        ("name,region\nCaf\xe9,Dhaka\n".encode("cp1252"), "a.csv", "import_encoding"),
        (b'name,region\n"A,Dhaka\n', "a.csv", "import_malformed"),
        (b"name,region\n", "a.csv", "import_no_rows"),
        (b"region,city\nDhaka,Savar\n", "a.csv", "import_no_name_column"),
        (b"name,women,female\nA,1,2\n", "a.csv", "import_heading_twice"),
        (b"<html><body>name</body></html>", "a.csv", "import_kind"),
        (b"MZ\x00\x01" * 50, "a.csv", "import_kind"),
        (b"PK\x03\x04 no archive", "a.xlsx", "import_kind"),
        (b"%PDF-1.7\nname,region\n", "a.pdf", "import_kind"),
    ],
)
def test_bad_files_are_refused_and_nothing_is_kept(
    bd: Any, data: bytes, name: str, code: str
) -> None:
    if code == "import_encoding" and data[:4] != b"name":
        data = b"name,region\nA,caf\xe9 x\n"
    with pytest.raises(DomainError) as refused:
        check(data, name)
    assert refused.value.code == code
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_damaged_workbook_is_refused(bd: Any, part: str) -> None:
    """Cut in the middle of a part, as a broken transfer or a hostile hand leaves it."""
    whole = io.BytesIO()
    book = Workbook()
    for row in (["name", "region"], *([f"A{n}", "Dhaka"] for n in range(20))):
        book.active.append(row)
    book.save(whole)
    damaged = io.BytesIO()
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(damaged, "w") as write:
        for name in read.namelist():
            data = read.read(name)
            write.writestr(name, data[: len(data) // 2] if name == part else data)
    with pytest.raises(DomainError) as refused:
        check(damaged.getvalue(), "a.xlsx")
    assert refused.value.code == "import_workbook_broken"
    assert not ImportBatch.objects.exists()


def test_every_cell_has_its_own_error(bd: Any) -> None:
    batch = check(
        "name,os_id,female,male,total,latitude,registered_on,status,advisor,email,has_dormitory\n"
        ",BD12,ten,5,,91,31/31/2026,sleeping,nobody@example.org,at,perhaps\n"
        "=1+1,,10,5,16,,2090-01-01,closed,,,\n"
    )
    found = codes(batch)
    assert found[2]["os_id"] == ["os_id_malformed"]
    assert found[2]["female"] == ["import_not_a_number"]
    assert found[2]["latitude"] == ["import_out_of_range"]
    assert found[2]["registered_on"] == ["import_not_a_date"]
    assert found[2]["status"] == ["import_not_in_list"]
    assert found[2]["advisor_email"] == ["import_advisor_unknown"]
    assert found[2]["email"] == ["import_not_an_email"]
    assert found[2]["has_dormitory"] == ["import_not_yes_or_no"]
    assert found[2]["name"] == ["import_name_missing"]
    assert found[3]["name"] == ["import_formula"]
    assert found[3]["total"] == ["import_total_differs"]
    assert found[3]["status_reason"] == ["import_reason_missing"]
    assert found[3]["registered_on"] == ["import_day_in_future"]


def test_excel_dates_numbers_and_formulas(bd: Any) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Registered on", "Female", "Male", "City"])
    sheet.append(["A", date(2024, 3, 15), 10.0, 5, "=A1"])
    sheet.append(["B", 45366, 10, 5, "Savar"])
    out = io.BytesIO()
    book.save(out)
    batch = check(out.getvalue(), "factories.xlsx")
    assert codes(batch) == {2: {"city": ["import_formula"]}}
    services.start_import(batch_id=batch.pk, today=TODAY)
    assert Factory.objects.get(name="B").registered_on == date(2024, 3, 15)


def test_rows_match_by_id_then_by_name_and_region(bd: Any) -> None:
    by_os = builders.make_factory("One", os_id="BD2021250D1DTN7")
    by_old = builders.make_factory("Two", legacy_id="E-2")
    by_code = builders.make_factory("Three")
    by_name = builders.make_factory("Four", region="Dhaka")
    builders.make_factory("Four", region="Sylhet")
    batch = check(
        "name,region,os id,legacy id,code\n"
        "One renamed,Gazipur,BD2021250D1DTN7,,\n"
        "Two renamed,Gazipur,,e-2,\n"
        f"Three renamed,Gazipur,,,{by_code.code}\n"
        "four,DHAKA,,,\n"
        "Five,Dhaka,,,\n"
        f"Six,Dhaka,BD2021250D1DTN7,,{by_code.code}\n"
        "Seven,Dhaka,,,BD-ZZZZZ\n"
        "Five,Dhaka,,,\n"
    )
    rows = {row.number: row for row in batch.rows.all()}
    assert [rows[n].factory_id for n in (2, 3, 4, 5)] == [
        by_os.pk, by_old.pk, by_code.pk, by_name.pk,
    ]  # fmt: skip
    assert rows[6].outcome == "create"
    assert ["import_ids_disagree"] in codes(batch)[7].values()
    assert codes(batch)[8] == {"code": ["import_code_unknown"]}
    assert codes(batch)[9] == {"name": ["import_twice_in_file"]}


def test_empty_cells_never_blank_what_is_known(bd: Any) -> None:
    factory = builders.make_factory("One", region="Dhaka", phone="+880 1", city="Savar")
    batch = check("name,region,phone,city\nOne,Dhaka,,Dhamrai\n")
    services.start_import(batch_id=batch.pk, today=TODAY)
    factory.refresh_from_db()
    assert (factory.phone, factory.city) == ("+880 1", "Dhamrai")


def test_a_merged_duplicate_leads_to_its_winner(bd: Any) -> None:
    winner = builders.make_factory("Padma", region="Dhaka")
    builders.make_factory("Old Padma", region="Dhaka", legacy_id="E-9", merged_into=winner)
    batch = check("name,region,legacy id,city\nOld Padma,Dhaka,E-9,Savar\n")
    assert batch.rows.get().factory_id == winner.pk


def test_repair_in_the_page_then_apply(bd: Any, sign_in: Any) -> None:
    client = sign_in("staff")
    text = "name,region,female,male\nGood,Dhaka,1,2\nBad,Dhaka,ten,2\n"
    answer = client.post(reverse("factories:import"), {"file": upload(text)})
    assert answer.status_code == 302
    batch = ImportBatch.objects.get()
    page = client.get(answer["Location"]).content.decode()
    assert "This is not a number." in page
    assert 'value="ten"' in page
    assert "Good" not in page  # rows that need repair come first
    url = reverse("factories:import_row", args=[batch.pk, 3])
    wrong = client.post(url, {"cell-female": "eleven"}, HTTP_HX_REQUEST="true")
    assert wrong.status_code == 422
    assert 'value="eleven"' in wrong.content.decode()
    assert "Apply 1 row<" in wrong.content.decode()
    assert client.get(url).status_code == 200
    right = client.post(url, {"cell-female": "10"})
    assert right.status_code == 302
    apply = reverse("factories:import_apply", args=[batch.pk])
    for _again in range(2):
        assert client.post(apply).status_code == 302
    assert set(Factory.objects.values_list("name", flat=True)) == {"Good", "Bad"}
    batch.refresh_from_db()
    assert batch.status == "applied"
    assert client.post(url, {"cell-female": "11"}).status_code == 422


def test_the_button_on_top_counts_a_row_that_was_mended(bd: Any, sign_in: Any) -> None:
    client = sign_in("staff")
    batch = check("name,region,year_began\nGood,Dhaka,1999\nBad,Dhaka,long ago\n")
    page = client.get(reverse("factories:import_batch", args=[batch.pk])).content.decode()
    assert "Apply 1 row<" in page
    assert "Year operations began" in page  # the cell by the name people know
    url = reverse("factories:import_row", args=[batch.pk, 3])
    part = client.post(url, {"cell-began_on_year": "1998"}, HTTP_HX_REQUEST="true")
    assert part.status_code == 200
    text = part.content.decode()
    assert text.count('hx-swap-oob="true"') == 2
    assert "Apply 2 rows" in text
    assert "<b>2 ready</b>, 0 to repair" in text


def test_a_refused_file_is_explained_on_the_page(bd: Any, sign_in: Any) -> None:
    client = sign_in("manager")
    answer = client.post(reverse("factories:import"), {"file": upload('name\n"A\n')})
    assert answer.status_code == 422
    assert "quotation mark" in answer.content.decode()
    assert sign_in("advisor").get(reverse("factories:import")).status_code == 403
    for kind in ("csv", "xlsx"):
        template = client.get(reverse("factories:import_template"), {"format": kind})
        assert template.status_code == 200
        batch = check(template.content, f"template.{kind}")
        assert codes(batch) == {}


def test_a_file_put_away_changes_nothing(bd: Any, sign_in: Any) -> None:
    batch = check("name,region\nA,Dhaka\n")
    client = sign_in("manager")
    discard = reverse("factories:import_discard", args=[batch.pk])
    assert client.post(discard).status_code == 302
    assert client.post(reverse("factories:import_apply", args=[batch.pk])).status_code == 302
    assert not Factory.objects.exists()


def test_other_programme_does_not_see_the_file(bd: Any, jordan: Any, sign_in: Any) -> None:
    batch = check("name,region\nA,Dhaka\n")
    client = sign_in("manager", programme="JO")
    assert client.get(reverse("factories:import_batch", args=[batch.pk])).status_code == 404


def long_file(rows: int) -> str:
    lines = [
        f"Factory number {n},Region {n % 8},E-{n},{n % 900},{n % 700},Buyer {n % 40},{2001 + n % 9}"
        for n in range(rows)
    ]
    return "name,region,legacy id,female,male,customer 1,buyer 1 since\n" + "\n".join(lines)


def test_five_thousand_rows_tried_applied_and_sent_again(bd: Any) -> None:
    text = long_file(5_000)
    batch = check(text)
    assert services.counts_of(batch) == {"create": 5_000}
    assert not Factory.objects.exists()
    job = services.start_import(batch_id=batch.pk)
    assert job is not None
    assert services.start_import(batch_id=batch.pk).pk == job.pk  # type: ignore[union-attr]
    tasks.apply_import(programme_id=str(bd.pk), job_id=str(job.pk))
    job = Job.objects.get(pk=job.pk)
    assert (job.status, job.done_units, job.total_units) == ("done", 5_000, 5_000)
    assert Factory.objects.count() == 5_000
    assert Factory.objects.values("code").distinct().count() == 5_000
    assert FactoryBuyer.objects.count() == 5_000
    assert TrailEvent.objects.filter(action="factory_registered").count() == 5_000
    tasks.apply_import(programme_id=str(bd.pk), job_id=str(job.pk))
    again = check(text)
    assert again.pk != batch.pk
    assert services.counts_of(again) == {"same": 5_000}
    assert Factory.objects.count() == 5_000


def test_a_worker_that_dies_half_way_doubles_nothing(bd: Any) -> None:
    batch = check(long_file(150))
    job = services.start_import(batch_id=batch.pk)
    assert job is not None
    services.apply_rows(batch_id=batch.pk, known=services.load_known(), most=60)
    assert Factory.objects.count() == 60
    tasks.apply_import(programme_id=str(bd.pk), job_id=str(job.pk))
    assert Factory.objects.count() == 150
    assert not ImportRow.objects.exclude(outcome="applied").exists()


def test_an_id_taken_meanwhile_marks_its_row_only(bd: Any, jordan: Any) -> None:
    batch = check("name,region,os id\nA,Dhaka,BD2021250D1DTN7\nB,Dhaka,\n")
    # Another programme, whose rows nobody here can see, registers the id first.
    with scope.programme_scope(jordan.pk):
        builders.make_factory("Elsewhere", os_id="BD2021250D1DTN7")
    services.start_import(batch_id=batch.pk, today=TODAY)
    assert codes(batch) == {2: {"name": ["import_id_taken"]}}
    assert list(Factory.objects.values_list("name", flat=True)) == ["B"]


def apply(batch: ImportBatch) -> None:
    services.start_import(batch_id=batch.pk, today=TODAY)


def test_a_wrong_file_is_told_which_kinds_are_read(bd: Any, sign_in: Any) -> None:
    client = sign_in("manager")
    file = upload(b"\xff\xd8\xff\xe0" + b"\x00" * 40, "photo.jpg")
    page = client.post(reverse("factories:import"), {"file": file})
    assert page.status_code == 422
    text = page.content.decode()
    assert "CSV or XLSX" in text
    assert "JPG" not in text


CYCLES = (
    "id,name,latest cycle,cycle start date,phones,fax,status,reason\n"
    "E-1,Padma,3,01/02/2026,+880 2 111; +880 2 222,+880 2 333,Active\n"
    "E-2,Meghna,Cycle 1,2026-05-04,,,Active\n"
    "E-3,Jamuna,0,,,,Active\n"
    "E-4,Surma,2,2020-01-01,,,Closed,Moved away\n"
)


def test_the_cycle_a_factory_is_in_comes_with_it(bd: Any) -> None:
    """Opened at its number; the same file again, and an older one, change nothing."""
    batch = check(CYCLES)
    assert codes(batch) == {}
    apply(batch)
    padma = Factory.objects.get(name="Padma")
    assert (padma.phone, padma.fax) == ("+880 2 111; +880 2 222", "+880 2 333")
    cycle = padma.cycles.get()
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (3, date(2026, 2, 1), None)
    assert not Factory.objects.get(name="Jamuna").cycles.exists()
    assert TrailEvent.objects.filter(action="cycle_opened").count() == 2
    again = check(CYCLES + "\n")
    assert set(again.rows.values_list("outcome", flat=True)) == {"same"}
    apply(again)
    assert padma.cycles.count() == 1
    older = check("id,name,latest cycle,cycle start date\nE-1,Padma,2,2025-02-01\n")
    assert older.rows.get().outcome == "same"


def test_a_file_may_bring_the_first_and_the_next_cycle_of_a_known_factory(bd: Any) -> None:
    apply(check("id,name\nE-1,Padma\n"))
    head = "id,name,latest cycle,cycle start date\n"
    apply(check(head + "E-1,Padma,4,2025-06-01\n"))
    apply(check(head + "E-1,Padma,5,2026-06-01\n"))
    found = Factory.objects.get().cycles.order_by("number")
    assert [(c.number, c.starts_on, c.ends_on) for c in found] == [
        (4, date(2025, 6, 1), date(2026, 5, 31)), (5, date(2026, 6, 1), None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ("4,", "cycle_starts_on", "import_half_cycle"),
        (",2026-01-01", "cycle_number", "import_half_cycle"),
        ("many,2026-01-01", "cycle_number", "import_not_a_number"),
        ("3,2026-01-02", "cycle_starts_on", "import_cycle_differs"),
        ("4,2026-01-31", "cycle_starts_on", "cycle_starts_too_early"),
    ],
)
def test_a_cycle_that_cannot_be_is_told_at_its_cell(
    bd: Any, cells: str, column: str, code: str
) -> None:
    apply(check("id,name,latest cycle,cycle start date\nE-1,Padma,3,2026-02-01\n"))
    batch = check(f"id,name,latest cycle,cycle start date\nE-1,Padma,{cells}\n")
    assert codes(batch) == {2: {column: [code]}}


def test_one_gateway_id_one_factory(bd: Any) -> None:
    builders.make_factory("Padma", gateway_id="GW-100")
    batch = check(
        "name,region,gateway id\nPadma,Gazipur,GW-100\nMeghna,Gazipur,gw-100\n"
        "Jamuna,Gazipur,GW-7\nSurma,Gazipur,GW-7\n".replace("gateway id", "gateway_id")
    )
    assert codes(batch) == {
        3: {"gateway_id": ["gateway_id_taken", "import_gateway_twice"]},
        5: {"gateway_id": ["import_gateway_twice"]},
    }


def test_an_os_id_of_another_country_is_told_at_its_cell(bd: Any) -> None:
    builders.make_factory("Known", os_id="CN2021250D1DTN7")
    batch = check("name,region,os_id\nNew,Dhaka,VN2021250D1DTN7\nKnown,Gazipur,CN2021250D1DTN7\n")
    assert codes(batch) == {2: {"os_id": ["os_id_other_country"]}}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_the_file_of_the_list_comes_back_and_changes_nothing(
    bd: Any, sign_in: Any, kind: str, language: str
) -> None:
    advisor = builders.make_member("advisor", user=builders.make_user("Nasrin Akter"))
    group = ManufacturingGroup.objects.create(name="Delta Holding")
    full = builders.make_factory(
        "Padma, \"Stitch\"", local_name="পদ্মা", os_id="BD2021250D1DTN7", gateway_id="GW-1",
        legacy_id="E-17", first_product="T-shirts", second_product="Trousers", group=group,
        advisor=advisor, address="=Road 4\r\nBlock B", postcode="01340", latitude="23.850000",
        longitude="90.270000", phone="+880 2 111", fax="-5", email="a@example.org",
    )  # fmt: skip
    builders.make_cycle(full, number=3)
    builders.make_factory("Gone", status="left", status_reason="Moved away", code="T-GONE")
    builders.make_factory("Footwear", factory_type="footwear", legacy_id="E-18")
    person = builders.make_member("manager", user=builders.make_user(language=language))
    client = sign_in(user=person)
    answer = client.get(reverse("factories:list"), {"format": kind})
    batch = check(answer.content, f"factories.{kind}")
    assert codes(batch) == {}
    assert list(batch.rows.values_list("outcome", flat=True)) == ["same"] * 3
    if language == "en":
        cells = batch.rows.get(cells__name__startswith="Padma").cells
        assert cells["gateway_id"] == "GW-1"
        assert cells["acts_next"] == "Enterprise advisor"
        assert cells["next_step"] == "Hold the first advisory visit"
        assert batch.rows.get(cells__name="Footwear").cells["next_step"] == "Open a cycle"
        assert batch.rows.get(cells__name="Gone").cells["status_reason"] == "Moved away"
