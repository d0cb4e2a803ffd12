"""Which kinds of return there are: the lines of settings.RETURN_TYPES, in that order."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from returns.return_type import ReturnType


@cache
def return_types() -> dict[str, ReturnType]:
    """Every return type by its slug."""
    found = [import_string(path) for path in settings.RETURN_TYPES]
    return {return_type.slug: return_type for return_type in found}


@cache
def beside(part):
    """The callables that the return types name as this part of what they have beside: "menu", "needs" or "chores"."""
    return [import_string(name) for kind in return_types().values() for name in getattr(kind.beside, part)]


def type_of(submission_or_period) -> ReturnType:
    return return_types()[submission_or_period.return_type]
