package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.Pieces;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Optional;

/** A client of the direct endpoint that has logged in and waits for its server. What it sends meanwhile is kept, up to one read. */
final class ServerWait implements Stage, ServerSearch.Outcome {
    private final ClientSession session;
    private final Login.Claim claim;
    private final ReplicationGuard guard;
    private final ServerSearch search;
    private ByteBuffer early;

    ServerWait(ClientSession session, Login.Claim claim, ReplicationGuard guard, ByteBuffer early) {
        this.session = session;
        this.claim = claim;
        this.guard = guard;
        this.early = early;
        this.search = new ServerSearch(session.shared(), session.loop(), claim.name(), startupFor(claim), this);
    }

    /** The client's own startup message, but for the user, since the server knows the bare role, and what follows from it. */
    static StartupMessage startupFor(Login.Claim claim) {
        var parameters = new LinkedHashMap<>(claim.startup().parameters());
        parameters.keySet().removeIf(name -> name.startsWith("_pq_."));
        parameters.put("user", claim.name().role());
        parameters.put("database", claim.database());
        return new StartupMessage(serverVersion(claim.version()), parameters);
    }

    /** There is no 3.1 worth the name: servers know 3.0 and 3.2. */
    private static ProtocolVersion serverVersion(ProtocolVersion client) {
        return client.minor() >= 2 ? ProtocolVersion.V3_2 : ProtocolVersion.V3_0;
    }

    void begin() {
        session.enter(this);
        search.begin();
    }

    @Override
    public void found(ServerLink link) {
        if (session.ended()) {
            link.connection().close();
            return;
        }
        var live = session.live();
        session.shared().sessions().attach(live, link.instance());
        live.follow("application_name", link.parameters().getOrDefault("application_name", ""));
        session.connection().send(link.greeting());
        session.connection().send(Replies.welcome(live));
        session.connection().resumeReading();
        new DirectRelay(session, link, claim, guard).begin(early);
    }

    @Override
    public void rejected(Diagnostic error) {
        session.connection().send(Replies.passedOn(error));
        session.finish();
    }

    @Override
    public void failed(PlatformException error) {
        session.refuse(error);
    }

    @Override
    public void received(ByteBuffer bytes) {
        early = Pieces.join(early, bytes);
        session.connection().pauseReading();
    }

    @Override
    public void ended(Optional<IOException> failure) {
        search.abandon();
        session.close();
    }

    @Override
    public void terminate(PlatformException reason) {
        search.abandon();
        session.refuse(reason);
    }
}
