package dev.howdah.api.model;

/**
 * How to reach a branch as one role. The strings contain the password where one has just been made, and none otherwise.
 *
 * @param uri for libpq and whatever understands its form, through the direct endpoint
 * @param pooledUri the same through the pooled endpoint
 * @param psql a command line for a shell
 */
public record Connection(
        String host,
        int directPort,
        int pooledPort,
        String user,
        String database,
        String sslmode,
        String sslrootcert,
        String uri,
        String pooledUri,
        String jdbc,
        String psql) {}
