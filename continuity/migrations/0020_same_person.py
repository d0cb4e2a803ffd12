from django.db import migrations, models

from continuity.models.audits import new_salt


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0019_terms_when_sent"),
    ]

    operations = [
        migrations.AddField(
            model_name="audit",
            name="people_salt",
            field=models.CharField(blank=True, default="", max_length=32),
        ),
        migrations.AlterField(
            model_name="audit",
            name="people_salt",
            field=models.CharField(blank=True, default=new_salt, max_length=32),
        ),
        migrations.AddConstraint(
            model_name="audit",
            constraint=models.CheckConstraint(
                condition=models.Q(("purged_at__isnull", True), ("people_salt", ""), _connector="OR"),
                name="a_purged_audit_has_no_salt",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="number_digest",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="referral",
            name="attributors_digest",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
