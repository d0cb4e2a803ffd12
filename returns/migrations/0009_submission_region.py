from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def keep_where_they_were(apps, schema_editor):
    Submission, Organisation = apps.get_model("returns", "Submission"), apps.get_model("accounts", "Organisation")
    region = Organisation.objects.filter(pk=OuterRef("subject")).values("region")[:1]
    Submission.objects.update(region=Subquery(region))


class Migration(migrations.Migration):
    dependencies = [("returns", "0008_uploads")]

    operations = [
        migrations.AddField(
            "submission",
            "region",
            models.ForeignKey(
                blank=True, null=True, on_delete=models.PROTECT, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.RunPython(keep_where_they_were, migrations.RunPython.noop, elidable=True),
    ]
