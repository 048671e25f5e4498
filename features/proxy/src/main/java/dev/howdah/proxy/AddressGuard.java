package dev.howdah.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Who may knock: bans after failed logins, and connections per address. Thread-safe, never blocks for long, and its memory is bounded by
 * {@link #ADDRESSES_MAX} and the number of open connections.
 *
 * <p>A login that works forgives nothing: else whoever owns one account could guess at another between two logins of his own.
 */
public final class AddressGuard {
    /** So many addresses with a recent failure are remembered; beyond it the least interesting one is forgotten. */
    static final int ADDRESSES_MAX = 65_536;

    /** A running ban; {@code network} is an IPv4 address or an IPv6 /64, {@code count} says the how-manieth in a row it is. */
    public record Ban(String network, Instant until, int count) {}

    private static final Admission ADMITTED = new Admission.Admitted();
    private static final Admission DROPPED = new Admission.Dropped();

    private final AddressGuardConfig config;
    private final InstantSource clock;
    private final List<ClientNetwork> exempt;
    private final Map<ClientNetwork, Integer> open = new ConcurrentHashMap<>();
    private final Cache<ClientNetwork, AddressRecord> records;

    public AddressGuard(AddressGuardConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.exempt = config.exempt().stream().map(ClientNetwork::parse).toList();
        this.records = Caffeine.newBuilder()
                .maximumSize(ADDRESSES_MAX)
                .expireAfterAccess(config.longestBan().multipliedBy(2).plus(config.window()))
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
                .executor(Runnable::run)
                .build();
    }

    /** Counts a new connection. Unless it is {@link Admission.Dropped}, call {@link #released} once when the connection ends. */
    Admission admit(InetAddress address) {
        var network = ClientNetwork.of(address);
        var admission = isExempt(address) ? ADMITTED : judge(network);
        if (!(admission instanceof Admission.Dropped)) {
            open.merge(network, 1, Integer::sum);
        }
        return admission;
    }

    void released(InetAddress address) {
        open.computeIfPresent(ClientNetwork.of(address), (_, count) -> count == 1 ? null : count - 1);
    }

    /** A login that failed by its password, its mechanism or its role. */
    void failed(InetAddress address) {
        if (!isExempt(address)) {
            record(ClientNetwork.of(address)).failed(clock.instant());
        }
    }

    /** Running bans, the longest first. */
    public List<Ban> bans() {
        var now = clock.instant();
        return records.asMap().entrySet().stream()
                .flatMap(entry -> entry.getValue().ban(entry.getKey().toString(), now).stream())
                .sorted(Comparator.comparing(Ban::until).reversed())
                .toList();
    }

    /** Ends a ban and forgets what led to it; false when there was none. */
    public boolean lift(InetAddress address) {
        var network = ClientNetwork.of(address);
        var known = records.getIfPresent(network);
        records.invalidate(network);
        return known != null && known.ban(network.toString(), clock.instant()).isPresent();
    }

    /** How many addresses are remembered now. */
    long remembered() {
        records.cleanUp();
        return records.estimatedSize();
    }

    private Admission judge(ClientNetwork network) {
        var now = clock.instant();
        var known = records.getIfPresent(network);
        var banned = known == null ? 0 : known.secondsBanned(now);
        if (banned > 0) {
            return refuse(record(network), now, new Admission.Refused(ProxyErrors.bannedFor(banned)));
        }
        var limit = config.connectionsMax();
        if (limit > 0 && open.getOrDefault(network, 0) >= limit) {
            return refuse(record(network), now, new Admission.Refused(ProxyErrors.tooManyFromAddress(limit)));
        }
        return ADMITTED;
    }

    private static Admission refuse(AddressRecord record, Instant now, Admission refusal) {
        return record.mayShakeHands(now) ? refusal : DROPPED;
    }

    private AddressRecord record(ClientNetwork network) {
        return records.get(network, _ -> new AddressRecord(config));
    }

    private boolean isExempt(InetAddress address) {
        for (var network : exempt) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
