package dev.howdah.base;

import static dev.howdah.base.Checks.require;

import java.nio.file.Path;

/** Where one PostgreSQL server listens. */
public sealed interface ServerAddress {
    /** The port in the socket's file name, or the TCP port. */
    int port();

    /** On the same host: {@code <directory>/.s.PGSQL.<port>}. The whole path is at most 107 bytes, the kernel's limit. */
    record UnixSocket(Path directory, int port) implements ServerAddress {
        public UnixSocket {
            require(port > 0 && port < 65536, "a port is 1 to 65535, was " + port);
        }

        public Path socket() {
            return directory.resolve(".s.PGSQL." + port);
        }
    }

    /** On another host; TLS with client certificates of the cluster CA. */
    record Tcp(String host, int port) implements ServerAddress {
        public Tcp {
            require(port > 0 && port < 65536, "a port is 1 to 65535, was " + port);
        }
    }
}
