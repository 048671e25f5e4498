package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one ready branch needs as long as this job runs: once, to be brought up to date with this program; then, again and again, doors in its
 * databases. Not thread-safe.
 */
final class BranchUpkeep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BranchUpkeep.class);
    private static final int ROUNDS_AFTER_FAILURE = 10;

    private final BranchId branch;
    private final BranchSetup setup;
    private final Doors doors;
    private boolean upToDate;
    private int resting;
    private String lastFailure = "";

    BranchUpkeep(BranchId branch, BranchSetup setup, Doors doors) {
        this.branch = branch;
        this.setup = setup;
        this.doors = doors;
    }

    /** One round; a branch that cannot be reached is left for a later one. */
    void round() {
        if (!upToDate && resting-- <= 0) {
            bringUpToDate();
        }
        doors.round();
    }

    @Override
    public void close() {
        doors.close();
    }

    private void bringUpToDate() {
        try {
            setup.bringUpToDate(branch);
            upToDate = true;
        } catch (PlatformException e) {
            if (e.state() == SqlState.CANNOT_CONNECT_NOW) {
                return;
            }
            resting = ROUNDS_AFTER_FAILURE;
            if (!e.message().equals(lastFailure)) {
                log.warn("branch {} is not brought up to date yet: {}", branch, e.message());
                lastFailure = e.message();
            }
        }
    }
}
