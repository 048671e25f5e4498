package dev.howdah.control;

import dev.howdah.proxy.ServerSchema;
import java.sql.Connection;
import java.sql.SQLException;

/** The platform's objects inside a branch's servers. Both calls may be repeated. */
interface BranchSchema {
    /** Into the database {@code howdah_platform}. */
    void installPlatform(Connection session) throws SQLException;

    /** Into a database of the customer's, or a template of theirs. */
    void installDoors(Connection session) throws SQLException;

    /** What the proxy needs there. */
    static BranchSchema ofProxy() {
        return new BranchSchema() {
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
}
