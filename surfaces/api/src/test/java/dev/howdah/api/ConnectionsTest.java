package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.howdah.api.model.Endpoint;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
    private static final Installation INSTALLATION = new Installation(
            "1",
            Path.of("/home"),
            Instant.EPOCH,
            new Endpoint("localhost", 5432),
            new Endpoint("localhost", 6432),
            Path.of("/home/my ca/it's.pem"));

    @Test
    void everythingThatAShellOrAUriWouldReadIsEncoded() {
        var connection = Connections.to(INSTALLATION, "o'hara|@:/$x.k3j5h7f9d1s2", Optional.of("p&w=1"));

        var tail = "/postgres?sslmode=verify-full&sslrootcert=/home/my%20ca/it%27s.pem";
        var login = "o%27hara%7C%40%3A/%24x.k3j5h7f9d1s2:p%26w%3D1";
        assertEquals("postgresql://" + login.replace("/", "%2F") + "@localhost:5432" + tail, connection.uri());
        assertEquals("psql '" + connection.uri() + "'", connection.psql());
        assertEquals(
                "jdbc:postgresql://localhost:5432/postgres?user=o%27hara%7C%40%3A%2F%24x.k3j5h7f9d1s2&password=p%26w%3D1"
                        + "&sslmode=verify-full&sslrootcert=/home/my%20ca/it%27s.pem",
                connection.jdbc());
    }

    @Test
    void withoutAPasswordNoStringHoldsOne() {
        var connection = Connections.to(INSTALLATION, "app.k3j5h7f9d1s2", Optional.empty());

        assertEquals(
                "postgresql://app.k3j5h7f9d1s2@localhost:6432/postgres?sslmode=verify-full&sslrootcert=/home/my%20ca/it%27s.pem",
                connection.pooledUri());
        assertFalse(connection.jdbc().contains("password"));
    }
}
