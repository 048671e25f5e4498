package dev.howdah.coordination;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;

/**
 * Coordination inside one JVM: records in one file that is replaced as a whole, statuses in memory. A second JVM on the same directory is
 * refused. Thread-safe.
 *
 * <p>A change is on disk before it is seen by anyone, so what a reader has acted on can never be forgotten by a crash.
 */
public final class InProcessCoordination implements Coordination {
    private static final String FILE = "clusters.json";

    private final DurableFile file;
    private final FileChannel lock;
    private final InstantSource clock;
    private final Object writing = new Object();
    private final Map<InstanceId, MemberStatus> statuses = new ConcurrentHashMap<>();
    private final List<ConflatingWatch> watches = new CopyOnWriteArrayList<>();
    private volatile Records records;
    private volatile boolean closed;

    private record Records(long lastRevision, SortedMap<BranchId, Versioned> byBranch) {}

    private InProcessCoordination(DurableFile file, FileChannel lock, Records records, InstantSource clock) {
        this.file = file;
        this.lock = lock;
        this.records = records;
        this.clock = clock;
    }

    /**
     * Opens the store in {@code directory}, which is made when missing.
     *
     * @throws PlatformException when the directory is in use by another process, or its file cannot be read or understood
     */
    public static InProcessCoordination open(Path directory, InstantSource clock) {
        return open(directory, clock, () -> {});
    }

    static InProcessCoordination open(Path directory, InstantSource clock, Runnable beforeRename) {
        var file = new DurableFile(directory.resolve(FILE), beforeRename);
        try {
            Files.createDirectories(directory);
            var lock = lock(directory);
            try {
                return new InProcessCoordination(file, lock, load(file), clock);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the coordination file %s cannot be read: %s".formatted(file.path(), e),
                    "Check that the directory exists, belongs to this account and has room.",
                    e);
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        var channel = FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isLocked(channel)) {
            channel.close();
            throw new PlatformException(
                    SqlState.OBJECT_IN_USE,
                    "the coordination directory %s is in use by another process".formatted(directory),
                    "Stop the platform that runs on this home first, or use another home.");
        }
        return channel;
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    private static Records load(DurableFile file) throws IOException {
        var content = file.read();
        if (content.isEmpty()) {
            return new Records(0, new TreeMap<>());
        }
        try {
            var stored = StoredClusters.parse(content.get());
            var byBranch = new TreeMap<BranchId, Versioned>();
            for (var cluster : stored.clusters()) {
                var versioned = cluster.versioned();
                require(versioned.revision() <= stored.lastRevision(), "a revision is above the last one");
                var twice = byBranch.put(versioned.record().branch(), versioned);
                require(twice == null, "a branch is there twice");
            }
            return new Records(stored.lastRevision(), byBranch);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new PlatformException(
                    SqlState.IO_ERROR,
                    "the coordination file %s is damaged: %s".formatted(file.path(), e.getMessage()),
                    "Do not delete it: it says which server may be primary. Put back a copy of it, then start again.",
                    e);
        }
    }

    @Override
    public Optional<Versioned> read(BranchId branch) {
        return Optional.ofNullable(records.byBranch().get(branch));
    }

    @Override
    public List<BranchId> branches() {
        return List.copyOf(records.byBranch().keySet());
    }

    @Override
    public Optional<Versioned> compareAndSet(ClusterRecord next, long expectedRevision) {
        synchronized (writing) {
            if (revisionOf(next.branch()) != expectedRevision) {
                return Optional.empty();
            }
            var changed = new Versioned(next, records.lastRevision() + 1);
            var byBranch = new TreeMap<>(records.byBranch());
            byBranch.put(next.branch(), changed);
            save(new Records(changed.revision(), byBranch));
            forgetStatusesOutside(next);
            changed(next.branch());
            return Optional.of(changed);
        }
    }

    @Override
    public boolean remove(BranchId branch, long expectedRevision) {
        synchronized (writing) {
            if (expectedRevision == 0 || revisionOf(branch) != expectedRevision) {
                return false;
            }
            var byBranch = new TreeMap<>(records.byBranch());
            byBranch.remove(branch);
            save(new Records(records.lastRevision(), byBranch));
            statuses.keySet().removeIf(id -> id.branch().equals(branch));
            changed(branch);
            return true;
        }
    }

    private long revisionOf(BranchId branch) {
        return read(branch).map(Versioned::revision).orElse(0L);
    }

    private void save(Records next) {
        if (closed) {
            throw new IllegalStateException("the coordination store is closed");
        }
        try {
            file.replace(StoredClusters.of(
                            clock.instant().toString(),
                            next.lastRevision(),
                            next.byBranch().values())
                    .json());
        } catch (IOException e) {
            throw new CoordinationException("cannot write the coordination file %s: %s".formatted(file.path(), e), e);
        }
        records = next;
    }

    private void forgetStatusesOutside(ClusterRecord record) {
        statuses.keySet()
                .removeIf(id ->
                        id.branch().equals(record.branch()) && record.member(id).isEmpty());
    }

    /** A status of an instance that is no member any more is dropped: its agent has not heard of the change yet. */
    @Override
    public void report(MemberStatus status) {
        synchronized (writing) {
            var id = status.id();
            if (read(id.branch()).flatMap(v -> v.record().member(id)).isPresent()) {
                statuses.put(id, status);
                changed(id.branch());
            }
        }
    }

    @Override
    public Optional<ClusterView> view(BranchId branch) {
        return read(branch).map(versioned -> new ClusterView(versioned.record(), statusesOf(versioned.record())));
    }

    private Map<InstanceId, MemberStatus> statusesOf(ClusterRecord record) {
        return record.members().stream()
                .flatMap(member -> Optional.ofNullable(statuses.get(member.id())).stream())
                .collect(Collectors.toMap(MemberStatus::id, status -> status));
    }

    @Override
    public Watch watch(Consumer<ClusterView> listener) {
        var watch = new ConflatingWatch(this::view, listener, watches::remove);
        synchronized (writing) {
            branches().forEach(watch::changed);
            watches.add(watch);
        }
        return watch;
    }

    private void changed(BranchId branch) {
        watches.forEach(watch -> watch.changed(branch));
    }

    @Override
    public void close() {
        synchronized (writing) {
            closed = true;
        }
        watches.forEach(ConflatingWatch::close);
        try {
            lock.close();
        } catch (IOException e) {
            throw new CoordinationException("cannot release " + file.path(), e);
        }
    }
}
