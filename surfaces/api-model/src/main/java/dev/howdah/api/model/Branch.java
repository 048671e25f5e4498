package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * One isolated PostgreSQL cluster.
 *
 * @param kind {@code production} or {@code development}; {@link #PLATFORM_KIND} for the one that the platform keeps its own rows in
 * @param state where it stands in its life, such as {@code creating}, {@code ready}, {@code deleting}, {@code failed}
 * @param stateDetail one line for people; empty when there is nothing to say
 */
public record Branch(
        String id,
        String name,
        String kind,
        String state,
        String stateDetail,
        String projectId,
        Instant createdAt,
        Optional<Instant> readyAt) {
    /** What nobody can make: it is in the platform's status only. */
    public static final String PLATFORM_KIND = "platform";

    /** Whether it is the platform's own, not one of a project. */
    public boolean belongsToPlatform() {
        return kind.equals(PLATFORM_KIND);
    }
}
