package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.howdah.base.BranchId;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerGroupTest {
    private final StartupMessage startup =
            new StartupMessage(ProtocolVersion.V3_0, Map.of("user", "app", "application_name", "first"));
    private final ServerGroup group = new ServerGroup(
            PoolKey.Group.of(startup.parameters()),
            new LoginName("app", new BranchId("abcdefghijkl"), LoginName.Target.PRIMARY),
            startup);

    @Test
    void applicationsNameTellsNoGroupsApart() {
        assertEquals(PoolKey.Group.of(Map.of("user", "app")), group.key);
    }

    @Test
    void everyClientIsToldItsOwnNameAndWhatServersReportNow() {
        var utc = Map.of("TimeZone", "UTC");
        var berlin = Map.of("TimeZone", "Europe/Berlin");
        assertGreeted(utc, "one");
        assertGreeted(utc, "one");
        assertGreeted(utc, "two");
        assertGreeted(berlin, "two");
        assertGreeted(utc, "one");
    }

    private void assertGreeted(Map<String, String> reported, String name) {
        var greeting = group.greeting(reported, name);
        assertEquals(Replies.settings(reported, name), greeting);
        read(greeting); // by one client, which must not take it from the next
    }

    private static void read(ByteBuffer message) {
        message.position(message.limit());
    }
}
