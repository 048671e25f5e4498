package dev.howdah.proxy;

import static dev.howdah.base.Checks.require;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** A range of addresses that counts as one client, or that is exempt: the first {@code prefix} bits. */
record ClientNetwork(boolean six, long high, long low, int prefix) {
    /** What a limit per address goes by: the whole of an IPv4 address, the /64 of an IPv6 one, since a host owns all of that. */
    static ClientNetwork of(InetAddress address) {
        return masked(address, address instanceof Inet4Address ? 32 : 64);
    }

    /** CIDR notation; without a slash one address. */
    static ClientNetwork parse(String cidr) {
        var slash = cidr.indexOf('/');
        try {
            var address = InetAddress.ofLiteral(slash < 0 ? cidr : cidr.substring(0, slash));
            var bits = address instanceof Inet4Address ? 32 : 128;
            var prefix = slash < 0 ? bits : Integer.parseInt(cidr.substring(slash + 1));
            require(prefix >= 0 && prefix <= bits, "not a network: \"%s\"".formatted(cidr));
            return masked(address, prefix);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a network: \"%s\"".formatted(cidr), e);
        }
    }

    boolean contains(InetAddress address) {
        return address instanceof Inet4Address != six && masked(address, prefix).equals(this);
    }

    private static ClientNetwork masked(InetAddress address, int prefix) {
        var bytes = ByteBuffer.wrap(address.getAddress());
        if (address instanceof Inet4Address) {
            return new ClientNetwork(false, ((long) bytes.getInt() << 32) & leading(prefix), 0, prefix);
        }
        return new ClientNetwork(
                true, bytes.getLong() & leading(prefix), bytes.getLong() & leading(prefix - 64), prefix);
    }

    private static long leading(int bits) {
        if (bits <= 0) {
            return 0;
        }
        return bits >= 64 ? -1L : -1L << (64 - bits);
    }

    @Override
    public String toString() {
        var bytes = six
                ? ByteBuffer.allocate(16).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(4).putInt((int) (high >>> 32)).array();
        try {
            var address = InetAddress.getByAddress(bytes).getHostAddress();
            return prefix == bytes.length * 8 ? address : address + "/" + prefix;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 and 16 bytes are an address", e);
        }
    }
}
