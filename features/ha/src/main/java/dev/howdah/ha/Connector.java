package dev.howdah.ha;

import dev.howdah.base.ServerAddress;
import dev.howdah.postgres.ServerJdbc;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Connects to one server without ever hanging: a frozen server accepts a connection and then says nothing. At most one attempt is under way,
 * however often one asks. For one thread.
 */
final class Connector implements AutoCloseable {
    static final String ADMIN = "howdah_admin";
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final ServerAddress address;
    private Optional<CompletableFuture<Connection>> underWay = Optional.empty();

    Connector(ServerAddress address) {
        this.address = address;
    }

    ServerSession open() throws SQLException, InterruptedException {
        var attempt = underWay.orElseGet(this::begin);
        underWay = Optional.of(attempt);
        try {
            var connection = attempt.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            underWay = Optional.empty();
            return new ServerSession(connection);
        } catch (TimeoutException e) {
            throw new SQLException("the server does not answer", e);
        } catch (ExecutionException e) {
            underWay = Optional.empty();
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e.getCause());
        }
    }

    // A thread of the system: reading from a socket in native code would hold a virtual thread's carrier.
    private CompletableFuture<Connection> begin() {
        var attempt = new CompletableFuture<Connection>();
        Thread.ofPlatform().daemon().name("connect").start(() -> {
            try {
                attempt.complete(ServerJdbc.connect(address, ADMIN, "postgres"));
            } catch (SQLException | RuntimeException e) {
                attempt.completeExceptionally(e);
            }
        });
        return attempt;
    }

    /** A connection that still comes about is closed at once. */
    @Override
    public void close() {
        if (underWay.isPresent()) {
            var _ = underWay.get().thenAccept(connection -> new ServerSession(connection).close());
        }
        underWay = Optional.empty();
    }
}
