"""Web and workers may add to the log and its chain, never change them: the right is missing, not only the way."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_journal")]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON journal_event, journal_eventseal FROM portal_app",
            "GRANT UPDATE, DELETE ON journal_event, journal_eventseal TO portal_app",
        )
    ]
