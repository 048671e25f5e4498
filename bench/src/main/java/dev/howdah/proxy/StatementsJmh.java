package dev.howdah.proxy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The maps behind prepared statements: a client's name to its statement, a statement to its copy on a server, a text to its statement. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StatementsJmh {
    /** How many the client has. */
    @Param({"1", "200"})
    int statements;

    private final StatementBook book = new StatementBook(42);
    private final ClientStatements names = new ClientStatements(book);
    private final ServerCopies copies = new ServerCopies();
    private ByteBuffer[] messages = new ByteBuffer[0];
    private ByteBuffer[] bodies = new ByteBuffer[0];
    private int next;

    @Setup
    public void prepare() {
        messages = new ByteBuffer[statements];
        bodies = new ByteBuffer[statements];
        for (var i = 0; i < statements; i++) {
            messages[i] = direct("S_" + i);
            bodies[i] = direct("SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND bid = " + i + "\0\0\0");
            var statement = book.use(bodies[i], 0, bodies[i].limit(), 0);
            names.set(names.name(messages[i], 0, messages[i].limit()), statement);
            copies.present(copies.of(statement), true);
        }
    }

    private static ByteBuffer direct(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private int turn() {
        next = next + 1 == statements ? 0 : next + 1;
        return next;
    }

    /** What a Bind asks for. */
    @Benchmark
    public Object bind() {
        var message = messages[turn()];
        var named = Objects.requireNonNull(names.find(message, 0, message.limit()));
        var copy = copies.of(Objects.requireNonNull(named.statement()));
        copies.touch(copy);
        return copy;
    }

    /** What a Parse of a text that is known asks for. */
    @Benchmark
    public Object parseAgain() {
        var body = bodies[turn()];
        var statement = book.use(body, 0, body.limit(), 0);
        book.release(statement);
        return statement;
    }
}
