package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicationGuardTest {
    private static final BranchId BRANCH = new BranchId("abcdefghijkl");
    private final ReplicationGuard ordinary = new ReplicationGuard(BRANCH, false);
    private final ReplicationGuard granted = new ReplicationGuard(BRANCH, true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BASE_BACKUP",
                " \n\u000bBASE_BACKUP (LABEL 'x')",
                "base_backup",
                "UPLOAD_MANIFEST",
                "START_REPLICATION 0/0",
                "START_REPLICATION PHYSICAL 0/0 TIMELINE 1",
                "START_REPLICATION SLOT logical 0/0",
                "START_REPLICATION SLOT a PHYSICAL 0/0",
                "START_REPLICATION SLOT a logical 0/0",
                "START_REPLICATION SLOT a \"LOGICAL\" 0/0",
                "START_REPLICATION LOGICAL 0/0",
                "START_REPLICATION",
                "CREATE_REPLICATION_SLOT a PHYSICAL",
                "CREATE_REPLICATION_SLOT a TEMPORARY PHYSICAL RESERVE_WAL",
                "CREATE_REPLICATION_SLOT LOGICAL PHYSICAL",
                "CREATE_REPLICATION_SLOT a",
                "CREATE_REPLICATION_SLOT \"a\"\" LOGICAL pgoutput"
            })
    void whatHandsOutTheClusterNeedsTheGrant(String command) {
        var refused = assertInstanceOf(ReplicationGuard.Verdict.Refuse.class, ordinary.inspect(command));
        assertEquals("42501", refused.error().state().code());
        assertTrue(!(granted.inspect(command) instanceof ReplicationGuard.Verdict.Refuse), command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "IDENTIFY_SYSTEM",
                "SHOW application_name",
                "TIMELINE_HISTORY 2",
                "READ_REPLICATION_SLOT howdah_abcdefghijkl_1",
                "CREATE_REPLICATION_SLOT a LOGICAL pgoutput",
                "CREATE_REPLICATION_SLOT \"A b\" TEMPORARY LOGICAL pgoutput (FAILOVER)",
                "DROP_REPLICATION_SLOT a WAIT",
                "ALTER_REPLICATION_SLOT a (FAILOVER)",
                "SELECT 'BASE_BACKUP'",
                "\"BASE_BACKUP\"",
                "BASE_BACKUPS",
                ""
            })
    void whatIsHarmlessPasses(String command) {
        assertInstanceOf(ReplicationGuard.Verdict.Pass.class, ordinary.inspect(command));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP_REPLICATION_SLOT howdah_abcdefghijkl_1",
                "DROP_REPLICATION_SLOT HOWDAH_x",
                "DROP_REPLICATION_SLOT \"howdah_x\" WAIT",
                "ALTER_REPLICATION_SLOT howdah_x (FAILOVER)",
                "CREATE_REPLICATION_SLOT howdah_x LOGICAL pgoutput",
                "START_REPLICATION SLOT howdah_x LOGICAL 0/0",
                "START_REPLICATION SLOT howdah_x PHYSICAL 0/0"
            })
    void slotsOfThePlatformAreRefusedEvenWithTheGrant(String command) {
        var refused = assertInstanceOf(ReplicationGuard.Verdict.Refuse.class, granted.inspect(command));
        assertTrue(refused.error().message().contains("belongs to the platform"), command);
    }

    @Test
    void beforeAnythingIsStreamedTheServerIsAskedForTheName() {
        assertInstanceOf(
                ReplicationGuard.Verdict.AskApplicationName.class,
                ordinary.inspect("START_REPLICATION SLOT a LOGICAL 0/0 (proto_version '4')"));
        assertInstanceOf(ReplicationGuard.Verdict.AskApplicationName.class, granted.inspect("START_REPLICATION 0/0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"abcdefghijkl-1", "ABCDEFGHIJKL-2", "abcdefghijkl-999"})
    void namesOfMembersPresentAndFutureAreTaken(String name) {
        assertTrue(ordinary.checkApplicationName(name).isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "psql", "abcdefghijkl", "abcdefghijkl-x", "zbcdefghijkl-1", "xabcdefghijkl-1"})
    void otherNamesMayBeUsed(String name) {
        assertEquals(Optional.empty(), ordinary.checkApplicationName(name));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            database, DATABASE
            true,     PHYSICAL
            ON,       PHYSICAL
            1,        PHYSICAL
            false,    NONE
            0,        NONE
            off,      NONE
            """)
    void theStartupParameterIsReadAsPostgresReadsIt(String value, ReplicationGuard.Mode mode) {
        assertEquals(Optional.of(mode), ReplicationGuard.mode(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "o", "Database", "2", "physical"})
    void otherValuesOfItAreRefused(String value) {
        assertEquals(Optional.empty(), ReplicationGuard.mode(value));
    }
}
