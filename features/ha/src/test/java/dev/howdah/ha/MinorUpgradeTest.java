package dev.howdah.ha;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster that was adopted with an older minor version than the node's programs. */
@Timeout(120)
final class MinorUpgradeTest {
    private static final BranchId BRANCH = new BranchId("abcdefghij04");
    private static final InstanceId PRIMARY = new InstanceId(BRANCH, 1);
    private static final InstanceId SECOND = new InstanceId(BRANCH, 2);
    private static final InstanceId THIRD = new InstanceId(BRANCH, 3);

    @Test
    void runningServersAreRestartedOnTheNewProgramsReplicasFirstOneAtATime() throws Exception {
        var newer = TestPostgres.binaries();
        try (var node = new TestNode(home -> older(newer, home.resolve("older")))) {
            node.clusters().create(BRANCH, List.of("a", "b", "c"));
            node.awaitWhole(BRANCH);
            node.execute(PRIMARY, "CREATE TABLE kept (id int)");
            var restartsBefore = restarts(node).size();

            node.replaceAgentAndBinaries(newer);

            for (var id : List.of(SECOND, THIRD, PRIMARY)) {
                Eventually.until(
                        TestNode.LONG,
                        id + " runs the newer program",
                        () -> program(node, id).startsWith(newer.directory()));
            }
            node.awaitWhole(BRANCH);
            assertEquals(List.of(SECOND, THIRD, PRIMARY), restarts(node).subList(restartsBefore, restartsBefore + 3));
            assertEquals("kept", node.query(PRIMARY, "SELECT 'kept'::regclass"));
            var happened = node.events().stream().map(ClusterEvent::message).toList();
            assertTrue(happened.contains("is restarted: PostgreSQL %s follows 18.0".formatted(newer.version())));
            // The second replica went only when the first was streaming again.
            assertTrue(
                    indexOfRestart(node, THIRD) > indexOfLastStreaming(node, SECOND),
                    node.events().toString());
            assertTrue(
                    indexOfRestart(node, PRIMARY) > indexOfLastStreaming(node, THIRD),
                    node.events().toString());
        }
    }

    private static List<InstanceId> restarts(TestNode node) {
        return node.events().stream()
                .filter(event -> event.kind() == ClusterEvent.Kind.SERVER_STOPPED)
                .map(ClusterEvent::instance)
                .toList();
    }

    private static int indexOfRestart(TestNode node, InstanceId id) {
        var events = node.events();
        for (var i = 0; i < events.size(); i++) {
            if (events.get(i).kind() == ClusterEvent.Kind.SERVER_STOPPED
                    && events.get(i).instance().equals(id)) {
                return i;
            }
        }
        throw new AssertionError(id + " was not restarted: " + events);
    }

    /** Before the primary's restart, which every stream follows again. */
    private static int indexOfLastStreaming(TestNode node, InstanceId id) {
        var events = node.events();
        for (var i = indexOfRestart(node, PRIMARY); i >= 0; i--) {
            if (events.get(i).kind() == ClusterEvent.Kind.REPLICA_STREAMING
                    && events.get(i).instance().equals(id)) {
                return i;
            }
        }
        throw new AssertionError(id + " did not stream: " + events);
    }

    private static Path program(TestNode node, InstanceId id) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/%d/exe".formatted(node.pid(id))));
    }

    /** A copy of the real programs that call themselves 18.0: the version they say is one piece of text in each. */
    private static PostgresBinaries older(PostgresBinaries newer, Path copy) {
        try {
            var copied = new ProcessBuilder("cp", "-a", newer.directory().toString(), copy.toString())
                    .inheritIO()
                    .start();
            assertEquals(0, copied.waitFor());
            for (var program : List.of("postgres", "initdb")) {
                rename(copy.resolve("bin").resolve(program), newer.version());
            }
            return PostgresBinaries.system(copy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void rename(Path program, String version) throws IOException {
        var text = Files.readString(program, StandardCharsets.ISO_8859_1);
        var said = "(PostgreSQL) " + version + "\n";
        assertTrue(text.contains(said), program.toString());
        var lie = "(PostgreSQL) " + version.replaceFirst("\\.\\d+", ".0");
        lie = lie + "\n".repeat(said.length() - lie.length());
        var permissions = Files.getPosixFilePermissions(program);
        Files.delete(program);
        Files.writeString(program, text.replace(said, lie), StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(program, permissions);
    }
}
