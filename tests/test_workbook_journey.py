"""A workbook's round in a browser, with a real worker: out, changed by hand, back, taken over; and the copy with findings."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from returns import findings
from returns.models import Release, Upload
from returns.tests.factories import fill, reload
from returns.tests.workbooks_made import TRAINING, edited
from tests.live import make_open_world, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def answers(world):
    return findings.look_at(reload(world.submission))[0]


def downloaded(at_desk, link):
    """The bytes of what a link leads to, as the browser got them."""
    with at_desk.page.expect_download() as download:
        at_desk.press(link, "link")
    with open(download.value.path(), "rb") as file:
        return download.value.suggested_filename, file.read()


def bring(at_desk, folder, data, name="My return.xlsx"):
    (folder / name).write_bytes(data)
    at_desk.press("Upload the workbook", "link")
    at_desk.page.locator("input[type=file]").set_input_files(folder / name)
    at_desk.press("Upload and check")


def test_a_workbook_goes_out_comes_back_and_is_taken_over(transactional_db, desk, start_worker, tmp_path):
    world = make_open_world()
    fill(world.submission, world.lead, timezone.now())
    lead = desk(world.lead, accept_downloads=True)
    lead.open(reverse("returns:return", args=[world.submission.uuid]))

    name, data = downloaded(lead, "Download the workbook")
    assert name == f"prevent-{world.trust.code}-{world.period.key}.xlsx"
    bring(lead, tmp_path, edited(data, TRAINING, B5=5200, B7=9000, B8="<5"))
    lead.sees("Waiting for a worker to check the workbook")
    start_worker()

    lead.press("See what was found", "link")
    lead.sees("2 answers would change.")
    lead.sees("5,200")
    lead.sees("Answers that cannot be read stay as they are")
    assert answers(world).staff_total == 5000

    _, copy = downloaded(lead, "Download the workbook with what was found at each cell")
    sheet = load_workbook(io.BytesIO(copy))[TRAINING]
    assert sheet["B8"].value == "<5" and "whole number" in sheet["B8"].comment.text
    assert Release.objects.filter(kind="annotated workbook").exists()

    lead.press("Take over 2 answers")
    lead.sees("The answers of the workbook are now those of the return.")
    assert (answers(world).staff_total, answers(world).l12_compliant) == (5200, 9000)
    lead.sees("Taken over")

    bring(lead, tmp_path, edited(copy, TRAINING, B7=3300, B8=310), "Corrected.xlsx")
    until(lambda: Upload.objects.filter(state="CHECKED").exists(), "the corrected copy is checked")
    lead.press("See what was found", "link")
    lead.press("Take over 2 answers")
    lead.sees("The answers of the workbook are now those of the return.")
    assert (answers(world).l12_compliant, answers(world).l12_trained_in_quarter) == (3300, 310)


def test_a_formula_comes_back_with_its_cell_and_nothing_changes(transactional_db, desk, start_worker, tmp_path):
    world = make_open_world()
    fill(world.submission, world.lead, timezone.now())
    start_worker()
    lead = desk(world.lead, accept_downloads=True)
    lead.open(reverse("returns:return", args=[world.submission.uuid]))
    _, data = downloaded(lead, "Download the workbook")

    lead.press("Upload the workbook", "link")
    lead.sees("Nothing changes yet.")
    lead.press("The return", "link")
    bring(lead, tmp_path, edited(data, TRAINING, B5="=4000+1000"))

    lead.press("See what was found", "link")
    lead.sees("Sheet “Training”, cell B5 holds a formula. Paste its value.")
    lead.sees("Download a new workbook")
    assert answers(world).staff_total == 5000
