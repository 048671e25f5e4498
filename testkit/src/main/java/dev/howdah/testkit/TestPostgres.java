package dev.howdah.testkit;

import dev.howdah.base.ServerAddress;
import dev.howdah.base.Sql;
import dev.howdah.postgres.PostgresBinaries;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerAccount;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.postgres.ServerFiles;
import dev.howdah.postgres.ServerJdbc;
import dev.howdah.postgres.StopMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A real server for a test, from a copied template: up in a fifth of a second, gone with everything at close. Log-in is by peer: the user who runs
 * the tests can be every role.
 */
public final class TestPostgres implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private static final int PORT = 5432;

    /** Of no use to a standby, or harmful: it has a process, slots and statistics of its own, and its WAL comes by the stream. */
    private static final Set<String> NOT_CLONED =
            Set.of("postmaster.pid", "postmaster.opts", "pg_wal", "pg_replslot", "pg_stat_tmp", "howdah.standby.conf");

    private static final String PLATFORM_ROLES = """
            CREATE ROLE postgres NOSUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS;
            ALTER DATABASE postgres OWNER TO postgres;
            CREATE ROLE howdah_proxy LOGIN;
            """;

    private final TestDirectory directory;
    private volatile PostgresServer server;

    private TestPostgres(TestDirectory directory, PostgresServer server) {
        this.directory = directory;
        this.server = server;
    }

    /**
     * What a test may want different.
     *
     * @param parameters on top of the platform's and of what makes tests fast
     * @param roles created with LOGIN after the start
     * @param platform whether the roles {@code postgres} (owner of the database {@code postgres}) and {@code howdah_proxy} and the empty
     *     database {@code howdah_platform} exist
     * @param fsync false is faster, and loses data only in a crash of the machine
     */
    public record Options(Map<String, String> parameters, List<String> roles, boolean platform, boolean fsync) {
        public static final Options DEFAULT = new Options(Map.of(), List.of(), false, false);

        public Options {
            parameters = Map.copyOf(parameters);
            roles = List.copyOf(roles);
        }

        public Options with(String parameter, String value) {
            var more = new TreeMap<>(parameters);
            more.put(parameter, value);
            return new Options(more, roles, platform, fsync);
        }

        public Options withRoles(String... names) {
            return new Options(parameters, List.of(names), platform, fsync);
        }

        public Options withPlatform() {
            return new Options(parameters, roles, true, fsync);
        }

        public Options withFsync() {
            return new Options(parameters, roles, platform, true);
        }

        private Map<String, String> all() {
            var all = new TreeMap<>(Map.of("wal_keep_size", "0", "shared_buffers", "32MB"));
            if (!fsync) {
                all.putAll(Map.of("fsync", "off", "full_page_writes", "off"));
            }
            all.putAll(parameters);
            return all;
        }
    }

    public static TestPostgres start() {
        return start(Options.DEFAULT);
    }

    public static TestPostgres start(Options options) {
        var postgres = launch(
                "test",
                options.all(),
                (template, config) ->
                        TreeCopy.copy(template.dataDirectory(), config.dataDirectory(), Set.of(), template.account()));
        try {
            for (var role : options.roles()) {
                postgres.execute("CREATE ROLE %s LOGIN".formatted(Sql.identifier(role)));
            }
            if (options.platform()) {
                postgres.execute(PLATFORM_ROLES);
                postgres.execute("CREATE DATABASE howdah_platform");
                postgres.execute("REVOKE ALL ON DATABASE howdah_platform FROM PUBLIC");
            }
            return postgres;
        } catch (SQLException | RuntimeException e) {
            postgres.close();
            throw new IllegalStateException("the test server cannot be prepared", e);
        }
    }

    /** A streaming standby with the primary's parameters, over a slot of its own, which is named like its cluster name. */
    public static TestPostgres standbyOf(TestPostgres primary) {
        var name = "standby_" + Integer.toHexString(System.identityHashCode(new Object()));
        return launch(name, primary.server.config().parameters(), (template, config) -> {
            clone(primary, config.dataDirectory(), name, template.account());
            ServerFiles.standby(
                    template.account(),
                    config.dataDirectory(),
                    ServerFiles.primaryConninfo(primary.address(), name),
                    name);
        });
    }

    /** The embedded binaries, unpacked once per machine. */
    public static PostgresBinaries binaries() {
        return Template.get().binaries();
    }

    public static ServerAccount account() {
        return Template.get().account();
    }

    public ServerAddress.UnixSocket address() {
        return server.address();
    }

    public PostgresServer server() {
        return server;
    }

    public Path dataDirectory() {
        return server.config().dataDirectory();
    }

    public Path logDirectory() {
        return server.config().logDirectory();
    }

    public Connection connect(String user, String database) throws SQLException {
        return ServerJdbc.connect(address(), user, database);
    }

    /** As {@code howdah_admin} in the database {@code postgres}. */
    public void execute(String sql) throws SQLException {
        try (var connection = server.connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row as text; empty when there is no row or it is null. */
    public Optional<String> queryFirst(String sql) throws SQLException {
        try (var connection = server.connect("postgres");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.empty();
        }
    }

    /** The first column of the first row as text. */
    public String queryOne(String sql) throws SQLException {
        return queryFirst(sql).orElseThrow(() -> new AssertionError("no row or null: " + sql));
    }

    /** Ends the server but keeps its data. */
    public void stop(StopMode mode) {
        try {
            if (!server.stop(mode, STOP_TIMEOUT)) {
                throw new AssertionError("the test server did not stop within " + STOP_TIMEOUT);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Starts it again on the same data, as it was configured last. */
    public void startAgain() {
        server = startServer(server.config());
    }

    /** SIGKILL for the postmaster and every process below it, as when a machine dies, but for what its page cache held. */
    public void killEverything() {
        ProcessHandle.of(server.pid()).ifPresent(LeftOvers::kill);
    }

    @Override
    public void close() {
        try {
            if (!server.stop(StopMode.FAST, STOP_TIMEOUT)) {
                killEverything();
            }
        } catch (InterruptedException e) {
            killEverything();
            Thread.currentThread().interrupt();
        } finally {
            directory.close();
        }
    }

    @FunctionalInterface
    private interface Preparation {
        void prepare(Template template, ServerConfig config) throws IOException, SQLException;
    }

    private static TestPostgres launch(String name, Map<String, String> parameters, Preparation preparation) {
        var template = Template.get();
        var directory = TestDirectory.create();
        var users = template.account().platformUsers();
        var config = new ServerConfig(
                directory.resolve("data"),
                directory.resolve("run"),
                PORT,
                directory.resolve("logs"),
                name,
                parameters,
                users,
                users);
        try {
            preparation.prepare(template, config);
            return new TestPostgres(directory, startServer(config));
        } catch (IOException | SQLException | RuntimeException e) {
            directory.close();
            throw new IllegalStateException("the test server cannot be started", e);
        }
    }

    private static PostgresServer startServer(ServerConfig config) {
        try {
            return PostgresServer.start(binaries(), account(), config, START_TIMEOUT);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void clone(TestPostgres primary, Path target, String slot, ServerAccount account)
            throws IOException, SQLException {
        try (var connection = primary.server.connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("SELECT pg_create_physical_replication_slot('%s', true)".formatted(slot));
            statement.execute("SELECT pg_backup_start('testkit', true)");
            TreeCopy.copy(primary.dataDirectory(), target, NOT_CLONED, account);
            try (var label = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                label.next();
                var file = Files.writeString(target.resolve("backup_label"), label.getString(1));
                account.own(file);
            }
        }
    }

    private static IllegalStateException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting for a test server", cause);
    }
}
