package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One Query of the proxy's own on a server connection that owes nothing. It is the connection's handler from its beginning to its outcome, in
 * which whoever began it takes the connection back.
 */
final class Exchange implements ConnectionHandler {
    /** More of a row, or more rows, are no answer to anything the proxy asks. */
    private static final int MESSAGE_BYTES_MAX = 1 << 20;

    private static final int ROWS_MAX = 1_000;
    private static final int REPORTS_MAX = 100;

    private final Outcome outcome;
    private final MessageAssembler messages = new MessageAssembler(MESSAGE_BYTES_MAX);
    private final List<List<Optional<String>>> rows = new ArrayList<>();
    private final Map<String, String> reported = new HashMap<>();
    private final WireWriter notifications = new WireWriter();
    private final EventLoop.Timer limit;
    private Optional<Diagnostic> error = Optional.empty();
    private boolean over;

    /** What came of it; exactly one is called, unless it is abandoned. */
    interface Outcome {
        void answered(Answer answer);

        /** The connection is gone, did not answer in time, or says more than it was asked. It is good for nothing but being closed. */
        void lost();
    }

    /**
     * What a server has answered.
     *
     * @param rows of all statements together, each value one character per byte as in {@link SqlText}
     * @param reported settings that have changed
     * @param error what made the server skip the rest of the text
     * @param status of the transaction
     * @param notifications that came in between, as the messages they came in
     */
    record Answer(
            List<List<Optional<String>>> rows,
            Map<String, String> reported,
            Optional<Diagnostic> error,
            byte status,
            ByteBuffer notifications) {}

    private Exchange(EventLoop loop, Duration limit, Outcome outcome) {
        this.outcome = outcome;
        this.limit = loop.after(limit, this::lose);
    }

    /** @param sql see {@link SqlText} */
    static Exchange begin(EventLoop loop, Connection connection, String sql, Duration limit, Outcome outcome) {
        var exchange = new Exchange(loop, limit, outcome);
        connection.handler(exchange);
        connection.resumeReading();
        connection.send(OrdinaryRules.queryMessage(sql));
        return exchange;
    }

    /** Nobody wants the outcome any more; the connection is to be closed. */
    void abandon() {
        over = true;
        limit.cancel();
    }

    @Override
    public void received(ByteBuffer bytes) {
        messages.add(bytes);
        bytes.position(bytes.limit());
        try {
            for (var next = messages.next(); !over && next.isPresent(); next = over ? next : messages.next()) {
                read(next.get());
            }
        } catch (PlatformException | FrameCursor.MalformedStreamException _) {
            lose();
        }
    }

    private void read(MessageAssembler.Message message) {
        switch (message.tag()) {
            case 'D' -> row((DataRow) BackendCodec.decode(message.tag(), message.body()));
            case 'S' -> report((ParameterStatus) BackendCodec.decode(message.tag(), message.body()));
            case 'E' ->
                error = Optional.of(((ErrorResponse) BackendCodec.decode(message.tag(), message.body())).diagnostic());
            case 'A' -> {
                var mark = notifications.begin('A');
                notifications.bytes(ByteString.of(message.body()));
                notifications.end(mark);
            }
            case 'Z' -> ready(message.body().get());
            default -> {
                // Descriptions, tags and notices say nothing that is asked for.
            }
        }
    }

    private void row(DataRow row) {
        if (rows.size() >= ROWS_MAX) {
            lose();
            return;
        }
        rows.add(row.values().stream()
                .map(value -> value.map(bytes -> SqlText.decode(bytes.toByteBuffer())))
                .toList());
    }

    private void report(ParameterStatus status) {
        if (reported.size() < REPORTS_MAX) {
            reported.put(status.name(), status.value());
        }
    }

    private void ready(byte status) {
        if (messages.rest().hasRemaining()) {
            lose(); // it was not asked anything else, so it says that it is about to end
            return;
        }
        over = true;
        limit.cancel();
        outcome.answered(new Answer(rows, reported, error, status, notifications.toByteBuffer()));
    }

    private void lose() {
        if (!over) {
            over = true;
            limit.cancel();
            outcome.lost();
        }
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> failure) {
        lose();
    }
}
