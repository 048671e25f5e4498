package dev.howdah.proxy;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Which implementation of TLS a setting asks for. */
public enum TlsChoice {
    /** BoringSSL where it works, else the JDK's. */
    AUTO,
    BORINGSSL,
    JDK;

    /** As it is written in settings: {@code auto}, {@code boringssl}, {@code jdk}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<TlsChoice> parse(String text) {
        return Arrays.stream(values())
                .filter(choice -> choice.text().equals(text))
                .findFirst();
    }
}
