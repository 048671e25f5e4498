package dev.howdah.proxy.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The kernel's socket addresses ({@code sockaddr_in}, {@code sockaddr_in6}, {@code sockaddr_un}) and ours. */
final class SocketAddresses {
    static final int BYTES_MAX = 112;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;

    private static final ValueLayout.OfShort PORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int PORT_AT = 2;
    private static final int ADDRESS4_AT = 4;
    private static final int ADDRESS6_AT = 8;
    private static final int SCOPE_AT = 24;
    private static final int PATH_AT = 2;
    /** With the zero that ends it. */
    private static final int PATH_BYTES_MAX = 108;

    private static final int BYTES4 = 16;
    private static final int BYTES6 = 28;

    private SocketAddresses() {}

    /** As for {@code java.nio}, the address "all" means those of both families. */
    static int family(InetAddress address) {
        return address instanceof Inet4Address && !address.isAnyLocalAddress() ? AF_INET : AF_INET6;
    }

    /** Writes an address for a socket of a family and returns its length. */
    static int write(MemorySegment to, InetSocketAddress address, int family) {
        to.fill((byte) 0);
        to.set(JAVA_SHORT, 0, (short) family);
        to.set(PORT, PORT_AT, (short) address.getPort());
        if (address.getAddress().isAnyLocalAddress()) {
            return family == AF_INET ? BYTES4 : BYTES6;
        }
        var bytes = address.getAddress().getAddress();
        MemorySegment.copy(bytes, 0, to, JAVA_BYTE, family == AF_INET ? ADDRESS4_AT : ADDRESS6_AT, bytes.length);
        if (address.getAddress() instanceof Inet6Address six) {
            to.set(JAVA_INT, SCOPE_AT, six.getScopeId());
        }
        return family == AF_INET ? BYTES4 : BYTES6;
    }

    /** Writes the address of a Unix socket and returns its length. */
    static int write(MemorySegment to, Path socket) throws IOException {
        var bytes = socket.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= PATH_BYTES_MAX) {
            throw new IOException(
                    "the socket's path is longer than %d bytes: %s".formatted(PATH_BYTES_MAX - 1, socket));
        }
        to.fill((byte) 0);
        to.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, to, JAVA_BYTE, PATH_AT, bytes.length);
        return PATH_AT + bytes.length + 1;
    }

    /** An IPv4 address that an IPv6 socket shows as mapped is given as IPv4. */
    static InetSocketAddress read(MemorySegment from) throws IOException {
        var port = Short.toUnsignedInt(from.get(PORT, PORT_AT));
        return switch (from.get(JAVA_SHORT, 0)) {
            case AF_INET -> new InetSocketAddress(InetAddress.getByAddress(bytes(from, ADDRESS4_AT, 4)), port);
            case AF_INET6 -> new InetSocketAddress(six(from), port);
            default -> throw new IOException("the kernel gave an address of another family");
        };
    }

    private static InetAddress six(MemorySegment from) throws IOException {
        var bytes = bytes(from, ADDRESS6_AT, 16);
        var scope = from.get(JAVA_INT, SCOPE_AT);
        return scope == 0 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, scope);
    }

    private static byte[] bytes(MemorySegment from, int at, int length) {
        return from.asSlice(at, length).toArray(JAVA_BYTE);
    }
}
