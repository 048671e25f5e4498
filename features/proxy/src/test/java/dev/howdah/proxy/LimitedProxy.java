package dev.howdah.proxy;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.nio.file.Path;

/** A proxy in a process of its own, so that it can have few files. Says its port and ends with its input. */
final class LimitedProxy {
    private LimitedProxy() {}

    /** @param arguments the directory and the port of the server's socket */
    public static void main(String[] arguments) throws IOException {
        var server = new ServerAddress.UnixSocket(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        try (var bed = PoolBed.inFrontOf(server, "default_pool_size=2", "branch_connection_budget=4")) {
            System.out.println(bed.proxy.pooled().getPort() + " "
                    + bed.pooler.summary().files().clientsMax());
            while (System.in.read() >= 0) {
                // Until whoever started it goes.
            }
        }
    }
}
