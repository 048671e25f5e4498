package dev.howdah.ha;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.BranchId;
import dev.howdah.base.Bytes;
import dev.howdah.base.InstanceId;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.InProcessCoordination;
import dev.howdah.coordination.Member;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClustersTest {
    private static final BranchId ONE = new BranchId("abcdefghij01");
    private static final BranchId TWO = new BranchId("abcdefghij02");

    @TempDir
    private Path directory;

    private InProcessCoordination coordination;
    private Clusters clusters;

    @BeforeEach
    void open() {
        coordination = InProcessCoordination.open(directory, InstantSource.fixed(Instant.EPOCH));
        clusters = new Clusters(coordination, Path.of("/run/howdah"));
    }

    @AfterEach
    void close() {
        coordination.close();
    }

    private static List<Integer> ports(ClusterRecord record) {
        return record.members().stream().map(member -> member.address().port()).toList();
    }

    @Test
    void aNewClustersFirstMemberLeadsAndVotesAlone() {
        var record = clusters.create(ONE, List.of("a", "b", "c"));
        var first = new InstanceId(ONE, 1);
        assertEquals(Optional.of(first), record.leader());
        assertEquals(List.of(first), record.voters());
        assertEquals(Optional.empty(), record.systemIdentifier());
        assertEquals(
                List.of("a", "b", "c"),
                record.members().stream().map(Member::zone).toList());
        assertEquals(record, coordination.read(ONE).orElseThrow().record());
    }

    @Test
    void portsAreUniqueInTheHomeAndUsedAgain() {
        var one = clusters.create(ONE, List.of("a", "b"));
        var two = clusters.create(TWO, List.of("a"));
        assertEquals(List.of(Clusters.FIRST_PORT, Clusters.FIRST_PORT + 1), ports(one));
        assertEquals(List.of(Clusters.FIRST_PORT + 2), ports(two));

        assertTrue(clusters.remove(ONE));
        assertEquals(ports(one), ports(clusters.create(ONE, List.of("a", "b"))));
    }

    @Test
    void aClusterHasAtLeastOneMember() {
        assertThrows(IllegalArgumentException.class, () -> clusters.create(ONE, List.of()));
    }

    @Test
    void theLaptopIsTheDefaultSize() {
        assertEquals(Map.of("shared_buffers", "131072kB", "max_connections", "300"), ServerSizing.LAPTOP.parameters());
        assertThrows(IllegalArgumentException.class, () -> new ServerSizing(new Bytes(1), 300));
        assertThrows(IllegalArgumentException.class, () -> new ServerSizing(Bytes.ofMegabytes(128), 3));
    }
}
