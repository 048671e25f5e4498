package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.testkit.TestDirectory;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;

/** A proxy in front of a real server, for one branch with the roles {@code postgres} and {@code app}, both with the password below. */
final class TestProxy implements AutoCloseable {
    static final BranchId BRANCH = new BranchId("abcdefghijkl");
    static final String PASSWORD = "correct horse";
    /** Two of three pooled clients come to another loop than their branch's and move. */
    private static final int LOOPS = 3;

    final TestCoordination coordination;
    final Proxy proxy;
    final Events events = new Events();
    private final EdgeCertificates certificates;
    private final TestDirectory directory;

    /** What the proxy told. */
    static final class Events implements ProxyEvents {
        final List<String> refusals = new CopyOnWriteArrayList<>();

        @Override
        public void loginRefused(InetAddress address, String user, PlatformException reason, Instant at) {
            refusals.add(user + ": " + reason.message());
        }
    }

    private TestProxy(TestCoordination coordination, ProxyConfig config, List<String> exempt) {
        this.coordination = coordination;
        this.directory = TestDirectory.create();
        this.certificates = EdgeCertificates.open(directory.resolve("tls"), Optional.empty(), InstantSource.system());
        var guard = new AddressGuardConfig(
                10,
                AddressGuardConfig.DEFAULT.window(),
                AddressGuardConfig.DEFAULT.firstBan(),
                AddressGuardConfig.DEFAULT.longestBan(),
                exempt,
                0);
        this.proxy = Proxy.start(
                config,
                new Proxy.Parts(
                        coordination,
                        certificates,
                        new AddressGuard(guard, InstantSource.system()),
                        ByteString.ofUtf8("mock"),
                        events,
                        InstantSource.system(),
                        new SecureRandom()));
    }

    /** With {@code -Dhowdah.ioEngine=nio|epoll|io_uring} the tests run on that engine, with {@code -Dhowdah.tls=boringssl|jdk} on that TLS. */
    static ProxyConfig config() {
        var engine = IoEngineChoice.parse(System.getProperty("howdah.ioEngine", "auto"));
        var tls = TlsChoice.parse(System.getProperty("howdah.tls", "auto"));
        return ProxyConfig.DEFAULT
                .withDirect(anyPort())
                .withPooled(anyPort())
                .withLoops(LOOPS)
                .withIoEngine(engine.orElseThrow())
                .withTls(tls.orElseThrow());
    }

    private static List<InetSocketAddress> anyPort() {
        return List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** A server that the platform has prepared. */
    static TestPostgres preparedServer() throws SQLException {
        var postgres = TestPostgres.start(TestPostgres.Options.DEFAULT.withPlatform());
        try (var platform = postgres.connect("howdah_admin", "howdah_platform")) {
            ServerSchema.installPlatform(platform);
        }
        try (var database = postgres.connect("howdah_admin", "postgres")) {
            ServerSchema.installDoors(database);
        }
        postgres.execute("ALTER ROLE postgres PASSWORD '" + PASSWORD + "'");
        postgres.execute("CREATE ROLE app LOGIN PASSWORD '" + PASSWORD + "'");
        postgres.execute("GRANT CREATE ON SCHEMA public TO app");
        return postgres;
    }

    static TestProxy inFrontOf(ServerAddress primary) {
        return inFrontOf(primary, UnaryOperator.identity());
    }

    static TestProxy inFrontOf(ServerAddress primary, UnaryOperator<ProxyConfig> change) {
        return new TestProxy(primaryAt(primary), change.apply(config()), List.of("127.0.0.0/8", "::1/128"));
    }

    /** One that bans the tests' own address like any other. */
    static TestProxy strictInFrontOf(ServerAddress primary) {
        return new TestProxy(primaryAt(primary), config(), List.of());
    }

    private static TestCoordination primaryAt(ServerAddress address) {
        var coordination = new TestCoordination();
        coordination.show(TestCoordination.view(BRANCH, TestCoordination.Instance.primary(address)));
        return coordination;
    }

    InetSocketAddress direct() {
        return proxy.directAddresses().getFirst();
    }

    InetSocketAddress pooled() {
        return proxy.pooledAddresses().getFirst();
    }

    String caFile() {
        return certificates.caFile().orElseThrow().toString();
    }

    Connection connect() throws SQLException {
        return connect(direct(), "postgres." + BRANCH, PASSWORD);
    }

    Connection connectPooled() throws SQLException {
        return connect(pooled(), "postgres." + BRANCH, PASSWORD);
    }

    /** A client of the pooled endpoint, as {@code app} and over TLS. */
    RawClient raw(String... parameters) throws IOException {
        var client = RawClient.connect(pooled()).encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD, parameters);
        return client;
    }

    /** The virtual database {@code howdah} of the pooled endpoint. */
    Connection console(String role, String... properties) throws SQLException {
        return connect(pooled(), "howdah", role + "." + BRANCH, PASSWORD, properties);
    }

    Connection connect(InetSocketAddress address, String user, String password, String... properties)
            throws SQLException {
        return connect(address, "postgres", user, password, properties);
    }

    Connection connect(InetSocketAddress address, String database, String user, String password, String[] properties)
            throws SQLException {
        var all = new Properties();
        all.put("user", user);
        all.put("password", password);
        all.put("sslmode", "verify-full");
        all.put("sslrootcert", caFile());
        all.put("connectTimeout", "20");
        all.put("socketTimeout", "60");
        for (var i = 0; i < properties.length; i += 2) {
            all.put(properties[i], properties[i + 1]);
        }
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/%s".formatted(address.getPort(), database), all);
    }

    static String queryOne(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new AssertionError("no row: " + sql);
            }
            return rows.getString(1);
        }
    }

    /** The SQLSTATE of what made a task fail. */
    static String sqlState(ExecutionException failure) {
        return failure.getCause() instanceof SQLException cause ? String.valueOf(cause.getSQLState()) : "none";
    }

    static String message(SQLException error) {
        return String.valueOf(error.getMessage());
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        proxy.close();
        directory.close();
    }
}
