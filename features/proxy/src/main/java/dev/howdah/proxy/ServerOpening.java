package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import org.jspecify.annotations.Nullable;

/** One server connection on its way to a pool: at first perhaps waiting for the room of another that is closed for it, then searching. */
final class ServerOpening implements ServerSearch.Outcome, RoomTaker {
    final ServerGroup group;
    final StartupMessage startup;
    private final Pool pool;
    private @Nullable ServerSearch search;
    private long begunNanos;

    /** @param loan whom it is opened for; nobody where it only keeps a pool at its least size */
    ServerOpening(Pool pool, ServerGroup group, @Nullable Loan loan) {
        this.pool = pool;
        this.group = group;
        this.startup = loan == null ? group.startup : loan.startup(group);
    }

    /** There is room for it, and it has been counted. */
    void begin(Shared shared, LoopContext context) {
        begunNanos = System.nanoTime();
        search = new ServerSearch(shared, context.loop(), group.name, startup, this);
        search.begin();
    }

    @Override
    public void roomMade() {
        pool.servers.roomMade(this);
    }

    long begunNanos() {
        return begunNanos;
    }

    void abandon() {
        if (search != null) {
            search.abandon();
        }
    }

    @Override
    public void waiting() {
        pool.servers.serverMissing();
    }

    @Override
    public void found(ServerLink link) {
        pool.servers.opened(this, link);
    }

    @Override
    public void rejected(Diagnostic error) {
        pool.servers.rejected(this, error);
    }

    @Override
    public void failed(PlatformException error) {
        pool.servers.failed(this, error);
    }
}
