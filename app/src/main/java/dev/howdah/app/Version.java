package dev.howdah.app;

import java.util.Optional;

/** The version of this program. */
final class Version {
    private Version() {}

    /** As the jar says it, or {@code development} when run from classes. */
    static String current() {
        return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
