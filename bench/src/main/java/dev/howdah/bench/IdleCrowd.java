package dev.howdah.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that have logged in and do nothing, until all of them ask at once. */
final class IdleCrowd implements AutoCloseable {
    private static final int THREADS = 16;

    private final List<WireClient> clients;

    private IdleCrowd(List<WireClient> clients) {
        this.clients = clients;
    }

    static IdleCrowd gather(Entrance entrance, int number) throws IOException, InterruptedException {
        var crowd = new IdleCrowd(new ArrayList<>());
        try {
            crowd.clients.addAll(inParallel(number, _ -> WireClient.logIn(entrance)));
            return crowd;
        } catch (IOException | InterruptedException e) {
            crowd.close();
            throw e;
        }
    }

    /** One statement of each client; returns when all have their answers. */
    void askAll() throws IOException, InterruptedException {
        inParallel(clients.size(), i -> {
            clients.get(i).query("SELECT 1");
            return i;
        });
    }

    private interface Work<T> {
        T of(int number) throws IOException;
    }

    private static <T> List<T> inParallel(int number, Work<T> work) throws IOException, InterruptedException {
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            var futures = new ArrayList<Future<T>>();
            for (var i = 0; i < number; i++) {
                var current = i;
                futures.add(threads.submit(() -> work.of(current)));
            }
            var results = new ArrayList<T>();
            for (var future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IOException("a client of the idle crowd failed", e);
        }
    }

    @Override
    public void close() {
        for (var client : clients) {
            try {
                client.close();
            } catch (IOException _) {
                // The target has let it go already.
            }
        }
    }
}
