package dev.howdah.testkit;

import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A program that starts a server in a given data directory and is then killed. */
final class StartsAndDies {
    private StartsAndDies() {}

    static void main(String[] arguments) throws InterruptedException {
        var dataDirectory = Path.of(arguments[0]);
        var users = TestPostgres.account().platformUsers();
        var config = new ServerConfig(
                dataDirectory,
                dataDirectory.resolveSibling("run"),
                5432,
                dataDirectory.resolveSibling("logs"),
                "orphan",
                Map.of("fsync", "off"),
                users,
                users);
        PostgresServer.start(TestPostgres.binaries(), TestPostgres.account(), config, Duration.ofSeconds(30));
        Runtime.getRuntime().halt(128 + 9); // no shutdown hook runs, as after kill -9
    }
}
