import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("socialgraph", "0001_snowflake"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("counter", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("delta", models.IntegerField()),
            ],
            options={
                "db_table": "count_deltas",
            },
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=40)),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("holder", models.IntegerField(null=True)),
                ("attempts", models.PositiveIntegerField(db_default=0, default=0)),
                ("progress", models.BigIntegerField(db_default=0, default=0)),
                ("deliveries", models.BigIntegerField(db_default=0, default=0)),
                ("last_error", models.TextField(db_default="", default="")),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "outbox",
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["id"], name="outbox_pending"),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)), fields=["done_at"], name="outbox_done"
                    ),
                ],
            },
        ),
    ]
