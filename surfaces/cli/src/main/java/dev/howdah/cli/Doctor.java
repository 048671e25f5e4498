package dev.howdah.cli;

import static dev.howdah.cli.Finding.ok;
import static dev.howdah.cli.Finding.problem;
import static dev.howdah.cli.Finding.warning;

import dev.howdah.base.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Looks at the machine and the home; changes nothing. */
final class Doctor {
    private static final Bytes DISK_MIN = Bytes.ofGigabytes(1);
    private static final Bytes DISK_GOOD = Bytes.ofGigabytes(5);
    private static final Bytes SHARED_MEMORY_GOOD = Bytes.ofMegabytes(128);
    private static final long FILES_MIN = 1024;
    private static final long FILES_GOOD = 16_384;
    /** Unix socket paths end at 107 bytes; PostgreSQL and the platform add the name of the socket. */
    private static final int SOCKET_PATH_BYTES_MAX = 90;

    private static final Instant CLOCK_NOT_BEFORE = Instant.parse("2026-01-01T00:00:00Z");
    private static final Pattern OPEN_FILES = Pattern.compile("Max open files\\s+(\\S+)\\s+(\\S+).*");

    private final Path home;
    private final Environment environment;

    Doctor(Path home, Environment environment) {
        this.home = home;
        this.environment = environment;
    }

    List<Finding> examine() {
        var findings = new ArrayList<Finding>();
        findings.add(jdk());
        findings.add(account());
        findings.add(writability());
        findings.add(disk());
        findings.addAll(ports());
        findings.add(openFiles(Path.of("/proc/self/limits")));
        findings.add(sharedMemory(Path.of("/dev/shm")));
        findings.add(socketPath());
        findings.add(clock());
        findings.add(binaries());
        findings.add(psql());
        findings.add(warning(
                "backups",
                "there are no backups yet",
                "Copies of the data are what replicas give; take dumps with pg_dump meanwhile."));
        return List.copyOf(findings);
    }

    private static Finding jdk() {
        var version = Runtime.version();
        var home = System.getProperty("java.home");
        return version.feature() >= 25
                ? ok("jdk", "Java %s in %s".formatted(version, home))
                : problem("jdk", "Java %s is older than 25".formatted(version), "Install a JDK 25 or later.");
    }

    /** PostgreSQL refuses to run as root, and any other service's account could log in as superuser. */
    private Finding account() {
        if (!environment.isRoot()) {
            return ok("account", "everything runs as " + environment.account());
        }
        return accountExists("howdah")
                ? ok("account", "started by root, everything runs as the system account howdah")
                : ok(
                        "account",
                        "started by root, so the system account howdah will be made, and everything runs as it");
    }

    private static boolean accountExists(String name) {
        try (var lines = Files.lines(Path.of("/etc/passwd"), StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> line.startsWith(name + ":"));
        } catch (IOException _) {
            return false;
        }
    }

    private Finding writability() {
        var place = existing();
        if (!Files.isDirectory(place) || !Files.isWritable(place)) {
            return problem(
                    "home",
                    "%s cannot be written by %s".formatted(place, environment.account()),
                    "Choose another home with --home.");
        }
        var exists = place.equals(home);
        return ok("home", exists ? home + " is writable" : "%s will be made in %s".formatted(home, place));
    }

    private Finding disk() {
        try {
            var free = new Bytes(Files.getFileStore(existing()).getUsableSpace());
            var message = "%s free for %s".formatted(free, home);
            if (free.compareTo(DISK_MIN) < 0) {
                return problem(
                        "disk",
                        message,
                        "Howdah needs %s at least; make room or choose another home with --home.".formatted(DISK_MIN));
            }
            return free.compareTo(DISK_GOOD) < 0
                    ? warning(
                            "disk", message, "A production branch keeps three copies of its data, and write-ahead log.")
                    : ok("disk", message);
        } catch (IOException e) {
            return warning("disk", "the free space for %s cannot be told: %s".formatted(home, e.getMessage()), "");
        }
    }

    /** The home, or the nearest directory above it that is there. */
    private Path existing() {
        Path place = home;
        while (!Files.exists(place)) {
            var parent = place.getParent();
            if (parent == null) {
                return place;
            }
            place = parent;
        }
        return place;
    }

    private List<Finding> ports() {
        return List.of(
                port("direct port", "direct_port", 5432, "--direct-port"),
                port("pooled port", "pooled_port", 6432, "--pooled-port"),
                port("api port", "api_port", 8080, "--api-port"));
    }

    private Finding port(String check, String setting, int usual, String option) {
        var kept = keptPort(setting);
        int port = kept.orElse(usual);
        if (PlatformProcess.of(home).isPresent()) {
            return ok(check, "%d, in use by the running platform".formatted(port));
        }
        if (isFree(port)) {
            return ok(check, "%d is free".formatted(port));
        }
        return kept.isPresent()
                ? problem(
                        check,
                        "%d, which this home has used from its first start on, is taken".formatted(port),
                        "End the program that listens there, or move this home with howdah up %s.".formatted(option))
                : warning(
                        check,
                        "%d is taken".formatted(port),
                        "The next free port will be used, unless %s names one.".formatted(option));
    }

    /** What the home chose at its first start; a file that cannot be read is the business of `up`. */
    private Optional<Integer> keptPort(String setting) {
        var file = home.resolve("howdah.json");
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            var port = Json.parse(Files.readString(file)).path(setting).asInt(0);
            return port > 0 ? Optional.of(port) : Optional.empty();
        } catch (IOException | CliFailure _) {
            return Optional.empty();
        }
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** The hard limit counts: the launcher raises the soft one to it. */
    static Finding openFiles(Path limits) {
        if (!Files.isReadable(limits)) {
            return ok("open files", "not told by this system");
        }
        try (var lines = Files.lines(limits)) {
            var hard = lines.map(OPEN_FILES::matcher)
                    .filter(matcher -> matcher.matches())
                    .map(matcher -> String.valueOf(matcher.group(2)))
                    .findFirst()
                    .orElse("unlimited");
            return openFiles(hard);
        } catch (IOException e) {
            return warning("open files", "the limit cannot be read: " + e.getMessage(), "");
        }
    }

    private static Finding openFiles(String hard) {
        var limit = hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
        var message = "a process may have %s open".formatted(hard);
        var hint = "Raise the hard limit (ulimit -Hn, /etc/security/limits.conf, or LimitNOFILE= of a service).";
        if (limit < FILES_MIN) {
            return problem("open files", message, hint);
        }
        return limit < FILES_GOOD
                ? warning("open files", message + ", which limits the number of clients", hint)
                : ok("open files", message);
    }

    /** Parallel queries talk to each other through it; containers often have 64 MB. */
    static Finding sharedMemory(Path directory) {
        if (!Files.isDirectory(directory)) {
            return ok("shared memory", "this system has no " + directory);
        }
        try {
            var free = new Bytes(Files.getFileStore(directory).getUsableSpace());
            return free.compareTo(SHARED_MEMORY_GOOD) < 0
                    ? warning(
                            "shared memory",
                            "%s free in %s".formatted(free, directory),
                            "Parallel queries may fail; make it larger (docker run --shm-size=1g).")
                    : ok("shared memory", "%s free in %s".formatted(free, directory));
        } catch (IOException e) {
            return warning("shared memory", "%s cannot be asked: %s".formatted(directory, e.getMessage()), "");
        }
    }

    private Finding socketPath() {
        var directory = home.resolve("run").toString();
        var length = directory.getBytes(StandardCharsets.UTF_8).length;
        return length <= SOCKET_PATH_BYTES_MAX
                ? ok("socket path", "%d bytes long".formatted(length))
                : warning(
                        "socket path",
                        "%s is %d bytes long, and more than %d do not fit a socket"
                                .formatted(directory, length, SOCKET_PATH_BYTES_MAX),
                        "Sockets go to a private directory under /run or /tmp instead.");
    }

    private Finding clock() {
        var now = environment.clock().instant();
        return now.isBefore(CLOCK_NOT_BEFORE)
                ? problem(
                        "clock",
                        "it says %s, which is in the past".formatted(Text.time(now)),
                        "Set it: certificates and expiry depend on it.")
                : ok("clock", "it says " + Text.time(now));
    }

    private Finding binaries() {
        var unpacked = home.resolve("postgres");
        if (Files.isDirectory(unpacked)) {
            try (var versions = Files.list(unpacked)) {
                var names = versions.map(path -> String.valueOf(path.getFileName()))
                        .filter(name -> !name.startsWith("."))
                        .sorted()
                        .toList();
                if (!names.isEmpty()) {
                    return ok("postgresql", "unpacked in %s: %s".formatted(unpacked, String.join(", ", names)));
                }
            } catch (IOException e) {
                return warning("postgresql", "%s cannot be read: %s".formatted(unpacked, e.getMessage()), "");
            }
        }
        return embedded()
                ? ok("postgresql", "the embedded one will be unpacked at the first start")
                : warning(
                        "postgresql",
                        "this program has no PostgreSQL for %s %s"
                                .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
                        "Install PostgreSQL 18 or 17, and name it with the option of howdah up.");
    }

    private static boolean embedded() {
        var arm = System.getProperty("os.arch", "").equals("aarch64");
        var system = System.getProperty("os.name", "").startsWith("Mac") ? "darwin" : "linux";
        var name = "/postgres-%s-%s.txz".formatted(system, arm ? "arm_64" : "x86_64");
        return Doctor.class.getResource(name) != null;
    }

    private Finding psql() {
        return Psql.find(environment)
                .map(path -> ok("psql", path.toString()))
                .orElseGet(() -> ok("psql", "not installed; howdah shell uses its own"));
    }
}
