package dev.howdah.proxy;

/** Which of the two ports a client came through. */
public enum Endpoint {
    /** One server connection per client, for its whole session. */
    DIRECT,
    /** One server connection per transaction; always the primary. */
    POOLED
}
