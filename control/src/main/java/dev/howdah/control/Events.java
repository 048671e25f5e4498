package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * What happened to branches. Offering never waits: while the control database is away the newest are kept in memory and written later.
 * Thread-safe.
 */
public final class Events implements AutoCloseable {
    private static final String LIST = "events";
    private static final Duration KEPT = Duration.ofDays(30);

    private final ControlDatabase database;
    private final InstantSource clock;
    private final BoundedWriter<BranchEvent> later;

    Events(ControlDatabase database, InstantSource clock, int inMemory, Duration retry) {
        this.database = database;
        this.clock = clock;
        this.later = BoundedWriter.start("event-writer", inMemory, retry, this::writeAll);
    }

    /** Takes note; cheap, and never throws because of the control database. */
    public void offer(BranchId branch, BranchEvent.Severity severity, String kind, String message) {
        offer(branch, Optional.empty(), clock.instant(), severity, kind, message);
    }

    /** As above, for something that happened to one instance at a known time. */
    public void offer(
            BranchId branch,
            Optional<InstanceId> instance,
            Instant at,
            BranchEvent.Severity severity,
            String kind,
            String message) {
        var text = message.replace('\0', '.'); // PostgreSQL's text has no NUL
        later.offer(new BranchEvent(0, branch, instance, at.truncatedTo(ChronoUnit.MICROS), severity, kind, text));
    }

    /** The newest first, of one branch or of all. */
    public Page<BranchEvent> list(Optional<BranchId> branch, PageRequest page) {
        var before = Cursors.number(LIST, page, Long.MAX_VALUE);
        var rows = database.read(handle -> handle.createQuery("""
                        SELECT * FROM branch_event WHERE id < :before AND (:branch = '' OR branch = :branch)
                        ORDER BY id DESC LIMIT :limit""")
                .bind("before", before)
                .bind("branch", branch.map(BranchId::value).orElse(""))
                .bind("limit", page.limit() + 1)
                .map((row, context) -> new BranchEvent(
                        row.getLong("id"),
                        new BranchId(row.getString("branch")),
                        Optional.ofNullable(row.getString("instance")).map(InstanceId::parse),
                        Rows.instant(row, "at"),
                        BranchEvent.Severity.valueOf(row.getString("severity")),
                        row.getString("kind"),
                        row.getString("message")))
                .list());
        return Cursors.page(LIST, page, rows, BranchEvent::id, event -> event);
    }

    /** How many were lost because the control database was away for too long. */
    public long dropped() {
        return later.dropped();
    }

    /** Removes what is older than 30 days. */
    void forgetOld() {
        database.transaction(handle -> handle.createUpdate("DELETE FROM branch_event WHERE at < :limit")
                .bind("limit", clock.instant().minus(KEPT))
                .execute());
    }

    @Override
    public void close() {
        later.close();
    }

    private void writeAll(List<BranchEvent> events) {
        database.transaction(handle -> {
            var batch = handle.prepareBatch("""
                    INSERT INTO branch_event (branch, instance, at, severity, kind, message)
                    VALUES (:branch, :instance, :at, :severity, :kind, :message)""");
            for (var event : events) {
                batch.bind("branch", event.branch().value())
                        .bind("instance", event.instance().map(InstanceId::toString))
                        .bind("at", event.at())
                        .bind("severity", event.severity().name())
                        .bind("kind", event.kind())
                        .bind("message", event.message())
                        .add();
            }
            return batch.execute();
        });
    }
}
