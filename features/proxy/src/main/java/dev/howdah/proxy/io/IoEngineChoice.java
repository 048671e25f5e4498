package dev.howdah.proxy.io;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Which engine a setting asks for. */
public enum IoEngineChoice {
    /** The fastest that works here. */
    AUTO,
    IO_URING,
    EPOLL,
    NIO;

    /** As it is written in settings: {@code auto}, {@code io_uring}, {@code epoll}, {@code nio}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<IoEngineChoice> parse(String text) {
        return Arrays.stream(values())
                .filter(choice -> choice.text().equals(text))
                .findFirst();
    }
}
