package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.Member;
import dev.howdah.proxy.io.Connection;
import dev.howdah.proxy.io.ConnectionHandler;
import dev.howdah.proxy.io.IoEngine;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One attempt to log in to one server, up to its first ReadyForQuery. The server trusts us by {@code peer}, so it asks for nothing. */
final class ServerLogin implements ConnectionHandler {
    /** Settings are short, but some servers report many. */
    private static final int MESSAGE_BYTES_MAX = 1 << 16;

    /** What came of it; exactly one is called. */
    interface Outcome {
        void loggedIn(ServerLink link);

        /** The server does not take connections now; another attempt may be better. */
        void unavailable(String reason);

        /** The server has something against this client: its own words, to be passed on. */
        void rejected(Diagnostic error);
    }

    private final Member member;
    private final ServerAddress.UnixSocket address;
    private final Outcome outcome;
    private final MessageAssembler messages = new MessageAssembler(MESSAGE_BYTES_MAX);
    private final WireWriter greeting = new WireWriter();
    private final Map<String, String> parameters = new HashMap<>();

    private @Nullable Connection connection;
    private Optional<BackendKeyData> key = Optional.empty();
    private boolean done;

    ServerLogin(Member member, ServerAddress.UnixSocket address, Outcome outcome) {
        this.member = member;
        this.address = address;
        this.outcome = outcome;
    }

    /** The outcome may be told before this returns. */
    void begin(IoEngine engine, StartupMessage startup) {
        try {
            var opened = engine.connect(address, this);
            connection = opened;
            opened.send(InitialCodec.encode(startup));
        } catch (IOException e) {
            unavailable(String.valueOf(e.getMessage()));
        }
    }

    void abandon() {
        done = true;
        if (connection != null) {
            connection.close();
        }
    }

    @Override
    public void received(ByteBuffer bytes) {
        messages.add(bytes);
        try {
            for (var next = messages.next(); !done && next.isPresent(); next = done ? next : messages.next()) {
                read(next.get());
            }
        } catch (PlatformException | FrameCursor.MalformedStreamException e) {
            unavailable("the server's answer cannot be read: " + e.getMessage());
        }
    }

    private void read(MessageAssembler.Message message) {
        switch (message.tag()) {
            case 'R' -> requireTrust(message.body());
            case 'K' -> key = Optional.of((BackendKeyData) BackendCodec.decode(message.tag(), message.body()));
            case 'S' -> {
                var status = (ParameterStatus)
                        BackendCodec.decode(message.tag(), message.body().duplicate());
                parameters.put(status.name(), status.value());
                keep(message);
            }
            case 'N' -> keep(message);
            case 'E' -> rejected(((ErrorResponse) BackendCodec.decode(message.tag(), message.body())).diagnostic());
            case 'Z' -> loggedIn();
            default -> {
                // NegotiateProtocolVersion of an older server: what differs is the cancel key, and clients have ours.
            }
        }
    }

    private void requireTrust(ByteBuffer body) {
        if (body.getInt() != 0) {
            unavailable("the server asks the proxy for a password; its pg_hba.conf is not the platform's");
        }
    }

    private void keep(MessageAssembler.Message message) {
        var mark = greeting.begin((char) message.tag());
        greeting.bytes(ByteString.of(message.body()));
        greeting.end(mark);
    }

    private void loggedIn() {
        var opened = connection;
        if (opened == null || key.isEmpty()) {
            unavailable("the server gave no key");
            return;
        }
        done = true;
        outcome.loggedIn(new ServerLink(
                opened,
                member.id(),
                address,
                key.get().processId(),
                key.get().key(),
                Map.copyOf(parameters),
                greeting.toByteBuffer(),
                messages.rest()));
    }

    /** Errors of class 57P say that the server starts, stops or recovers; every other one is about this login. */
    private void rejected(Diagnostic error) {
        if (error.code().startsWith("57P")) {
            unavailable(error.message());
            return;
        }
        abandon();
        outcome.rejected(error);
    }

    private void unavailable(String reason) {
        if (!done) {
            abandon();
            outcome.unavailable(reason);
        }
    }

    @Override
    public void drained() {}

    @Override
    public void ended(Optional<IOException> failure) {
        unavailable("the server closed the connection");
    }
}
