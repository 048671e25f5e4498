package dev.howdah.ha;

import dev.howdah.base.Bytes;
import dev.howdah.base.PlatformException;
import dev.howdah.coordination.Member;
import dev.howdah.postgres.ServerFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One base backup of the leader into a member's data directory, on a thread of its own. The copy lies beside the directory and gets its name
 * when it is whole, so a half one is never started. Thread-safe.
 */
final class CopyJob {
    private static final Logger LOG = LoggerFactory.getLogger(CopyJob.class);
    private static final Duration CANCEL_MAX = Duration.ofSeconds(10);

    private final NodeAgentConfig node;
    private final Path target;
    private final Member leader;
    private final ReplicaLink link;
    private final Runnable onEnd;
    private final Thread thread;
    private volatile String progress = "begins";
    private volatile boolean ended;
    private volatile Optional<String> failure = Optional.empty();

    private CopyJob(NodeAgentConfig node, Path target, Member leader, ReplicaLink link, Runnable onEnd) {
        this.node = node;
        this.target = target;
        this.leader = leader;
        this.link = link;
        this.onEnd = onEnd;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("copy-" + target.getFileName())
                .unstarted(this::run);
    }

    static CopyJob start(NodeAgentConfig node, Path target, Member leader, ReplicaLink link, Runnable onEnd) {
        var job = new CopyJob(node, target, leader, link, onEnd);
        job.thread.start();
        return job;
    }

    /** For people. */
    String progress() {
        return progress;
    }

    boolean ended() {
        return ended;
    }

    /** Why it failed; empty while it runs and when it succeeded. */
    Optional<String> failure() {
        return failure;
    }

    /** Gives it up; nothing of it is under the directory's name then, unless it was just done. */
    void cancel() throws InterruptedException {
        thread.interrupt();
        if (!thread.join(CANCEL_MAX)) {
            LOG.warn("the copy into {} did not end in time", target);
        }
    }

    private void run() {
        try {
            copy();
        } catch (IOException | UncheckedIOException | PlatformException e) {
            LOG.warn("the copy of {} into {} failed", leader.id(), target, e);
            failure = Optional.of("the copy of %s failed: %s".formatted(leader.id(), e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("the copy of {} into {} failed", leader.id(), target, e);
            failure = Optional.of("the copy of %s failed: %s".formatted(leader.id(), e));
        } finally {
            ended = true;
            onEnd.run();
        }
    }

    private void copy() throws IOException {
        var unfinished = target.resolveSibling(Directories.UNFINISHED + target.getFileName());
        Directories.delete(unfinished);
        node.account().directory(unfinished);
        try {
            new BaseCopy(leader.address(), this::progressed, this::makeRoom).into(unfinished);
            node.account().ownTree(unfinished);
            ServerFiles.standby(node.account(), unfinished, link.conninfo(), link.slot());
            Directories.discard(target);
            Directories.rename(unfinished, target);
        } finally {
            Directories.delete(unfinished);
        }
    }

    private void progressed(Bytes done, Optional<Bytes> estimate) {
        progress = estimate.map(all -> "copied %s of about %s".formatted(done, all))
                .orElseGet(() -> "copied " + done);
    }

    // The old data is the last copy but the primary's: it goes early only where the disk cannot hold both.
    private void makeRoom(Bytes needed) {
        try {
            var free = Files.getFileStore(target.toAbsolutePath().getParent()).getUsableSpace();
            if (free < needed.count() + needed.count() / 5) {
                LOG.info("the old data in {} goes first: {} are free, {} are needed", target, new Bytes(free), needed);
                Directories.discard(target);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
