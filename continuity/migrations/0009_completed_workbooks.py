import uuid

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

from accounts.row_security import policy_sql


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_waiting_mail"),
        ("continuity", "0008_row_queries"),
    ]

    operations = [
        migrations.CreateModel(
            name="SheetUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "organisations",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("name", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("stored_as", models.CharField(blank=True, max_length=100)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting to be read"),
                            ("CHECKED", "Read, to be taken over"),
                            ("REFUSED", "Not taken"),
                            ("STUCK", "Could not be read"),
                            ("TAKEN", "Taken over"),
                            ("LEFT", "Not taken over"),
                            ("EXPIRED", "Removed, because nobody took it over"),
                        ],
                        default="WAITING",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "read",
                    models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True),
                ),
                ("annotated", models.BinaryField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="continuity.sheet"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "WAITING")), fields=["uploaded_at"], name="sheet_upload_waiting"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["WAITING", "CHECKED", "STUCK"]),
                            models.Q(
                                ("annotated", None), ("ended_at__isnull", False), ("read", None), ("stored_as", "")
                            ),
                            _connector="OR",
                        ),
                        name="a_workbook_that_ended_is_not_kept",
                    )
                ],
            },
        ),
        migrations.RunSQL(policy_sql("continuity_sheetupload", "organisations", several=True), migrations.RunSQL.noop),
    ]
