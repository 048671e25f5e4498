package dev.howdah.proxy;

import dev.howdah.base.ServerAddress;
import dev.howdah.base.Sql;
import dev.howdah.client.Rows;
import dev.howdah.client.ServerConnection;
import dev.howdah.client.ServerException;
import dev.howdah.coordination.Member;
import dev.howdah.wire.ScramVerifier;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the servers of one branch, over one connection to each that stays open. Thread-safe; one question at a time. */
final class BranchLogins {
    private static final Logger log = LoggerFactory.getLogger(BranchLogins.class);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);
    private static final Map<String, String> STARTUP = Map.of(
            "user", "howdah_proxy",
            "database", "howdah_platform",
            "application_name", "howdah login",
            "client_encoding", "UTF8");
    private static final String QUESTION =
            """
            SELECT oid, can_login, extract(epoch FROM valid_until) AS valid_until, verifier, replication, connection_limit, physical,
                   coalesce((to_jsonb(role) ->> 'monitors')::boolean, false) AS monitors,
                   coalesce((to_jsonb(role) ->> 'signals')::boolean, false) AS signals
            FROM howdah.login_role(%s) AS role
            """; // a branch that an older program has prepared does not tell the last two yet

    /** A server's answer; empty inside when it knows no such role. */
    record Answer(Optional<LoginEntry> entry) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ServerAddress, ServerConnection> connections = new HashMap<>();
    private final Set<ServerAddress> silent = new HashSet<>();
    private boolean closed;
    private long second;
    private int unknownAsked;

    /** The first answer that one of the servers gives, in their order; empty when none does. */
    Optional<Answer> find(String role, List<Member> servers) {
        lock.lock();
        try {
            keepOnly(servers);
            for (var server : servers) {
                var answer = closed ? Optional.<Answer>empty() : ask(role, server);
                if (answer.isPresent()) {
                    return answer;
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Counts the question. */
    synchronized boolean mayAskForUnknown(Instant now) {
        if (now.getEpochSecond() != second) {
            second = now.getEpochSecond();
            unknownAsked = 0;
        }
        if (unknownAsked >= LoginDirectory.UNKNOWN_NAMES_PER_SECOND_MAX) {
            return false;
        }
        unknownAsked++;
        return true;
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            keepOnly(List.of());
        } finally {
            lock.unlock();
        }
    }

    private Optional<Answer> ask(String role, Member server) {
        var open = connections.get(server.address());
        if (open != null) {
            try {
                return Optional.of(read(open.query(QUESTION.formatted(Sql.literal(role)))));
            } catch (IOException | ServerException e) {
                drop(server.address()); // most likely the server was restarted since: once more with a new connection
            }
        }
        return askAnew(role, server);
    }

    private Optional<Answer> askAnew(String role, Member server) {
        try {
            var fresh = ServerConnection.connect(server.address(), STARTUP, ANSWER_TIMEOUT);
            connections.put(server.address(), fresh);
            var answer = read(fresh.query(QUESTION.formatted(Sql.literal(role))));
            silent.remove(server.address());
            return Optional.of(answer);
        } catch (IOException | ServerException e) {
            drop(server.address());
            if (silent.add(server.address())) { // once, not for every login that is tried meanwhile
                log.warn("{} does not answer login lookups: {}", server.id(), e.getMessage());
            }
            return Optional.empty();
        }
    }

    private static Answer read(Rows rows) {
        if (rows.isEmpty()) {
            return new Answer(Optional.empty());
        }
        return new Answer(Optional.of(new LoginEntry(
                Long.parseLong(rows.first("oid")),
                isTrue(rows, "can_login"),
                rows.value(0, "valid_until").flatMap(BranchLogins::instant),
                rows.value(0, "verifier").flatMap(ScramVerifier::parse),
                isTrue(rows, "replication"),
                Integer.parseInt(rows.first("connection_limit")),
                isTrue(rows, "physical"),
                isTrue(rows, "monitors"),
                isTrue(rows, "signals"))));
    }

    private static boolean isTrue(Rows rows, String column) {
        return rows.first(column).equals("t");
    }

    /** {@code infinity} is no limit. */
    private static Optional<Instant> instant(String epochSeconds) {
        return switch (epochSeconds) {
            case "Infinity" -> Optional.empty();
            case "-Infinity" -> Optional.of(Instant.EPOCH);
            default ->
                Optional.of(Instant.ofEpochSecond(new BigDecimal(epochSeconds)
                        .setScale(0, RoundingMode.FLOOR)
                        .longValueExact()));
        };
    }

    private void keepOnly(List<Member> servers) {
        var wanted = servers.stream().map(Member::address).toList();
        silent.retainAll(wanted);
        for (var address : List.copyOf(connections.keySet())) {
            if (!wanted.contains(address)) {
                drop(address);
            }
        }
    }

    private void drop(ServerAddress address) {
        closeQuietly(connections.remove(address));
    }

    private static void closeQuietly(@Nullable ServerConnection connection) {
        if (connection == null) {
            return;
        }
        try {
            connection.close();
        } catch (IOException e) {
            log.debug("a lookup connection did not close: {}", e.getMessage());
        }
    }
}
