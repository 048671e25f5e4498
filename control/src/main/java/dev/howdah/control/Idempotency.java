package dev.howdah.control;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers answers for 24 hours, so that a request repeated with the same key acts once. Only answers of actions that succeeded are kept: a
 * refused one may be tried again under its key. Thread-safe.
 */
public final class Idempotency {
    private static final Logger log = LoggerFactory.getLogger(Idempotency.class);
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final Duration KEPT = Duration.ofHours(24);

    /** After this an unanswered request is taken for lost with the job that ran it. */
    private static final Duration CLAIM_TIMEOUT = Duration.ofMinutes(2);

    private final ControlDatabase database;
    private final InstantSource clock;
    private final RandomGenerator random;

    Idempotency(ControlDatabase database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * An answer.
     *
     * @param body what this caller gets
     * @param storedBody what a repeated request gets: the same, or the same without its secrets, which are never stored
     * @param replayed whether it comes from memory
     */
    public record Response(int status, String body, String storedBody, boolean replayed) {
        /** An answer without secrets. */
        public static Response of(int status, String body) {
            return new Response(status, body, body, false);
        }

        /** An answer whose {@code body} holds a secret that {@code storedBody} does not. */
        public static Response withSecret(int status, String body, String storedBody) {
            return new Response(status, body, storedBody, false);
        }

        /** Without the bodies, which may hold secrets. */
        @Override
        public String toString() {
            return "Response[status=%d, replayed=%s]".formatted(status, replayed);
        }
    }

    /**
     * Runs {@code action} unless this principal has had an answer for this key. 42710 when the key came with another request before, 55006 while
     * the first request with it is still under way.
     *
     * @param requestHash of method, path and body
     */
    public Response run(Principal principal, String key, String requestHash, Supplier<Response> action) {
        if (!KEY.matcher(key).matches()) {
            throw PlatformException.invalid(
                    "the idempotency key is not 1 to 255 visible ASCII characters", "Use a UUID.");
        }
        var claim = Rows.id("claim_", random);
        var known = database.transaction(handle -> claim(handle, principal.tokenId(), key, requestHash, claim));
        return known.orElseGet(() -> act(principal.tokenId(), key, claim, action));
    }

    /** Removes what is older than 24 hours. */
    void forgetOld() {
        database.transaction(handle -> handle.createUpdate("DELETE FROM idempotency WHERE claimed_at < :limit")
                .bind("limit", clock.instant().minus(KEPT))
                .execute());
    }

    /** What stands under a key. */
    private record Known(String requestHash, java.time.Instant claimedAt, Optional<Response> answer) {
        boolean isOver(java.time.Instant now) {
            return claimedAt.plus(answer.isPresent() ? KEPT : CLAIM_TIMEOUT).isBefore(now);
        }
    }

    private Optional<Response> claim(Handle handle, String principal, String key, String requestHash, String claim) {
        if (insert(handle, principal, key, requestHash, claim)) {
            return Optional.empty();
        }
        var known = find(handle, principal, key);
        if (known.isEmpty() || known.get().isOver(clock.instant())) {
            return takeOver(handle, principal, key, requestHash, claim);
        }
        if (!known.get().requestHash().equals(requestHash)) {
            throw PlatformException.duplicate(
                    "this idempotency key was used with another request", "Use a new key for a new request.");
        }
        return Optional.of(known.get().answer().orElseThrow(Idempotency::stillRunning));
    }

    private static PlatformException stillRunning() {
        return new PlatformException(
                SqlState.OBJECT_IN_USE,
                "the first request with this idempotency key is still under way",
                "Repeat it in a moment to get its answer.");
    }

    private boolean insert(Handle handle, String principal, String key, String requestHash, String claim) {
        return handle.createUpdate("""
                        INSERT INTO idempotency (principal, key, request_hash, claim, claimed_at)
                        VALUES (:principal, :key, :hash, :claim, :now) ON CONFLICT DO NOTHING""")
                        .bind("principal", principal)
                        .bind("key", key)
                        .bind("hash", requestHash)
                        .bind("claim", claim)
                        .bind("now", clock.instant())
                        .execute()
                == 1;
    }

    private static Optional<Known> find(Handle handle, String principal, String key) {
        return handle.createQuery("SELECT * FROM idempotency WHERE principal = :principal AND key = :key FOR UPDATE")
                .bind("principal", principal)
                .bind("key", key)
                .map((row, context) -> {
                    var body = Optional.ofNullable(row.getString("body"));
                    var status = row.getInt("status");
                    return new Known(
                            row.getString("request_hash"),
                            Rows.instant(row, "claimed_at"),
                            body.map(b -> new Response(status, b, b, true)));
                })
                .findOne();
    }

    private Optional<Response> takeOver(Handle handle, String principal, String key, String requestHash, String claim) {
        handle.createUpdate("DELETE FROM idempotency WHERE principal = :principal AND key = :key")
                .bind("principal", principal)
                .bind("key", key)
                .execute();
        if (!insert(handle, principal, key, requestHash, claim)) {
            throw stillRunning();
        }
        return Optional.empty();
    }

    private Response act(String principal, String key, String claim, Supplier<Response> action) {
        Response answer;
        try {
            answer = action.get();
        } catch (RuntimeException e) {
            release(principal, key, claim);
            throw e;
        }
        store(principal, key, claim, answer);
        return answer;
    }

    private void store(String principal, String key, String claim, Response answer) {
        try {
            database.transaction(handle -> handle.createUpdate("""
                            UPDATE idempotency SET status = :status, body = :body
                            WHERE principal = :principal AND key = :key AND claim = :claim""")
                    .bind("status", answer.status())
                    .bind("body", answer.storedBody())
                    .bind("principal", principal)
                    .bind("key", key)
                    .bind("claim", claim)
                    .execute());
        } catch (PlatformException e) { // the action is done: its answer must reach the caller
            log.warn("an answer could not be kept for a repeated request: {}", e.message());
        }
    }

    private void release(String principal, String key, String claim) {
        try {
            database.transaction(handle -> handle.createUpdate(
                            "DELETE FROM idempotency WHERE principal = :principal AND key = :key AND claim = :claim")
                    .bind("principal", principal)
                    .bind("key", key)
                    .bind("claim", claim)
                    .execute());
        } catch (PlatformException e) {
            log.warn("an idempotency key stays taken for {}: {}", CLAIM_TIMEOUT, e.message());
        }
    }
}
