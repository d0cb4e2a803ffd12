"""Who the people of an audit are is seen by the organisations on the row, and by jobs of the system."""

from django.db import migrations

from accounts.row_security import policy_sql

TABLE = "continuity_identity"


class Migration(migrations.Migration):
    dependencies = [("continuity", "0006_audits")]

    operations = [
        migrations.RunSQL(
            policy_sql(TABLE, "organisations", several=True),
            f"DROP POLICY {TABLE}_by_organisation ON {TABLE}; ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY;"
            f" ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
        )
    ]
