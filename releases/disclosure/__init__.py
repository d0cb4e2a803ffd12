"""Statistical disclosure control: what of a table of counts may be shown, and whether what is hidden stays hidden.

    >>> protect_table(table, POLICIES["TEN-R5-ZERO"])

Pure functions: no database, no clock; the same table under the same policy always gives the same result.
"""

from releases.disclosure.policies import LATER, POLICIES, Policy
from releases.disclosure.protection import Audit, Protected, Released, percentage, protect_table
from releases.disclosure.tables import Dimension, MayNotBeShown, Table, Unreadable, table_from_csv, tables_from_json

__all__ = [
    "LATER",
    "POLICIES",
    "Audit",
    "Dimension",
    "MayNotBeShown",
    "Policy",
    "Protected",
    "Released",
    "Table",
    "Unreadable",
    "percentage",
    "protect_table",
    "table_from_csv",
    "tables_from_json",
]
