package dev.howdah.ha;

/** Who keeps events. Called from one thread, never from an agent's: it may take its time, but events beyond 1,000 waiting ones are dropped. */
@FunctionalInterface
public interface ClusterEvents {
    void happened(ClusterEvent event);
}
