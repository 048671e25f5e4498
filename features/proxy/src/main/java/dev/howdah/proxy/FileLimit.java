package dev.howdah.proxy;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.howdah.base.PlatformException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many clients the process can have open at once. The JVM raises its soft limit of open files to the hard one at start; what that leaves is
 * the true limit, and a process that runs into it hangs in silence, since nobody can even be told. So clients are refused before.
 */
final class FileLimit {
    private static final Logger LOG = LoggerFactory.getLogger(FileLimit.class);
    /** Files that everything else of the platform may open meanwhile: logs, lookups, cancels, the API's clients. */
    private static final int KEPT = 200;

    private final OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    private final long limit;
    private final int clientsMax;

    /** @param servers connections to servers that must always find a file */
    FileLimit(int servers) {
        this.limit = limit();
        var others = Math.min(KEPT, limit / 8) + open() + Math.min(servers, limit / 4);
        this.clientsMax =
                limit == Long.MAX_VALUE ? Integer.MAX_VALUE : Math.clamp(limit - others, 1, Integer.MAX_VALUE);
    }

    /** On both endpoints, logged in or not. */
    int clientsMax() {
        return clientsMax;
    }

    /** What to tell one more client when there are so many; empty when it may come in. */
    Optional<PlatformException> refusal(int clients) {
        return clients >= clientsMax ? Optional.of(PoolErrors.tooManyFiles(clientsMax, limit)) : Optional.empty();
    }

    /** Whether there is not even a file left for refusing politely. */
    boolean isExhausted(int clients) {
        return clients - clientsMax >= Math.min(KEPT, limit / 8) / 2;
    }

    /** How many files may be open; the greatest number where there is no limit or none is known. */
    long limit() {
        return system instanceof UnixOperatingSystemMXBean unix && unix.getMaxFileDescriptorCount() > 0
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    long open() {
        return system instanceof UnixOperatingSystemMXBean unix ? Math.max(0, unix.getOpenFileDescriptorCount()) : 0;
    }

    /** Says so loudly when there is not room for as many clients as are allowed. */
    void check(int clientsWanted) {
        if (clientsMax < clientsWanted) {
            LOG.error(
                    "max_client_conn is {}, but the limit of {} open files leaves room for {} clients: more are refused with 53300."
                            + " Raise the limit (ulimit -n, or LimitNOFILE= of the service) and start again.",
                    clientsWanted,
                    limit,
                    clientsMax);
        }
    }
}
