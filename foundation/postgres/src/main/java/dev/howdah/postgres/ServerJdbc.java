package dev.howdah.postgres;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.GSSEncMode;

/** JDBC connections to servers: pgjdbc, over their Unix sockets. */
public final class ServerJdbc {
    private static final String SOCKET_FACTORY = "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg";
    private static final int CONNECT_SECONDS_MAX = 10;

    private ServerJdbc() {}

    public static Connection connect(ServerAddress address, String user, String database) throws SQLException {
        return dataSource(address, user, database).getConnection();
    }

    /** A new connection for every call; put a pool in front where that matters. */
    public static DataSource dataSource(ServerAddress address, String user, String database) {
        return switch (address) {
            case ServerAddress.UnixSocket socket -> overSocket(socket, user, database);
            case ServerAddress.Tcp tcp ->
                throw new PlatformException(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "servers on other hosts cannot be reached yet: %s:%d".formatted(tcp.host(), tcp.port()),
                        "Run all instances on this host.");
        };
    }

    private static DataSource overSocket(ServerAddress.UnixSocket address, String user, String database) {
        var source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"localhost"}); // not looked at: the factory's argument is the address
        source.setPortNumbers(new int[] {address.port()});
        source.setSocketFactory(SOCKET_FACTORY);
        source.setSocketFactoryArg(address.socket().toString());
        source.setSslMode("disable");
        source.setGssEncMode(GSSEncMode.DISABLE.value);
        source.setUser(user);
        source.setDatabaseName(database);
        source.setApplicationName("howdah");
        source.setConnectTimeout(CONNECT_SECONDS_MAX);
        source.setLoginTimeout(CONNECT_SECONDS_MAX);
        return source;
    }
}
