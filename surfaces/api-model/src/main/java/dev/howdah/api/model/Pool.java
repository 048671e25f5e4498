package dev.howdah.api.model;

/**
 * The server connections of one role to one database, and the clients that share them.
 *
 * @param paused whether new transactions are held
 * @param disabled whether new clients are refused
 * @param clientsActive with a server
 * @param clientsWaiting for a server
 * @param waitSeconds of the client that has waited longest
 * @param serversPinned of the active ones those that a client keeps between its transactions
 * @param sizeMax so many server connections there may be
 * @param transactions since the start
 * @param queries since the start
 */
public record Pool(
        String database,
        String role,
        boolean paused,
        boolean disabled,
        int clientsActive,
        int clientsIdle,
        int clientsWaiting,
        double waitSeconds,
        int serversActive,
        int serversIdle,
        int serversOpening,
        int serversPinned,
        int sizeMax,
        long transactions,
        long queries) {}
