package dev.howdah.proxy;

import dev.howdah.base.PlatformException;

/** What becomes of a new connection, by its address alone. */
sealed interface Admission {
    record Admitted() implements Admission {}

    /** Do the TLS handshake, then send the error: clients distrust errors that come before. */
    record Refused(PlatformException error) implements Admission {}

    /** Close at once, without a word and without a handshake. */
    record Dropped() implements Admission {}
}
