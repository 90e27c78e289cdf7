"""Words of any language, as the database compares and indexes them, and people found by them.

docs/architecture.md, "Search", says what these functions promise and why they are as they are. All are IMMUTABLE, so
that columns and indexes can be made of them: after a change of unaccent's rules or of PostgreSQL's Unicode version,
`REINDEX` and an UPDATE of the texts brings them up to date; until then a few rare letters may be missed.
"""

from django.db import migrations

# Trusted ones, which the owner of a database may make and, since they are not the owner's, not drop.
EXTENSIONS = "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS unaccent;"

# Scripts that put no spaces between words, and emoji; Hangul too, where endings stick to a word. Regular expressions.
UNSPACED = (
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e80-\u0edf\u1000-\u1049\u1050-\u109f\u1100-\u11ff\u1780-\u17d3\u17d7"
    r"\u17dc-\u17f9\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3005-\u3007\u3021-\u302f\u3031-\u3035\u303b"
    r"\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    r"\ua9e0-\ua9fe\uaa60-\uaa7f\uac00-\ud7fb\uf900-\ufaff\U0001b000-\U0001b16f\U0001f000-\U0001faff"
    r"\U00020000-\U0003ffff"
)
# White space, punctuation, controls and signs, block by block; what is neither here nor above belongs to words. Spelled
# out because [[:alnum:]] depends on the database's locale and splits Hindi words at their vowel signs.
SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u02c2-\u02c5\u02d2-\u02df\u037e\u0387\u055a-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f"
    r"\u061b-\u061f\u066a-\u066d\u06d4\u06dd\u06e9\u0700-\u070f\u0964\u0965\u0970\u0e3f\u0e4f\u0e5a\u0e5b\u0f01-\u0f17"
    r"\u0f3a-\u0f3d\u104a-\u104f\u1360-\u1368\u1400\u1680\u17d4-\u17d6\u17d8-\u17db\u1800-\u180e\u2000-\u206f"
    r"\u20a0-\u20cf\u2190-\u25ff\u27c0-\u2b04\u2b08-\u2b1a\u2b1d-\u2b4f\u2b51-\u2b54\u2b56-\u2bff\u2e00-\u2e7f"
    r"\u2ff0-\u3004\u3008-\u3020\u3030\u3036-\u303a\u303c-\u303f\u30a0\u30fb\ue000-\uf8ff\ufd3e\ufd3f\ufe00-\ufe1f"
    r"\ufe30-\ufe6f\ufeff\ufff0-\uffff\U000e0000-\U0010ffff"
)
# Vowel points of Hebrew and Arabic, and the stroke that only stretches an Arabic word.
POINTS = r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"

# In order; a piece is a word or a run of unspaced letters.
PIECES = rf"""string_to_array(btrim(regexp_replace(regexp_replace(
        folded, '[{SEPARATORS}]+', ' ', 'g'), ' *([{UNSPACED}]+) *', ' \1 ', 'g')), ' ')"""
FUNCTIONS = rf"""
CREATE FUNCTION search_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
    replace(lower(unaccent('unaccent'::regdictionary, normalize($1, NFKC))), U&'\03c2', U&'\03c3'), '[{POINTS}]+', '', 'g'
);
COMMENT ON FUNCTION search_fold(text) IS 'Without accents, case, width and vowel points.';

CREATE FUNCTION search_ascii(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN to_tsvector('pg_catalog.simple'::regconfig, regexp_replace($1, '[^A-Za-z0-9]+', ' ', 'g'));
COMMENT ON FUNCTION search_ascii(text) IS 'What search_folded makes of ASCII, several times faster; but it splits 2e5e as a number.';

CREATE FUNCTION search_folded(folded text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text := '';
    place int := 0;
    piece text;
BEGIN
    IF octet_length(folded) = length(folded) AND folded !~ '[0-9]e[0-9]' THEN
        RETURN to_tsvector('pg_catalog.simple'::regconfig, regexp_replace(folded, '[^a-z0-9]+', ' ', 'g'));
    END IF;
    FOREACH piece IN ARRAY {PIECES}
    LOOP
        CONTINUE WHEN piece = '';
        IF piece ~ '^[{UNSPACED}]' THEN
            FOR i IN 1 .. length(piece) LOOP
                place := place + 1;
                found := found || ' ' || substr(piece, i, 2) || ':' || place;
            END LOOP;
        ELSE
            place := place + 1;
            found := found || ' ' || piece || ':' || place;
        END IF;
    END LOOP;
    RETURN found::tsvector;
END
$$;
COMMENT ON FUNCTION search_folded(text) IS
    'The places of words; of unspaced letters, of each with the one behind it, and of the last alone.';

CREATE FUNCTION search_vector(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN octet_length($1) = length($1) AND $1 !~ '[0-9][Ee][0-9]' THEN search_ascii($1)
    ELSE search_folded(search_fold($1))
END;
COMMENT ON FUNCTION search_vector(text) IS 'What a text is found by.';

CREATE FUNCTION search_phrase_folded(folded text, is_beginning boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    phrase text := '';
    gap int := 0;
    piece text;
    letters int;
BEGIN
    FOREACH piece IN ARRAY {PIECES}
    LOOP
        CONTINUE WHEN piece = '';
        letters := CASE WHEN piece ~ '^[{UNSPACED}]' THEN length(piece) ELSE 0 END;
        FOR i IN 1 .. greatest(1, letters - 1) LOOP
            phrase := phrase || CASE WHEN gap > 0 THEN '<' || gap || '>' ELSE '' END
                || CASE letters WHEN 0 THEN piece WHEN 1 THEN piece || ':*' ELSE substr(piece, i, 2) END;
            gap := 1;
        END LOOP;
        IF letters > 1 THEN
            gap := 2;
        END IF;
    END LOOP;
    IF is_beginning AND phrase <> '' AND right(phrase, 2) <> ':*' THEN
        phrase := phrase || ':*';
    END IF;
    RETURN nullif(phrase, '')::tsquery;
END
$$;

CREATE FUNCTION search_phrase(sought text, is_beginning boolean DEFAULT false) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN search_phrase_folded(search_fold(sought), is_beginning);
COMMENT ON FUNCTION search_phrase(text, boolean) IS
    'Finds these words in this order in a search_vector; of a beginning, the last need not be whole. Null for no word.';
"""
DROP_FUNCTIONS = """
DROP FUNCTION search_phrase(text, boolean);
DROP FUNCTION search_phrase_folded(text, boolean);
DROP FUNCTION search_vector(text);
DROP FUNCTION search_folded(text);
DROP FUNCTION search_ascii(text);
DROP FUNCTION search_fold(text);
"""
INDEXES = """
CREATE INDEX users_words ON users USING gin (search_vector(username || ' ' || display_name));
CREATE INDEX users_trigrams ON users USING gin (search_fold(username || ' ' || display_name) gin_trgm_ops);
"""
DROP_INDEXES = "DROP INDEX users_words; DROP INDEX users_trigrams;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_relationships")]
    operations = [
        migrations.RunSQL(EXTENSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(INDEXES, DROP_INDEXES),
    ]
