import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import socialgraph.snowflake


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("socialgraph", "0002_outbox_and_ledger"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", socialgraph.snowflake.SnowflakeField(primary_key=True, serialize=False)),
                (
                    "username",
                    accounts.fields.CaselessCharField(
                        max_length=15,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z0-9_]{1,15}\\Z", "Use letters, digits and _ only."
                            )
                        ],
                    ),
                ),
                ("email", accounts.fields.CaselessEmailField(max_length=254)),
                (
                    "display_name",
                    models.CharField(
                        max_length=50,
                        validators=[
                            django.core.validators.RegexValidator(
                                "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]", "Use one line of text.", inverse_match=True
                            )
                        ],
                    ),
                ),
                ("bio", models.TextField(blank=True, db_default="", default="", max_length=500)),
                ("avatar", models.ImageField(blank=True, db_default="", default="", upload_to="avatars/")),
                ("verified", models.BooleanField(db_default=False, default=False)),
                ("region", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("preferences", models.JSONField(blank=True, db_default={}, default=dict)),
                ("follower_count", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("following_count", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("tweet_count", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("last_active_on", models.DateField(blank=True, null=True)),
                (
                    "celebrity",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "pushed to followers"),
                            (1, "merged by readers"),
                            (2, "pushed and merged, until old timelines are gone"),
                        ],
                        db_default=0,
                        default=0,
                        editable=False,
                    ),
                ),
                ("crossings", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("graph_version", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("is_staff", models.BooleanField(db_default=False, default=False)),
                ("is_superuser", models.BooleanField(db_default=False, default=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "db_table": "users",
            },
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", socialgraph.snowflake.SnowflakeField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "followee",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follower_rows",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="following_rows",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "follows",
            },
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("last_active_on__isnull", False)), fields=["last_active_on"], name="users_active"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(condition=models.Q(("celebrity__gt", 0)), fields=["id"], name="users_celebrities"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("username"),
                name="users_username_unique",
                violation_error_message="This user name is taken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                name="users_email_unique",
                violation_error_message="This e-mail address is in use.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("username__regex", "^[A-Za-z0-9_]{1,15}$")), name="users_username_letters"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", ""), _negated=True), name="users_email_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("display_name", ""), _negated=True), name="users_display_name_given"
            ),
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(fields=["followee", "-id"], include=("follower",), name="follows_followers"),
        ),
        migrations.AddIndex(
            model_name="follow",
            index=models.Index(fields=["follower", "-id"], include=("followee",), name="follows_following"),
        ),
        migrations.AddConstraint(
            model_name="follow",
            constraint=models.UniqueConstraint(fields=("follower", "followee"), name="follows_unique"),
        ),
        migrations.AddConstraint(
            model_name="follow",
            constraint=models.CheckConstraint(
                condition=models.Q(("follower", models.F("followee")), _negated=True), name="follows_not_self"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="follow",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_counts_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'follower_count' AS counter, r.followee_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.followee_id IS NOT NULL AND true UNION ALL SELECT 'following_count' AS counter, r.follower_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.follower_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="1e3d738db0dae73707c5b79a2018468af1359be4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_follows_counts_insert_212ed",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="follows",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="follow",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_counts_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'follower_count' AS counter, r.followee_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.followee_id IS NOT NULL AND true UNION ALL SELECT 'following_count' AS counter, r.follower_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.follower_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="08414f2d29f47da24650c393521a21826fcfa5a5",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_follows_counts_delete_e7de3",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="follows",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="follow",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_counts_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'follower_count' AS counter, r.followee_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.followee_id IS NOT NULL AND true UNION ALL SELECT 'follower_count' AS counter, r.followee_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.followee_id IS NOT NULL AND true UNION ALL SELECT 'following_count' AS counter, r.follower_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.follower_id IS NOT NULL AND true UNION ALL SELECT 'following_count' AS counter, r.follower_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.follower_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="5aa53d207cc2ef57aa469137873f4e3fee4c5bfb",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_follows_counts_update_25e00",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="follows",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="follow",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_counts_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM count_deltas WHERE counter IN ('follower_count', 'following_count'); UPDATE users SET follower_count = 0, following_count = 0 WHERE follower_count + following_count > 0; RETURN NULL;",
                    hash="45aff89ec9a7e613ab5e0c2c781a18262f694df5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_follows_counts_truncate_e5e6d",
                    table="follows",
                    when="AFTER",
                ),
            ),
        ),
    ]
