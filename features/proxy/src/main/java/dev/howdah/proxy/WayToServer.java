package dev.howdah.proxy;

import java.nio.ByteBuffer;

/** The way of one pooled client's messages to the server it has, through its loop's {@link Outbox}. */
final class WayToServer implements StatementCarrier.Sink {
    private final Loan loan;
    private final Outbox outbox;
    private final Relay relay;
    private ServerRecord server;

    /** Whose client it is. */
    interface Relay {
        /** Has everything sent that the client has sent before the message in hand. */
        void cut();

        /** What the client executes next may notify. */
        void notifies();

        /** Shows the message in hand again when there are answers. */
        void hold();
    }

    WayToServer(Loan loan, Outbox outbox, ServerRecord none, Relay relay) {
        this.loan = loan;
        this.outbox = outbox;
        this.server = none;
        this.relay = relay;
    }

    void server(ServerRecord next) {
        server = next;
    }

    @Override
    public ByteBuffer room(int length) {
        relay.cut();
        return outbox.room(loan.connection(), length);
    }

    @Override
    public void written(ByteBuffer room, int from) {
        server.repeat.keep(room, from, room.position());
    }

    @Override
    public void pass(ByteBuffer bytes, int from, int to) {
        relay.cut();
        if (loan.server() == null) {
            return; // the rest of a message whose server has been lost
        }
        server.repeat.keep(bytes, from, to);
        outbox.pass(loan.connection(), bytes, from, to);
    }

    @Override
    public void put(byte[] bytes) {
        relay.cut();
        server.repeat.keep(bytes);
        outbox.put(loan.connection(), bytes);
    }

    /** Something of the proxy's own, in front of all that the client sends. */
    void own(ByteBuffer message) {
        outbox.put(loan.connection(), message);
    }

    @Override
    public void notifies() {
        relay.notifies();
    }

    @Override
    public void hold() {
        relay.hold();
    }
}
