package dev.howdah.api;

import dev.howdah.api.model.AuditEntry;
import dev.howdah.api.model.Ban;
import dev.howdah.api.model.Branch;
import dev.howdah.api.model.Event;
import dev.howdah.api.model.Instance;
import dev.howdah.api.model.Page;
import dev.howdah.api.model.Pool;
import dev.howdah.api.model.PoolClient;
import dev.howdah.api.model.PoolServer;
import dev.howdah.api.model.PoolSetting;
import dev.howdah.api.model.Project;
import dev.howdah.api.model.Role;
import dev.howdah.api.model.Session;
import dev.howdah.api.model.Token;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ProjectId;
import dev.howdah.control.PoolerControl;
import dev.howdah.control.ProxyControl;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Control's values as the contract shows them. */
final class Views {
    private Views() {}

    static <C, V> Page<V> page(dev.howdah.control.Page<C> page, Function<C, V> view) {
        return new Page<>(page.items().stream().map(view).toList(), page.nextCursor());
    }

    static Project project(dev.howdah.control.Project project) {
        return new Project(project.id().value(), project.name(), project.createdAt());
    }

    static Branch branch(dev.howdah.control.Branch branch) {
        return new Branch(
                branch.id().value(),
                branch.name(),
                Words.of(branch.kind()),
                Words.of(branch.state()),
                branch.reason(),
                branch.project().value(),
                branch.createdAt(),
                branch.readyAt());
    }

    /** All instances of one branch; how far a replica is behind is counted from the primary's position. */
    static List<Instance> instances(List<dev.howdah.control.Instance> instances) {
        var head = instances.stream()
                .filter(instance -> instance.role().equals("primary"))
                .map(dev.howdah.control.Instance::written)
                .filter(Views::isKnown)
                .findFirst();
        return instances.stream().map(instance -> instance(instance, head)).toList();
    }

    private static Instance instance(dev.howdah.control.Instance instance, Optional<Lsn> head) {
        var replayed = Optional.of(instance.replayed()).filter(Views::isKnown);
        var isPrimary = instance.role().equals("primary");
        return new Instance(
                instance.id().toString(),
                instance.zone(),
                instance.role(),
                instance.state(),
                Optional.of(instance.timeline()).filter(timeline -> timeline > 0),
                Optional.of(instance.written()).filter(Views::isKnown).map(Lsn::toString),
                replayed.map(Lsn::toString),
                isPrimary ? Optional.empty() : lagBytes(head, replayed),
                instance.replayLag().map(Views::seconds),
                instance.detail(),
                instance.seenAt());
    }

    /** The two positions are seen at different moments, so a replica may seem to be ahead: that is no lag. */
    private static Optional<Long> lagBytes(Optional<Lsn> head, Optional<Lsn> replayed) {
        return head.flatMap(ahead -> replayed.map(behind -> Math.max(0, ahead.minus(behind))));
    }

    private static boolean isKnown(Lsn lsn) {
        return !lsn.equals(Lsn.ZERO);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    static Role role(dev.howdah.control.Role role) {
        return new Role(
                role.id(),
                role.name(),
                role.username(),
                role.label(),
                role.purpose(),
                role.inheritedRoles(),
                role.withReplication(),
                role.ttl().toSeconds(),
                role.expiresAt(),
                role.ready(),
                role.expired(),
                role.disabledAt(),
                role.dropFailed(),
                role.isDefault(),
                role.managed(),
                role.createdAt());
    }

    static Token token(dev.howdah.control.Token token) {
        return new Token(
                token.id(),
                token.name(),
                Words.of(token.access()),
                token.project().map(ProjectId::value),
                token.createdBy(),
                token.createdAt(),
                token.lastUsedAt(),
                token.revokedAt());
    }

    static Event event(dev.howdah.control.BranchEvent event) {
        return new Event(
                Long.toString(event.id()),
                event.at(),
                Words.of(event.severity()),
                event.kind(),
                event.branch().value(),
                event.instance().map(InstanceId::toString),
                event.message());
    }

    static AuditEntry auditEntry(dev.howdah.control.AuditEntry entry, Json json) {
        return new AuditEntry(
                entry.sequence(),
                entry.at(),
                entry.actor(),
                entry.action(),
                entry.target(),
                Words.of(entry.outcome()),
                entry.address(),
                json.object(entry.details()),
                entry.hash());
    }

    static Ban ban(ProxyControl.Ban ban) {
        return new Ban(
                ban.address(), ban.failures(), ban.remaining().plusMillis(999).toSeconds());
    }

    static Session session(ProxyControl.Session session) {
        return new Session(
                session.id(),
                session.endpoint(),
                session.branch().value(),
                session.role(),
                session.database(),
                session.clientAddress(),
                session.applicationName(),
                session.since());
    }

    static Pool pool(PoolerControl.Pool pool) {
        return new Pool(
                pool.database(),
                pool.role(),
                pool.paused(),
                pool.disabled(),
                pool.clientsActive(),
                pool.clientsIdle(),
                pool.clientsWaiting(),
                seconds(pool.waitMax()),
                pool.serversActive(),
                pool.serversIdle(),
                pool.serversOpening(),
                pool.serversPinned(),
                pool.sizeMax(),
                pool.transactions(),
                pool.queries());
    }

    static PoolClient poolClient(PoolerControl.Client client) {
        return new PoolClient(
                Long.toString(client.id()),
                client.database(),
                client.role(),
                client.state(),
                client.address(),
                client.port(),
                client.application(),
                client.since(),
                seconds(client.waited()),
                client.server().map(Object::toString),
                client.pinned(),
                client.tls(),
                client.preparedStatements());
    }

    static PoolServer poolServer(PoolerControl.Server server) {
        return new PoolServer(
                Long.toString(server.id()),
                server.database(),
                server.role(),
                server.state(),
                server.instance().toString(),
                server.processId(),
                server.application(),
                server.since(),
                server.client().map(Object::toString),
                server.pinned(),
                server.closing(),
                server.preparedStatements());
    }

    static PoolSetting poolSetting(PoolerControl.Setting setting) {
        return new PoolSetting(
                setting.name(), setting.value(), setting.initial(), setting.meaning(), setting.allowed());
    }
}
