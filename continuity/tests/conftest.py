"""A test of an audit works for the system; what row-level security lets through is tested by itself (test_people.py)."""

import pytest

from continuity.tests.factories import for_the_system


@pytest.fixture
def as_the_system(request):
    marker = request.node.get_closest_marker("django_db")
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with for_the_system():
        yield
