package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.Eventually;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a home keeps through a stop, the death of the JVM, and the death of everything. */
class SurvivalIT {
    @Test
    void dataIdsAndCredentialsSurviveEveryKindOfEnd() throws Exception {
        try (var platform = RunningPlatform.start()) {
            var branch = platform.branch();
            var password = platform.password();
            try (var connection = platform.connect()) {
                DirectEndpointIT.run(connection, "create table kept (id int primary key)");
            }

            var acknowledged = writeWhile(platform, () -> {
                var postmasters = platform.postmasters();
                platform.killJvm();
                assertFalse(platform.up().out().contains("howdah_pw_"), "the password is printed once");
                assertEquals(postmasters, platform.postmasters(), "PostgreSQL never stopped");
            });
            assertKept(platform, acknowledged);

            platform.howdah("down").succeeded();
            assertTrue(platform.postmasters().isEmpty(), "down stops the servers");
            platform.up();
            assertKept(platform, acknowledged);

            platform.killEverything();
            platform.up();
            assertKept(platform, acknowledged);
            assertEquals(branch, platform.branch());
            assertEquals(password, platform.password());
        }
    }

    private interface Interruption {
        void happen() throws Exception;
    }

    /** Writes rows until {@code interruption} has happened and some more were acknowledged after it; returns the acknowledged ones. */
    private static Set<Integer> writeWhile(RunningPlatform platform, Interruption interruption) throws Exception {
        var acknowledged = ConcurrentHashMap.<Integer>newKeySet();
        var next = new AtomicInteger();
        var stop = new AtomicBoolean();
        var writer = Thread.ofVirtual().start(() -> {
            while (!stop.get()) {
                try (var connection = platform.connect();
                        var insert = connection.prepareStatement("insert into kept values (?)")) {
                    while (!stop.get()) {
                        var id = next.incrementAndGet();
                        insert.setInt(1, id);
                        insert.executeUpdate();
                        acknowledged.add(id);
                    }
                } catch (SQLException _) {
                    // The platform is away; whether the last row was written is not known, and it is not counted.
                }
            }
        });
        try {
            Eventually.until(Duration.ofSeconds(30), "rows are written", () -> acknowledged.size() > 100);
            interruption.happen();
            var before = acknowledged.size();
            Eventually.until(
                    Duration.ofSeconds(30), "rows are written again", () -> acknowledged.size() > before + 100);
        } finally {
            stop.set(true);
            writer.join();
        }
        return acknowledged;
    }

    private static void assertKept(RunningPlatform platform, Set<Integer> acknowledged) throws Exception {
        var present = ConcurrentHashMap.<Integer>newKeySet();
        try (var connection = platform.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select id from kept")) {
            while (rows.next()) {
                present.add(rows.getInt(1));
            }
        }
        assertTrue(present.containsAll(acknowledged), "acknowledged rows are missing");
    }
}
