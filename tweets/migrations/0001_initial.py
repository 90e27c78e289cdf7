import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import socialgraph.snowflake


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Tweet",
            fields=[
                ("id", socialgraph.snowflake.SnowflakeField(primary_key=True, serialize=False)),
                ("text", models.TextField(blank=True)),
                (
                    "hashtags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "mentions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tweets.tweet",
                    ),
                ),
                (
                    "quote_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tweets.tweet",
                    ),
                ),
                (
                    "reply_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tweets.tweet",
                    ),
                ),
                (
                    "retweet_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tweets.tweet",
                    ),
                ),
            ],
            options={
                "db_table": "tweets",
            },
        ),
        migrations.CreateModel(
            name="TweetCounts",
            fields=[
                (
                    "tweet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="counts",
                        serialize=False,
                        to="tweets.tweet",
                    ),
                ),
                ("like_count", models.PositiveIntegerField(db_default=0, default=0)),
                ("retweet_count", models.PositiveIntegerField(db_default=0, default=0)),
                ("quote_count", models.PositiveIntegerField(db_default=0, default=0)),
                ("reply_count", models.PositiveIntegerField(db_default=0, default=0)),
                ("bookmark_count", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "tweet_counts",
            },
        ),
        migrations.CreateModel(
            name="PostKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tweet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="postkeys",
                        related_query_name="postkey",
                        to="tweets.tweet",
                    ),
                ),
            ],
            options={
                "db_table": "post_keys",
            },
        ),
        migrations.CreateModel(
            name="Like",
            fields=[
                ("id", socialgraph.snowflake.SnowflakeField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tweet",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tweets.tweet"
                    ),
                ),
            ],
            options={
                "db_table": "likes",
            },
        ),
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("id", socialgraph.snowflake.SnowflakeField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tweet",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tweets.tweet"
                    ),
                ),
            ],
            options={
                "db_table": "bookmarks",
            },
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=models.Index(fields=["author", "-id"], include=("deleted_at",), name="tweets_author"),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=models.Index(
                condition=models.Q(("reply_to__isnull", False)), fields=["reply_to", "id"], name="tweets_replies"
            ),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=models.Index(
                condition=models.Q(("conversation__isnull", False)),
                fields=["conversation", "id"],
                name="tweets_conversation",
            ),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=models.Index(
                condition=models.Q(("retweet_of__isnull", False)), fields=["retweet_of", "id"], name="tweets_retweets"
            ),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=models.Index(
                condition=models.Q(("quote_of__isnull", False)), fields=["quote_of", "id"], name="tweets_quotes"
            ),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=django.contrib.postgres.indexes.GinIndex(fields=["hashtags"], name="tweets_hashtags"),
        ),
        migrations.AddIndex(
            model_name="tweet",
            index=django.contrib.postgres.indexes.GinIndex(fields=["mentions"], name="tweets_mentions"),
        ),
        migrations.AddConstraint(
            model_name="tweet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("text__char_length__range", (1, 280)),
                    models.Q(("retweet_of__isnull", False), ("text", "")),
                    _connector="OR",
                ),
                name="tweets_text_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="tweet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("retweet_of", None),
                    models.Q(("quote_of", None), ("reply_to", None), ("text", "")),
                    _connector="OR",
                ),
                name="tweets_retweet_is_bare",
            ),
        ),
        migrations.AddConstraint(
            model_name="tweet",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), ("retweet_of__isnull", False)),
                fields=("author", "retweet_of"),
                name="tweets_retweet_unique",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tweet",
            trigger=pgtrigger.compiler.Trigger(
                name="tweets_counts_row",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO tweet_counts (tweet_id) SELECT id FROM new_rows; RETURN NULL;",
                    hash="c9b000a504ba0958af98663314232bb648a5ce47",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_tweets_counts_row_fd3ec",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="tweets",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tweet",
            trigger=pgtrigger.compiler.Trigger(
                name="tweets_counts_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'tweet_count' AS counter, r.author_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.author_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'reply_count' AS counter, r.reply_to_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.reply_to_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'retweet_count' AS counter, r.retweet_of_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.retweet_of_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'quote_count' AS counter, r.quote_of_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.quote_of_id IS NOT NULL AND r.deleted_at IS NULL) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="428a7dcabf157e8f211d8cd5b2e1cc890fb00579",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_tweets_counts_insert_6745f",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="tweets",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tweet",
            trigger=pgtrigger.compiler.Trigger(
                name="tweets_counts_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'tweet_count' AS counter, r.author_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.author_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'reply_count' AS counter, r.reply_to_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.reply_to_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'retweet_count' AS counter, r.retweet_of_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.retweet_of_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'quote_count' AS counter, r.quote_of_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.quote_of_id IS NOT NULL AND r.deleted_at IS NULL) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="8e3b63d8b79b42f08e8dc61b544bf6cd30f14b60",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_tweets_counts_delete_7a218",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="tweets",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tweet",
            trigger=pgtrigger.compiler.Trigger(
                name="tweets_counts_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'tweet_count' AS counter, r.author_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.author_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'tweet_count' AS counter, r.author_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.author_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'reply_count' AS counter, r.reply_to_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.reply_to_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'reply_count' AS counter, r.reply_to_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.reply_to_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'retweet_count' AS counter, r.retweet_of_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.retweet_of_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'retweet_count' AS counter, r.retweet_of_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.retweet_of_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'quote_count' AS counter, r.quote_of_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.quote_of_id IS NOT NULL AND r.deleted_at IS NULL UNION ALL SELECT 'quote_count' AS counter, r.quote_of_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.quote_of_id IS NOT NULL AND r.deleted_at IS NULL) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="0989b5126eb3d05e23b363b302712b59df1668b4",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_tweets_counts_update_499a9",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="tweets",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tweet",
            trigger=pgtrigger.compiler.Trigger(
                name="tweets_counts_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM count_deltas WHERE counter IN ('tweet_count', 'reply_count', 'retweet_count', 'quote_count'); UPDATE users SET tweet_count = 0 WHERE tweet_count > 0; UPDATE tweet_counts SET reply_count = 0, retweet_count = 0, quote_count = 0; RETURN NULL;",
                    hash="866b1a686d68dc7cde8f3696ccf3fc0bacdc295d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_tweets_counts_truncate_560db",
                    table="tweets",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="postkey",
            constraint=models.UniqueConstraint(fields=("author", "key"), name="post_keys_unique"),
        ),
        migrations.AddIndex(
            model_name="like",
            index=models.Index(fields=["user", "-id"], name="likes_user"),
        ),
        migrations.AddIndex(
            model_name="like",
            index=models.Index(fields=["tweet", "-id"], name="likes_tweet"),
        ),
        migrations.AddConstraint(
            model_name="like",
            constraint=models.UniqueConstraint(fields=("user", "tweet"), name="likes_unique"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="like",
            trigger=pgtrigger.compiler.Trigger(
                name="likes_counts_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'like_count' AS counter, r.tweet_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="1d01ee01e5c93f1a4c734336c0615c349705901d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_likes_counts_insert_78413",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="likes",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="like",
            trigger=pgtrigger.compiler.Trigger(
                name="likes_counts_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'like_count' AS counter, r.tweet_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="5f11c9c8bba256c2aae772360e17a3e81b5c127c",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_likes_counts_delete_ac313",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="likes",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="like",
            trigger=pgtrigger.compiler.Trigger(
                name="likes_counts_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'like_count' AS counter, r.tweet_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.tweet_id IS NOT NULL AND true UNION ALL SELECT 'like_count' AS counter, r.tweet_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="55b0e2bca1b2acfdccd9fffc46579bef8e9079bc",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_likes_counts_update_0ba58",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="likes",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="like",
            trigger=pgtrigger.compiler.Trigger(
                name="likes_counts_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM count_deltas WHERE counter = 'like_count'; UPDATE tweet_counts SET like_count = 0; RETURN NULL;",
                    hash="f8bb4df047b40086eefdd863853cf407f83f0778",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_likes_counts_truncate_c40d8",
                    table="likes",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="bookmark",
            index=models.Index(fields=["user", "-id"], name="bookmarks_user"),
        ),
        migrations.AddIndex(
            model_name="bookmark",
            index=models.Index(fields=["tweet"], name="bookmarks_tweet"),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.UniqueConstraint(fields=("user", "tweet"), name="bookmarks_unique"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bookmark",
            trigger=pgtrigger.compiler.Trigger(
                name="bookmarks_counts_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'bookmark_count' AS counter, r.tweet_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="e127e9637078d36dbe8a72b5790465ed8ad415d4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_bookmarks_counts_insert_8008f",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="bookmarks",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bookmark",
            trigger=pgtrigger.compiler.Trigger(
                name="bookmarks_counts_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'bookmark_count' AS counter, r.tweet_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="5f3c417b4e59b236e97b7df949ba30f7ba8e5ae8",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_bookmarks_counts_delete_5082b",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="bookmarks",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bookmark",
            trigger=pgtrigger.compiler.Trigger(
                name="bookmarks_counts_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO count_deltas (counter, subject_id, delta) SELECT counter, subject_id, sum(delta) FROM (SELECT 'bookmark_count' AS counter, r.tweet_id AS subject_id, -1 AS delta FROM old_rows r WHERE r.tweet_id IS NOT NULL AND true UNION ALL SELECT 'bookmark_count' AS counter, r.tweet_id AS subject_id, 1 AS delta FROM new_rows r WHERE r.tweet_id IS NOT NULL AND true) changed GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;",
                    hash="b013959b1103059170511f03fbbbaf142399b2a6",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_bookmarks_counts_update_c9420",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="bookmarks",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bookmark",
            trigger=pgtrigger.compiler.Trigger(
                name="bookmarks_counts_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM count_deltas WHERE counter = 'bookmark_count'; UPDATE tweet_counts SET bookmark_count = 0; RETURN NULL;",
                    hash="d832d1e4f20b2a3cedd702467500495ad1c26475",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_bookmarks_counts_truncate_60d31",
                    table="bookmarks",
                    when="AFTER",
                ),
            ),
        ),
    ]
