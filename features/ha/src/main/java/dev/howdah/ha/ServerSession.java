package dev.howdah.ha;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection as {@code howdah_admin}, and the few ways the agent uses one. An answer that takes too long ends it. For one thread. */
final class ServerSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerSession.class);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

    private final Connection connection;

    ServerSession(Connection connection) {
        this.connection = connection;
    }

    /** Makes one row's value out of a result. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /**
     * Settings for the agent's own work: it must never wait for a replica, since it is the one who heals replication.
     */
    void beginAdministration() throws SQLException {
        patience(ANSWER_MAX);
        execute("SET synchronous_commit = local");
        execute("SET lock_timeout = '2s'");
        execute("SET application_name = 'howdah-agent'");
    }

    void patience(Duration limit) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(limit.toMillis()));
    }

    void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    <T> List<T> list(String sql, RowReader<T> reader, Object... arguments) throws SQLException {
        try (var statement = prepare(sql, arguments);
                var rows = statement.executeQuery()) {
            var list = new ArrayList<T>();
            while (rows.next()) {
                list.add(reader.read(rows));
            }
            return list;
        }
    }

    <T> T one(String sql, RowReader<T> reader, Object... arguments) throws SQLException {
        return list(sql, reader, arguments).getFirst();
    }

    private PreparedStatement prepare(String sql, Object... arguments) throws SQLException {
        var statement = connection.prepareStatement(sql);
        for (var i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a connection was not closed in good order", e);
        }
    }
}
