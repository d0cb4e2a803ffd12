"""Web and workers may write versions and releases, never change them: the right is missing, not only the way."""

from django.db import migrations

TABLES = "returns_version, returns_versioncontent, returns_release, returns_releaseinput"


class Migration(migrations.Migration):
    dependencies = [("returns", "0001_kernel")]

    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON {TABLES} FROM portal_app", f"GRANT UPDATE, DELETE ON {TABLES} TO portal_app"
        )
    ]
