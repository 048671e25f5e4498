-- The platform's own objects in the database howdah_platform: what the proxy needs to log clients in. Can be run again at any time.
--
-- Nobody but the platform and howdah_proxy may connect here. howdah_proxy owns nothing, inherits nothing and may execute one function;
-- whoever took over the proxy's login to this database could read SCRAM verifiers of customers' roles one by one, and nothing else.

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL event_triggers = off;
SET LOCAL client_min_messages = warning;

DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'howdah_proxy') THEN
        CREATE ROLE howdah_proxy;
    END IF;
    -- A customer's event triggers, login triggers included, must never run in a session of the platform: they would run as its superuser.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'howdah_replicator') THEN
        ALTER ROLE howdah_replicator SET event_triggers = off;
    END IF;
    EXECUTE format('ALTER ROLE %I SET event_triggers = off', current_user);
END
$do$;

ALTER ROLE howdah_proxy LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE howdah_proxy SET search_path = pg_catalog;
ALTER ROLE howdah_proxy SET default_transaction_read_only = on;
ALTER ROLE howdah_proxy SET statement_timeout = '10s';

DO $do$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO howdah_proxy', current_database());
END
$do$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA IF NOT EXISTS howdah;
REVOKE ALL ON SCHEMA howdah FROM PUBLIC;
GRANT USAGE ON SCHEMA howdah TO howdah_proxy;

-- Rights that PostgreSQL has no word for. A role that is dropped leaves its row behind, which then means nothing: oids are not used again soon.
CREATE TABLE IF NOT EXISTS howdah.role_grant (
    role_oid oid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('physical')),
    PRIMARY KEY (role_oid, kind)
);
REVOKE ALL ON TABLE howdah.role_grant FROM PUBLIC;

-- What a function returns cannot be replaced. Who asks before the commit gets the old one's answer.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_proc WHERE oid = to_regprocedure('howdah.login_role(text)') AND NOT 'signals' = ANY (proargnames)) THEN
        DROP FUNCTION howdah.login_role(text);
    END IF;
END
$do$;

-- No row for an unknown name, nor for one of the platform's.
CREATE OR REPLACE FUNCTION howdah.login_role(name text)
    RETURNS TABLE (
        oid oid,
        can_login boolean,
        valid_until timestamptz,
        verifier text,
        replication boolean,
        connection_limit integer,
        physical boolean,
        monitors boolean,
        signals boolean)
    LANGUAGE sql STABLE STRICT SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.oid, a.rolcanlogin, a.rolvaliduntil, a.rolpassword, a.rolreplication, a.rolconnlimit,
           EXISTS (SELECT FROM howdah.role_grant g WHERE g.role_oid = a.oid AND g.kind = 'physical'),
           pg_catalog.pg_has_role(a.oid, 'pg_monitor', 'USAGE'), pg_catalog.pg_has_role(a.oid, 'pg_signal_backend', 'USAGE')
    FROM pg_catalog.pg_authid a
    WHERE a.rolname = $1 AND NOT pg_catalog.starts_with(pg_catalog.lower(a.rolname), 'howdah_')
$$;
REVOKE ALL ON FUNCTION howdah.login_role(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION howdah.login_role(text) TO howdah_proxy;
