package dev.howdah.app;

import dev.howdah.base.BranchId;
import dev.howdah.control.PoolerControl;
import dev.howdah.control.ProxyControl;
import dev.howdah.proxy.AddressGuard;
import dev.howdah.proxy.AddressGuardConfig;
import dev.howdah.proxy.Proxy;
import dev.howdah.proxy.SessionSnapshot;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/** The proxy of this JVM as control knows proxies. */
record WiredProxy(Proxy proxy, AddressGuard guard, InstantSource clock) implements ProxyControl {
    static AddressGuardConfig guardConfig(List<String> exempt) {
        var usual = AddressGuardConfig.DEFAULT;
        return new AddressGuardConfig(
                usual.failures(), usual.window(), usual.firstBan(), usual.longestBan(), exempt, usual.connectionsMax());
    }

    @Override
    public int closeSessions(BranchId branch, String role, String reason) {
        return proxy.closeSessions(branch, role, reason);
    }

    @Override
    public void invalidate(BranchId branch, String role) {
        proxy.invalidate(branch, role);
    }

    @Override
    public List<Ban> bans() {
        return guard.bans().stream()
                .map(ban -> new Ban(ban.network(), Duration.between(clock.instant(), ban.until()), ban.count()))
                .toList();
    }

    @Override
    public boolean liftBan(String address) {
        try {
            return guard.lift(InetAddress.ofLiteral(address.replaceFirst("/\\d+$", "")));
        } catch (IllegalArgumentException _) {
            return false; // what is no address is not banned
        }
    }

    @Override
    public List<Session> sessions(BranchId branch) {
        return proxy.sessions().stream()
                .filter(session -> session.branch().equals(branch))
                .map(WiredProxy::session)
                .toList();
    }

    @Override
    public PoolerControl pooler() {
        return new WiredPooler(proxy);
    }

    private static Session session(SessionSnapshot session) {
        return new Session(
                Integer.toString(session.processId()),
                session.branch(),
                session.role(),
                session.database(),
                session.endpoint().name().toLowerCase(Locale.ROOT),
                session.address().getHostAddress(),
                session.applicationName(),
                session.since());
    }
}
