package dev.howdah.app;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Chooses a port: the one asked for, else the one that this home kept, else the usual one or the next that is free. Only the last may move, and
 * says so.
 */
final class Ports {
    private static final int TRIES = 100;

    private final List<InetAddress> addresses;
    private final Consumer<String> tell;
    private final List<Integer> chosen = new ArrayList<>();

    Ports(List<InetAddress> addresses, Consumer<String> tell) {
        this.addresses = List.copyOf(addresses);
        this.tell = tell;
    }

    /** @param flag the option that names this port, for the messages */
    int choose(String flag, Optional<Integer> asked, Optional<Integer> kept, int usual) {
        var port = asked.isPresent()
                ? exactly(
                        asked.get(),
                        "port %d, asked for with %s, is taken".formatted(asked.get(), flag),
                        "Choose another with %s, or end the program that listens there.".formatted(flag))
                : kept.isPresent()
                        ? exactly(
                                kept.get(),
                                "port %d, which this home has used from its first start on, is taken"
                                        .formatted(kept.get()),
                                "End the program that listens there, or move this home to another port with %s."
                                        .formatted(flag))
                        : nextFree(flag, usual);
        chosen.add(port);
        return port;
    }

    private int exactly(int port, String taken, String hint) {
        if (chosen.contains(port) || !isFree(port)) {
            throw new PlatformException(SqlState.OBJECT_IN_USE, taken, hint);
        }
        return port;
    }

    private int nextFree(String flag, int usual) {
        for (var port = usual; port < usual + TRIES; port++) {
            if (!chosen.contains(port) && isFree(port)) {
                if (port != usual) {
                    tell.accept("Port %d is taken, so port %d is used instead (choose with %s)."
                            .formatted(usual, port, flag));
                }
                return port;
            }
        }
        throw new PlatformException(
                SqlState.OBJECT_IN_USE,
                "ports %d to %d are all taken".formatted(usual, usual + TRIES - 1),
                "Choose one with %s.".formatted(flag));
    }

    private boolean isFree(int port) {
        for (var address : addresses) {
            try (var socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(address, port));
            } catch (IOException _) {
                return false;
            }
        }
        return true;
    }

    /** Where clients are listened for when nothing else is said: both loopback addresses, as far as this host has them. */
    static List<InetAddress> loopback() {
        var found = new ArrayList<InetAddress>();
        for (var text : Set.of("127.0.0.1", "::1")) {
            try (var socket = new ServerSocket()) {
                var address = InetAddress.ofLiteral(text);
                socket.bind(new InetSocketAddress(address, 0));
                found.add(address);
            } catch (IOException _) {
                // A host without IPv6 has no ::1.
            }
        }
        found.sort((a, b) -> Integer.compare(a.getAddress().length, b.getAddress().length));
        return found;
    }
}
