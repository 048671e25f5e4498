package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What control asks of the proxies. Calls are cheap and do not wait for clients. */
public interface ProxyControl {
    /** Closes every session of the role on both endpoints with 57P01 and {@code reason}; returns how many. */
    int closeSessions(BranchId branch, String role, String reason);

    /** Forgets what is known about the role's login, so that the next one looks it up. */
    void invalidate(BranchId branch, String role);

    /** Addresses that may not connect just now. */
    List<Ban> bans();

    /** Lifts the ban; false when there was none. */
    boolean liftBan(String address);

    /** Client sessions of the branch on both endpoints. */
    List<Session> sessions(BranchId branch);

    /** The pooled endpoint. */
    default PoolerControl pooler() {
        return PoolerControl.none();
    }

    /** One banned address. */
    record Ban(String address, Duration remaining, int failures) {}

    /**
     * One client session.
     *
     * @param endpoint {@code direct} or {@code pooled}
     */
    record Session(
            String id,
            BranchId branch,
            String role,
            String database,
            String endpoint,
            String clientAddress,
            String applicationName,
            Instant since) {}

    /** Where no proxy runs in this job: nothing to close, nothing to list. */
    static ProxyControl none() {
        return new ProxyControl() {
            @Override
            public int closeSessions(BranchId branch, String role, String reason) {
                return 0;
            }

            @Override
            public void invalidate(BranchId branch, String role) {}

            @Override
            public List<Ban> bans() {
                return List.of();
            }

            @Override
            public boolean liftBan(String address) {
                return false;
            }

            @Override
            public List<Session> sessions(BranchId branch) {
                return List.of();
            }
        };
    }
}
