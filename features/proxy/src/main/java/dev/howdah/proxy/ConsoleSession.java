package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.console.Console;
import dev.howdah.proxy.console.ConsoleProtocol;
import dev.howdah.proxy.io.Connection;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.FrontendCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A client of the virtual database {@code howdah}: it has no server and shares no pool, it looks at the pools of its own branch and steers them,
 * on whose home loop it lives, so that nothing it asks for is on another loop.
 * Another message is acted on when the answer to the one before is sent and the client has taken it.
 */
final class ConsoleSession implements Stage {
    /** On the pooled endpoint a database of this name cannot be reached; on the direct one it is like any other. */
    static final String DATABASE = "howdah";

    /** Commands are short. */
    private static final int MESSAGE_BYTES_MAX = 64 * 1024;

    private final ClientSession session;
    private final Connection client;
    private final MessageAssembler messages = new MessageAssembler(MESSAGE_BYTES_MAX);
    private final ConsoleProtocol protocol;
    private final Console console;
    private boolean paused;
    private boolean reading;

    private ConsoleSession(ClientSession session, Console console, ByteBuffer early) {
        this.session = session;
        this.client = session.connection();
        this.console = console;
        this.protocol = new ConsoleProtocol(console, new ProtocolClient());
        messages.add(early);
    }

    /**
     * @param role may monitor
     * @param early what the client has sent since it logged in
     */
    static ConsoleSession of(ClientSession session, LoginEntry role, ByteBuffer early) {
        var live = session.live();
        var operator = new Console.Operator(
                live.branch, live.role, live.processId, live.snapshot().applicationName(), role.signals());
        var pooler = new LoopPooler(session.shared(), session.context().loops());
        return new ConsoleSession(
                session,
                new Console(operator, pooler, name -> live.follow(PooledSettings.APPLICATION_NAME, name)),
                early);
    }

    /** The refusal of a role that may not even look. */
    static PlatformException refusal(String role) {
        return new PlatformException(
                SqlState.INSUFFICIENT_PRIVILEGE,
                "permission denied for database \"%s\": role \"%s\" may not look at the pools"
                        .formatted(DATABASE, role),
                "GRANT pg_monitor TO the role; to steer the pools as well, also pg_signal_backend.");
    }

    void begin() {
        session.enter(this);
        client.send(
                Replies.settings(console.reported(), session.live().snapshot().applicationName()));
        client.send(Replies.welcome(session.live()));
        session.live().state(SessionSnapshot.State.IDLE);
        readMessages();
    }

    @Override
    public void received(ByteBuffer bytes) {
        messages.add(bytes);
        readMessages();
    }

    /** Not from inside itself: an answer may come before the message that asked for it is done with. */
    private void readMessages() {
        if (reading) {
            return;
        }
        reading = true;
        try {
            while (!session.ended() && mayRead()) {
                var next = messages.next();
                if (next.isEmpty()) {
                    break;
                }
                protocol.receive(
                        FrontendCodec.decode(next.get().tag(), next.get().body()));
            }
        } catch (PlatformException e) {
            terminate(e);
        } catch (FrameCursor.MalformedStreamException _) {
            terminate(ClientSession.violation("invalid message length"));
        } finally {
            reading = false;
        }
        if (!session.ended()) {
            session.live().state(protocol.busy() ? SessionSnapshot.State.ACTIVE : SessionSnapshot.State.IDLE);
            holdOrRelease();
        }
    }

    private boolean mayRead() {
        return !protocol.busy() && client.unsent() <= DirectRelay.UNSENT_BYTES_MAX;
    }

    /** While a command waits reading goes on, or nobody would see that the client has gone; but not without end. */
    private void holdOrRelease() {
        var hold = client.unsent() > DirectRelay.UNSENT_BYTES_MAX
                || messages.rest().remaining() > MESSAGE_BYTES_MAX;
        if (hold != paused) {
            paused = hold;
            if (hold) {
                client.pauseReading();
            } else {
                client.resumeReading();
            }
        }
    }

    @Override
    public void drained() {
        readMessages();
    }

    /** A PAUSE that was asked for goes on, as in PgBouncer; only its answer is not wanted any more. */
    @Override
    public void ended(Optional<IOException> failure) {
        session.close();
    }

    @Override
    public void cancel() {
        protocol.cancel();
    }

    @Override
    public void terminate(PlatformException reason) {
        client.send(Replies.fatal(reason));
        session.finish();
    }

    @Override
    public void warn(PlatformException warning) {
        client.send(Replies.warning(warning));
    }

    private final class ProtocolClient implements ConsoleProtocol.Client {
        @Override
        public void send(List<BackendMessage> answer) {
            if (!session.ended()) {
                client.send(Replies.of(answer.toArray(BackendMessage[]::new)));
            }
        }

        @Override
        public void resume() {
            if (!session.ended()) {
                readMessages();
            }
        }

        @Override
        public void leave(Optional<PlatformException> reason) {
            if (session.ended()) {
                return;
            }
            reason.ifPresentOrElse(ConsoleSession.this::terminate, session::close);
        }
    }
}
