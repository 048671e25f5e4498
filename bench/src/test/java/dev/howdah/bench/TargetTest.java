package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TargetTest {
    @Test
    void theKnownOnesHaveNamesOfTheirOwn() {
        assertEquals(new Target.PgBouncer(), Target.of("pgbouncer"));
        assertEquals(new Target.Direct(), Target.of("direct"));
        assertEquals("howdah", Target.of("howdah").name());
    }

    @Test
    void howdahTakesAnEngine() {
        assertEquals(new Target.Howdah("io_uring"), Target.of("howdah:io_uring"));
        assertEquals("howdah:io_uring", Target.of("howdah:io_uring").name());
    }

    @Test
    void anythingElseIsAnAddressWithTheProcessesBehindIt() {
        assertEquals(
                new Target.Elsewhere("odyssey", "::1", 6433, List.of(12L, 13L)), Target.of("odyssey=::1:6433,12,13"));
        assertEquals(new Target.Elsewhere("far", "10.0.0.1", 6432, List.of()), Target.of("far=10.0.0.1:6432"));
    }

    @Test
    void whatIsNoTargetIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Target.of("pgbuoncer"));
        assertThrows(IllegalArgumentException.class, () -> Target.of("far=6432"));
    }
}
