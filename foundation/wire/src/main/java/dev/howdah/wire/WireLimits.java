package dev.howdah.wire;

import static dev.howdah.base.SqlState.PROTOCOL_VIOLATION;

import dev.howdah.base.PlatformException;

/** PostgreSQL's own limits on what one message may claim to be. All count the body, without tag and length. */
public final class WireLimits {
    /** A message that may carry data: 1 GB, the largest that PostgreSQL reads. */
    public static final int MESSAGE_BYTES_MAX = 0x3FFF_FFFE;

    /** A message that carries names and numbers only. */
    public static final int SMALL_MESSAGE_BYTES_MAX = 10_000;

    /** A startup packet, and everything else that may be a connection's first bytes. */
    public static final int STARTUP_BYTES_MAX = 10_000;

    /** A password or GSS token. */
    public static final int PASSWORD_BYTES_MAX = 65_535;

    /** A SASL message: much smaller, because it is read before anybody is known. */
    public static final int SASL_BYTES_MAX = 1024;

    /** The secret part of a cancel key: 4 bytes in protocol 3.0, up to 256 from 3.2 on. */
    public static final int CANCEL_KEY_BYTES_MIN = 4;

    public static final int CANCEL_KEY_BYTES_MAX = 256;

    private WireLimits() {}

    static PlatformException violation(String message) {
        return violation(message, "");
    }

    static PlatformException violation(String message, String hint) {
        return new PlatformException(PROTOCOL_VIOLATION, message, hint);
    }
}
