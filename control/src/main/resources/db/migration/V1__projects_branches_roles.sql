-- Rows are never deleted while somebody may ask what happened to a thing: deleted_at and dropped_at mark the end.
-- "position" is the order of lists and of their cursors.

CREATE TABLE project (
    id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX project_name ON project (name) WHERE deleted_at IS NULL;

CREATE TABLE branch (
    id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    project text NOT NULL REFERENCES project,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('PRODUCTION', 'DEVELOPMENT')),
    state text NOT NULL CHECK (state IN ('CREATING', 'READY', 'DELETING', 'FAILED')),
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    ready_at timestamptz,
    deleted_at timestamptz
);
-- The name is free again as soon as the branch is being deleted: its id and its data directory are its own.
CREATE UNIQUE INDEX branch_name ON branch (project, name) WHERE deleted_at IS NULL AND state <> 'DELETING';

CREATE TABLE branch_role (
    id text PRIMARY KEY,
    branch text NOT NULL REFERENCES branch,
    name text NOT NULL,
    label text NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    purpose text NOT NULL DEFAULT '',
    inherited_roles text[] NOT NULL DEFAULT '{}',
    with_replication boolean NOT NULL DEFAULT false,
    ttl_seconds bigint NOT NULL DEFAULT 0 CHECK (ttl_seconds >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    disabled_at timestamptz,
    dropped_at timestamptz,
    drop_failed text,
    drop_after timestamptz
);
CREATE UNIQUE INDEX branch_role_name ON branch_role (branch, name) WHERE dropped_at IS NULL;
CREATE UNIQUE INDEX branch_role_purpose ON branch_role (branch, purpose)
    WHERE purpose <> '' AND disabled_at IS NULL AND dropped_at IS NULL;
CREATE INDEX branch_role_expiry ON branch_role (expires_at) WHERE expires_at IS NOT NULL AND dropped_at IS NULL;

CREATE TABLE token (
    id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL UNIQUE,
    project text REFERENCES project,
    access text NOT NULL CHECK (access IN ('READ', 'WRITE', 'ADMIN')),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX token_name ON token (name) WHERE revoked_at IS NULL;

-- Each hash covers the one before it, and the head names the last, so that neither a change nor a missing end goes unnoticed.
CREATE TABLE audit (
    sequence bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('DONE', 'REFUSED', 'FAILED')),
    address text NOT NULL,
    details text NOT NULL,
    hash text NOT NULL
);
CREATE TABLE audit_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    sequence bigint NOT NULL,
    hash text NOT NULL
);
INSERT INTO audit_head (sequence, hash) VALUES (0, '');

CREATE TABLE branch_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch text NOT NULL,
    instance text,
    at timestamptz NOT NULL,
    severity text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'ERROR')),
    kind text NOT NULL,
    message text NOT NULL
);
CREATE INDEX branch_event_branch ON branch_event (branch, id);

CREATE TABLE idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    claim text NOT NULL,
    claimed_at timestamptz NOT NULL,
    status integer,
    body text,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_age ON idempotency (claimed_at);
