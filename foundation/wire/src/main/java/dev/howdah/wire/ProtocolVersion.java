package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

/** A version of the frontend/backend protocol, on the wire one 32-bit number. */
public record ProtocolVersion(int major, int minor) implements Comparable<ProtocolVersion> {
    public static final ProtocolVersion V3_0 = new ProtocolVersion(3, 0);

    /** PostgreSQL 18: cancel keys of up to 256 bytes. There is no 3.1. */
    public static final ProtocolVersion V3_2 = new ProtocolVersion(3, 2);

    public ProtocolVersion {
        require((major & 0xFFFF) == major && (minor & 0xFFFF) == minor, "the parts of a version have 16 bits");
    }

    static ProtocolVersion of(int code) {
        return new ProtocolVersion(code >>> 16, code & 0xFFFF);
    }

    int code() {
        return major << 16 | minor;
    }

    @Override
    public int compareTo(ProtocolVersion other) {
        return Integer.compare(code(), other.code());
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
