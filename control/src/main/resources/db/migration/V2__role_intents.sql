-- A role is noted here before its server is asked to make it: what a job that ended in between has left behind is known then, and taken away.
ALTER TABLE branch_role ADD COLUMN creating boolean NOT NULL DEFAULT false;
CREATE INDEX branch_role_creating ON branch_role (created_at) WHERE creating;
