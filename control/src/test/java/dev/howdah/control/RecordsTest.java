package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.EVERYTHING;
import static dev.howdah.control.TestControl.LIMIT;
import static dev.howdah.control.TestControl.execute;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tokens, the audit log, events and idempotency. */
final class RecordsTest {
    private static TestControl test;

    @BeforeAll
    static void start() throws InterruptedException {
        test = TestControl.start();
    }

    @AfterAll
    static void stop() {
        test.close();
    }

    private static Tokens tokens() {
        return test.control().tokens();
    }

    private static AuditLog audit() {
        return test.control().audit();
    }

    private static String inControl(String sql) throws SQLException {
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            return ServerSql.string(session, sql).orElse("");
        }
    }

    private static void changeControl(String sql) throws SQLException {
        try (var session = test.connect("howdah_admin", ControlDatabase.NAME)) {
            execute(session, sql);
        }
    }

    @Test
    void aTokenStandsForItsScopeUntilItIsRevoked() throws Exception {
        var project = test.control().projects().create(ALICE, "scoped");
        var made = tokens().create(ALICE, "ci", Optional.of("scoped"), Access.READ);
        assertTrue(made.secret().matches("howdah_sk_[0-9A-Za-z]{40}"));
        assertFalse(made.toString().contains(made.secret()));

        var principal = tokens().authenticate(made.secret(), "192.0.2.9");
        assertEquals(new Principal(made.token().id(), "ci", Optional.of(project.id()), Access.READ), principal);
        assertTrue(tokens().find("ci").lastUsedAt().isPresent());
        assertEquals(
                List.of(made.token().id()),
                tokens().list(principal, PageRequest.FIRST).items().stream()
                        .map(Token::id)
                        .toList());

        tokens().revoke(ALICE, "ci");
        refused(SqlState.INVALID_AUTHORIZATION_SPECIFICATION, () -> tokens().authenticate(made.secret(), ""));
        assertTrue(tokens().find(made.token().id()).revokedAt().isPresent());
        tokens().create(ALICE, "ci", Optional.empty(), Access.ADMIN); // its name is free again
        assertEquals("", inControl("SELECT 1 FROM public.token t WHERE t::text LIKE '%" + made.secret() + "%'"));
    }

    @Test
    void wrongTokensAreRefusedAlikeAndNoted() throws Exception {
        for (var wrong : List.of("", "howdah_sk_", "howdah_sk_" + "a".repeat(40), "' OR 1=1", "a\0b")) {
            var refusal = refused(
                    SqlState.INVALID_AUTHORIZATION_SPECIFICATION, () -> tokens().authenticate(wrong, "192.0.2.66"));
            assertEquals("the API token is not known or was revoked", refusal.message());
        }
        Eventually.until(
                LIMIT,
                "they are in the audit log",
                () -> audit().list(PageRequest.largest()).items().stream()
                                .filter(entry -> entry.address().equals("192.0.2.66"))
                                .count()
                        == 5);
    }

    @Test
    void tokenNamesFollowTheRuleAndScopesMustExist() {
        tokens().create(ALICE, "double", Optional.empty(), Access.WRITE);
        refused(SqlState.DUPLICATE_OBJECT, () -> tokens().create(ALICE, "double", Optional.empty(), Access.WRITE));
        refused(SqlState.INVALID_NAME, () -> tokens().create(ALICE, "Bad Name", Optional.empty(), Access.WRITE));
        refused(SqlState.UNDEFINED_OBJECT, () -> tokens().create(ALICE, "x", Optional.of("nothing"), Access.WRITE));
        refused(SqlState.UNDEFINED_OBJECT, () -> tokens().revoke(ALICE, "nothing"));
    }

    @Test
    void theLocalTokenIsInAFileForTheOwnerOnlyAndNew() throws IOException {
        var file = tokens().ensureLocal();
        var first = Files.readString(file).strip();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(Access.ADMIN, tokens().authenticate(first, "").access());

        var second = Files.readString(tokens().ensureLocal()).strip();
        assertNotEquals(first, second);
        refused(SqlState.INVALID_AUTHORIZATION_SPECIFICATION, () -> tokens().authenticate(first, ""));
        assertEquals("local", tokens().authenticate(second, "").name());
    }

    @Test
    void actionsAndRefusalsAreInTheAuditLogNewestFirst() throws Exception {
        test.control().projects().create(ALICE, "audited");
        refused(SqlState.DUPLICATE_OBJECT, () -> test.control().projects().create(ALICE, "audited"));

        Eventually.until(LIMIT, "both are noted", () -> outcomes("audited").equals(List.of("REFUSED", "DONE")));
        var page = audit().list(new PageRequest(2, Optional.empty()));
        assertEquals(page.items().getFirst().sequence(), page.items().getLast().sequence() + 1);
        assertEquals(Optional.empty(), audit().verify());
    }

    private static List<String> outcomes(String name) {
        return audit().list(PageRequest.largest()).items().stream()
                .filter(entry -> entry.action().equals("project.create"))
                .filter(entry -> entry.target().equals("\"" + name + "\"")
                        || entry.details().equals("{\"name\":\"" + name + "\"}"))
                .map(entry -> entry.outcome().name())
                .toList();
    }

    @Test
    void everyKindOfTamperingWithTheAuditLogIsFound() throws Exception {
        for (var i = 0; i < 3; i++) {
            test.control().projects().create(ALICE, "chain-" + i);
        }
        for (var tampering : List.of(
                "UPDATE public.audit SET actor = 'mallory' WHERE sequence = 2",
                "UPDATE public.audit SET at = at + interval '1 microsecond' WHERE sequence = 3",
                "UPDATE public.audit SET details = '{}' WHERE sequence = 2",
                "DELETE FROM public.audit WHERE sequence = 2",
                "DELETE FROM public.audit WHERE sequence = (SELECT max(sequence) FROM public.audit)",
                "UPDATE public.audit_head SET sequence = sequence + 1")) {
            changeControl("DROP TABLE IF EXISTS saved, saved_head; CREATE TABLE saved AS TABLE public.audit;"
                    + " CREATE TABLE saved_head AS TABLE public.audit_head");
            assertEquals(Optional.empty(), audit().verify());

            changeControl(tampering);
            assertTrue(audit().verify().isPresent(), tampering);

            changeControl("TRUNCATE public.audit, public.audit_head; INSERT INTO public.audit TABLE saved;"
                    + " INSERT INTO public.audit_head TABLE saved_head");
        }
        assertEquals(Optional.empty(), audit().verify());
    }

    @Test
    void eventsAreListedNewestFirstPerBranch() {
        var branch = new BranchId("eventbranch1");
        for (var i = 0; i < 3; i++) {
            var number = i;
            test.control().events().offer(branch, BranchEvent.Severity.INFO, "test", "number " + i + "\0");
            Eventually.until(LIMIT, "it is stored", () -> eventsOf(branch).size() == number + 1);
        }

        var newest = test.control().events().list(Optional.of(branch), new PageRequest(2, Optional.empty()));
        assertEquals(
                List.of("number 2.", "number 1."),
                newest.items().stream().map(BranchEvent::message).toList());
        var rest = test.control().events().list(Optional.of(branch), new PageRequest(2, newest.nextCursor()));
        assertEquals(
                List.of("number 0."),
                rest.items().stream().map(BranchEvent::message).toList());
        assertTrue(test.control()
                .events()
                .list(Optional.of(new BranchId("eventbranch2")), PageRequest.FIRST)
                .items()
                .isEmpty());
    }

    private static List<BranchEvent> eventsOf(BranchId branch) {
        return test.control()
                .events()
                .list(Optional.of(branch), PageRequest.FIRST)
                .items();
    }

    @Test
    void aRepeatedRequestGetsItsAnswerWithoutActingTwice() {
        var calls = new AtomicInteger();
        var first = run("key-1", "hash", calls);
        var second = run("key-1", "hash", calls);

        assertEquals(1, calls.get());
        assertEquals("{\"password\":\"secret\"}", first.body());
        assertEquals("{}", second.body());
        assertTrue(second.replayed());
        refused(SqlState.DUPLICATE_OBJECT, () -> run("key-1", "another hash", calls));
        var somebodyElse = new Principal("t9", "bob", Optional.empty(), Access.ADMIN);
        assertFalse(test.control()
                .idempotency()
                .run(somebodyElse, "key-1", "hash", () -> Idempotency.Response.of(200, "bob"))
                .replayed());
        for (var wrong : List.of("", "a b", "\u00fc", "x".repeat(256))) {
            refused(SqlState.INVALID_PARAMETER_VALUE, () -> run(wrong, "hash", calls));
        }
        test.clock.advance(Duration.ofHours(25));
        run("key-1", "another hash", calls);
        assertEquals(2, calls.get());
    }

    private static Idempotency.Response run(String key, String hash, AtomicInteger calls) {
        return test.control().idempotency().run(EVERYTHING, key, hash, () -> {
            calls.incrementAndGet();
            return Idempotency.Response.withSecret(201, "{\"password\":\"secret\"}", "{}");
        });
    }

    @Test
    void aRefusedRequestMayBeTriedAgainUnderItsKey() {
        refused(
                SqlState.INVALID_NAME,
                () -> test.control().idempotency().run(EVERYTHING, "key-2", "hash", () -> {
                    throw new PlatformException(SqlState.INVALID_NAME, "no", "");
                }));

        assertEquals(1, run("key-2", "hash", new AtomicInteger()).status() - 200);
    }

    @Test
    void aRequestRepeatedWhileTheFirstIsUnderWayIsToldSo() throws Exception {
        var entered = new CountDownLatch(1);
        var leave = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = threads.submit(() -> test.control().idempotency().run(EVERYTHING, "key-3", "hash", () -> {
                entered.countDown();
                await(leave);
                return Idempotency.Response.of(200, "done");
            }));
            assertTrue(entered.await(LIMIT.toSeconds(), TimeUnit.SECONDS));
            try {
                refused(SqlState.OBJECT_IN_USE, () -> run("key-3", "hash", new AtomicInteger()));
            } finally {
                leave.countDown();
            }
            assertEquals("done", first.get().body());
        }
        assertEquals("done", run("key-3", "hash", new AtomicInteger()).body());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void liftingABanIsNotedAndAnUnknownOneIsRefused() {
        test.control().liftBan(ALICE, "192.0.2.1");
        refused(SqlState.UNDEFINED_OBJECT, () -> test.control().liftBan(ALICE, "192.0.2.2"));
        Eventually.until(
                LIMIT,
                "it is in the audit log",
                () -> audit().list(PageRequest.largest()).items().stream()
                        .anyMatch(entry -> entry.action().equals("ban.lift")
                                && entry.target().equals("192.0.2.1")));
    }

    @Test
    void detailsOfAnAuditLineAreOneJsonObject() {
        audit().offer(
                        ALICE,
                        "connection.refused",
                        "x",
                        AuditEntry.Outcome.REFUSED,
                        Map.of("b", "\"quoted\"", "a", "1"));
        Eventually.until(
                LIMIT,
                "it is written",
                () -> audit().list(PageRequest.largest()).items().stream()
                        .anyMatch(entry -> entry.details().equals("{\"a\":\"1\",\"b\":\"\\\"quoted\\\"\"}")));
    }
}
