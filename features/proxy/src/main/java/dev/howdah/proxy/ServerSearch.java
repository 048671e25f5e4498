package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import dev.howdah.base.SqlState;
import dev.howdah.coordination.ClusterView;
import dev.howdah.coordination.Member;
import dev.howdah.proxy.io.EventLoop;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.InitialMessage.StartupMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a server for one client and logs in to it, as often as it takes within the time allowed. A server that is not there, is starting or
 * stopping, or is not what the cluster record says, is waited for; what a server says about the client itself is final.
 */
final class ServerSearch {
    private static final Logger LOG = LoggerFactory.getLogger(ServerSearch.class);
    /** Between two attempts on a server that refuses; a change of the cluster's view is heard of at once. */
    private static final Duration RETRY = Duration.ofMillis(100);

    /** What came of it; exactly one is called, unless the search is abandoned. */
    interface Outcome {
        void found(ServerLink link);

        void rejected(Diagnostic error);

        void failed(PlatformException error);

        /** There is no server for now; one is waited for. */
        default void waiting() {}
    }

    private final Shared shared;
    private final EventLoop loop;
    private final BranchId branch;
    private final LoginName.Target target;
    private final StartupMessage startup;
    private final Outcome outcome;
    private final Set<InstanceId> refused = new HashSet<>();
    private final EventLoop.Timer deadline;
    private Optional<ServerLogin> login = Optional.empty();
    private Optional<Runnable> stopListening = Optional.empty();
    private boolean done;

    /** Begins nothing yet, but its time counts from now. */
    ServerSearch(Shared shared, EventLoop loop, LoginName name, StartupMessage startup, Outcome outcome) {
        this.shared = shared;
        this.loop = loop;
        this.branch = name.branch();
        this.target = name.target();
        this.startup = startup;
        this.outcome = outcome;
        this.deadline = loop.after(shared.config().primaryWait(), this::timedOut);
    }

    void begin() {
        attempt();
    }

    void abandon() {
        login.ifPresent(ServerLogin::abandon);
        finish();
    }

    private void attempt() {
        if (done || login.isPresent()) {
            return;
        }
        var view = shared.branches().view(branch);
        if (view.isEmpty()) {
            fail(ProxyErrors.noSuchBranch(branch.value()));
            return;
        }
        var route = Routing.decide(
                view.get(), target, shared.config().replicaLagMax(), shared.sessions()::sessionsOn, refused);
        switch (route) {
            case Routing.Route.To(var member) -> connect(member);
            case Routing.Route.Wait() -> awaitChange(view.get());
            case Routing.Route.NoReplica() -> fail(ProxyErrors.noReplica(branch.value()));
        }
    }

    /** Most searches never wait, so only those that do are known to the branch. */
    private void awaitChange(ClusterView seen) {
        outcome.waiting();
        if (stopListening.isEmpty()) {
            stopListening = Optional.of(shared.branches().onNextChange(branch, () -> loop.execute(this::changed)));
            if (!shared.branches().view(branch).equals(Optional.of(seen))) {
                loop.execute(this::changed); // it has changed just before we listened
                return;
            }
        }
        retryLater();
    }

    private void changed() {
        stopListening.ifPresent(Runnable::run);
        stopListening = Optional.empty();
        refused.clear();
        attempt();
    }

    private void retryLater() {
        if (!refused.isEmpty()) {
            loop.after(RETRY, () -> {
                refused.clear();
                attempt();
            });
        }
    }

    private void connect(Member member) {
        if (!(member.address() instanceof ServerAddress.UnixSocket address)) {
            fail(new PlatformException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "servers on other hosts are not supported yet",
                    "Run the proxy on the host of the branch's servers."));
            return;
        }
        var next = new ServerLogin(member, address, new LoginOutcome(member));
        login = Optional.of(next);
        next.begin(loop.engine(), startup);
    }

    /** What one attempt leads to. */
    private final class LoginOutcome implements ServerLogin.Outcome {
        private final Member member;

        LoginOutcome(Member member) {
            this.member = member;
        }

        @Override
        public void loggedIn(ServerLink link) {
            if (target == LoginName.Target.PRIMARY
                    && "on".equals(link.parameters().get("in_hot_standby"))) {
                link.connection().close();
                unavailable("it is a standby although it is recorded as the primary");
                return;
            }
            finish();
            outcome.found(link);
        }

        @Override
        public void unavailable(String reason) {
            LOG.debug("{} does not take a connection: {}", member.id(), reason);
            login = Optional.empty();
            refused.add(member.id());
            // Not from inside the attempt, so that many refusing members do not nest.
            loop.execute(ServerSearch.this::attempt);
        }

        @Override
        public void rejected(Diagnostic error) {
            finish();
            outcome.rejected(error);
        }
    }

    private void timedOut() {
        if (done) {
            return;
        }
        login.ifPresent(ServerLogin::abandon);
        fail(
                target == LoginName.Target.REPLICA
                        ? ProxyErrors.noReplica(branch.value())
                        : ProxyErrors.retryTimeout(
                                branch.value(), shared.config().primaryWait()));
    }

    private void fail(PlatformException error) {
        finish();
        outcome.failed(error);
    }

    private void finish() {
        done = true;
        deadline.cancel();
        login = Optional.empty();
        stopListening.ifPresent(Runnable::run);
        stopListening = Optional.empty();
    }
}
