package dev.howdah.proxy;

import dev.howdah.base.Sql;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.Diagnostic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Consumer;

/** The server connection that listens: what it is told, one statement per round, and what it hears. */
final class ListenerLink implements ConnectionHandler {
    /** Notifications have 8 kB at most; errors may quote a little. */
    private static final int MESSAGE_BYTES_MAX = 1 << 16;
    /** Nothing at all: its answer comes behind every notification of what was committed before it was sent. */
    private static final String BARRIER = "";

    private final ServerLink link;
    private final Owner owner;
    private final MessageAssembler messages = new MessageAssembler(MESSAGE_BYTES_MAX);
    private final ArrayDeque<Consumer<Optional<Diagnostic>>> rounds = new ArrayDeque<>();
    private Optional<Diagnostic> error = Optional.empty();
    private boolean over;

    /** Who has it. */
    interface Owner {
        void notified(Notification notification);

        /** The connection is gone; what was under way is not answered any more. */
        void lost(String reason);
    }

    ListenerLink(ServerLink link, Owner owner) {
        this.link = link;
        this.owner = owner;
    }

    void begin() {
        link.connection().handler(this);
        link.connection().resumeReading();
        if (link.rest().hasRemaining()) {
            received(link.rest());
        }
    }

    ServerLink link() {
        return link;
    }

    /** @param then once the server listens, or with what it has against it */
    void listen(String channel, Consumer<Optional<Diagnostic>> then) {
        send("LISTEN " + Sql.identifier(channel), then);
    }

    void unlisten(String channel) {
        send("UNLISTEN " + Sql.identifier(channel), _ -> {});
    }

    /** @param then once everything has been told that was committed before */
    void settle(Runnable then) {
        send(BARRIER, _ -> then.run());
    }

    private void send(String sql, Consumer<Optional<Diagnostic>> then) {
        rounds.addLast(then);
        link.connection().send(OrdinaryRules.queryMessage(sql));
    }

    /** What it hears from now on is nobody's; whoever has the link ends its session. */
    void leave() {
        over = true;
    }

    private void close() {
        over = true;
        link.connection().close();
    }

    @Override
    public void received(ByteBuffer bytes) {
        messages.add(bytes);
        try {
            for (var next = messages.next(); !over && next.isPresent(); next = messages.next()) {
                read(next.get());
            }
        } catch (FrameCursor.MalformedStreamException e) {
            lost(String.valueOf(e.getMessage()));
        }
    }

    private void read(MessageAssembler.Message message) {
        switch (message.tag()) {
            case 'A' -> owner.notified(Notification.of(message.body()));
            case 'E' -> error(((ErrorResponse) BackendCodec.decode(message.tag(), message.body())).diagnostic());
            case 'Z' -> {
                var said = error;
                error = Optional.empty();
                var round = rounds.pollFirst();
                if (round != null) {
                    round.accept(said);
                }
            }
            default -> {
                // Tags, settings and notices are nobody's.
            }
        }
    }

    private void error(Diagnostic said) {
        switch (said.severity()) {
            case "FATAL", "PANIC" -> lost(said.message());
            default -> error = Optional.of(said);
        }
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> failure) {
        lost("the server closed the connection");
    }

    private void lost(String reason) {
        if (!over) {
            close();
            owner.lost(reason);
        }
    }
}
