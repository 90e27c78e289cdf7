"""What the ledger is measured against: counts kept by `UPDATE … + 1` in the transaction of what they count.

On tables beside the product's, with the same columns, indexes, checks and foreign keys, and filled as they are.
"""

from django.db import connection, transaction

TABLES = {
    "likes": "inline_likes",
    "tweet_counts": "inline_counts",
    "follows": "inline_follows",
    "users": "inline_users",
}
_KEYS = {
    "inline_likes": {"user_id": "users", "tweet_id": "tweets"},
    "inline_follows": {"follower_id": "inline_users", "followee_id": "inline_users"},
}
_ONE_LIKE = "UPDATE inline_counts SET like_count = like_count + %s WHERE tweet_id = %s"
_BY_TRIGGER = """
CREATE TABLE triggered_likes (LIKE inline_likes INCLUDING ALL);
ALTER TABLE triggered_likes ADD FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE triggered_likes ADD FOREIGN KEY (tweet_id) REFERENCES tweets (id);
CREATE FUNCTION count_inline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inline_counts SET like_count = like_count + 1 WHERE tweet_id = NEW.tweet_id;
    RETURN NULL;
END $$;
CREATE TRIGGER count_inline AFTER INSERT ON triggered_likes FOR EACH ROW EXECUTE FUNCTION count_inline();
"""


def make_tables() -> None:
    with connection.cursor() as cursor:
        for original, table in TABLES.items():
            cursor.execute(f"CREATE TABLE {table} (LIKE {original} INCLUDING ALL)")  # nosec B608 # made of constants
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {original}")  # nosec B608 # made of constants
        for table, keys in _KEYS.items():
            for column, target in keys.items():
                cursor.execute(f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {target} (id)")
        cursor.execute(_BY_TRIGGER)
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES.values())}")


def drop_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE triggered_likes, {', '.join(TABLES.values())}")
        cursor.execute("DROP FUNCTION count_inline")


def like(user_id: int, tweet_id: int) -> None:
    """As an application writes it, with F("like_count") + 1: two statements, and the row is locked until the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO inline_likes (user_id, tweet_id) VALUES (%s, %s)", [user_id, tweet_id])
        cursor.execute(_ONE_LIKE, [1, tweet_id])


def like_by_trigger(user_id: int, tweet_id: int) -> None:
    """The best that can be made of it: one statement, and the row is locked from the trigger to the end."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO triggered_likes (user_id, tweet_id) VALUES (%s, %s)", [user_id, tweet_id])


def follow(follower_id: int, followee_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inline_follows (follower_id, followee_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [follower_id, followee_id],
        )
        if cursor.rowcount:
            _add(1, follower_id, followee_id)


def unfollow(follower_id: int, followee_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inline_follows WHERE follower_id = %s AND followee_id = %s", [follower_id, followee_id]
        )
        if cursor.rowcount:
            _add(-1, follower_id, followee_id)


def _add(delta: int, follower_id: int, followee_id: int) -> None:
    """The two people's rows in turn: two who follow each other at the same moment wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inline_users SET following_count = following_count + %s WHERE id = %s", [delta, follower_id]
        )
        cursor.execute(
            "UPDATE inline_users SET follower_count = follower_count + %s WHERE id = %s", [delta, followee_id]
        )
