package dev.howdah.api.model;

import java.time.Instant;
import java.util.Optional;

/**
 * One isolated PostgreSQL cluster.
 *
 * @param kind {@code production} or {@code development}
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
        Optional<Instant> readyAt) {}
