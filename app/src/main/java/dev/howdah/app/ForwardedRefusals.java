package dev.howdah.app;

import dev.howdah.base.PlatformException;
import dev.howdah.control.Actor;
import dev.howdah.control.AuditEntry.Outcome;
import dev.howdah.control.AuditLog;
import dev.howdah.proxy.ProxyEvents;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Brings what the proxy refused to the audit log, which opens after it. Thread-safe; never blocks. */
final class ForwardedRefusals implements ProxyEvents {
    private volatile @Nullable AuditLog target;

    void forwardTo(AuditLog audit) {
        target = audit;
    }

    @Override
    public void loginRefused(InetAddress address, String user, PlatformException reason, Instant at) {
        note("connection.login", address, user, reason.state().code(), reason.message());
    }

    @Override
    public void clearTextBeforeTls(InetAddress address, Instant at) {
        note("connection.tls", address, "", "08P01", "bytes in clear behind the request for TLS");
    }

    @Override
    public void replicationRefused(InetAddress address, String user, PlatformException reason, Instant at) {
        note("connection.replication", address, user, reason.state().code(), reason.message());
    }

    private void note(String action, InetAddress address, String user, String state, String reason) {
        var audit = target;
        if (audit != null) {
            audit.offer(
                    new Actor(user, address.getHostAddress()),
                    action,
                    user,
                    Outcome.REFUSED,
                    Map.of("state", state, "reason", reason));
        }
    }
}
