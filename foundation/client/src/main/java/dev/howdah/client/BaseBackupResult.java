package dev.howdah.client;

import dev.howdah.base.Bytes;
import dev.howdah.base.Lsn;
import dev.howdah.base.Timeline;
import java.util.Optional;

/**
 * A backup that is complete and verified.
 *
 * @param start where recovery of the copy begins
 * @param end where it is consistent
 * @param systemIdentifier of the server's cluster; told since PostgreSQL 17
 * @param received what came over the connection
 */
public record BaseBackupResult(
        Lsn start, Lsn end, Timeline timeline, Optional<String> systemIdentifier, int files, Bytes received) {}
