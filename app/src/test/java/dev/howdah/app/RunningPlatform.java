package dev.howdah.app;

import dev.howdah.testkit.Eventually;
import dev.howdah.testkit.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A platform as a user has it: {@code ./howdah up --detach} in a home of its own, with ports that nobody else uses. */
final class RunningPlatform implements AutoCloseable {
    static final Path ROOT = Path.of(System.getProperty("howdah.root", ".."));
    private static final Pattern PASSWORD = Pattern.compile("howdah_pw_[0-9A-Za-z]{32}");
    private static final Pattern LOGIN = Pattern.compile("postgres\\.([a-z0-9]{12})");

    private final Path directory;
    private final Path home;
    private final List<String> ports;
    private String printed = "";
    private String password = "";
    private String branch = "";

    private RunningPlatform(Path directory, List<String> ports) {
        this.directory = directory;
        this.home = directory.resolve("home");
        this.ports = ports;
    }

    /** A started one. */
    static RunningPlatform start() throws Exception {
        var platform = prepare();
        try {
            platform.up();
            return platform;
        } catch (Exception | AssertionError e) {
            platform.close();
            throw e;
        }
    }

    /** A home and ports, and nothing started yet. */
    static RunningPlatform prepare() throws IOException {
        var directory = Files.createTempDirectory("howdah-e2e");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var ports = Stream.generate(FreePorts::next)
                .distinct()
                .limit(3)
                .map(String::valueOf)
                .toList();
        return new RunningPlatform(
                directory,
                List.of("--direct-port", ports.get(0), "--pooled-port", ports.get(1), "--api-port", ports.get(2)));
    }

    /** {@code up --detach} with this home and its ports; remembers the credentials that the first one prints. */
    Command.Result up(String... more) throws Exception {
        var result = tryUp(more).succeeded();
        printed = result.out();
        var first = PASSWORD.matcher(printed);
        if (first.find()) {
            password = first.group();
        }
        var login = LOGIN.matcher(printed);
        if (!login.find()) {
            throw new AssertionError("no login in what up printed:\n" + printed + result.err());
        }
        branch = login.group(1);
        return result;
    }

    Command.Result tryUp(String... more) throws Exception {
        var line = new ArrayList<>(List.of("up", "--detach"));
        line.addAll(ports);
        // Tests fail to log in on purpose; those of the bans come from an address of their own.
        line.addAll(List.of("--ban-exempt", "127.0.0.1/32,::1/128"));
        line.addAll(List.of(more));
        return command(line.toArray(String[]::new))
                .within(Duration.ofMinutes(3))
                .run();
    }

    /** A command of the program on this home. */
    Command command(String... arguments) {
        var line = new ArrayList<>(List.of(ROOT.resolve("howdah").toString()));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--home", home.toString()));
        return Command.of(line.toArray(String[]::new)).with(Map.of("HOWDAH_BUILD", "never"));
    }

    Command.Result howdah(String... arguments) throws Exception {
        return command(arguments).run();
    }

    JsonNode json(String... arguments) throws Exception {
        var line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("--format", "json"));
        return JsonMapper.shared()
                .readTree(howdah(line.toArray(String[]::new)).succeeded().out());
    }

    Path home() {
        return home;
    }

    String branch() {
        return branch;
    }

    String password() {
        return password;
    }

    String printed() {
        return printed;
    }

    int directPort() {
        return Integer.parseInt(ports.get(1));
    }

    int pooledPort() {
        return Integer.parseInt(ports.get(3));
    }

    int apiPort() {
        return Integer.parseInt(ports.get(5));
    }

    Path ca() throws Exception {
        return Path.of(howdah("ca").succeeded().out().strip());
    }

    /** Logs in as the default role. */
    Connection connect() throws SQLException {
        return connect("postgres." + branch, password, Map.of());
    }

    Connection connect(String user, String secret, Map<String, String> more) throws SQLException {
        return connect(directPort(), user, secret, more);
    }

    /** As a client of its own to the proxy, from another loopback address. */
    Connection connectFrom(String address, String user, String secret) throws SQLException {
        var more = Map.of("socketFactory", BoundSocketFactory.class.getName(), "socketFactoryArg", address);
        return connect("127.0.0.1", directPort(), user, secret, more);
    }

    Connection connect(int port, String user, String secret, Map<String, String> more) throws SQLException {
        return connect("localhost", port, user, secret, more);
    }

    private Connection connect(String host, int port, String user, String secret, Map<String, String> more)
            throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", secret);
        properties.setProperty("sslmode", "verify-full");
        properties.setProperty("sslrootcert", home.resolve("tls/edge-ca.crt").toString());
        properties.putAll(more);
        return DriverManager.getConnection("jdbc:postgresql://%s:%d/postgres".formatted(host, port), properties);
    }

    /** What libpq and the drivers that read its variables need. */
    Map<String, String> environment(int port) {
        return new TreeMap<>(Map.of(
                "PGHOST",
                "localhost",
                "PGPORT",
                "" + port,
                "PGUSER",
                "postgres." + branch,
                "PGPASSWORD",
                password,
                "PGDATABASE",
                "postgres",
                "PGSSLMODE",
                "verify-full",
                "PGSSLROOTCERT",
                home.resolve("tls/edge-ca.crt").toString()));
    }

    /** The process of the platform itself. */
    ProcessHandle process() throws IOException {
        var pid = Long.parseLong(
                Files.readString(home.resolve("run/howdah.pid")).strip().split("\\s")[0]);
        return ProcessHandle.of(pid).orElseThrow();
    }

    /** The postmasters by instance. */
    Map<String, Long> postmasters() throws IOException {
        var found = new TreeMap<String, Long>();
        try (var instances = Files.list(home.resolve("instances"))) {
            for (var instance : instances.toList()) {
                var file = instance.resolve("postmaster.pid");
                if (Files.exists(file)) {
                    found.put(
                            instance.getFileName().toString(),
                            Long.parseLong(Files.readAllLines(file).getFirst().strip()));
                }
            }
        }
        return found;
    }

    /** As kill -9 of the JVM: its servers live on. */
    void killJvm() throws Exception {
        var process = process();
        process.destroyForcibly();
        Eventually.until(Duration.ofSeconds(20), "the JVM is gone", () -> !process.isAlive());
    }

    /** As a loss of power: everything at once. */
    void killEverything() throws Exception {
        var all = new ArrayList<ProcessHandle>();
        all.add(process());
        for (var pid : postmasters().values()) {
            ProcessHandle.of(pid).ifPresent(p -> {
                all.add(p);
                p.descendants().forEach(all::add);
            });
        }
        all.forEach(ProcessHandle::destroyForcibly);
        Eventually.until(
                Duration.ofSeconds(20),
                "every process is gone",
                () -> all.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Override
    public void close() throws Exception {
        try {
            if (Files.exists(home.resolve("run/howdah.pid"))) {
                howdah("down");
            }
        } finally {
            for (var pid :
                    Files.exists(home.resolve("instances")) ? postmasters().values() : List.<Long>of()) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
            deleteTree(directory);
        }
    }

    static void deleteTree(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return;
        }
        try (var all = Files.walk(directory)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
