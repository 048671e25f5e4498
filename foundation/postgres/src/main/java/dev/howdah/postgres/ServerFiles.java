package dev.howdah.postgres;

import dev.howdah.base.Bytes;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The files in a data directory that the platform owns and rewrites, always atomically. {@code postgresql.conf} stays initdb's and only includes
 * ours; {@code postgresql.auto.conf} stays the superuser's and wins over all.
 */
public final class ServerFiles {
    static final String PARAMETERS = "howdah.conf";
    static final String STANDBY = "howdah.standby.conf";
    private static final String STANDBY_SIGNAL = "standby.signal";
    private static final String INCLUDE = "include '" + PARAMETERS + "'";

    private static final String ACCESS = """
            # Written by Howdah at every start: changes here are lost.
            # TYPE  DATABASE     USER               METHOD
            local   all          howdah_admin       peer map=agent
            local   all          howdah_replicator  peer map=agent
            local   replication  howdah_admin       peer map=agent
            local   replication  howdah_replicator  peer map=agent
            local   all          all                peer map=proxy
            local   replication  all                peer map=proxy
            local   all          all                reject
            host    all          all                all     reject
            host    replication  all                all     reject
            """;

    private ServerFiles() {}

    /** Writes {@code howdah.conf}, {@code pg_hba.conf} and {@code pg_ident.conf}; the same input writes nothing. Every start does this. */
    public static void write(PostgresBinaries binaries, ServerAccount account, ServerConfig config) {
        write(binaries, account, config, config.dataDirectory());
    }

    /** As above, into a directory that is not yet in its place. */
    static void write(PostgresBinaries binaries, ServerAccount account, ServerConfig config, Path directory) {
        try {
            Disk.replace(account, directory.resolve(PARAMETERS), parameters(binaries.major(), config, directory));
            Disk.replace(account, directory.resolve("pg_hba.conf"), ACCESS);
            Disk.replace(account, directory.resolve("pg_ident.conf"), maps(config));
            include(account, directory.resolve("postgresql.conf"));
        } catch (IOException e) {
            throw notWritten(directory, e);
        }
    }

    /** Makes the data directory a standby's at its next start: {@code standby.signal} and where to stream from. */
    public static void standby(ServerAccount account, Path dataDirectory, String primaryConninfo, String slot) {
        try {
            var source = new TreeMap<String, String>();
            source.put("primary_conninfo", primaryConninfo);
            source.put("primary_slot_name", slot);
            source.put("recovery_target_timeline", "latest");
            Disk.replace(account, dataDirectory.resolve(STANDBY), lines(source));
            Disk.replace(account, dataDirectory.resolve(STANDBY_SIGNAL), "");
        } catch (IOException e) {
            throw notWritten(dataDirectory, e);
        }
    }

    /** Whether the next start will be in recovery as a standby. */
    public static boolean isStandby(Path dataDirectory) {
        return Files.exists(dataDirectory.resolve(STANDBY_SIGNAL));
    }

    /** What {@code primary_conninfo} says for a primary on the same host. */
    public static String primaryConninfo(ServerAddress.UnixSocket primary, String applicationName) {
        return "host=%s port=%d user=howdah_replicator application_name=%s"
                .formatted(quoted(primary.directory().toString()), primary.port(), quoted(applicationName));
    }

    private static String parameters(int major, ServerConfig config, Path directory) throws IOException {
        var fileSystem = new Bytes(Files.getFileStore(directory).getTotalSpace());
        var all = new TreeMap<>(ServerParameters.defaults(major, fileSystem));
        all.putAll(ServerParameters.availableIn(major, config.parameters()));
        all.put("unix_socket_directories", listItem(config.socketDirectory().toString()));
        all.put("port", Integer.toString(config.port()));
        all.put("log_directory", config.logDirectory().toString());
        all.put("cluster_name", config.clusterName());
        return "# Written by Howdah at every start: changes here are lost.\n"
                + lines(all)
                + "include_if_exists '" + STANDBY + "'\n";
    }

    private static String lines(SortedMap<String, String> parameters) {
        var text = new StringBuilder();
        parameters.forEach((name, value) ->
                text.append(name).append(" = '").append(escaped(value)).append("'\n"));
        return text.toString();
    }

    private static String maps(ServerConfig config) {
        var text = new StringBuilder("# Written by Howdah at every start: changes here are lost.\n");
        for (var user : new TreeSet<>(config.agentUsers())) {
            for (var role : List.of("howdah_admin", "howdah_replicator")) {
                text.append("agent \"%s\" %s%n".formatted(user, role));
            }
        }
        for (var user : new TreeSet<>(config.proxyUsers())) {
            text.append("proxy \"%s\" all%n".formatted(user));
        }
        return text.toString();
    }

    private static void include(ServerAccount account, Path file) throws IOException {
        var content = Files.exists(file) ? Files.readString(file) : "";
        if (content.lines().noneMatch(INCLUDE::equals)) {
            Disk.replace(account, file, content + "\n" + INCLUDE + "\n");
        }
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n");
    }

    // unix_socket_directories is a list: a comma in a path would begin a second directory.
    private static String listItem(String path) {
        return '"' + path.replace("\"", "\"\"") + '"';
    }

    private static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static PlatformException notWritten(Path directory, IOException cause) {
        var full = String.valueOf(cause.getMessage()).contains("No space left");
        return new PlatformException(
                full ? SqlState.DISK_FULL : SqlState.IO_ERROR,
                "the configuration in %s cannot be written: %s".formatted(directory, cause),
                full ? "Free space on that file system." : "Check the permissions of the data directory.",
                cause);
    }
}
