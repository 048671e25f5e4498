package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.io.Pieces;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage;
import dev.howdah.wire.InitialMessage.CancelRequest;
import dev.howdah.wire.InitialMessage.GssEncRequest;
import dev.howdah.wire.InitialMessage.SslRequest;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.InitialMessage.UnsupportedProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A client's first messages, in clear or under TLS: the wish for encryption, a cancel, or the startup message. The first byte of a connection
 * tells a TLS handshake (0x16) from the length of a message, whose first byte is 0.
 */
final class Opening implements Stage {
    private static final byte TLS_HANDSHAKE = 0x16;
    private static final int LENGTH_BYTES = 4;
    private static final int SHORTEST = 8;

    private final ClientSession session;
    private ByteBuffer waiting = ByteBuffer.allocate(0);
    private boolean asked;
    private boolean askedForGss;
    private boolean done;

    Opening(ClientSession session) {
        this.session = session;
    }

    @Override
    public void received(ByteBuffer bytes) {
        if (done) {
            bytes.position(bytes.limit());
            return;
        }
        waiting = Pieces.join(waiting, bytes);
        while (!done && readOne()) {
            // Some clients ask for GSSAPI encryption before they ask for TLS.
        }
    }

    /** False when there is nothing more to read for now. */
    private boolean readOne() {
        if (!asked
                && !session.encrypted()
                && waiting.hasRemaining()
                && waiting.get(waiting.position()) == TLS_HANDSHAKE) {
            beginTls(true);
            return false;
        }
        if (waiting.remaining() < LENGTH_BYTES) {
            return false;
        }
        var length = waiting.getInt(waiting.position());
        if (length < SHORTEST) {
            return refuse(ProxyErrors.startupTooShort(length));
        }
        if (length > session.shared().config().startupBytesMax()) {
            return refuse(
                    ProxyErrors.startupTooLong(length, session.shared().config().startupBytesMax()));
        }
        if (waiting.remaining() < length) {
            return false;
        }
        var packet = waiting.slice(waiting.position() + LENGTH_BYTES, length - LENGTH_BYTES);
        waiting.position(waiting.position() + length);
        try {
            handle(InitialCodec.decode(packet));
        } catch (PlatformException e) {
            return refuse(e);
        }
        return true;
    }

    private void handle(InitialMessage message) {
        switch (message) {
            case SslRequest _ -> sslRequested();
            case GssEncRequest _ -> {
                requireFirst();
                if (askedForGss) {
                    throw ClientSession.violation("GSSAPI encryption requested twice");
                }
                askedForGss = true;
                session.connection().send(ByteBuffer.wrap(new byte[] {'N'}));
            }
            case CancelRequest cancel -> {
                done = true;
                session.shared().counters().cancels.increment();
                session.shared()
                        .sessions()
                        .find(cancel.processId(), cancel.key())
                        .ifPresent(LiveSession::cancel);
                session.finish();
            }
            case UnsupportedProtocol unsupported ->
                throw new PlatformException(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "unsupported frontend protocol %s: server supports 3.0 to 3.2".formatted(unsupported.version()),
                        "Use a driver that speaks protocol 3, which is PostgreSQL's since 7.4.");
            case StartupMessage startup -> startup(startup);
        }
    }

    private void sslRequested() {
        requireFirst();
        if (waiting.hasRemaining()) {
            done = true;
            session.clearTextBeforeTls();
            return;
        }
        asked = true;
        session.connection().send(ByteBuffer.wrap(new byte[] {'S'}));
        beginTls(false);
    }

    private void requireFirst() {
        if (session.encrypted()) {
            throw ClientSession.violation("encryption requested on a connection that is encrypted already");
        }
    }

    private void beginTls(boolean direct) {
        done = true;
        session.beginTls(waiting, direct);
    }

    private void startup(StartupMessage startup) {
        done = true;
        session.user(startup.parameter("user").orElse(""));
        if (!session.encrypted() && tlsRequired()) {
            throw ProxyErrors.tlsRequired();
        }
        session.refusal().ifPresent(refusal -> {
            throw refusal;
        });
        var login = new Login(session, startup);
        session.enter(login);
        login.begin();
        if (waiting.hasRemaining()) {
            login.received(waiting);
        }
    }

    private boolean tlsRequired() {
        var config = session.shared().config();
        return !config.plainForBenchmarks() && !config.openForBenchmarks();
    }

    private boolean refuse(PlatformException error) {
        done = true;
        session.refuse(error);
        return false;
    }

    @Override
    public void ended(Optional<IOException> failure) {
        if (done && !session.encrypted()) {
            failure.ifPresent(session::handshakeFailed);
            session.close();
            return;
        }
        if (failure.isEmpty() && waiting.remaining() >= LENGTH_BYTES) {
            session.refuse(ProxyErrors.startupIncomplete(waiting.getInt(waiting.position()), waiting.remaining()));
            return;
        }
        session.close();
    }

    @Override
    public void terminate(PlatformException reason) {
        session.refuse(reason);
    }
}
