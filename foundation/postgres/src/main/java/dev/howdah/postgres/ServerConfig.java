package dev.howdah.postgres;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.ServerAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What is particular about one server. Everything else is {@link ServerParameters}.
 *
 * @param dataDirectory PGDATA
 * @param socketDirectory where its Unix socket lies; see {@link SocketDirectory}
 * @param port only the number in the socket's name
 * @param logDirectory for the JSON log files and {@code startup.log}
 * @param clusterName shown in process titles, and the default application_name of a standby
 * @param parameters win over the defaults; unknown to this major version = left out
 * @param agentUsers operating-system users who may log in as {@code howdah_admin} and {@code howdah_replicator}
 * @param proxyUsers operating-system users who may log in as every other role
 */
public record ServerConfig(
        Path dataDirectory,
        Path socketDirectory,
        int port,
        Path logDirectory,
        String clusterName,
        Map<String, String> parameters,
        Set<String> agentUsers,
        Set<String> proxyUsers) {
    /** Longest path of a Unix socket that every kernel takes, less the name of the socket. */
    static final int SOCKET_DIRECTORY_BYTES_MAX = 107 - "/.s.PGSQL.65535".length();

    private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.@-]{0,63}\\$?");

    public ServerConfig {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        socketDirectory = socketDirectory.toAbsolutePath().normalize();
        logDirectory = logDirectory.toAbsolutePath().normalize();
        parameters = Map.copyOf(parameters);
        agentUsers = Set.copyOf(agentUsers);
        proxyUsers = Set.copyOf(proxyUsers);
        require(port > 0 && port < 65536, "a port is 1 to 65535, was " + port);
        var socketBytes = socketDirectory.toString().getBytes(StandardCharsets.UTF_8).length;
        require(
                socketBytes <= SOCKET_DIRECTORY_BYTES_MAX,
                "the socket directory %s is longer than %d bytes"
                        .formatted(socketDirectory, SOCKET_DIRECTORY_BYTES_MAX));
        agentUsers.forEach(ServerConfig::requireUser);
        proxyUsers.forEach(ServerConfig::requireUser);
        ServerParameters.requireAllowed(parameters);
    }

    /** With one more parameter, or another value for it. */
    public ServerConfig withParameter(String name, String value) {
        var more = new TreeMap<>(parameters);
        more.put(name, value);
        return withParameters(more);
    }

    /** With these parameters instead. */
    public ServerConfig withParameters(Map<String, String> others) {
        return new ServerConfig(
                dataDirectory, socketDirectory, port, logDirectory, clusterName, others, agentUsers, proxyUsers);
    }

    public ServerAddress.UnixSocket address() {
        return new ServerAddress.UnixSocket(socketDirectory, port);
    }

    // The maps hold exact names: a name that begins with a slash would be a regular expression.
    private static void requireUser(String name) {
        require(USER.matcher(name).matches(), "not the name of an operating-system user: \"%s\"".formatted(name));
    }
}
