package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The table {@code branch_role}. */
final class RoleRows {
    private RoleRows() {}

    static void insert(Handle handle, RoleRow row) {
        handle.createUpdate("""
                        INSERT INTO branch_role (id, branch, name, label, is_default, purpose, inherited_roles,
                            with_replication, ttl_seconds, creating, created_at, expires_at)
                        VALUES (:id, :branch, :name, :label, :isDefault, :purpose, :inherited,
                            :withReplication, :ttl, :creating, :createdAt, :expiresAt)""")
                .bind("id", row.id())
                .bind("branch", row.branch().value())
                .bind("name", row.name())
                .bind("label", row.label())
                .bind("isDefault", row.isDefault())
                .bind("purpose", row.purpose())
                .bindArray("inherited", String.class, row.inheritedRoles())
                .bind("withReplication", row.withReplication())
                .bind("ttl", row.ttl().toSeconds())
                .bind("creating", row.creating())
                .bind("createdAt", row.createdAt())
                .bind("expiresAt", row.expiresAt())
                .execute();
    }

    static List<RoleRow> live(Handle handle, BranchId branch) {
        return handle.createQuery("SELECT * FROM branch_role WHERE branch = :branch AND dropped_at IS NULL")
                .bind("branch", branch.value())
                .map((row, context) -> role(row))
                .list();
    }

    /** By id, name or user name, locked against everybody else's changes. */
    static Optional<RoleRow> lock(Handle handle, BranchId branch, String key) {
        var candidates = keys(branch, key);
        return handle.createQuery("""
                        SELECT * FROM branch_role
                        WHERE branch = :branch AND dropped_at IS NULL AND (id = :key OR name = ANY (:names))
                        ORDER BY id = :key DESC, name = :key DESC LIMIT 1 FOR UPDATE""")
                .bind("branch", branch.value())
                .bind("key", candidates.getFirst())
                .bindArray("names", String.class, candidates)
                .map((row, context) -> role(row))
                .findOne();
    }

    /** What a caller may mean by {@code key}: it, or it without the branch that a user name ends in. */
    static List<String> keys(BranchId branch, String key) {
        var text = key.replace('\0', '.');
        var suffix = "." + branch;
        return text.endsWith(suffix)
                ? List.of(text, text.substring(0, text.length() - suffix.length()))
                : List.of(text);
    }

    static Optional<RoleRow> lockPurpose(Handle handle, BranchId branch, String purpose) {
        return handle.createQuery("""
                        SELECT * FROM branch_role
                        WHERE branch = :branch AND purpose = :purpose AND disabled_at IS NULL AND dropped_at IS NULL
                        FOR UPDATE""")
                .bind("branch", branch.value())
                .bind("purpose", purpose)
                .map((row, context) -> role(row))
                .findOne();
    }

    /** Those whose time is over and for which something is left to do, in branches that work. */
    static List<RoleRow> due(Handle handle, Instant now) {
        return handle.createQuery("""
                        SELECT branch_role.* FROM branch_role JOIN branch ON branch.id = branch_role.branch
                        WHERE expires_at <= :now AND dropped_at IS NULL AND NOT creating AND branch.state = 'READY' AND branch.deleted_at IS NULL
                            AND (disabled_at IS NULL OR drop_after IS NULL OR drop_after <= :now)
                        ORDER BY expires_at LIMIT 100""")
                .bind("now", now)
                .map((row, context) -> role(row))
                .list();
    }

    /** Intents from before then that are intents still, in branches that work. */
    static List<RoleRow> abandoned(Handle handle, Instant before) {
        return handle.createQuery("""
                        SELECT branch_role.* FROM branch_role JOIN branch ON branch.id = branch_role.branch
                        WHERE creating AND branch_role.created_at < :before AND dropped_at IS NULL
                            AND branch.state = 'READY' AND branch.deleted_at IS NULL
                        ORDER BY branch_role.created_at LIMIT 100""")
                .bind("before", before)
                .map((row, context) -> role(row))
                .list();
    }

    /** The intent, locked; empty when it has become a role or was taken away. */
    static Optional<RoleRow> lockUnfinished(Handle handle, String id) {
        return handle.createQuery(
                        "SELECT * FROM branch_role WHERE id = :id AND creating AND dropped_at IS NULL FOR UPDATE")
                .bind("id", id)
                .map((row, context) -> role(row))
                .findOne();
    }

    /** The intent has become a role. */
    static void made(Handle handle, RoleRow row) {
        handle.createUpdate("UPDATE branch_role SET creating = false WHERE id = :id")
                .bind("id", row.id())
                .execute();
    }

    /** Takes back an intent that came to nothing. */
    static void forget(Handle handle, RoleRow row) {
        handle.createUpdate("DELETE FROM branch_role WHERE id = :id AND creating")
                .bind("id", row.id())
                .execute();
    }

    static void label(Handle handle, RoleRow row, String label) {
        handle.createUpdate("UPDATE branch_role SET label = :label WHERE id = :id")
                .bind("label", label)
                .bind("id", row.id())
                .execute();
    }

    static void renew(Handle handle, RoleRow row, Duration ttl, Optional<Instant> expiresAt) {
        handle.createUpdate("""
                        UPDATE branch_role SET ttl_seconds = :ttl, expires_at = :end, disabled_at = NULL,
                            drop_failed = NULL, drop_after = NULL WHERE id = :id""")
                .bind("ttl", ttl.toSeconds())
                .bind("end", expiresAt)
                .bind("id", row.id())
                .execute();
    }

    static void disabled(Handle handle, RoleRow row, Instant now) {
        handle.createUpdate("UPDATE branch_role SET disabled_at = :now WHERE id = :id")
                .bind("now", now)
                .bind("id", row.id())
                .execute();
    }

    static void dropFailed(Handle handle, RoleRow row, String reason, Instant again) {
        handle.createUpdate("UPDATE branch_role SET drop_failed = :reason, drop_after = :again WHERE id = :id")
                .bind("reason", reason)
                .bind("again", again)
                .bind("id", row.id())
                .execute();
    }

    static void dropped(Handle handle, RoleRow row, Instant now) {
        handle.createUpdate(
                        "UPDATE branch_role SET dropped_at = :now, drop_failed = NULL, creating = false WHERE id = :id")
                .bind("now", now)
                .bind("id", row.id())
                .execute();
    }

    private static RoleRow role(ResultSet row) throws SQLException {
        return new RoleRow(
                row.getString("id"),
                new BranchId(row.getString("branch")),
                row.getString("name"),
                row.getString("label"),
                row.getBoolean("is_default"),
                row.getString("purpose"),
                Rows.texts(row, "inherited_roles"),
                row.getBoolean("with_replication"),
                Duration.ofSeconds(row.getLong("ttl_seconds")),
                row.getBoolean("creating"),
                Rows.instant(row, "created_at"),
                Rows.optionalInstant(row, "expires_at"),
                Rows.optionalInstant(row, "disabled_at"),
                Rows.optionalInstant(row, "dropped_at"),
                Optional.ofNullable(row.getString("drop_failed")));
    }
}
