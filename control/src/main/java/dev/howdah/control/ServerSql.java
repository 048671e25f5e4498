package dev.howdah.control;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.util.PSQLException;

/** The few shapes of SQL that control sends to a branch's servers. */
final class ServerSql {
    private ServerSql() {}

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of every row, as text; NULL as an empty string. */
    static List<String> strings(Connection connection, String sql, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            try (var rows = statement.executeQuery()) {
                var found = new ArrayList<String>();
                while (rows.next()) {
                    var value = rows.getString(1);
                    found.add(value == null ? "" : value);
                }
                return found;
            }
        }
    }

    static Optional<String> string(Connection connection, String sql, Object... parameters) throws SQLException {
        return strings(connection, sql, parameters).stream().findFirst();
    }

    static boolean exists(Connection connection, String sql, Object... parameters) throws SQLException {
        return !strings(connection, sql, parameters).isEmpty();
    }

    /** The server's message with its detail, in one line per part, without the position and routine that the driver adds. */
    static String reason(SQLException failure) {
        if (failure instanceof PSQLException fromServer && fromServer.getServerErrorMessage() != null) {
            var message = fromServer.getServerErrorMessage();
            var detail = message.getDetail();
            return detail == null ? String.valueOf(message.getMessage()) : message.getMessage() + "\n" + detail;
        }
        return String.valueOf(failure.getMessage());
    }

    /** Only the server's detail, such as the list of what depends on a role; empty when it gave none. */
    static String detail(SQLException failure) {
        if (failure instanceof PSQLException fromServer && fromServer.getServerErrorMessage() != null) {
            var detail = fromServer.getServerErrorMessage().getDetail();
            return detail == null ? "" : detail;
        }
        return "";
    }

    private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
        for (var i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
    }
}
