package dev.howdah.proxy.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.howdah.base.ServerAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetSocketAddress;

/** Opens the sockets of one engine. */
final class LinuxSockets {
    private static final int BACKLOG = 1024;
    private static final int SOCK_STREAM = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_KEEPALIVE = 9;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;

    private final LinuxCalls calls;
    private final MemorySegment address = Arena.ofAuto().allocate(SocketAddresses.BYTES_MAX, Long.BYTES);
    private final MemorySegment number = Arena.ofAuto().allocate(JAVA_INT);

    /** A connection that the kernel has accepted; it may be closed by any thread. */
    record Accepted(int fd, InetSocketAddress remote) implements IoEngine.Accepted {
        @Override
        public void close() {
            LinuxCalls.close(fd);
        }
    }

    LinuxSockets(LinuxCalls calls) {
        this.calls = calls;
    }

    /** A listening socket that does not block. What it accepts inherits TCP_NODELAY and SO_KEEPALIVE from it. */
    int listen(InetSocketAddress wanted) throws IOException {
        var family = SocketAddresses.family(wanted.getAddress());
        var opened = calls.socket(family, SOCK_STREAM);
        if (opened < 0 && wanted.getAddress() instanceof Inet4Address) {
            // The kernel knows no IPv6, so "all" means IPv4.
            family = SocketAddresses.AF_INET;
            opened = calls.socket(family, SOCK_STREAM);
        }
        var fd = LinuxCalls.orFailure(opened);
        try {
            set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
            set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
            set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
            if (family == SocketAddresses.AF_INET6) {
                set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
            }
            var length = SocketAddresses.write(address, wanted, family);
            LinuxCalls.orFailure(calls.bind(fd, address.address(), length));
            LinuxCalls.orFailure(calls.listen(fd, BACKLOG));
            return fd;
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw e;
        }
    }

    private void set(int fd, int level, int option, int value) throws IOException {
        number.set(JAVA_INT, 0, value);
        LinuxCalls.orFailure(calls.setOption(fd, level, option, number.address()));
    }

    InetSocketAddress localAddress(int fd) throws IOException {
        number.set(JAVA_INT, 0, SocketAddresses.BYTES_MAX);
        LinuxCalls.orFailure(calls.socketName(fd, address.address(), number.address()));
        return SocketAddresses.read(address);
    }

    /** A new connection's descriptor, or the error; {@link #lastRemote} then says whose it is. */
    int accept(int listening, int flags) {
        number.set(JAVA_INT, 0, SocketAddresses.BYTES_MAX);
        return calls.accept(listening, address.address(), number.address(), flags);
    }

    InetSocketAddress lastRemote() throws IOException {
        return SocketAddresses.read(address);
    }

    InetSocketAddress remoteAddress(int fd) throws IOException {
        number.set(JAVA_INT, 0, SocketAddresses.BYTES_MAX);
        LinuxCalls.orFailure(calls.peerName(fd, address.address(), number.address()));
        return SocketAddresses.read(address);
    }

    /** A connected socket that does not block. A Unix socket connects at once or not at all. */
    int connect(ServerAddress.UnixSocket server) throws IOException {
        var length = SocketAddresses.write(address, server.socket());
        var fd = LinuxCalls.orFailure(calls.socket(SocketAddresses.AF_UNIX, SOCK_STREAM));
        var result = calls.connect(fd, address.address(), length);
        if (result < 0) {
            LinuxCalls.close(fd);
            throw result == -LinuxCalls.EAGAIN
                    ? new IOException("the server's queue of new connections is full")
                    : LinuxCalls.failure(result);
        }
        return fd;
    }
}
