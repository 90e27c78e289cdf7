"""What a tweet is found by, in one generated column with one index: every condition of a search but a time is in it.

Words as `search_vector` has them, and `by:<author>`, `@<id of whom it mentions>`, `#<hashtag>` and `has:media`, which no
word can be. Null for what is never found. The column is the database's alone: the model does not know it, so no page
that reads tweets carries it along. docs/architecture.md, "Search", tells how it is read.
"""

from django.db import migrations

# A GIN index takes new rows into a list that every search reads to its end, so the list is kept short.
SEARCH = """
CREATE FUNCTION search_tweet(said text, author bigint, hashtags text[], mentions bigint[], media integer)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_vector(said) || array_to_tsvector(
    ARRAY['by:' || author]
    || CASE WHEN hashtags = '{}' THEN '{}' ELSE string_to_array('#' || array_to_string(hashtags, ' #'), ' ') END
    || CASE WHEN mentions = '{}' THEN '{}' ELSE string_to_array('@' || array_to_string(mentions, ' @'), ' ') END
    || CASE WHEN media > 0 THEN ARRAY['has:media'] ELSE '{}' END
);

ALTER TABLE tweets ADD COLUMN search tsvector GENERATED ALWAYS AS (
    CASE WHEN deleted_at IS NULL AND retweet_of_id IS NULL
        THEN search_tweet(text, author_id, hashtags, mentions, media_count) END
) STORED;

CREATE INDEX tweets_search ON tweets USING gin (search) WITH (gin_pending_list_limit = 256);
"""
DROP_SEARCH = """
ALTER TABLE tweets DROP COLUMN search;
DROP FUNCTION search_tweet(text, bigint, text[], bigint[], integer);
"""

# A page needs a few of the newest matches, and the planner cannot know how far down the primary key they lie: for two
# frequent words that never meet it would walk the whole table. So the two ways are told apart here: this one always
# goes by the index, and gives up after `most`; the walk is bounded by its caller (tweets/search/find.py).
MATCHES = """
CREATE FUNCTION search_matches(words tsquery, above bigint, below bigint, most integer)
RETURNS TABLE (id bigint, author_id bigint) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
    RETURN QUERY SELECT t.id, t.author_id FROM tweets t
        WHERE t.search @@ words AND t.id > above AND t.id < below LIMIT most;
END
$$;

CREATE FUNCTION search_replies(words tsquery, people bigint[], above bigint, below bigint, posts integer, most integer)
RETURNS TABLE (id bigint, author_id bigint) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    RETURN QUERY SELECT r.id, r.author_id FROM unnest(people) person (id)
        CROSS JOIN LATERAL (
            SELECT p.id FROM tweets p WHERE p.author_id = person.id AND p.deleted_at IS NULL
            ORDER BY p.id DESC LIMIT posts
        ) post
        JOIN tweets r ON r.reply_to_id = post.id
        WHERE (words IS NULL OR r.search @@ words) AND r.search IS NOT NULL AND r.id > above AND r.id < below
        ORDER BY r.id DESC LIMIT most;
END
$$;
"""
DROP_MATCHES = """
DROP FUNCTION search_matches(tsquery, bigint, bigint, integer);
DROP FUNCTION search_replies(tsquery, bigint[], bigint, bigint, integer, integer);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tweets", "0004_relations_threads_media"),
        ("accounts", "0005_people_search"),
    ]
    operations = [
        migrations.RunSQL(SEARCH, DROP_SEARCH),
        migrations.RunSQL(MATCHES, DROP_MATCHES),
    ]
