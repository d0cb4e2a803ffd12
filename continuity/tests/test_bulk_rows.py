"""Many rows at once, where COPY alone does not reach."""

import pytest

from continuity import bulk_rows
from continuity.models import Identity, Referral
from continuity.tests.audit_factories import shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]

ODD = 'a "quoted", comma\nand a line, \\N and {"é": 1}'


@pytest.fixture
def rows():
    shared(north=3, south=1)
    return list(Referral.objects.select_related("identity").order_by("pk"))


@pytest.mark.parametrize("few", [0, 100])
def test_few_rows_and_many_are_saved_alike_and_others_stay(rows, few, monkeypatch):
    monkeypatch.setattr(bulk_rows, "FEW", few)
    for row in rows[:2]:
        row.answers, row.interventions, row.revision = {"C06": ODD, "C17": ["NONE"]}, [{"C45a": None}], 7
        row.identity.comment, row.identity.recorded_date_of_birth = ODD, None

    bulk_rows.save(rows[:2], ["answers", "interventions", "revision"])
    bulk_rows.save([row.identity for row in rows[:2]], ["comment", "recorded_date_of_birth"])

    found = Referral.objects.select_related("identity").order_by("pk")
    assert [row.revision for row in found] == [7, 7, 0, 0]
    assert (found[0].answers, found[0].interventions) == ({"C06": ODD, "C17": ["NONE"]}, [{"C45a": None}])
    assert [row.identity.comment for row in found] == [ODD, ODD, "", ""]
    assert found[0].identity.first_name == rows[0].identity.first_name


def test_nothing_to_save_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk_rows.save([], ["answers"])


def test_new_rows_go_into_a_table_that_is_closed_by_row_level_security(rows):
    person = Identity.objects.get(pk=rows[0].pk)
    Identity.objects.filter(pk=rows[0].pk).delete()
    columns = [field.attname for field in Identity._meta.fields]
    given = {name: getattr(person, name) for name in columns} | {"organisations": f"{{{person.organisations[0]}}}"}

    assert bulk_rows.insert_rows(Identity, columns, [tuple(given.values())]) == 1

    assert Identity.objects.get(pk=rows[0].pk).digest == person.digest
