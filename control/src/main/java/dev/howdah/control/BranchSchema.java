package dev.howdah.control;

import dev.howdah.proxy.ServerSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

/** The platform's objects inside a branch's servers. Both calls may be repeated. */
interface BranchSchema {
    /** Into the database {@code howdah_platform}. */
    void installPlatform(Connection session) throws SQLException;

    /** Into a database of the customer's, or a template of theirs. */
    void installDoors(Connection session) throws SQLException;

    /** Another text for every other content of both. */
    String version();

    /** What the proxy needs there. */
    static BranchSchema ofProxy() {
        var version = "doors " + ServerSchema.doorsVersion() + ", platform " + platformVersion();
        return new BranchSchema() {
            @Override
            public String version() {
                return version;
            }

            @Override
            public void installPlatform(Connection session) throws SQLException {
                ServerSchema.installPlatform(session);
            }

            @Override
            public void installDoors(Connection session) throws SQLException {
                ServerSchema.installDoors(session);
            }
        };
    }

    /** Of the statements themselves, so that no number can be forgotten when they change. */
    private static String platformVersion() {
        try (var statements = ServerSchema.class.getResourceAsStream("platform.sql")) {
            return Hashes.sha256Hex(Objects.requireNonNull(statements, "the program lacks platform.sql")
                    .readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
