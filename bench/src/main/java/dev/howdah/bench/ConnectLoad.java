package dev.howdah.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/** Clients that come, ask one question and go, over and over. */
record ConnectLoad(int clients) implements Load {
    @Override
    public Slice run(Entrance entrance, Duration time) throws IOException, InterruptedException {
        var before = ProcessUse.of(entrance.processes());
        var begin = System.nanoTime();
        var visits = visits(entrance, begin + time.toNanos());
        var seconds = (System.nanoTime() - begin) / 1e9;
        var after = ProcessUse.of(entrance.processes());
        var micros = Percentiles.of(visits);
        return new Slice(
                micros.count() / seconds,
                micros.at(0.5),
                micros.at(0.99),
                (after.userSeconds() - before.userSeconds()) * 1000 / micros.count(),
                (after.systemSeconds() - before.systemSeconds()) * 1000 / micros.count(),
                after.residentMegabytes());
    }

    private long[] visits(Entrance entrance, long end) throws IOException, InterruptedException {
        try (var threads = Executors.newFixedThreadPool(clients)) {
            var futures = new ArrayList<Future<long[]>>();
            for (var i = 0; i < clients; i++) {
                futures.add(threads.submit(() -> visitUntil(entrance, end)));
            }
            var all = LongStream.empty();
            for (var future : futures) {
                all = LongStream.concat(all, LongStream.of(future.get()));
            }
            return all.toArray();
        } catch (ExecutionException e) {
            throw new IOException("a client could not connect", e);
        }
    }

    private static long[] visitUntil(Entrance entrance, long end) throws IOException {
        var micros = LongStream.builder();
        while (System.nanoTime() < end) {
            var begin = System.nanoTime();
            try (var client = WireClient.logIn(entrance)) {
                client.query("SELECT 1");
            }
            micros.add((System.nanoTime() - begin) / 1000);
        }
        return micros.build().toArray();
    }
}
