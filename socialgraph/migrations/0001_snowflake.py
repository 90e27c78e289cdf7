from django.db import migrations

# The sequence must be drawn within the millisecond of the clock: a session that is suspended between the two reads
# could otherwise pair an old millisecond with a number that another session drew in it 4,096 draws away. So the clock
# is read on both sides and the draw is repeated when it moved. Unique while fewer than 4,096 ids are made in a
# millisecond; no CACHE, because an idle session's block would break that.
CREATE = """
CREATE SEQUENCE snowflake_sequence AS bigint MINVALUE 0 START 0 NO CYCLE CACHE 1;

CREATE FUNCTION snowflake() RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
    before_ms bigint;
    after_ms bigint := -1;
    draw bigint;
BEGIN
    LOOP
        before_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
        draw := nextval('snowflake_sequence');
        after_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
        EXIT WHEN before_ms = after_ms;
    END LOOP;
    RETURN ((before_ms - 1288834974657) << 22)
        | ((coalesce(nullif(current_setting('socialgraph.shard', true), ''), '0')::bigint & 1023) << 12)
        | (draw & 4095);
END
$$;
"""
DROP = """
DROP FUNCTION snowflake();
DROP SEQUENCE snowflake_sequence;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, DROP)]
