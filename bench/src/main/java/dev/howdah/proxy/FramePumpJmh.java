package dev.howdah.proxy;

import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Walking the messages of what pgbench and a server say to each other, with nothing behind it: the least that relaying costs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FramePumpJmh {
    private static final int ROWS = 1_000;

    private final ByteBuffer bind = bindAndExecute();
    private final ByteBuffer answer = answer(1);
    private final ByteBuffer manyRows = answer(ROWS);
    private final Counting streamed = new Counting(FramePump.Take.STREAM);
    private final Counting seen = new Counting(FramePump.Take.WHOLE);
    private final FramePump streaming = new FramePump(streamed);
    private final FramePump seeing = new FramePump(seen);

    /** Treats every message alike and counts what passes. */
    private static final class Counting implements FramePump.Filter {
        private final FramePump.Take take;
        private int bytes;
        private int messages;

        Counting(FramePump.Take take) {
            this.take = take;
        }

        @Override
        public FramePump.Take take(byte tag, int bodyBytes) {
            messages++;
            return take;
        }

        @Override
        public boolean whole(byte tag, ByteBuffer whole, int from, int to) {
            return true;
        }

        @Override
        public void forward(ByteBuffer piece, int from, int to) {
            bytes += to - from;
        }
    }

    private static ByteBuffer bindAndExecute() {
        var buffer = ByteBuffer.allocateDirect(256);
        buffer.put(FrontendCodec.encode(new FrontendMessage.Bind(
                "", "P_0", List.of(), List.of(Optional.of(ByteString.ofUtf8("4711"))), List.of())));
        buffer.put(FrontendCodec.encode(new FrontendMessage.Execute("", 0)));
        buffer.put(FrontendCodec.encode(new FrontendMessage.Sync()));
        return buffer.flip();
    }

    /** BindComplete, rows of one short column, CommandComplete, ReadyForQuery. */
    private static ByteBuffer answer(int rows) {
        var buffer = ByteBuffer.allocateDirect(64 + 16 * rows);
        buffer.put((byte) '2').putInt(4);
        for (var i = 0; i < rows; i++) {
            buffer.put((byte) 'D')
                    .putInt(12)
                    .putShort((short) 1)
                    .putInt(2)
                    .put((byte) '4')
                    .put((byte) '2');
        }
        buffer.put((byte) 'C').putInt(13).put("SELECT 1\0".getBytes(StandardCharsets.US_ASCII));
        buffer.put((byte) 'Z').putInt(5).put((byte) 'I');
        return buffer.flip();
    }

    private static int pump(FramePump pump, Counting counting, ByteBuffer piece) {
        pump.pump(piece.rewind());
        return counting.bytes + counting.messages;
    }

    @Benchmark
    public int clientStreams() {
        return pump(streaming, streamed, bind);
    }

    @Benchmark
    public int clientIsSeen() {
        return pump(seeing, seen, bind);
    }

    @Benchmark
    public int serverStreams() {
        return pump(streaming, streamed, answer);
    }

    /** Per 1,000 rows. */
    @Benchmark
    public int manyRowsStream() {
        return pump(streaming, streamed, manyRows);
    }
}
