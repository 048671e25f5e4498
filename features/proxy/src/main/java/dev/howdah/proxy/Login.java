package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.AuthenticationOk;
import dev.howdah.wire.BackendMessage.AuthenticationSasl;
import dev.howdah.wire.BackendMessage.AuthenticationSaslContinue;
import dev.howdah.wire.BackendMessage.AuthenticationSaslFinal;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage.LoginStep;
import dev.howdah.wire.FrontendMessage.SaslInitialResponse;
import dev.howdah.wire.FrontendMessage.SaslResponse;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import dev.howdah.wire.ScramServer;
import dev.howdah.wire.ScramStep;
import dev.howdah.wire.ScramVerifier;
import dev.howdah.wire.WireLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is it, and may they come in? Reads the startup message, looks the role up and runs SCRAM. A role that does not exist or may not log in
 * takes the same course as a wrong password, message by message.
 */
final class Login implements Stage {
    private static final String OPTION_PREFIX = "_pq_.";

    private final ClientSession session;
    private final StartupMessage startup;
    private final MessageAssembler messages = new MessageAssembler(WireLimits.SASL_BYTES_MAX);

    private @Nullable Claim claim;
    private @Nullable ScramServer scram;
    private LoginStep step = LoginStep.SASL_INITIAL;
    private Optional<LoginEntry> entry = Optional.empty();
    private boolean verified;

    /** Who the client says it is, and what it wants. */
    record Claim(LoginName name, StartupMessage startup, ProtocolVersion version, ReplicationGuard.Mode replication) {
        /**
         * As PostgreSQL chooses it: without a name, the one of the role. Clients that are given no name send the whole user name, which no
         * database has.
         */
        String database() {
            var user = startup.parameter("user").orElse("");
            return startup.parameter("database")
                    .filter(text -> !text.isEmpty() && !text.equals(user))
                    .orElse(name.role());
        }
    }

    Login(ClientSession session, StartupMessage startup) {
        this.session = session;
        this.startup = startup;
    }

    /** Throws the refusal of a startup message that cannot lead anywhere. */
    void begin() {
        var version = negotiate();
        var user = startup.parameter("user").orElse("");
        if (user.isEmpty()) {
            throw new PlatformException(
                    SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                    "no PostgreSQL user name specified in startup packet",
                    "Set the user of the connection string to role.branch.");
        }
        var name = LoginName.parse(user);
        if (session.shared().branches().view(name.branch()).isEmpty()) {
            throw ProxyErrors.noSuchBranch(name.branch().value());
        }
        var claimed = new Claim(name, startup, version, replicationMode());
        claim = claimed;
        checkEndpoint(claimed);
        if (usesPools(claimed)) {
            session.moveHome(name.branch(), () -> look(name, found -> lookedUp(claimed, found)));
        } else {
            look(name, found -> lookedUp(claimed, found));
        }
    }

    /** Or looks at them. A replication connection is one session from its first command to its last: there is nothing to pool. */
    private boolean usesPools(Claim claimed) {
        return session.endpoint() == Endpoint.POOLED && claimed.replication() == ReplicationGuard.Mode.NONE;
    }

    /** As PostgreSQL does: newer minor versions and options we do not know are answered, not refused. */
    private ProtocolVersion negotiate() {
        var unknown = new ArrayList<String>();
        for (var option : startup.parameters().keySet()) {
            if (option.startsWith(OPTION_PREFIX)) {
                unknown.add(option);
            }
        }
        var newer = startup.version().compareTo(ProtocolVersion.V3_2) > 0;
        var version = newer ? ProtocolVersion.V3_2 : startup.version();
        if (newer || !unknown.isEmpty()) {
            session.connection().send(Replies.of(new BackendMessage.NegotiateProtocolVersion(version, unknown)));
        }
        return version;
    }

    private ReplicationGuard.Mode replicationMode() {
        return startup.parameter("replication")
                .map(text -> ReplicationGuard.mode(text)
                        .orElseThrow(() -> new PlatformException(
                                SqlState.INVALID_PARAMETER_VALUE,
                                "invalid value for parameter \"replication\": \"%s\"".formatted(text),
                                "Valid values are: \"false\", 0, \"true\", 1, \"database\".")))
                .orElse(ReplicationGuard.Mode.NONE);
    }

    private void checkEndpoint(Claim claimed) {
        if (session.endpoint() == Endpoint.POOLED && claimed.name().target() != LoginName.Target.PRIMARY) {
            throw ProxyErrors.poolerNeedsPrimary(claimed.name().branch().value());
        }
    }

    private void lookedUp(Claim claimed, Optional<LoginEntry> found) {
        entry = found;
        if (session.shared().config().openForBenchmarks()) {
            entry.ifPresentOrElse(
                    role -> {
                        register(claimed, role);
                        succeeded(claimed, role);
                    },
                    () -> session.refuse(
                            ProxyErrors.passwordFailed(claimed.name().role())));
            return;
        }
        var offer = new ScramServer(
                verifier(claimed), session.endPointHash(), session.shared().random());
        scram = offer;
        session.connection().send(Replies.of(new AuthenticationSasl(offer.mechanisms())));
    }

    private static PlatformException asRefusal(Throwable failure) {
        var cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        return cause instanceof PlatformException refusal ? refusal : ProxyErrors.upstreamUnreachable();
    }

    private ScramVerifier verifier(Claim claimed) {
        var now = session.shared().clock().instant();
        var user = claimed.name().role() + "." + claimed.name().branch();
        return entry.flatMap(LoginEntry::verifier)
                .map(verifier -> entry.get().mayLogIn(now) ? verifier : asMock(verifier))
                .orElseGet(() -> session.shared().logins().mockVerifier(user));
    }

    /** For a role that may not log in now: the right password leads where a wrong one does. */
    private static ScramVerifier asMock(ScramVerifier real) {
        return new ScramVerifier(real.iterations(), real.salt(), real.storedKey(), real.serverKey(), true);
    }

    @Override
    public void received(ByteBuffer bytes) {
        messages.add(bytes);
        if (verified) {
            session.connection().pauseReading();
        } else {
            readMessages();
        }
    }

    private void readMessages() {
        try {
            // Once the password is proved, what follows is for the server.
            for (var message = messages.next(); message.isPresent(); message = messages.next()) {
                answer(message.get());
                if (session.ended() || verified) {
                    return;
                }
            }
        } catch (PlatformException e) {
            failed(e);
        } catch (FrameCursor.MalformedStreamException _) {
            failed(ClientSession.violation("invalid message length"));
        }
    }

    private void answer(MessageAssembler.Message message) {
        var server = scram;
        if (server == null || claim == null || verified) {
            throw ClientSession.violation("the client answered before it was asked");
        }
        var decoded = FrontendCodec.decodeLogin(step, message.tag(), message.body());
        var next = decoded instanceof SaslInitialResponse initial
                ? server.start(initial)
                : server.next(((SaslResponse) decoded).data());
        step = LoginStep.SASL;
        switch (next) {
            case ScramStep.Challenge(var data) ->
                session.connection().send(Replies.of(new AuthenticationSaslContinue(data)));
            case ScramStep.Refused() ->
                failed(ProxyErrors.passwordFailed(claim.name().role()));
            case ScramStep.Verified(var serverFinal, var _) -> confirm(claim, entry.orElseThrow(), serverFinal);
        }
    }

    /**
     * The exchange may have taken long, and the role may have changed since it began. Whoever changes a role closes its sessions, and this one
     * is among them from now on; so what a lookup says now holds until then.
     */
    private void confirm(Claim claimed, LoginEntry proved, ByteString serverFinal) {
        verified = true;
        register(claimed, proved);
        look(claimed.name(), now -> {
            var still = now.filter(role -> role.oid() == proved.oid()
                    && role.verifier().equals(proved.verifier())
                    && role.mayLogIn(session.shared().clock().instant()));
            if (still.isEmpty()) {
                failed(ProxyErrors.passwordFailed(claimed.name().role()));
                return;
            }
            session.connection().send(Replies.of(new AuthenticationSaslFinal(serverFinal)));
            succeeded(claimed, still.get());
        });
    }

    private void look(LoginName name, Consumer<Optional<LoginEntry>> then) {
        var _ = session.shared()
                .logins()
                .lookup(name.branch(), name.role())
                .thenAccept(found -> session.loop().execute(() -> {
                    if (!session.ended()) {
                        then.accept(found);
                    }
                }))
                .exceptionally(failure -> {
                    session.loop().execute(() -> session.refuse(asRefusal(failure)));
                    return null;
                });
    }

    private void register(Claim claimed, LoginEntry role) {
        var name = claimed.name();
        var key = session.context()
                .pools()
                .shared(new PoolKey(name.branch(), role.oid(), name.role(), claimed.database()));
        session.register(
                claimed.version(), new LiveSession.Identity(key.branch(), key.role(), key.roleOid(), key.database()));
        var application = startup.parameter(PooledSettings.APPLICATION_NAME).orElse("");
        session.live()
                .follow(
                        PooledSettings.APPLICATION_NAME,
                        session.context().settings().application(application).name());
    }

    private void failed(PlatformException error) {
        session.shared().addresses().failed(session.address());
        session.refuse(error);
    }

    private void succeeded(Claim claimed, LoginEntry role) {
        var guard = new ReplicationGuard(claimed.name().branch(), role.physical());
        if (claimed.replication() != ReplicationGuard.Mode.NONE) {
            var taken = guard.checkApplicationName(
                    startup.parameter("application_name").orElse(""));
            if (taken.isPresent()) {
                session.shared()
                        .events()
                        .replicationRefused(
                                session.address(),
                                claimed.name().role(),
                                taken.get(),
                                session.shared().clock().instant());
                session.refuse(taken.get());
                return;
            }
        }
        var toConsole = usesPools(claimed) && claimed.database().equals(ConsoleSession.DATABASE);
        var toPool = usesPools(claimed) && !toConsole;
        if (toConsole && !role.monitors()) {
            session.refuse(ConsoleSession.refusal(claimed.name().role()));
            return;
        }
        var full = toPool ? admit(claimed) : Optional.<PlatformException>empty();
        if (full.isPresent()) {
            session.refuse(full.get());
            return;
        }
        session.connection().send(Replies.of(new AuthenticationOk()));
        session.authenticated();
        if (toConsole) {
            ConsoleSession.of(session, role, messages.rest()).begin();
        } else if (toPool) {
            new PooledRelay(session, claimed, messages.rest()).begin(claimed);
        } else {
            new ServerWait(session, claimed, guard, messages.rest()).begin();
        }
    }

    private Optional<PlatformException> admit(Claim claimed) {
        var name = claimed.name();
        return session.context().pools().admit(name.branch(), name.role(), claimed.database());
    }

    @Override
    public void ended(Optional<IOException> failure) {
        session.close();
    }

    @Override
    public void terminate(PlatformException reason) {
        session.refuse(reason);
    }
}
