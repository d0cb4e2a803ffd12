import json

import pytest
from django.core.management import call_command

from accounts.models import Organisation
from accounts.tests.factories import make_organisation
from accounts.tests.test_ods import line, write
from journal.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path, capsys):
    def run(*lines, filename="etr.csv", code=0):
        path = write(tmp_path / filename, *lines)
        try:
            call_command("import_ods", path, "--json")
        except SystemExit as stop:
            assert stop.code == code
        return json.loads(capsys.readouterr().out)

    return run


def test_organisations_and_the_regions_they_name_are_made(run):
    outcome = run(line("ZZ1", "INVENTED NHS TRUST"), line("ZZ2", "INVENTED NHS FOUNDATION TRUST"))

    assert sorted(outcome["created"]) == ["Y56", "ZZ1", "ZZ2"]
    assert outcome["regions"] == {"Y56": "London"}
    assert Organisation.objects.get(code="ZZ1").region.name == "London"
    kinds = dict(Organisation.objects.values_list("code", "kind"))
    assert (kinds["ZZ1"], kinds["ZZ2"], kinds["Y56"]) == ("NHS_TRUST", "NHS_FOUNDATION_TRUST", "REGION")


def test_regions_made_on_the_way_are_named(tmp_path, capsys):
    call_command("import_ods", write(tmp_path / "etr.csv", line(region="Y56")))

    assert "regions that the files name and that were not known: Y56 (London)." in capsys.readouterr().out


def test_bringing_in_the_same_file_again_changes_nothing(run):
    run(line())

    outcome = run(line())

    assert (outcome["created"], outcome["changed"], outcome["unchanged"]) == ([], {}, 1)


def test_what_changed_is_reported_with_before_and_after(run):
    run(line())

    outcome = run(line(name="RENAMED TRUST", closed="20250331"))

    assert outcome["changed"]["ZZ1"]["name"] == ["Invented Trust", "Renamed Trust"]
    assert outcome["closed"] == ["ZZ1"]
    assert Event.objects.filter(act="organisation changed from ODS", subject_id="ZZ1").exists()


def test_what_is_known_better_here_stays(run):
    make_organisation("ZZ1", kind=Organisation.Kind.COMMUNITY_TREATMENT_PROVIDER)

    run(line(), filename="ephp.csv")

    assert Organisation.objects.get(code="ZZ1").kind == "COMMUNITY_TREATMENT_PROVIDER"


def test_one_bad_line_and_nothing_is_brought_in(run):
    outcome = run(line("ZZ1"), line("ZZ2", opened="never"), code=1)

    assert "line 2" in outcome["error"]
    assert not Organisation.objects.exists()


def test_one_code_in_two_files_is_refused(tmp_path, capsys):
    files = [write(tmp_path / "etr.csv", line()), write(tmp_path / "ephp.csv", line())]

    with pytest.raises(SystemExit) as stop:
        call_command("import_ods", *files)

    assert stop.value.code == 1
    assert "ZZ1 stands in the files twice" in capsys.readouterr().err


def test_a_missing_file_could_not_run(capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("import_ods", "nowhere/etr.csv")

    assert stop.value.code == 2


def test_the_number_of_queries_does_not_grow_with_the_file(run, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        run(*(line(f"Z{number:04}") for number in range(400)))
