"""What the rules may look at, read once for many acts."""

import pytest

from accounts.models import Trait
from accounts.tests.factories import make_organisation, make_trait
from returns import findings
from returns.tests.factories import make_world

pytestmark = pytest.mark.django_db


def test_contexts_that_are_kept_are_read_once_and_only_while_they_are_kept(django_assert_num_queries):
    world, other = make_world(), make_organisation("ZZT77")
    fresh = findings.context_for(world.trust, world.period)

    with findings.keeping_contexts([(world.trust, world.period)]):
        make_trait(world.trust, Trait.MENTAL_HEALTH_PROVIDER)
        with django_assert_num_queries(0):
            kept = findings.context_for(world.trust, world.period)
        assert findings.context_for(other, world.period).kind == other.kind

    assert kept.traits == fresh.traits
    assert Trait.MENTAL_HEALTH_PROVIDER in findings.context_for(world.trust, world.period).traits
