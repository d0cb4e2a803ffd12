"""A return whose content is rows goes the same way as one of questions."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.tests.factories import make_seat, sign_in
from returns import checks, versions, workflow
from returns.models import Finding, Measure, Submission
from returns.tests.factories import IN_THE_WINDOW, add_parts, make_parts, reload
from returns.tests.toy.parts import PARTS

pytestmark = pytest.mark.django_db
Status = Submission.Status

WHEEL = ("wheel", "red", 10, "Ola Maker")
DOOR = ("door", "blue", 20, "")
ENGINE = ("engine", "grey", 900, "Ada Maker")


def submitted(*parts):
    submission, owner = make_parts(*parts)
    workflow.send_for_sign_off(submission, by=owner, at=IN_THE_WINDOW)
    checks.check_waiting(limit=10, at=IN_THE_WINDOW)
    return reload(submission), owner


def test_saving_rows_starts_the_return_and_runs_its_rules():
    submission, _ = make_parts(WHEEL, ENGINE)

    assert (submission.status, submission.blocking, submission.unexplained) == (Status.DRAFT, 1, 0)
    assert submission.content_sha256 == submission.checked_sha256 != ""


def test_an_error_in_a_row_blocks_and_a_warning_needs_no_reason():
    submission, owner = make_parts(DOOR, ENGINE)

    with pytest.raises(workflow.Refused, match="too heavy"):
        workflow.send_for_sign_off(submission, by=owner, at=IN_THE_WINDOW)


def test_a_version_keeps_the_columns_without_what_must_be_forgotten():
    submission, _ = submitted(WHEEL, DOOR)

    version = submission.current_version
    assert version.content.format == "columns"
    assert versions.is_intact(version)
    assert b"Ola Maker" not in versions.hashed_bytes(version)
    assert versions.answers_in(version) == {
        "key": ["door", "wheel"],
        "colour": ["blue", "red"],
        "weight": [20, 10],
        "is_spare": [False, False],
        "maker": ["", "Ola Maker"],
    }


def test_the_worker_judges_rows_and_says_which():
    submission, _ = submitted(WHEEL, DOOR)

    assert submission.standing_version == submission.current_version
    assert list(Finding.objects.values_list("rule", "row_ref", "section")) == [("PAR-02", "door", "")]
    assert list(Measure.objects.values_list("measure", "numerator", "denominator")) == [("spare", 0, 2)]


def test_rows_do_not_change_once_they_are_submitted():
    submission, owner = submitted(WHEEL)

    with pytest.raises(workflow.Refused):
        add_parts(submission, owner, DOOR)


@pytest.mark.parametrize("name", ["check_answers", "receipt", "history", "workbook", "review", "sign_off", "take_back"])
def test_the_pages_of_questions_are_not_there_for_rows(client, name):
    submission, owner = make_parts(WHEEL)

    assert sign_in(client, owner).get(reverse(f"returns:{name}", args=[submission.uuid])).status_code == 404


def test_the_address_of_a_return_of_rows_leads_to_its_own_page(client):
    submission, owner = make_parts(WHEEL)

    response = sign_in(client, owner).get(reverse("returns:return", args=[submission.uuid]))

    assert (response.status_code, response.url) == (302, reverse(PARTS.rows.page, args=[submission.uuid]))


def test_what_nobody_reviews_waits_for_nobody_once_it_is_checked(client):
    submission, owner = make_parts(WHEEL)
    workflow.send_for_sign_off(submission, by=owner, at=IN_THE_WINDOW)
    address = reverse("returns:return", args=[submission.uuid])
    assert address in sign_in(client, owner).get(reverse("home")).text

    checks.check_waiting(limit=10, at=IN_THE_WINDOW)

    assert address not in client.get(reverse("home")).text


def test_what_a_type_has_beside_its_returns_stands_in_the_way_round_and_on_the_home_page_of_its_own(client):
    _, owner = make_parts(WHEEL)

    page = sign_in(client, owner).get(reverse("home")).content.decode()
    assert 'href="/spare/"' in page and "Spare parts" in page
    assert 'href="/hinges/"' in page and "Oil the hinges" in page
    assert "Our returns" not in page  # the pages of the quarter are for returns made of answers

    page = sign_in(client, make_seat("TOY_OWNER", owner.organisation)).get(reverse("home")).content.decode()
    assert "Spare parts" not in page and "Oil the hinges" not in page
    assert "Our returns" in page


def test_a_return_of_rows_is_neither_opened_by_the_quarter_nor_checked_from_a_file_of_answers(capsys, tmp_path):
    for words in (["open_period", "parts", "2025-26-Q2"], ["check_return", "parts", str(tmp_path / "a.json")]):
        with pytest.raises(SystemExit) as ended:
            call_command(*words)
        assert ended.value.code == 2
        assert "Parts of a toy" in capsys.readouterr().err
