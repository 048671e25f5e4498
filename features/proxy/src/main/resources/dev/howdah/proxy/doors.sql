-- The door: statements that PostgreSQL keeps for superusers and that the default role `postgres` (and whoever inherits its rights) may still
-- type. The proxy turns them into CALL pg_howdah.run(...), in the session and the transaction of the client.
--
-- What must not happen, and what prevents it
--
-- 1. Somebody without the rights of `postgres` uses it. PUBLIC may call only run(), which has the caller's own rights; run_as_platform(), the
--    one SECURITY DEFINER procedure, is granted to `postgres` alone. So PostgreSQL's own check decides, by the role that acts at that moment: also
--    after SET ROLE, and inside a SECURITY DEFINER function of somebody else.
-- 2. Text becomes SQL. run_as_platform() takes no SQL. Names, tags and values arrive as values and pass format() with %I and %L; numbers pass a
--    pattern. What is SQL by nature (the row filters of a publication) is run by run() with the caller's own rights.
-- 3. A customer's code runs while the superuser's rights are on. Event triggers are off in run_as_platform(); its search_path holds nothing of
--    theirs; settings that change the meaning of an extension's script are pinned; and extensions are those of a list, all from PostgreSQL's own
--    contrib, whose scripts are written to be safe in a schema that others may write to, and none of which reads files or runs programs.
-- 4. A customer's event trigger function runs later with the platform's rights. Every session of the platform has event_triggers = off, set on the
--    role, which customers cannot change (the parameter is a superuser's).
-- 5. PostgreSQL itself runs DDL as superuser in a customer's session: the script of a "trusted" extension does (seen on 18.6: the function of an
--    event trigger was superuser inside CREATE EXTENSION citext). So the platform's own event trigger turns event triggers off before the
--    script, until the transaction ends. It must be the last to run at ddl_command_start, or a customer's function behind it would turn them on
--    again (RESET ALL does, for everybody): they run in the order of their names, so it is called ~howdah_extensions and no other may begin so high. A transaction in which later DDL must be seen types CREATE EXTENSION at top level: then the
--    door makes the extension, with event triggers off for just that statement.
-- 6. Something of the platform's is changed. Event triggers named howdah_* cannot be made, changed or dropped here. A publication changes only if
--    the caller could change it. An extension goes only into a schema in which the caller may create.
-- 7. Ownership is handed to somebody who should not have it. The `asker` that run_as_platform() is told can be forged by whoever may call it; it
--    must be a role with the rights of `postgres` and no superuser, so that forging it gains nothing.
--
-- An event trigger stays with the platform (PostgreSQL wants a superuser for its owner); its function stays the customer's and runs with the rights
-- of whoever fires it. So the default role can act as every role that runs DDL in its database, as a superuser could: it can do that anyway.
--
-- Event triggers do not see what the door itself does, but for a no-op ALTER PUBLICATION after a change of one.
--
-- The schema's name begins with pg_ so that pg_dump leaves it, its functions and their rights out, and psql does not list it. The event trigger is
-- made a member of the extension plpgsql, which is in every database and in no dump.

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL event_triggers = off;
SET LOCAL client_min_messages = warning;

DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger WHERE evtname = '~howdah_extensions') THEN
        ALTER EXTENSION plpgsql DROP EVENT TRIGGER "~howdah_extensions";
    END IF;
END
$do$;
DROP SCHEMA IF EXISTS pg_howdah CASCADE;
SET LOCAL allow_system_table_mods = on; -- or the prefix pg_ is refused
CREATE SCHEMA pg_howdah;
SET LOCAL allow_system_table_mods = off;
GRANT USAGE ON SCHEMA pg_howdah TO PUBLIC;

-- The extensions of PostgreSQL's contrib that are not "trusted" and yet safe in the hands of the default role.
CREATE FUNCTION pg_howdah.extensions() RETURNS name[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['amcheck', 'autoinc', 'bloom', 'dblink', 'dict_xsyn', 'insert_username', 'moddatetime', 'pg_buffercache', 'pg_freespacemap',
             'pg_prewarm', 'pg_stat_statements', 'pg_visibility', 'pgrowlocks', 'pgstattuple', 'postgres_fdw']::name[];

-- Whether an extension may be in the hands of the default role: it is on the list, or its author says that it is safe ("trusted").
CREATE FUNCTION pg_howdah.is_open_extension(object text) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN object <> 'plpgsql' AND (object = ANY (pg_howdah.extensions())
        OR EXISTS (SELECT FROM pg_available_extension_versions WHERE name = object AND trusted));

-- Whether the door should do it. What the server lets the caller do by themselves is left to the server, with its own rules of ownership.
CREATE FUNCTION pg_howdah.is_for_extension(command text, names text[]) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN CASE command
        WHEN 'create extension' THEN names[1] = ANY (pg_howdah.extensions()) OR (pg_howdah.is_open_extension(names[1])
            AND EXISTS (SELECT FROM pg_event_trigger WHERE evtname <> '~howdah_extensions'))
        ELSE EXISTS (SELECT FROM pg_extension JOIN pg_roles r ON r.oid = extowner
                     WHERE extname = ANY (names) AND rolsuper AND pg_howdah.is_open_extension(extname::text))
    END;

CREATE FUNCTION pg_howdah.require_extension(object text, asker name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF pg_howdah.is_open_extension(object) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for extension "%s"', object),
            HINT = 'Only a superuser may do that, and this extension is not on the list of those that the platform opens.';
    END IF;
    IF EXISTS (SELECT FROM pg_extension JOIN pg_roles r ON r.oid = extowner
               WHERE extname = object AND NOT rolsuper AND NOT pg_has_role(asker, extowner, 'USAGE')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of extension %I', object);
    END IF;
END
$$;

CREATE FUNCTION pg_howdah.require_own_event_trigger(object text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF object IS NULL OR starts_with(lower(object), 'howdah_') THEN
        RAISE EXCEPTION USING ERRCODE = 'reserved_name',
            MESSAGE = format('event trigger "%s" belongs to the platform', object),
            HINT = 'Names that begin with howdah_ are reserved; choose another.';
    END IF;
    IF ascii(object) >= ascii('~') THEN
        RAISE EXCEPTION USING ERRCODE = 'reserved_name',
            MESSAGE = format('the name of an event trigger cannot begin like "%s"', object),
            HINT = 'It must begin with an ASCII character before "~", so that it runs before the platform''s own.';
    END IF;
END
$$;

-- details: event, oid of the function, tags
CREATE FUNCTION pg_howdah.create_event_trigger(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target record;
    tags text;
BEGIN
    PERFORM pg_howdah.require_own_event_trigger(object);
    SELECT p.oid, n.nspname, p.proname, p.prorettype INTO target
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid = details[2]::oid AND p.pronargs = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_function', MESSAGE = 'the function of the event trigger does not exist';
    END IF;
    IF NOT has_schema_privilege(asker, target.nspname::text, 'USAGE') OR NOT has_function_privilege(asker, target.oid, 'EXECUTE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for function %I', target.proname);
    END IF;
    SELECT ' WHEN TAG IN (' || string_agg(quote_literal(tag), ', ') || ')' INTO tags FROM unnest(details[3:]) AS tag;
    EXECUTE format('CREATE EVENT TRIGGER %I ON %I', object, details[1]) || coalesce(tags, '')
        || format(' EXECUTE FUNCTION %I.%I()', target.nspname, target.proname);
END
$$;

-- details: what to change, the new name or owner
CREATE FUNCTION pg_howdah.alter_event_trigger(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_howdah.require_own_event_trigger(object);
    CASE details[1]
        WHEN 'ENABLE', 'ENABLE REPLICA', 'ENABLE ALWAYS', 'DISABLE' THEN
            EXECUTE format('ALTER EVENT TRIGGER %I ', object) || details[1];
        WHEN 'RENAME' THEN
            PERFORM pg_howdah.require_own_event_trigger(details[2]);
            EXECUTE format('ALTER EVENT TRIGGER %I RENAME TO %I', object, details[2]);
        WHEN 'OWNER' THEN
            -- To its present owner, as a restored dump asks, changes nothing; else nobody may have it but a superuser.
            IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = object AND pg_get_userbyid(evtowner) = details[2]) THEN
                RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                    MESSAGE = format('permission denied to change owner of event trigger "%s"', object),
                    HINT = 'The owner of an event trigger must be a superuser; it stays with the platform, its function is yours.';
            END IF;
    END CASE;
END
$$;

-- details: 'IF EXISTS' or '', 'CASCADE' or '', more names
CREATE FUNCTION pg_howdah.drop_event_trigger(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY array_prepend(object, details[3:]) LOOP
        PERFORM pg_howdah.require_own_event_trigger(one);
        EXECUTE 'DROP EVENT TRIGGER ' || CASE WHEN details[1] = 'IF EXISTS' THEN 'IF EXISTS ' ELSE '' END || quote_ident(one)
            || CASE WHEN details[2] = 'CASCADE' THEN ' CASCADE' ELSE '' END;
    END LOOP;
END
$$;

-- details: parameter, value, parameter, value, ...; a null value is a parameter alone
CREATE FUNCTION pg_howdah.create_publication_for_all(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parameters text;
BEGIN
    IF NOT has_database_privilege(asker, current_database(), 'CREATE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for database %I', current_database());
    END IF;
    SELECT ' WITH (' || string_agg(quote_ident(details[i]) || CASE
               WHEN details[i + 1] IS NULL THEN ''
               WHEN details[i + 1] ~ '^[0-9]{1,9}$' THEN ' = ' || details[i + 1]
               ELSE ' = ' || quote_literal(details[i + 1]) END, ', ') || ')' INTO parameters
        FROM generate_series(1, cardinality(details) - 1, 2) AS i;
    EXECUTE format('CREATE PUBLICATION %I FOR ALL TABLES', object) || coalesce(parameters, '');
    EXECUTE format('ALTER PUBLICATION %I OWNER TO %I', object, asker);
END
$$;

-- details: 'ADD' or 'SET', schemas
CREATE FUNCTION pg_howdah.alter_publication_schemas(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    schemas text;
BEGIN
    -- One that does not exist goes on, to PostgreSQL's own words for it.
    IF EXISTS (SELECT FROM pg_publication WHERE pubname = object AND NOT pg_has_role(asker, pubowner, 'USAGE')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of publication %I', object);
    END IF;
    SELECT string_agg(quote_ident(schema), ', ') INTO schemas FROM unnest(details[2:]) AS schema;
    EXECUTE format('ALTER PUBLICATION %I ', object) || CASE details[1] WHEN 'ADD' THEN 'ADD' WHEN 'SET' THEN 'SET' END
        || ' TABLES IN SCHEMA ' || schemas;
END
$$;

-- details: 'IF NOT EXISTS' or '', schema, version or null
CREATE FUNCTION pg_howdah.create_extension(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    existed boolean := EXISTS (SELECT FROM pg_extension WHERE extname = object);
    schema text := details[2];
    part record;
BEGIN
    PERFORM pg_howdah.require_extension(object, asker);
    IF NOT has_database_privilege(asker, current_database(), 'CREATE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('permission denied to create extension "%s"', object),
            HINT = 'Must have CREATE privilege on current database to create this extension.';
    END IF;
    IF schema IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_schema', MESSAGE = 'no schema has been selected to create in';
    END IF;
    IF NOT existed AND NOT has_schema_privilege(asker, schema, 'CREATE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('permission denied for schema %I', schema);
    END IF;
    EXECUTE 'CREATE EXTENSION ' || CASE WHEN details[1] = 'IF NOT EXISTS' THEN 'IF NOT EXISTS ' ELSE '' END
        || format('%I SCHEMA %I', object, schema) || coalesce(' VERSION ' || quote_literal(details[3]), '');
    IF existed THEN
        RETURN;
    END IF;
    -- What a superuser would now have to grant.
    FOR part IN
        SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE e.extname = object AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    LOOP
        IF part.classid = 'pg_foreign_data_wrapper'::regclass THEN
            EXECUTE (SELECT format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO postgres WITH GRANT OPTION', fdwname)
                     FROM pg_foreign_data_wrapper WHERE oid = part.objid);
        ELSIF part.classid = 'pg_proc'::regclass AND object IN ('amcheck', 'pg_stat_statements') THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO postgres', part.objid::regprocedure);
        END IF;
    END LOOP;
END
$$;

-- details: version or null
CREATE FUNCTION pg_howdah.update_extension(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_howdah.require_extension(object, asker);
    EXECUTE format('ALTER EXTENSION %I UPDATE', object) || coalesce(' TO ' || quote_literal(details[1]), '');
END
$$;

-- details: 'IF EXISTS' or '', 'CASCADE' or '', more names
CREATE FUNCTION pg_howdah.drop_extension(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY array_prepend(object, details[3:]) LOOP
        PERFORM pg_howdah.require_extension(one, asker);
        EXECUTE 'DROP EXTENSION ' || CASE WHEN details[1] = 'IF EXISTS' THEN 'IF EXISTS ' ELSE '' END || quote_ident(one)
            || CASE WHEN details[2] = 'CASCADE' THEN ' CASCADE' ELSE '' END;
    END LOOP;
END
$$;

-- details: the comment or null
CREATE FUNCTION pg_howdah.comment_on_event_trigger(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_howdah.require_own_event_trigger(object);
    EXECUTE format('COMMENT ON EVENT TRIGGER %I IS %L', object, details[1]);
END
$$;

CREATE FUNCTION pg_howdah.comment_on_extension(object text, asker name, details text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_howdah.require_extension(object, asker);
    EXECUTE format('COMMENT ON EXTENSION %I IS %L', object, details[1]);
END
$$;

CREATE PROCEDURE pg_howdah.run_as_platform(command text, object text, asker name, details text[]) LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET event_triggers = off
    SET standard_conforming_strings = on
    SET transform_null_equals = off
    SET default_tablespace = ''
    SET default_table_access_method = heap
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = asker AND NOT rolsuper AND pg_has_role(oid, 'postgres', 'USAGE')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'only roles with the rights of "postgres" may ask for this';
    END IF;
    object := object::name; -- cut to 63 bytes here as PostgreSQL will cut it, so that every check sees the name that is used
    CASE command
        WHEN 'create event trigger' THEN PERFORM pg_howdah.create_event_trigger(object, asker, details);
        WHEN 'alter event trigger' THEN PERFORM pg_howdah.alter_event_trigger(object, asker, details);
        WHEN 'drop event trigger' THEN PERFORM pg_howdah.drop_event_trigger(object, asker, details);
        WHEN 'create publication' THEN PERFORM pg_howdah.create_publication_for_all(object, asker, details);
        WHEN 'alter publication' THEN PERFORM pg_howdah.alter_publication_schemas(object, asker, details);
        WHEN 'create extension' THEN PERFORM pg_howdah.create_extension(object, asker, details);
        WHEN 'update extension' THEN PERFORM pg_howdah.update_extension(object, asker, details);
        WHEN 'drop extension' THEN PERFORM pg_howdah.drop_extension(object, asker, details);
        WHEN 'comment on event trigger' THEN PERFORM pg_howdah.comment_on_event_trigger(object, asker, details);
        WHEN 'comment on extension' THEN PERFORM pg_howdah.comment_on_extension(object, asker, details);
        ELSE RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('the door has no command "%s"', command);
    END CASE;
END
$$;

-- Runs as the superuser but with the caller's settings, so every name is written in full; and it must have no SET clause of its own, or its
-- change would end with it.
CREATE FUNCTION pg_howdah.guard_extensions() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM pg_catalog.set_config('event_triggers', 'off', true);
    IF EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname OPERATOR(pg_catalog.<>) '~howdah_extensions'::pg_catalog.name) THEN
        RAISE WARNING USING MESSAGE = 'event triggers are off until this transaction ends',
            HINT = 'The script of an extension runs as superuser. Type CREATE EXTENSION at top level, outside functions and DO blocks, to keep them on.';
    END IF;
END
$$;

-- These two have the caller's rights and search_path, so every name is written in full. own_sql is run as the caller.
CREATE PROCEDURE pg_howdah.run(command text, object text, details text[], own_sql text DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_catalog.pg_has_role(current_user::pg_catalog.name, 'postgres', 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = pg_catalog.format('permission denied to %s "%s"', command, object),
            HINT = 'The role "postgres" and roles that inherit its rights may do that.';
    END IF;
    IF own_sql IS NOT NULL THEN
        EXECUTE own_sql;
    END IF;
    CALL pg_howdah.run_as_platform(command, object, current_user, details);
    IF command OPERATOR(pg_catalog.=) 'alter publication' THEN
        EXECUTE (SELECT pg_catalog.format('ALTER PUBLICATION %I OWNER TO %I', pubname, pg_catalog.pg_get_userbyid(pubowner))
                 FROM pg_catalog.pg_publication WHERE pubname OPERATOR(pg_catalog.=) object::pg_catalog.name);
    END IF;
END
$$;

CREATE PROCEDURE pg_howdah.run_extension(command text, object text, details text[], own_sql text) LANGUAGE plpgsql AS $$
DECLARE
    names pg_catalog.text[] := ARRAY[object];
BEGIN
    IF command OPERATOR(pg_catalog.=) 'drop extension' THEN
        names := pg_catalog.array_prepend(object, details[3:]);
    END IF;
    IF pg_catalog.pg_has_role(current_user::pg_catalog.name, 'postgres', 'USAGE') AND pg_howdah.is_for_extension(command, names) THEN
        CALL pg_howdah.run_as_platform(command, object, current_user, details);
    ELSE
        EXECUTE own_sql;
    END IF;
END
$$;

REVOKE ALL ON ALL ROUTINES IN SCHEMA pg_howdah FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE pg_howdah.run, pg_howdah.run_extension TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_howdah.extensions, pg_howdah.is_open_extension, pg_howdah.is_for_extension TO PUBLIC;
GRANT EXECUTE ON PROCEDURE pg_howdah.run_as_platform TO postgres;

CREATE EVENT TRIGGER "~howdah_extensions" ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION', 'ALTER EXTENSION')
    EXECUTE FUNCTION pg_howdah.guard_extensions();
ALTER EVENT TRIGGER "~howdah_extensions" ENABLE ALWAYS;
ALTER EXTENSION plpgsql ADD EVENT TRIGGER "~howdah_extensions";

COMMENT ON SCHEMA pg_howdah IS 'howdah doors 2';
