package dev.howdah.proxy;

import dev.howdah.base.InstanceId;
import dev.howdah.coordination.Member;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.proxy.io.IoEngines;
import dev.howdah.testkit.TestPostgres;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A server connection on a loop of its own, as the pool opens one, asked by {@link Exchange}s only. */
final class TestServerSession implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);

    final EventLoop loop;
    final ServerLink link;

    private TestServerSession(EventLoop loop, ServerLink link) {
        this.loop = loop;
        this.link = link;
    }

    static TestServerSession open(TestPostgres postgres, String user, String... parameters) throws Exception {
        var all = new TreeMap<>(Map.of("user", user, "database", "postgres", "client_encoding", "UTF8"));
        for (var i = 0; i < parameters.length; i += 2) {
            all.put(parameters[i], parameters[i + 1]);
        }
        var loop = new EventLoop("test", Runnable::run, IoEngines.choose(IoEngineChoice.AUTO));
        loop.start();
        var link = new CompletableFuture<ServerLink>();
        var address = postgres.address();
        var member = new Member(new InstanceId(TestProxy.BRANCH, 1), "zone", address);
        loop.execute(() -> new ServerLogin(member, address, new ServerLogin.Outcome() {
                    @Override
                    public void loggedIn(ServerLink opened) {
                        link.complete(opened);
                    }

                    @Override
                    public void unavailable(String reason) {
                        link.completeExceptionally(new IOException(reason));
                    }

                    @Override
                    public void rejected(Diagnostic error) {
                        link.completeExceptionally(new IOException(error.message()));
                    }
                })
                .begin(loop.engine(), new StartupMessage(ProtocolVersion.V3_2, all)));
        return new TestServerSession(loop, link.get());
    }

    Exchange.Answer ask(String sql) throws IOException, InterruptedException {
        return ask(sql, LIMIT);
    }

    /** Throws when the connection is lost. */
    Exchange.Answer ask(String sql, Duration limit) throws IOException, InterruptedException {
        var answer = new CompletableFuture<Exchange.Answer>();
        loop.execute(() -> Exchange.begin(loop, link.connection(), sql, limit, new Exchange.Outcome() {
            @Override
            public void answered(Exchange.Answer given) {
                answer.complete(given);
            }

            @Override
            public void lost() {
                answer.completeExceptionally(new IOException("lost"));
            }
        }));
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new IOException("the server connection is lost", e);
        }
    }

    String value(String sql) throws IOException, InterruptedException {
        return ask(sql).rows().getFirst().getFirst().orElse("null");
    }

    @Override
    public void close() {
        loop.close();
    }
}
