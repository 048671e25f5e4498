package dev.howdah.ha;

import dev.howdah.base.PlatformException;
import dev.howdah.postgres.PostgresServer;
import dev.howdah.postgres.ServerConfig;
import dev.howdah.postgres.StopMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** The server process of one member, whoever started it. For one thread. */
final class MemberServer {
    private static final Duration STOP_STEP = Duration.ofSeconds(10);

    private final NodeAgentConfig node;
    private final ServerConfig config;
    private final Runnable onExit;
    private Optional<PostgresServer> server = Optional.empty();

    MemberServer(NodeAgentConfig node, ServerConfig config, Runnable onExit) {
        this.node = node;
        this.config = config;
        this.onExit = onExit;
    }

    boolean alive() {
        return server.filter(PostgresServer::alive).isPresent();
    }

    Optional<PostgresServer> process() {
        return server;
    }

    /** Takes over a server that runs in the directory already; true when there is one that was not known. */
    boolean adopt() {
        if (server.isPresent()) {
            return false;
        }
        know(PostgresServer.adopt(node.binaries(), node.account(), config));
        return server.isPresent();
    }

    /** That it runs an older program than the one it would be started with. */
    Optional<Outdated> outdated(Instant since) {
        return server.filter(PostgresServer::alive)
                .flatMap(process ->
                        Outdated.of(process.version(), node.binaries().version(), since));
    }

    void launch() {
        know(Optional.of(PostgresServer.launch(node.binaries(), node.account(), config)));
    }

    private void know(Optional<PostgresServer> found) {
        server = found;
        if (found.isPresent()) {
            var _ = found.get().exited().thenRun(onExit);
        }
    }

    /** How a server that was not told to stop has ended; empty while none has. It is told once. */
    Optional<String> takeUnexpectedEnd(boolean hadAnswered) throws InterruptedException {
        if (server.isEmpty() || server.get().alive()) {
            return Optional.empty();
        }
        var ended = server.get();
        server = Optional.empty();
        return Optional.of(hadAnswered ? howItEnded(ended) : whyItDidNotStart(ended));
    }

    private String howItEnded(PostgresServer ended) {
        var status = ended.exited().getNow(OptionalInt.empty());
        var how = status.isPresent() ? "with exit status " + status.getAsInt() : "by itself";
        return "the server ended %s, its log is in %s".formatted(how, config.logDirectory());
    }

    // The wait for a server that has ended already only asks for its last words.
    private String whyItDidNotStart(PostgresServer ended) throws InterruptedException {
        try {
            ended.awaitReady(Duration.ZERO);
            return howItEnded(ended);
        } catch (PlatformException e) {
            return e.message().replaceAll("\\s*\\R\\s*", ": ");
        }
    }

    /** Stops it if it runs; when this returns, none does. */
    void stop(StopMode mode, Duration patience) throws InterruptedException {
        if (server.isPresent()) {
            var process = server.get();
            if (!process.stop(mode, patience) && !process.stop(StopMode.IMMEDIATE, STOP_STEP)) {
                process.stopEscalating(STOP_STEP);
            }
            server = Optional.empty();
        }
    }

    ServerConfig config() {
        return config;
    }
}
