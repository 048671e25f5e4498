package dev.howdah.bench;

import java.time.Duration;

/** What clients do for one slice. */
interface Load {
    Slice run(Entrance entrance, Duration time) throws Exception;
}
