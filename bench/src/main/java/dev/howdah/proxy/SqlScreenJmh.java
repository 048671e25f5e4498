package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlScreen;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The first look at a text. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SqlScreenJmh {
    private final ByteBuffer select = direct("SELECT abalance FROM pgbench_accounts WHERE aid = 4711;");
    private final ByteBuffer update =
            direct("UPDATE pgbench_accounts SET abalance = abalance + -1042 WHERE aid = 4711;");
    private final ByteBuffer mapper = direct("""
            SELECT o.id, o.customer_id, o.placed_at, o.total, c.name, c.email, coalesce(sum(l.quantity), 0) AS items
            FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN order_lines l ON l.order_id = o.id
            WHERE o.placed_at >= $1 AND o.placed_at < $2 AND o.state IN ('open', 'paid', 'shipped') AND lower(c.name) LIKE $3
            GROUP BY o.id, o.customer_id, o.placed_at, o.total, c.name, c.email ORDER BY o.placed_at DESC LIMIT 50 OFFSET $4""");
    private final ByteBuffer setting = direct("SET search_path TO tenant_4711, public");

    private static ByteBuffer direct(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static boolean isPlain(ByteBuffer text) {
        return SqlScreen.isPlain(text, 0, text.limit());
    }

    @Benchmark
    public boolean select() {
        return isPlain(select);
    }

    @Benchmark
    public boolean update() {
        return isPlain(update);
    }

    @Benchmark
    public boolean longSelect() {
        return isPlain(mapper);
    }

    @Benchmark
    public boolean setting() {
        return isPlain(setting);
    }
}
