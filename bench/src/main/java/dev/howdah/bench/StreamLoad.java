package dev.howdah.bench;

import java.nio.file.Path;
import java.time.Duration;

/** One bulk transfer by psql, however long it takes; psql's own start and connect are part of it. */
record StreamLoad(PoolerBed bed, Path input, String sql) implements Load {
    private static final double MEGABYTES = PoolerBed.STREAM_ROWS * 101 / 1e6;

    @Override
    public Slice run(Entrance entrance, Duration time) throws Exception {
        bed.needStreamTables();
        bed.emptySink();
        var before = ProcessUse.of(entrance.processes());
        var begin = System.nanoTime();
        bed.client().psql(entrance.environment(), input, "-c", sql);
        var seconds = (System.nanoTime() - begin) / 1e9;
        var after = ProcessUse.of(entrance.processes());
        return new Slice(
                MEGABYTES / seconds,
                Double.NaN,
                Double.NaN,
                (after.userSeconds() - before.userSeconds()) * 1000,
                (after.systemSeconds() - before.systemSeconds()) * 1000,
                after.residentMegabytes());
    }
}
