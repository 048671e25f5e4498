package dev.howdah.bench;

/** A target with one of its doors open. */
interface Running extends AutoCloseable {
    Entrance entrance();

    @Override
    void close();
}
