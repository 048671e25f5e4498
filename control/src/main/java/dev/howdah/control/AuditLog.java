package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every action of control and every refused connection. An action's line is written in the action's own transaction: neither exists without
 * the other. Lines form a chain of hashes, so that {@link #verify} finds a changed, removed or inserted one. Thread-safe.
 */
public final class AuditLog implements AutoCloseable {
    private static final String LIST = "audit";
    private static final int VERIFY_CHUNK = 1000;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ControlDatabase database;
    private final InstantSource clock;
    private final BoundedWriter<Draft> later;

    /** A line without its place in the chain. */
    private record Draft(
            Instant at,
            String actor,
            String action,
            String target,
            AuditEntry.Outcome outcome,
            String address,
            String details) {}

    AuditLog(ControlDatabase database, InstantSource clock, int inMemory, Duration retry) {
        this.database = database;
        this.clock = clock;
        this.later = BoundedWriter.start("audit-writer", inMemory, retry, this::writeAll);
    }

    /** The newest first. */
    public Page<AuditEntry> list(PageRequest page) {
        var before = Cursors.number(LIST, page, Long.MAX_VALUE);
        var rows = database.read(handle -> handle.createQuery(
                        "SELECT * FROM audit WHERE sequence < :before ORDER BY sequence DESC LIMIT :limit")
                .bind("before", before)
                .bind("limit", page.limit() + 1)
                .map((row, context) -> entry(row))
                .list());
        return Cursors.page(LIST, page, rows, AuditEntry::sequence, entry -> entry);
    }

    /**
     * Takes note of something that must not wait for the control database, such as a connection that the proxy refused. Written soon; while the
     * control database is away the newest are kept in memory.
     */
    public void offer(
            Actor actor, String action, String target, AuditEntry.Outcome outcome, Map<String, String> details) {
        later.offer(draft(actor, action, target, outcome, details));
    }

    /** How many offered lines were lost because the control database was away for too long. */
    public long dropped() {
        return later.dropped();
    }

    /** Walks the whole chain: empty when it is whole, else what is wrong at which line. */
    public Optional<String> verify() {
        return database.snapshot(AuditLog::verify); // lines written meanwhile must not look like a broken end
    }

    /** Writes an action's line in the action's transaction. */
    void record(Handle handle, Actor actor, String action, String target, Map<String, String> details) {
        append(handle, draft(actor, action, target, AuditEntry.Outcome.DONE, details));
    }

    /** Runs an action that records its own success; when it throws, the refusal or failure is noted too. */
    <T> T around(Actor actor, String action, String target, Supplier<T> work) {
        try {
            return work.get();
        } catch (PlatformException e) {
            var outcome =
                    e.state().blame() == SqlState.Blame.CLIENT ? AuditEntry.Outcome.REFUSED : AuditEntry.Outcome.FAILED;
            offer(
                    actor,
                    action,
                    target,
                    outcome,
                    Map.of("reason", e.message(), "state", e.state().code()));
            throw e;
        }
    }

    @Override
    public void close() {
        later.close();
    }

    private Draft draft(
            Actor actor, String action, String target, AuditEntry.Outcome outcome, Map<String, String> details) {
        var now = clock.instant()
                .truncatedTo(ChronoUnit.MICROS); // what the database keeps, else the hash would not match
        var json = JSON.writeValueAsString(new TreeMap<>(details));
        return new Draft(
                now, withoutNul(actor.name()), action, withoutNul(target), outcome, withoutNul(actor.address()), json);
    }

    private static String withoutNul(String text) {
        return text.replace(
                '\0', '.'); // PostgreSQL's text has no NUL, and a refused name must not get its own line refused
    }

    private void writeAll(List<Draft> drafts) {
        database.transaction(handle -> {
            drafts.forEach(draft -> append(handle, draft));
            return drafts.size();
        });
    }

    private static void append(Handle handle, Draft draft) {
        // The head's row lock puts all writers in one line until each commits.
        var head = handle.createQuery("SELECT sequence, hash FROM audit_head FOR UPDATE")
                .map((row, context) -> Map.entry(row.getLong("sequence"), row.getString("hash")))
                .one();
        var sequence = head.getKey() + 1;
        var hash = hash(head.getValue(), sequence, draft);
        handle.createUpdate("""
                        INSERT INTO audit (sequence, at, actor, action, target, outcome, address, details, hash)
                        VALUES (:sequence, :at, :actor, :action, :target, :outcome, :address, :details, :hash)""")
                .bind("sequence", sequence)
                .bind("at", draft.at())
                .bind("actor", draft.actor())
                .bind("action", draft.action())
                .bind("target", draft.target())
                .bind("outcome", draft.outcome().name())
                .bind("address", draft.address())
                .bind("details", draft.details())
                .bind("hash", hash)
                .execute();
        handle.createUpdate("UPDATE audit_head SET sequence = :sequence, hash = :hash")
                .bind("sequence", sequence)
                .bind("hash", hash)
                .execute();
    }

    private static Optional<String> verify(Handle handle) {
        var sequence = 0L;
        var hash = "";
        var chunk = chunkAfter(handle, sequence);
        while (!chunk.isEmpty()) {
            for (var entry : chunk) {
                sequence++;
                if (entry.sequence() != sequence) {
                    return Optional.of("line %d is missing".formatted(sequence));
                }
                hash = hash(hash, sequence, draftOf(entry));
                if (!hash.equals(entry.hash())) {
                    return Optional.of(
                            "line %d does not match its hash: it or a line before it was changed".formatted(sequence));
                }
            }
            chunk = chunkAfter(handle, sequence);
        }
        return verifyHead(handle, sequence, hash);
    }

    private static Optional<String> verifyHead(Handle handle, long sequence, String hash) {
        var whole = handle.createQuery("SELECT sequence = :sequence AND hash = :hash FROM audit_head")
                .bind("sequence", sequence)
                .bind("hash", hash)
                .mapTo(Boolean.class)
                .findOne()
                .orElse(false);
        return whole ? Optional.empty() : Optional.of("lines after line %d are missing".formatted(sequence));
    }

    private static List<AuditEntry> chunkAfter(Handle handle, long sequence) {
        return handle.createQuery("SELECT * FROM audit WHERE sequence > :after ORDER BY sequence LIMIT :limit")
                .bind("after", sequence)
                .bind("limit", VERIFY_CHUNK)
                .map((row, context) -> entry(row))
                .list();
    }

    /** Every part is preceded by its length, so that no two lines have the same content. */
    private static String hash(String previous, long sequence, Draft draft) {
        var content = new StringBuilder();
        var parts = List.of(
                previous,
                Long.toString(sequence),
                draft.at().toString(),
                draft.actor(),
                draft.action(),
                draft.target(),
                draft.outcome().name(),
                draft.address(),
                draft.details());
        for (var part : parts) {
            content.append(part.length()).append(':').append(part);
        }
        return Hashes.sha256Hex(content.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static Draft draftOf(AuditEntry entry) {
        return new Draft(
                entry.at(),
                entry.actor(),
                entry.action(),
                entry.target(),
                entry.outcome(),
                entry.address(),
                entry.details());
    }

    private static AuditEntry entry(ResultSet row) throws SQLException {
        return new AuditEntry(
                row.getLong("sequence"),
                Rows.instant(row, "at"),
                row.getString("actor"),
                row.getString("action"),
                row.getString("target"),
                AuditEntry.Outcome.valueOf(row.getString("outcome")),
                row.getString("address"),
                row.getString("details"),
                row.getString("hash"));
    }
}
