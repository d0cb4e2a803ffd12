"""The table of areas: what a file must look like, and that it goes in whole or not at all."""

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Organisation
from accounts.tests.factories import make_organisation
from continuity import areas
from continuity.models import Area
from journal.models import Event
from journal.refused import Refused

pytestmark = pytest.mark.django_db

HEAD = "dat_code,name,gss_code,local_authority\n"


def bring_in(text):
    return areas.bring_in(areas.read((HEAD + text).encode()), at=timezone.now())


def test_a_file_makes_areas_and_a_second_one_changes_what_differs():
    make_organisation("ZZL01", kind=Organisation.Kind.LOCAL_AUTHORITY)

    first = bring_in("A10B,Larkmoor,E09000001,ZZL01\nz00b,Out of England,,\n")
    second = bring_in("A10B,Larkmoor and Fen,E09000001,ZZL01\nZ00B,Out of England,,\n")

    assert (first.created, first.changed, first.unchanged) == (2, 0, 0)
    assert (second.created, second.changed, second.unchanged) == (0, 1, 1)
    larkmoor = Area.objects.get(dat_code="A10B")
    assert (larkmoor.name, larkmoor.local_authority.code) == ("Larkmoor and Fen", "ZZL01")
    assert Event.objects.filter(act="areas imported").last().detail == {"created": [], "changed": ["A10B"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("10B,Larkmoor,,\n", "Line 2: 10B is no DAT code"),
        ("A10B,,,\n", "Line 2: A10B needs a name"),
        ("A10B,Larkmoor,E1,\n", "Line 2: E1 is no GSS code"),
        ("A10B,Larkmoor,,\nA10B,Netherfen,,\n", "A10B stands on lines 2 and 3"),
        ("A10B,Larkmoor,,NOBODY\n", "No local authority of the portal has the code NOBODY"),
        ("A10B\n", "Line 2: A10B needs a name"),
        ("A10B,Lark\0moor,,\n", "characters that no text has"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_stored(text, sentence):
    with pytest.raises(Refused, match=sentence):
        bring_in(text)

    assert not Area.objects.exists()


def test_a_file_without_its_columns_is_refused():
    with pytest.raises(Refused, match="missing: gss_code"):
        areas.read(b"dat_code,name,local_authority\n")


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(Refused, match="UTF-8"):
        areas.read(b"\xff\xfe\x00")


def test_the_command_says_what_it_did(tmp_path):
    file = tmp_path / "areas.csv"
    file.write_text(HEAD + "A10B,Larkmoor,,\n")
    out = io.StringIO()

    call_command("import_areas", str(file), "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"created": 1, "changed": 0, "unchanged": 0}


@pytest.mark.parametrize(("content", "status"), [(None, 2), ("nonsense", 1)])
def test_the_command_says_what_is_wrong(tmp_path, content, status):
    file = tmp_path / "areas.csv"
    if content:
        file.write_text(content)
    err = io.StringIO()

    with pytest.raises(SystemExit) as exit_:
        call_command("import_areas", str(file), stderr=err)

    assert exit_.value.code == status
    assert err.getvalue().strip().endswith(".")
