package dev.howdah.control;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** A {@link ControlDatabase.Source} for the libraries that ask for a data source. Each connection goes to the primary of that moment. */
final class SourceDataSource implements DataSource {
    private final ControlDatabase.Source source;
    private final String database;

    SourceDataSource(ControlDatabase.Source source, String database) {
        this.source = source;
        this.database = database;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return source.connect(database);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the platform's own account is the only one");
    }

    // The rest of the interface has nothing to say here; -1 and "not supported" are what the JDBC documentation allows.

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        throw new SQLFeatureNotSupportedException("no log writer");
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("no logger");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("not a wrapper for " + type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
